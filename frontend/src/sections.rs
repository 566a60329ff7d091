//! The media sections of a peer connection: which transceiver carries what.

use std::collections::BTreeMap;

use call::StatsSection;
use js_sys::{Array, Reflect};
use protocol::limits::AUDIO_SLOTS;
use protocol::{MediaKey, MediaKind, ParticipantId, SectionMap, Source};
use seal::Expected;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    MediaStream, MediaStreamTrack, RtcPeerConnection, RtcRtpReceiver, RtcRtpTransceiver,
    RtcRtpTransceiverDirection, RtcRtpTransceiverInit,
};

use crate::sealing::{PipeNumber, Sealing, expected};
use crate::web::{self, object};

/// The sections of one connection.
pub(crate) struct Sections {
    /// Whose media comes in the sections of sources: nobody's in those of a link to a node, which has slots for that.
    from: Option<ParticipantId>,
    /// The section of each source. Between people it carries the source both ways.
    of_sources: BTreeMap<Source, RtcRtpTransceiver>,
    audio_slots: Vec<RtcRtpTransceiver>,
    video_slots: Vec<RtcRtpTransceiver>,
    /// Where the pictures of each video slot come in, and what they are to be.
    pipes: Vec<PipeNumber>,
    publications: Vec<Option<MediaKey>>,
}

/// One layer of a simulcast (RFC 8853).
struct Layer {
    rid: &'static str,
    /// By how much it is smaller than what is captured.
    smaller: f64,
    /// What it takes at the most, in bits per second.
    bits: f64,
    /// Frames a second, at the most, where that is less than what is captured.
    frames: Option<f64>,
}

/// The layers of a camera. The server expects them from the smallest on.
const LAYERS: [Layer; 3] = [
    Layer { rid: "q", smaller: 4.0, bits: 160_000.0, frames: None },
    Layer { rid: "h", smaller: 2.0, bits: 600_000.0, frames: None },
    Layer { rid: "f", smaller: 1.0, bits: 1_700_000.0, frames: None },
];

/// The same of a screen. Letters cannot be read in half the size: whoever has a narrow line gets fewer pictures, each of them whole.
const SCREEN_LAYERS: [Layer; 2] = [
    Layer { rid: "q", smaller: 1.0, bits: 400_000.0, frames: Some(5.0) },
    Layer { rid: "h", smaller: 1.0, bits: 2_500_000.0, frames: None },
];

/// What a screen takes at the most between two people, in bits per second.
const SCREEN_BITS: f64 = 2_500_000.0;

/// Three rates of frames in each layer, so that the server can leave some out.
const SCALABILITY: &str = "L1T3";

/// The video codec, and what repeats its packets. Every browser has it, and it is the one of which sealed frames can be
/// taken apart into packets and forwarded: the others are cut up along what is inside a frame.
const VIDEO_CODECS: [&str; 2] = ["video/VP8", "video/rtx"];

/// What has a section from the beginning, whether or not it is sent.
const AT_FIRST: [Source; 2] = [Source::Microphone, Source::Camera];

impl Sections {
    /// Those of a link to a person; whoever offers first makes the first ones.
    pub(crate) fn with_person(from: ParticipantId) -> Self {
        Self::new(Some(from))
    }

    /// Those of a link to a node, without video slots.
    pub(crate) fn with_node(connection: &RtcPeerConnection, local: &MediaStream, sealing: &Sealing) -> Self {
        let mut sections = Self::new(None);
        sections.begin(connection, local, sealing);
        for _ in 0..AUDIO_SLOTS {
            let init = init(RtcRtpTransceiverDirection::Recvonly, None);
            let slot = connection.add_transceiver_with_str_and_init("audio", &init);
            sealing.open(&slot, MediaKind::Audio, Expected::AnySound);
            sections.audio_slots.push(slot);
        }
        sections
    }

    fn new(from: Option<ParticipantId>) -> Self {
        Self {
            from,
            of_sources: BTreeMap::new(),
            audio_slots: Vec::new(),
            video_slots: Vec::new(),
            pipes: Vec::new(),
            publications: Vec::new(),
        }
    }

