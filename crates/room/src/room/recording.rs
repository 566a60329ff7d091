//! Carries out what the recording wants done.

use std::time::Duration;

use protocol::{Consent, ParticipantId, RecordingState, ServerMessage};

use super::Room;
use crate::recording::{RecordingInput, RecordingOutput, RecordingView};
use crate::topology::TopologyInput;
use crate::{Change, Output};

impl Room {
    /// The recording that goes on.
    pub fn recording(&self) -> Option<&RecordingState> {
        self.recording.state()
    }

    pub(super) fn recording_view(&self) -> RecordingView<'_> {
        RecordingView::new(&self.seats, self.rules.settings(), self.topology.has_node())
    }

    pub(super) fn record_call(&mut self, now: Duration, input: RecordingInput) {
        let view = RecordingView::new(&self.seats, self.rules.settings(), self.topology.has_node());
        self.recording.handle_input(now, input, &view);
        self.carry_out_recording(now);
    }

    /// Those whose seats were kept have answered what was kept.
    pub(super) fn restore_answers(&mut self, now: Duration) {
        for id in self.seats.ids().collect::<Vec<_>>() {
            let answer = self.recording.answer_of(id);
            self.seats.change(id, |participant| participant.recorded = answer);
        }
        self.carry_out_recording(now);
    }

    pub(super) fn carry_out_recording(&mut self, now: Duration) {
        while let Some(output) = self.recording.poll_output() {
            match output {
                RecordingOutput::Recorder(effect) => self.outputs.push_back(Output::Recording(effect)),
                RecordingOutput::Keep(kept) => self.outputs.push_back(Output::Keep(Change::Recording(kept))),
                RecordingOutput::Tell { recording, ended } => {
                    let answer = recording.is_some().then_some(Consent::NotAnswered);
                    for id in self.seats.ids().collect::<Vec<_>>() {
                        self.seats.change(id, |participant| participant.recorded = answer);
                    }
                    self.tell_all(ServerMessage::Recording { recording, ended });
                    self.topology(now, TopologyInput::Review);
                }
                RecordingOutput::Answered { id, consent } => self.tell_answer(id, consent),
                RecordingOutput::Refuse { to, code, in_reply_to } => self.refuse(to, code, in_reply_to),
                RecordingOutput::Done { by, action } => self.record(now, by, action),
            }
        }
    }

    fn tell_answer(&mut self, id: ParticipantId, consent: Consent) {
        self.seats.change(id, |participant| participant.recorded = Some(consent));
        self.announce(id);
    }
}
