//! What plays where: each picture in the `<video>` of its tile, together with the sound that belongs to it where that comes over a
//! direct link, and the sound of links to nodes in elements of its own.
//!
//! A tile has one stream for as long as its publication is there; another link changes the track in it, so that the element goes on
//! with its last picture until the next one is there.

use std::collections::BTreeMap;

use call::LinkKey;
use gloo_events::EventListener;
use protocol::{MediaKey, ParticipantId, Source};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlAudioElement, HtmlMediaElement, HtmlVideoElement, MediaStream, MediaStreamTrack};

use crate::event::{Event, Events};
use crate::{devices, web};

/// A tile: a source of pictures, and whose it is; `None` is the person at this browser.
pub(crate) type Tile = (Option<ParticipantId>, Source);

/// The streams of a call and the elements that show them.
pub(crate) struct Videos {
    streams: BTreeMap<Tile, MediaStream>,
    elements: BTreeMap<Tile, String>,
    /// Tell how wide a picture is by its height.
    shapes: BTreeMap<Tile, EventListener>,
    /// One for each audio slot of each link to a node.
    slots: BTreeMap<LinkKey, Vec<Slot>>,
    /// How loud what is heard is played, in percent, where that is not 100.
    volumes: BTreeMap<MediaKey, u8>,
    /// The speaker that everything is played through; none is the system's default.
    speaker: Option<String>,
    events: Events,
}

/// An audio slot of a link to a node.
struct Slot {
    element: HtmlAudioElement,
    /// What it plays, if it is played.
    plays: Option<MediaKey>,
}

impl Videos {
    pub(crate) fn new(events: Events) -> Self {
        Self {
            streams: BTreeMap::new(),
            elements: BTreeMap::new(),
            shapes: BTreeMap::new(),
            slots: BTreeMap::new(),
            volumes: BTreeMap::new(),
            speaker: None,
            events,
        }
    }

    /// There is an element for a tile; the shape of what it shows is told from now on.
    pub(crate) fn element(&mut self, tile: Tile, element: String) {
        if let Some(shapes) = self::element(&element).map(|video| shapes(tile, &video, &self.events)) {
            self.shapes.insert(tile, shapes);
        }
        self.elements.insert(tile, element);
        self.connect(tile);
    }

    /// Plays these tracks in a tile, and no others.
    pub(crate) fn play(&mut self, tile: Tile, tracks: &[MediaStreamTrack]) {
        if !self.streams.contains_key(&tile)
            && let Ok(stream) = MediaStream::new()
        {
            self.streams.insert(tile, stream);
        }
        let Some(stream) = self.streams.get(&tile) else { return };
        for track in tracks {
            stream.add_track(track); // Does nothing where it is in already.
        }
        for old in stream.get_tracks().iter().filter_map(|track| track.dyn_into::<MediaStreamTrack>().ok()) {
            if !tracks.contains(&old) {
                stream.remove_track(&old);
            }
        }
        self.connect(tile);
    }

    /// The own picture; the own sound is not played.
    pub(crate) fn own(&mut self, source: Source, track: Option<&MediaStreamTrack>) {
        let tile = (None, source);
        match track {
            Some(track) => self.play(tile, std::slice::from_ref(track)),
            None => {
                self.streams.remove(&tile);
                self.connect(tile);
            }
        }
    }

    /// There is a link to a node with these audio slots, or there is none any more.
    pub(crate) fn audio_slots(&mut self, link: LinkKey, tracks: impl Iterator<Item = MediaStreamTrack>) {
        for slot in self.slots.remove(&link).unwrap_or_default() {
            slot.element.set_src_object(None);
        }
        for track in tracks {
            let (Ok(element), Ok(stream)) = (HtmlAudioElement::new(), MediaStream::new()) else { return };
            stream.add_track(&track);
            element.set_muted(true);
            element.set_src_object(Some(&stream));
            self.use_speaker(&element);
            play(&element);
            self.slots.entry(link).or_default().push(Slot { element, plays: None });
        }
    }

