//! What plays where: each person's picture and sound in the `<video>` of their tile, and the sound of the link to the server
//! in elements of its own.
//!
//! A tile has one stream for as long as its person is there; moving to another path changes the track in it, so that the
//! element goes on with its last picture until the next one is there.

use std::collections::BTreeMap;

use protocol::{ParticipantId, SlotWish, Source};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlAudioElement, HtmlMediaElement, HtmlVideoElement, MediaStream, MediaStreamTrack};

use crate::{devices, web};

/// Whose media: `None` is the person at this browser.
pub(crate) type Whose = Option<ParticipantId>;

/// Heights are told to the server in steps, so that a window that is being resized does not ask for much.
const HEIGHT_STEP: f64 = 40.0;

/// The streams of a call and the elements that show them.
#[derive(Default)]
pub(crate) struct Videos {
    streams: BTreeMap<Whose, MediaStream>,
    elements: BTreeMap<Whose, String>,
    /// One for each audio slot of the link to the server.
    slots: Vec<HtmlAudioElement>,
}

impl Videos {
    /// There is an element for somebody's media.
    pub(crate) fn element(&mut self, whose: Whose, element: String) {
        self.elements.insert(whose, element);
        self.connect(whose);
    }

    /// Plays these tracks of somebody, and no others.
    pub(crate) fn play(&mut self, whose: Whose, tracks: &[MediaStreamTrack]) {
        if !self.streams.contains_key(&whose)
            && let Ok(stream) = MediaStream::new()
        {
            self.streams.insert(whose, stream);
        }
        let Some(stream) = self.streams.get(&whose) else { return };
        for track in tracks {
            stream.add_track(track); // Does nothing where it is in already.
        }
        for old in stream.get_tracks().iter().filter_map(|track| track.dyn_into::<MediaStreamTrack>().ok()) {
            if !tracks.contains(&old) {
                stream.remove_track(&old);
            }
        }
        self.connect(whose);
    }

    /// The own picture; the own sound is not played.
    pub(crate) fn own_camera(&mut self, track: Option<&MediaStreamTrack>) {
        match track {
            Some(track) => self.play(None, std::slice::from_ref(track)),
            None => {
                self.streams.remove(&None);
                self.connect(None);
            }
        }
    }

    /// There is a link to the server with these audio slots, or there is none any more.
    pub(crate) fn audio_slots(&mut self, tracks: impl Iterator<Item = MediaStreamTrack>) {
        for element in self.slots.drain(..) {
            element.set_src_object(None);
        }
        for track in tracks {
            let (Ok(element), Ok(stream)) = (HtmlAudioElement::new(), MediaStream::new()) else { return };
            stream.add_track(&track);
            element.set_muted(true);
            element.set_src_object(Some(&stream));
            devices::use_speaker(&element);
            play(&element);
            self.slots.push(element);
        }
    }

    /// Plays these audio slots.
    pub(crate) fn play_slots(&self, played: &[bool]) {
        for (place, element) in self.slots.iter().enumerate() {
            element.set_muted(!played.get(place).copied().unwrap_or_default());
        }
    }

    /// Plays all sound through the chosen speaker.
    pub(crate) fn use_speaker(&self) {
        for element in self.elements.values().filter_map(|id| element(id)) {
            devices::use_speaker(&element);
        }
        for element in &self.slots {
            devices::use_speaker(element);
        }
    }

    /// Somebody is gone. The element stays known: they may come again.
    pub(crate) fn forget(&mut self, whose: ParticipantId) {
        self.streams.remove(&Some(whose));
        self.connect(Some(whose));
    }

    /// Nobody else is in the call any more.
    pub(crate) fn forget_others(&mut self) {
        self.streams.retain(|whose, _| whose.is_none());
        self.elements.retain(|whose, _| whose.is_none());
    }

    /// Who is on the screen, and how large, in pixels of the screen.
    pub(crate) fn tiles(&self) -> Vec<SlotWish> {
        let ratio = web::window().map_or(1.0, |window| window.device_pixel_ratio());
        let tile = |(whose, id): (&Whose, &String)| {
            let participant = (*whose)?;
            // A picture that is off has no element that is shown, but its tile has a size.
            let height = f64::from(element(id)?.parent_element()?.client_height()) * ratio;
            let height = (height / HEIGHT_STEP).ceil() * HEIGHT_STEP;
            (height > 0.0).then_some(SlotWish { participant, source: Source::Camera, height: height as u16 })
        };
        self.elements.iter().filter_map(tile).collect()
    }

    fn connect(&self, whose: Whose) {
        let Some(element) = self.elements.get(&whose).and_then(|id| element(id)) else { return };
        let stream = self.streams.get(&whose);
        if element.src_object().as_ref() != stream {
            element.set_src_object(stream);
        }
        if stream.is_some() {
            devices::use_speaker(&element);
            play(&element);
        }
    }
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
