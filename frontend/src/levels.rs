//! How loud somebody is: this person from the microphone's samples, the others from what their packets say.

use call::Level;
use js_sys::Reflect;
use wasm_bindgen::JsCast;
use web_sys::{
    AnalyserNode, AudioContext, MediaStream, MediaStreamAudioSourceNode, MediaStreamTrack, RtcRtpReceiver,
};

use crate::web;

/// Measures one microphone. Ends with its owner.
pub(crate) struct Meter {
    context: AudioContext,
    analyser: AnalyserNode,
    /// A source that nobody holds is collected, and the meter goes silent.
    _source: MediaStreamAudioSourceNode,
}

/// About 20 ms at 48 kHz: short enough to follow syllables.
const BLOCK: usize = 1024;

/// What the analyser keeps: a power of two (W3C Web Audio §1.8.2), and more than passes between two looks, or short sounds
/// were missed.
const SAMPLES: usize = 8 * BLOCK;

/// How many blocks are looked at: 128 ms.
const BLOCKS: usize = 6;

impl Meter {
    pub(crate) fn new(track: &MediaStreamTrack) -> Option<Self> {
        // Nobody hears it and nobody waits for it: large blocks, and no loudspeaker, where the browser knows how.
        let nowhere = web::object(&[("type", "none".into())]);
        let options = web::object(&[("latencyHint", "playback".into()), ("sinkId", nowhere.into())]);
        let context = AudioContext::new_with_context_options(options.unchecked_ref()).ok()?;
        let stream = MediaStream::new().ok()?;
        stream.add_track(track);
        let source = context.create_media_stream_source(&stream).ok()?;
        let analyser = context.create_analyser().ok()?;
        analyser.set_fft_size(SAMPLES as u32);
        source.connect_with_audio_node(&analyser).ok()?;
        Some(Self { context, analyser, _source: source })
    }

    /// Whether what it says is so: a browser that waits for a gesture, or has nothing to play to, hears nothing.
    pub(crate) fn measures(&self) -> bool {
        self.context.current_time() > 0.0
    }

    /// The root mean square of the loudest of the last blocks.
    pub(crate) fn level(&self) -> Level {
        let mut samples = [0.0_f32; SAMPLES];
        self.analyser.get_float_time_domain_data(&mut samples);
        let power =
            |block: &[f32; BLOCK]| block.iter().map(|sample| sample * sample).sum::<f32>() / BLOCK as f32;
        let newest = samples.as_chunks::<BLOCK>().0.iter().rev().take(BLOCKS);
        Level(newest.map(power).fold(0.0, f32::max).sqrt())
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        _ = self.context.close();
    }
}

/// What the last packets of a peer say (RFC 6464, by way of W3C WebRTC §5.3.1).
pub(crate) fn received(receiver: &RtcRtpReceiver) -> Level {
    let source = receiver.get_synchronization_sources().get(0);
    let level = Reflect::get(&source, &"audioLevel".into()).ok().and_then(|level| level.as_f64());
    Level(level.unwrap_or(0.0) as f32)
}