    /// Plays these audio slots of a link, and no others.
    pub(crate) fn play_slots(&mut self, link: LinkKey, played: &[Option<MediaKey>]) {
        for (index, slot) in self.slots.get_mut(&link).into_iter().flatten().enumerate() {
            slot.plays = played.get(index).copied().flatten();
            slot.element.set_muted(slot.plays.is_none());
        }
        self.use_volumes();
    }

    /// What the audio slots of a link play.
    pub(crate) fn played_in(&self, link: LinkKey) -> impl Iterator<Item = Option<MediaKey>> + '_ {
        self.slots.get(&link).into_iter().flatten().map(|slot| slot.plays)
    }

    /// Plays something more softly, for this person alone.
    pub(crate) fn set_volume(&mut self, key: MediaKey, percent: u8) {
        self.volumes.insert(key, percent.min(100));
        self.use_volumes();
    }

    /// How loud something is played, in percent.
    pub(crate) fn volume(&self, key: MediaKey) -> u8 {
        self.volumes.get(&key).copied().unwrap_or(100)
    }

    fn use_volumes(&self) {
        for tile in self.elements.keys() {
            self.use_volume(*tile);
        }
        for slot in self.slots.values().flatten() {
            if let Some(key) = slot.plays {
                slot.element.set_volume(f64::from(self.volume(key)) / 100.0);
            }
        }
    }

    /// Over a direct link a tile plays what is heard with its pictures.
    fn use_volume(&self, (whose, source): Tile) {
        let heard = whose.zip(source.companion()).map(|(whose, heard)| whose.publication(heard));
        if let Some(key) = heard
            && let Some(element) = self.elements.get(&(whose, source)).and_then(|id| element(id))
        {
            element.set_volume(f64::from(self.volume(key)) / 100.0);
        }
    }

    /// Plays all sound through this speaker; none is the system's default.
    pub(crate) fn play_through(&mut self, speaker: Option<String>) {
        self.speaker = speaker;
        for element in self.elements.values().filter_map(|id| element(id)) {
            self.use_speaker(&element);
        }
        for slot in self.slots.values().flatten() {
            self.use_speaker(&slot.element);
        }
        if let Some(speaker) = self.speaker.clone() {
            devices::try_speaker(speaker, &self.events);
        }
    }

    /// What everything is played through.
    pub(crate) fn speaker(&self) -> Option<&str> {
        self.speaker.as_deref()
    }

    fn use_speaker(&self, element: &HtmlMediaElement) {
        devices::use_speaker(element, self.speaker(), &self.events);
    }

    /// A publication of pictures is gone. The element stays known: it may come again.
    pub(crate) fn forget(&mut self, key: MediaKey) {
        let tile = (Some(key.participant), key.source);
        self.streams.remove(&tile);
        self.connect(tile);
    }

    /// Nobody else is in the call any more.
    pub(crate) fn forget_others(&mut self) {
        self.streams.retain(|(whose, _), _| whose.is_none());
        self.elements.retain(|(whose, _), _| whose.is_none());
        self.volumes.clear();
    }

    fn connect(&self, tile: Tile) {
        let Some(element) = self.elements.get(&tile).and_then(|id| element(id)) else { return };
        let stream = self.streams.get(&tile);
        if element.src_object().as_ref() != stream {
            element.set_src_object(stream);
        }
        if stream.is_some() {
            self.use_volume(tile);
            self.use_speaker(&element);
            play(&element);
        }
    }
}

/// Tells how wide pictures are by their height, whenever that becomes known or changes: a phone that is turned, another camera.
fn shapes((whose, source): Tile, video: &HtmlVideoElement, events: &Events) -> EventListener {
    let (events, shown) = (events.clone(), video.clone());
    EventListener::new(video, "resize", move |_| {
        let (width, height) = (shown.video_width() as f32, shown.video_height() as f32);
        if height > 0.0 {
            _ = events.unbounded_send(Event::Shape { whose, source, ratio: width / height });
        }
    })
}

fn element(id: &str) -> Option<HtmlVideoElement> {
    web::document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// A browser that wants a gesture first refuses; entering the call was one.
fn play(element: &HtmlMediaElement) {
    if let Ok(promise) = element.play() {
        spawn_local(async move { _ = JsFuture::from(promise).await });
    }
}
