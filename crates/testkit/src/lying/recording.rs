//! Looks at recordings in a world of lies: a key that is handed in opens nothing that its person did not agree to.

use std::collections::BTreeMap;

use protocol::{Consent, KeyId, MediaKind, ParticipantId, RecordingId, RecordingKey};

use super::page::Page;

/// What pages have sent and handed in.
#[derive(Debug, Default)]
pub(crate) struct RecordingWitness {
    sent: BTreeMap<ParticipantId, Vec<Sent>>,
    boxes: BTreeMap<ParticipantId, Vec<(RecordingId, KeyId)>>,
    /// How many frames can be opened by a key that was handed in.
    recorded: u64,
    /// How many were sent by somebody who was asked and had not agreed.
    not_recorded: u64,
}

/// A frame, by its key, and what its page showed of a recording.
#[derive(Debug)]
struct Sent {
    key: KeyId,
    shown: Option<(RecordingId, Consent)>,
}

impl RecordingWitness {
    /// A page hands keys in. Says what is wrong with that: it opens what was sent before, or nobody has agreed.
    pub(crate) fn hear(&mut self, page: &Page, recording: RecordingId, keys: &[RecordingKey]) -> Vec<String> {
        let mut wrong = Vec::new();
        let agreed = Some((recording, Consent::Given));
        if shown(page) != agreed {
            wrong.push(format!("{} hands in a key without having agreed", page.id));
        }
        for RecordingKey { key, .. } in keys {
            self.boxes.entry(page.id).or_default().push((recording, *key));
            let before = self.sent.get(&page.id).into_iter().flatten();
            let opened = before.filter(|sent| sent.key.follows(*key));
            for sent in opened.filter(|sent| sent.shown != agreed) {
                wrong.push(format!("{} hands in what opens a frame from before: {sent:?}", page.id));
            }
        }
        wrong
    }

    /// A page sends a frame. Says what is wrong with that: a key opens it that was handed in, and they have not agreed. After the end of a
    /// recording a key may go on for a moment.
    pub(crate) fn see(&mut self, page: &Page, frame: &[u8]) -> Option<String> {
        let key = KeyId::of_frame(MediaKind::Audio, frame)?;
        let shown = shown(page);
        let is_refused = shown.is_some_and(|(_, answer)| answer != Consent::Given);
        self.not_recorded += u64::from(is_refused);
        self.sent.entry(page.id).or_default().push(Sent { key, shown });
        let boxes = self.boxes.get(&page.id).into_iter().flatten();
        let opens = boxes.filter(|(_, handed_in)| key.follows(*handed_in)).count();
        self.recorded += u64::from(opens > 0);
        (opens > 0 && is_refused).then(|| format!("what {} sends can be opened, shown is {shown:?}", page.id))
    }

    /// How many frames were recorded, and how many were not of those who were asked.
    pub(crate) fn count(&self) -> (u64, u64) {
        (self.recorded, self.not_recorded)
    }
}

/// What a page shows of the recording that goes on.
fn shown(page: &Page) -> Option<(RecordingId, Consent)> {
    page.call.snapshot().recording.map(|shown| (shown.id, shown.answer))
}
