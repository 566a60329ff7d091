//! What is heard of everybody, mixed into one sound. It goes on where nobody has a microphone: as silence.

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AudioContext, AudioNode, AudioWorkletNode, AudioWorkletNodeOptions, MediaStream,
    MediaStreamAudioSourceNode, MediaStreamTrack, MessageChannel, Worker,
};

use crate::{page, web};

/// The script that hands sound on to the worker, below the address of the build, and its processor.
const SCRIPT: &str = "/worker/listen.js";
const PROCESSOR: &str = "veranda-listen";

/// What the worker encodes.
const RATE: f64 = 48_000.0;

/// A mix. Ends with its owner.
pub(super) struct Mix {
    context: AudioContext,
    /// Everything meets here before the processor is there.
    bus: AudioNode,
    heard: Vec<(MediaStreamTrack, MediaStreamAudioSourceNode)>,
}

impl Mix {
    /// Hands what is mixed to this worker. `None` where there is no sound at all.
    pub(super) fn begin(worker: &Worker) -> Option<Self> {
        // Nobody hears it and nobody waits for it.
        let nowhere = web::object(&[("type", "none".into())]);
        let options = web::object(&[
            ("latencyHint", "playback".into()),
            ("sinkId", nowhere.into()),
            ("sampleRate", RATE.into()),
        ]);
        let context = AudioContext::new_with_context_options(options.unchecked_ref()).ok()?;
        let bus: AudioNode = context.create_gain().ok()?.into();
        let channel = MessageChannel::new().ok()?;
        let port = channel.port2();
        let message = web::object(&[("sound", JsValue::from(port.clone()))]);
        worker.post_message_with_transfer(&message, &Array::of1(&port)).ok()?;
        let (meets, owner) = (bus.clone(), context.clone());
        spawn_local(async move {
            _ = connect(&owner, &meets, &channel).await;
        });
        Some(Self { context, bus, heard: Vec::new() })
    }

    /// Mixes these from now on, and nothing else.
    pub(super) fn set(&mut self, tracks: Vec<MediaStreamTrack>) {
        self.heard.retain(|(track, node)| {
            let stays = tracks.contains(track);
            if !stays {
                _ = node.disconnect();
            }
            stays
        });
        for track in tracks {
            if self.heard.iter().any(|(known, _)| *known == track) {
                continue;
            }
            if let Some(node) = self.connected(&track) {
                self.heard.push((track, node));
            }
        }
    }

    fn connected(&self, track: &MediaStreamTrack) -> Option<MediaStreamAudioSourceNode> {
        let stream = MediaStream::new().ok()?;
        stream.add_track(track);
        let node = self.context.create_media_stream_source(&stream).ok()?;
        node.connect_with_audio_node(&self.bus).ok()?;
        Some(node)
    }
}

impl Drop for Mix {
    fn drop(&mut self) {
        _ = self.context.close();
    }
}

async fn connect(context: &AudioContext, bus: &AudioNode, channel: &MessageChannel) -> Result<(), JsValue> {
    let worklets = Reflect::get(context, &"audioWorklet".into())?;
    let script = format!("{}{SCRIPT}", page::root());
    let added = web::call(&worklets, "addModule", &[&script.into()]).ok_or(JsValue::NULL)?;
    JsFuture::from(added.dyn_into::<Promise>()?).await?;
    let options = AudioWorkletNodeOptions::new();
    options.set_channel_count(2);
    options.set_channel_count_mode(web_sys::ChannelCountMode::Explicit);
    let node = AudioWorkletNode::new_with_options(context, PROCESSOR, &options)?;
    let port = channel.port1();
    node.port()?.post_message_with_transferable(&port, &Array::of1(&port))?;
    bus.connect_with_audio_node(&node)?;
    // What is connected to no end is not run by every browser; what comes out of this one is silence.
    node.connect_with_audio_node(&context.destination())?;
    Ok(())
}
