//! Which stream plays in which `<video>`.

use std::collections::BTreeMap;

use protocol::ParticipantId;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlVideoElement, MediaStream, MediaStreamTrack};

use crate::{devices, web};

/// Whose media: `None` is the person at this browser.
pub(crate) type Whose = Option<ParticipantId>;

/// The streams of a call and the elements that show them.
#[derive(Default)]
pub(crate) struct Videos {
    streams: BTreeMap<Whose, MediaStream>,
    elements: BTreeMap<Whose, String>,
}

impl Videos {
    /// There is an element for somebody's media.
    pub(crate) fn element(&mut self, whose: Whose, element: String) {
        self.elements.insert(whose, element);
        self.connect(whose);
    }

    /// There is a stream of somebody's media, or there no longer is.
    pub(crate) fn stream(&mut self, whose: Whose, stream: Option<MediaStream>) {
        match stream {
            Some(stream) => _ = self.streams.insert(whose, stream),
            None => _ = self.streams.remove(&whose),
        }
        self.connect(whose);
    }

    /// The own picture; the own sound is not played.
    pub(crate) fn own_camera(&mut self, track: Option<&MediaStreamTrack>) {
        let stream = track.and_then(|track| {
            let stream = MediaStream::new().ok()?;
            stream.add_track(track);
            Some(stream)
        });
        self.stream(None, stream);
    }

    /// Plays all sound through the chosen speaker.
    pub(crate) fn use_speaker(&self) {
        for element in self.elements.values().filter_map(|id| element(id)) {
            devices::use_speaker(&element);
        }
    }

    /// A link has ended. The element stays known: the same person may come again, with another link.
    pub(crate) fn forget(&mut self, whose: ParticipantId) {
        self.stream(Some(whose), None);
    }

    /// Nobody else is in the call any more.
    pub(crate) fn forget_others(&mut self) {
        self.streams.retain(|whose, _| whose.is_none());
        self.elements.retain(|whose, _| whose.is_none());
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
fn play(element: &HtmlVideoElement) {
    if let Ok(promise) = element.play() {
        spawn_local(async move { _ = JsFuture::from(promise).await });
    }
}
