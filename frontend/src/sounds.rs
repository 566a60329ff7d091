//! What is heard: each sound of a direct link in an element of its own, and each audio slot of a link to a node.
//!
//! A sound is never played by the element of the picture that it belongs to: that one plays nothing before its first picture
//! (HTML, "potentially playing"), and of somebody whose camera is off there is none. The browser keeps the two in step all the same, because
//! they come as one stream.

use std::collections::BTreeMap;

use call::LinkKey;
use protocol::MediaKey;
use web_sys::{HtmlAudioElement, HtmlMediaElement, MediaStream, MediaStreamTrack};

use crate::event::Events;
use crate::{devices, web};

/// Everything that is heard, how loud, and through what.
pub(crate) struct Sounds {
    /// One for each publication that is heard over a direct link.
    direct: BTreeMap<MediaKey, Direct>,
    /// One for each audio slot of each link to a node.
    slots: BTreeMap<LinkKey, Vec<Slot>>,
    /// How loud what is heard is played, in percent, where that is not 100.
    volumes: BTreeMap<MediaKey, u8>,
    /// The speaker that everything is played through; none is the system's default.
    speaker: Option<String>,
    events: Events,
}

/// What comes over a direct link.
struct Direct {
    element: HtmlAudioElement,
    track: MediaStreamTrack,
}

/// An audio slot of a link to a node.
struct Slot {
    element: HtmlAudioElement,
    track: MediaStreamTrack,
    /// What it plays, if it is played.
    plays: Option<MediaKey>,
}

impl Sounds {
    pub(crate) fn new(events: Events) -> Self {
        Self {
            direct: BTreeMap::new(),
            slots: BTreeMap::new(),
            volumes: BTreeMap::new(),
            speaker: None,
            events,
        }
    }

    /// Plays this track of a publication, or none of it any more.
    pub(crate) fn play(&mut self, key: MediaKey, track: Option<MediaStreamTrack>) {
        let playing = self.direct.get(&key).map(|direct| &direct.track);
        if playing == track.as_ref() {
            return;
        }
        if let Some(before) = self.direct.remove(&key) {
            before.element.set_src_object(None);
        }
        if let Some(track) = track
            && let Some(element) = self.element(&track)
        {
            element.set_volume(self.fraction(key));
            web::play(&element);
            self.direct.insert(key, Direct { element, track });
        }
    }

    /// Plays what the browser has refused to play before the person had pressed anything on the page.
    pub(crate) fn play_again(&self) {
        let direct = self.direct.values().map(|direct| &direct.element);
        let all = direct.chain(self.slots.values().flatten().map(|slot| &slot.element));
        for element in all.filter(|element| element.paused()) {
            web::play(element);
        }
    }

    /// There is a link to a node with these audio slots, or there is none any more.
    pub(crate) fn audio_slots(&mut self, link: LinkKey, tracks: impl Iterator<Item = MediaStreamTrack>) {
        for slot in self.slots.remove(&link).unwrap_or_default() {
            slot.element.set_src_object(None);
        }
        for track in tracks {
            let Some(element) = self.element(&track) else { return };
            element.set_muted(true);
            web::play(&element);
            self.slots.entry(link).or_default().push(Slot { element, track, plays: None });
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

    /// Plays all sound through this speaker; none is the system's default.
    pub(crate) fn play_through(&mut self, speaker: Option<String>) {
        self.speaker = speaker;
        let direct = self.direct.values().map(|direct| &direct.element);
        for element in direct.chain(self.slots.values().flatten().map(|slot| &slot.element)) {
            self.use_speaker(element);
        }
        if let Some(speaker) = self.speaker.clone() {
            devices::try_speaker(speaker, &self.events);
        }
    }

    /// What everything is played through.
    pub(crate) fn speaker(&self) -> Option<&str> {
        self.speaker.as_deref()
    }

    /// Nobody else is in the call any more.
    pub(crate) fn forget_others(&mut self) {
        for key in self.direct.keys().copied().collect::<Vec<_>>() {
            self.play(key, None);
        }
        self.volumes.clear();
    }

    /// All that is heard.
    pub(crate) fn tracks(&self) -> impl Iterator<Item = MediaStreamTrack> + '_ {
        let slots = self.slots.values().flatten().filter(|slot| slot.plays.is_some());
        let direct = self.direct.values().map(|direct| &direct.track);
        direct.chain(slots.map(|slot| &slot.track)).cloned()
    }

    fn element(&self, track: &MediaStreamTrack) -> Option<HtmlAudioElement> {
        let (element, stream) = (HtmlAudioElement::new().ok()?, MediaStream::new().ok()?);
        stream.add_track(track);
        element.set_src_object(Some(&stream));
        self.use_speaker(&element);
        Some(element)
    }

    fn use_volumes(&self) {
        for (key, direct) in &self.direct {
            direct.element.set_volume(self.fraction(*key));
        }
        for slot in self.slots.values().flatten() {
            if let Some(key) = slot.plays {
                slot.element.set_volume(self.fraction(key));
            }
        }
    }

    fn fraction(&self, key: MediaKey) -> f64 {
        f64::from(self.volume(key)) / 100.0
    }

    fn use_speaker(&self, element: &HtmlMediaElement) {
        devices::use_speaker(element, self.speaker(), &self.events);
    }
}

impl Drop for Sounds {
    /// An element plays on without anybody who holds it.
    fn drop(&mut self) {
        let direct = self.direct.values().map(|direct| &direct.element);
        for element in direct.chain(self.slots.values().flatten().map(|slot| &slot.element)) {
            element.set_src_object(None);
        }
    }
}
