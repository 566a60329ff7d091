//! What is seen where: each picture in the `<video>` of its tile. Sound is in `sounds.rs`.
//!
//! A tile has one stream for as long as its publication is there; another link changes the track in it, so that the element goes on
//! with its last picture until the next one is there.

use std::collections::BTreeMap;

use gloo_events::EventListener;
use protocol::{MediaKey, ParticipantId, Source};
use wasm_bindgen::JsCast;
use web_sys::{HtmlVideoElement, MediaStream, MediaStreamTrack};

use crate::event::{Event, Events};
use crate::web;

/// A tile: a source of pictures, and whose it is; `None` is the person at this browser.
pub(crate) type Tile = (Option<ParticipantId>, Source);

/// The streams of a call and the elements that show them.
pub(crate) struct Videos {
    streams: BTreeMap<Tile, MediaStream>,
    elements: BTreeMap<Tile, String>,
    /// Tell how wide a picture is by its height.
    shapes: BTreeMap<Tile, EventListener>,
    events: Events,
}

impl Videos {
    pub(crate) fn new(events: Events) -> Self {
        Self { streams: BTreeMap::new(), elements: BTreeMap::new(), shapes: BTreeMap::new(), events }
    }

    /// There is an element for a tile; the shape of what it shows is told from now on.
    pub(crate) fn element(&mut self, tile: Tile, element: String) {
        if let Some(shapes) = self::element(&element).map(|video| shapes(tile, &video, &self.events)) {
            self.shapes.insert(tile, shapes);
        }
        self.elements.insert(tile, element);
        self.connect(tile);
    }

    /// Plays this track in a tile, and no other; without one, a picture that is still to come.
    pub(crate) fn play(&mut self, tile: Tile, track: Option<&MediaStreamTrack>) {
        if !self.streams.contains_key(&tile)
            && let Ok(stream) = MediaStream::new()
        {
            self.streams.insert(tile, stream);
        }
        let Some(stream) = self.streams.get(&tile) else { return };
        if let Some(track) = track {
            stream.add_track(track); // Does nothing where it is in already.
        }
        for old in stream.get_tracks().iter().filter_map(|track| track.dyn_into::<MediaStreamTrack>().ok()) {
            if track != Some(&old) {
                stream.remove_track(&old);
            }
        }
        self.connect(tile);
    }

    /// The own picture; the own sound is not played.
    pub(crate) fn own(&mut self, source: Source, track: Option<&MediaStreamTrack>) {
        let tile = (None, source);
        match track {
            Some(track) => self.play(tile, Some(track)),
            None => {
                self.streams.remove(&tile);
                self.connect(tile);
            }
        }
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
    }

    /// What a tile plays.
    pub(crate) fn track(&self, tile: Tile) -> Option<MediaStreamTrack> {
        self.streams.get(&tile)?.get_video_tracks().get(0).dyn_into().ok()
    }

    /// The element that shows a tile.
    pub(crate) fn shown_in(&self, tile: Tile) -> Option<HtmlVideoElement> {
        element(self.elements.get(&tile)?)
    }

    fn connect(&self, tile: Tile) {
        let Some(element) = self.elements.get(&tile).and_then(|id| element(id)) else { return };
        let stream = self.streams.get(&tile);
        if element.src_object().as_ref() != stream {
            element.set_src_object(stream);
        }
        if stream.is_some() {
            web::play(&element);
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
