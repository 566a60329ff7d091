//! The media sections of a peer connection: which transceiver carries what.

use call::Source;
use js_sys::{Array, Reflect};
use protocol::limits::AUDIO_SLOTS;
use seal::Expected;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    MediaStream, MediaStreamTrack, RtcPeerConnection, RtcRtpReceiver, RtcRtpTransceiver,
    RtcRtpTransceiverDirection, RtcRtpTransceiverInit,
};

use crate::sealing::{PipeNumber, Sealing};
use crate::web::{self, object};

/// The sections of one connection.
pub(crate) enum Sections {
    /// To a person: one for each source, both ways, made by whoever offers first.
    Direct,
    /// To the server: one to send each source, and slots to receive in, all made here.
    Server(ServerSections),
}

/// The sections of a link to the server, in the order in which they were made.
pub(crate) struct ServerSections {
    microphone: RtcRtpTransceiver,
    camera: RtcRtpTransceiver,
    audio: Vec<RtcRtpTransceiver>,
    video: Vec<RtcRtpTransceiver>,
    /// Where the pictures of each video slot come in.
    pipes: Vec<PipeNumber>,
}

/// One layer of a simulcast: a name, by how much it is smaller, and what it takes at the most, in bits per second. The
/// server expects them from the smallest on.
const LAYERS: [(&str, f64, f64); 3] = [("q", 4.0, 160_000.0), ("h", 2.0, 600_000.0), ("f", 1.0, 1_700_000.0)];

/// Three rates of frames in each layer, so that the server can leave some out.
const SCALABILITY: &str = "L1T3";

/// The video codec, and what repeats its packets. Every browser has it, and it is the one of which sealed frames can be
/// taken apart into packets and forwarded: the others are cut up along what is inside a frame.
const VIDEO_CODECS: [&str; 2] = ["video/VP8", "video/rtx"];

impl Sections {
    /// Those of a link between two people, from the end that offers first.
    pub(crate) fn direct(
        connection: &RtcPeerConnection,
        local: &MediaStream,
        sealing: &Sealing,
        expected: Expected,
    ) -> Self {
        for source in Source::ALL {
            let init = init(RtcRtpTransceiverDirection::Sendrecv, Some(local));
            let section = connection.add_transceiver_with_str_and_init(kind(source), &init);
            if source == Source::Camera {
                prefer_codecs(&section);
            }
            sealing.seal(&section, source);
            sealing.open(&section, source, expected);
        }
        Self::Direct
    }

    /// Those of a link to the server, without video slots.
    pub(crate) fn server(connection: &RtcPeerConnection, local: &MediaStream, sealing: &Sealing) -> Self {
        let sends = || init(RtcRtpTransceiverDirection::Sendonly, Some(local));
        let microphone = connection.add_transceiver_with_str_and_init("audio", &sends());
        let layered = sends();
        let encodings = LAYERS.map(|(rid, smaller, bits)| {
            JsValue::from(object(&[
                ("rid", rid.into()),
                ("scaleResolutionDownBy", smaller.into()),
                ("maxBitrate", bits.into()),
                ("scalabilityMode", SCALABILITY.into()),
            ]))
        });
        _ = Reflect::set(&layered, &"sendEncodings".into(), &encodings.into_iter().collect::<Array>());
        let camera = connection.add_transceiver_with_str_and_init("video", &layered);
        prefer_codecs(&camera);
        let receives = || init(RtcRtpTransceiverDirection::Recvonly, None);
        let audio: Vec<_> = (0..AUDIO_SLOTS)
            .map(|_| connection.add_transceiver_with_str_and_init("audio", &receives()))
            .collect();
        for section in &audio {
            sealing.open(section, Source::Microphone, Expected::Anybody);
        }
        sealing.seal(&microphone, Source::Microphone);
        sealing.seal(&camera, Source::Camera);
        Self::Server(ServerSections { microphone, camera, audio, video: Vec::new(), pipes: Vec::new() })
    }

    /// Has so many video slots.
    pub(crate) fn set_slots(&mut self, connection: &RtcPeerConnection, video: usize, sealing: &Sealing) {
        let Self::Server(sections) = self else { return };
        while sections.video.len() < video {
            let init = init(RtcRtpTransceiverDirection::Recvonly, None);
            let slot = connection.add_transceiver_with_str_and_init("video", &init);
            prefer_codecs(&slot);
            let expected = sealing.expected_in(sections.video.len());
            sections.pipes.push(sealing.open(&slot, Source::Camera, expected));
            sections.video.push(slot);
        }
    }