    /// Makes the sections that there are from the beginning.
    pub(crate) fn begin(&mut self, connection: &RtcPeerConnection, local: &MediaStream, sealing: &Sealing) {
        for source in AT_FIRST {
            self.add(connection, source, local, sealing);
        }
    }

    /// Makes a section for a source, unless there is one.
    pub(crate) fn add(
        &mut self,
        connection: &RtcPeerConnection,
        source: Source,
        local: &MediaStream,
        sealing: &Sealing,
    ) {
        if self.of_sources.contains_key(&source) {
            return;
        }
        let both_ways = self.from.is_some();
        let direction = if both_ways {
            RtcRtpTransceiverDirection::Sendrecv
        } else {
            RtcRtpTransceiverDirection::Sendonly
        };
        let init = init(direction, Some(local));
        if let Some(encodings) = encodings(source, both_ways) {
            _ = Reflect::set(&init, &"sendEncodings".into(), &encodings);
        }
        let section = connection.add_transceiver_with_str_and_init(name(source.kind()), &init);
        if source.kind() == MediaKind::Video {
            prefer_codecs(&section);
        }
        self.lead(source, section, sealing);
    }

    /// Takes the sections of an offer of the person at the other end, to send in them too. Returns which.
    pub(crate) fn fill(
        &mut self,
        connection: &RtcPeerConnection,
        offered: &SectionMap,
        local: &MediaStream,
        sealing: &Sealing,
    ) -> Vec<(Source, RtcRtpTransceiver)> {
        let all = connection.get_transceivers();
        for section in all.iter().filter_map(|one| one.dyn_into::<RtcRtpTransceiver>().ok()) {
            let source = section.mid().and_then(|mid| offered.source_of(&mid));
            let Some(source) = source.filter(|source| carries(&section, source.kind())) else { continue };
            self.lead(source, section, sealing);
        }
        for section in self.of_sources.values() {
            // Throws where the peer has ended the section meanwhile; then there is nothing to fill.
            _ = Reflect::set(section, &"direction".into(), &"sendrecv".into());
            web::call_if_present(&section.sender(), "setStreams", local);
        }
        self.of_sources()
    }

    /// Leads what a section carries through the worker.
    fn lead(&mut self, source: Source, section: RtcRtpTransceiver, sealing: &Sealing) {
        sealing.seal(&section, source);
        if let Some(from) = self.from {
            sealing.open(&section, source.kind(), expected(Some(from.publication(source))));
        }
        self.of_sources.insert(source, section);
    }

    /// Which section carries which source, as far as they have names: an offer gives them some.
    pub(crate) fn map(sections: &[(Source, RtcRtpTransceiver)]) -> SectionMap {
        let named = sections.iter().filter_map(|(source, section)| Some((section.mid()?, *source)));
        SectionMap::new(named.collect()).unwrap_or_default()
    }

    /// The section of each source.
    pub(crate) fn of_sources(&self) -> Vec<(Source, RtcRtpTransceiver)> {
        self.of_sources.iter().map(|(source, section)| (*source, section.clone())).collect()
    }

    /// Has so many video slots.
    pub(crate) fn set_slots(&mut self, connection: &RtcPeerConnection, video: usize, sealing: &Sealing) {
        while self.video_slots.len() < video {
            let init = init(RtcRtpTransceiverDirection::Recvonly, None);
            let slot = connection.add_transceiver_with_str_and_init("video", &init);
            prefer_codecs(&slot);
            let publication = self.publications.get(self.video_slots.len()).copied().flatten();
            self.pipes.push(sealing.open(&slot, MediaKind::Video, expected(publication)));
            self.video_slots.push(slot);
        }
    }

    /// What the video slots show from now on. Nothing else is opened there.
    pub(crate) fn expect_in_slots(&mut self, publications: Vec<Option<MediaKey>>, sealing: &Sealing) {
        for (index, pipe) in self.pipes.iter().enumerate() {
            sealing.expect(*pipe, publications.get(index).copied().flatten());
        }
        self.publications = publications;
    }

