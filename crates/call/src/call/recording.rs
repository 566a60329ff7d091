//! The recording on the server: the person is asked once for each, and their answer is said, and kept over a broken connection.

use std::time::Duration;

use protocol::{Consent, Joined, RecordingEnd, RecordingState, RoomMessage, Switch};

use super::Call;
use crate::recording::RecordingSnapshot;
use crate::{Notice, Output, Phase};

impl Call {
    /// Stops the recording, as a host.
    pub(super) fn stop_recording(&mut self) {
        if let Some(recording) = self.recording.id() {
            self.say(RoomMessage::StopRecording { recording });
        }
    }

    /// The person says whether they are recorded.
    pub(super) fn be_recorded(&mut self, recorded: Switch) {
        let Some((recording, consent)) = self.recording.decide(recorded) else { return };
        if consent != Consent::Given {
            self.withdraw_keys();
        }
        // The answer comes before the keys, which the room takes only after it.
        self.say(RoomMessage::AnswerRecording { recording, consent });
        if let Some(you) = &mut self.you {
            you.recorded = Some(consent);
        }
        let state = self.recording.current().map(|(state, _)| state.clone());
        self.encrypt(|encryption, view| match (consent, state) {
            (Consent::Given, Some(state)) => encryption.agree(&state, view),
            (Consent::Given | Consent::NotAnswered | Consent::Refused | Consent::TakenBack, _) => {
                encryption.take_back(view);
            }
        });
    }

    /// What was handed in and may not have arrived is not said again.
    fn withdraw_keys(&mut self) {
        self.signalling.keep_only(|message| !matches!(message, RoomMessage::KeepRecordingKeys { .. }));
    }

    /// The room says that a recording has begun, or is over.
    pub(super) fn recording_changed(
        &mut self,
        now: Duration,
        recording: Option<RecordingState>,
        ended: Option<RecordingEnd>,
    ) {
        let recorded = recording.as_ref().map(|_| Consent::NotAnswered);
        if self.phase == Phase::Joined && self.go_over_to_recording(now, recording) {
            self.notify_of_recording(ended);
            self.people.set_recorded(recorded);
            if let Some(you) = &mut self.you {
                you.recorded = recorded;
            }
            self.review_paths(now);
        }
    }

    /// What a newcomer is told; also one whose connection broke, and who may have answered already.
    pub(super) fn find_recording(&mut self, now: Duration, joined: &Joined, was_inside: bool) {
        let is_other = self.go_over_to_recording(now, joined.recording.clone());
        // Whoever comes is asked, and sees that it goes on: it has not begun now.
        if is_other && was_inside {
            self.notify_of_recording(None);
        }
        if let Some((state, answer)) = self.recording.current()
            && *answer != Consent::NotAnswered
            && joined.you.recorded != Some(*answer)
        {
            let (recording, consent) = (state.id, *answer);
            self.say(RoomMessage::AnswerRecording { recording, consent });
        }
    }

    /// Whether it is another one than before.
    fn go_over_to_recording(&mut self, now: Duration, recording: Option<RecordingState>) -> bool {
        let is_other = self.recording.replace(recording);
        if is_other {
            self.withdraw_keys();
            let asks = self.recording.id().is_some();
            self.encrypt(|encryption, view| {
                // What comes now may be for another recording, to which nobody has agreed yet.
                if asks { encryption.take_back(view) } else { encryption.recording_ended(now) }
            });
        }
        is_other
    }

    fn notify_of_recording(&mut self, ended: Option<RecordingEnd>) {
        let stopped = Notice::RecordingStopped(ended.unwrap_or(RecordingEnd::Stopped));
        let notice = if self.recording.id().is_some() { Notice::RecordingStarted } else { stopped };
        self.outputs.push_back(Output::Notify(notice));
    }

    pub(super) fn recording_snapshot(&self) -> Option<RecordingSnapshot> {
        self.recording.snapshot(|id| self.people.name_of(id).cloned())
    }
}