    /// The section in which a source is sent.
    pub(crate) fn sending(
        &self,
        connection: &RtcPeerConnection,
        source: Source,
    ) -> Option<RtcRtpTransceiver> {
        match (self, source) {
            (Self::Server(sections), Source::Microphone) => Some(sections.microphone.clone()),
            (Self::Server(sections), Source::Camera) => Some(sections.camera.clone()),
            (Self::Direct, Source::Microphone | Source::Camera) => {
                let transceivers = connection.get_transceivers();
                let all = transceivers.iter().filter_map(|one| one.dyn_into::<RtcRtpTransceiver>().ok());
                let of_source = |one: &RtcRtpTransceiver| one.receiver().track().kind() == kind(source);
                let is_stopped =
                    |one: &RtcRtpTransceiver| one.direction() == RtcRtpTransceiverDirection::Stopped;
                all.into_iter().find(|one| of_source(one) && !is_stopped(one))
            }
        }
    }

    /// The sections in which pictures come.
    pub(crate) fn video(&self, connection: &RtcPeerConnection) -> Vec<RtcRtpTransceiver> {
        match self {
            Self::Direct => self.sending(connection, Source::Camera).into_iter().collect(),
            Self::Server(sections) => sections.video.clone(),
        }
    }

    /// Where the pictures of each video slot come in.
    pub(crate) fn pipes(&self) -> &[PipeNumber] {
        match self {
            Self::Direct => &[],
            Self::Server(sections) => &sections.pipes,
        }
    }

    /// What comes in the audio slots.
    pub(crate) fn audio_slots(&self) -> Vec<RtcRtpReceiver> {
        match self {
            Self::Direct => Vec::new(),
            Self::Server(sections) => sections.audio.iter().map(RtcRtpTransceiver::receiver).collect(),
        }
    }

    /// Sends only the smallest layers.
    pub(crate) fn set_layers(&self, source: Source, layers: u8) {
        let Self::Server(sections) = self else { return };
        let sender = match source {
            Source::Microphone => return,
            Source::Camera => sections.camera.sender(),
        };
        let parameters = web::call(&sender, "getParameters", &[]).unwrap_or_default();
        let encodings = Reflect::get(&parameters, &"encodings".into()).ok();
        let Some(encodings) = encodings.and_then(|list| list.dyn_into::<Array>().ok()) else { return };
        for (place, encoding) in encodings.iter().enumerate() {
            let is_active = place < usize::from(layers);
            _ = Reflect::set(&encoding, &"active".into(), &is_active.into());
        }
        if let Some(promise) = web::call(&sender, "setParameters", &[&parameters])
            && let Ok(promise) = promise.dyn_into::<js_sys::Promise>()
        {
            spawn_local(async move { _ = JsFuture::from(promise).await });
        }
    }
}

/// Sends a track, or nothing, in place of what was sent.
pub(crate) fn replace_track(transceiver: &RtcRtpTransceiver, track: Option<&MediaStreamTrack>) {
    let promise = transceiver.sender().replace_track(track);
    spawn_local(async move { _ = JsFuture::from(promise).await });
}

fn init(direction: RtcRtpTransceiverDirection, stream: Option<&MediaStream>) -> RtcRtpTransceiverInit {
    let init = RtcRtpTransceiverInit::new();
    init.set_direction(direction);
    if let Some(stream) = stream {
        init.set_streams(&Array::of1(stream));
    }
    init
}

/// Offers the codecs worth offering, in the order in which they are liked. A browser without the method offers all.
fn prefer_codecs(transceiver: &RtcRtpTransceiver) {
    let receiver = Reflect::get(&js_sys::global(), &"RTCRtpReceiver".into()).unwrap_or_default();
    let known = web::call(&receiver, "getCapabilities", &[&"video".into()]).unwrap_or_default();
    let codecs = Reflect::get(&known, &"codecs".into()).ok().and_then(|list| list.dyn_into::<Array>().ok());
    let Some(codecs) = codecs else { return };
    let liked = VIDEO_CODECS.into_iter().flat_map(|name| codecs.iter().filter(move |codec| is(codec, name)));
    let liked = liked.collect::<Array>();
    if liked.length() > 0 {
        _ = web::call(transceiver, "setCodecPreferences", &[&liked]);
    }
}

fn is(codec: &JsValue, name: &str) -> bool {
    let kind = Reflect::get(codec, &"mimeType".into()).ok().and_then(|kind| kind.as_string());
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(name))
}

fn kind(source: Source) -> &'static str {
    match source {
        Source::Microphone => "audio",
        Source::Camera => "video",
    }
}