    /// The section of a source.
    pub(crate) fn of(&self, source: Source) -> Option<&RtcRtpTransceiver> {
        self.of_sources.get(&source)
    }

    /// The video slots, in their order.
    pub(crate) fn video_slots(&self) -> &[RtcRtpTransceiver] {
        &self.video_slots
    }

    /// What comes in the audio slots.
    pub(crate) fn audio_slots(&self) -> Vec<RtcRtpReceiver> {
        self.audio_slots.iter().map(RtcRtpTransceiver::receiver).collect()
    }

    /// What each section carries now, where the audio slots play this.
    pub(crate) fn stats(&self, played: impl Iterator<Item = Option<MediaKey>>) -> Vec<StatsSection> {
        let of_sources = self.of_sources.iter().map(|(source, section)| {
            (section, Some(*source), self.from.map(|from| from.publication(*source)))
        });
        let shown = self.publications.iter().copied().chain(std::iter::repeat(None));
        let video = self.video_slots.iter().zip(shown).map(|(slot, key)| (slot, None, key));
        let audio = self.audio_slots.iter().zip(played).map(|(slot, key)| (slot, None, key));
        let all = of_sources.chain(video).chain(audio);
        all.filter_map(|(section, sent, received)| Some(StatsSection { mid: section.mid()?, sent, received }))
            .collect()
    }

    /// Sends only the smallest layers.
    pub(crate) fn set_layers(&self, source: Source, layers: u8) {
        let Some(section) = self.of(source) else { return };
        change_encodings(section, |index, encoding| {
            let is_active = index < usize::from(layers);
            _ = Reflect::set(encoding, &"active".into(), &is_active.into());
        });
    }
}

/// Changes each encoding of what a section sends, by its index.
pub(crate) fn change_encodings(section: &RtcRtpTransceiver, change: impl Fn(usize, &JsValue)) {
    let sender = section.sender();
    let parameters = web::call(&sender, "getParameters", &[]).unwrap_or_default();
    let encodings = Reflect::get(&parameters, &"encodings".into()).ok();
    let Some(encodings) = encodings.and_then(|list| list.dyn_into::<Array>().ok()) else { return };
    for (index, encoding) in encodings.iter().enumerate() {
        change(index, &encoding);
    }
    if let Some(promise) = web::call(&sender, "setParameters", &[&parameters])
        && let Ok(promise) = promise.dyn_into::<js_sys::Promise>()
    {
        spawn_local(async move { _ = JsFuture::from(promise).await });
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

/// How a source is encoded, where that is not left to the browser. A person is sent one encoding of each, the server some.
fn encodings(source: Source, to_person: bool) -> Option<Array> {
    let layers: &[Layer] = match (source, to_person) {
        (Source::Camera, false) => &LAYERS,
        (Source::Screen, false) => &SCREEN_LAYERS,
        (Source::Screen, true) => {
            return Some(Array::of1(&object(&[("maxBitrate", SCREEN_BITS.into())]).into()));
        }
        (Source::Camera, true) | (Source::Microphone | Source::ScreenAudio, _) => return None,
    };
    let layer = |Layer { rid, smaller, bits, frames }: &Layer| {
        let encoding = object(&[
            ("rid", (*rid).into()),
            ("scaleResolutionDownBy", (*smaller).into()),
            ("maxBitrate", (*bits).into()),
            ("scalabilityMode", SCALABILITY.into()),
        ]);
        if let Some(frames) = frames {
            _ = Reflect::set(&encoding, &"maxFramerate".into(), &(*frames).into());
        }
        JsValue::from(encoding)
    };
    Some(layers.iter().map(layer).collect())
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

fn carries(section: &RtcRtpTransceiver, kind: MediaKind) -> bool {
    section.receiver().track().kind() == name(kind)
        && section.direction() != RtcRtpTransceiverDirection::Stopped
}

fn name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
    }
}
