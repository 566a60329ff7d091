//! The recording on the server as a page knows it: which one goes on, and what the person at this browser has answered. The server's word
//! counts for neither the question nor the answer: a page that was not asked has not consented, whatever it is told.

use protocol::{Consent, DisplayName, ParticipantId, RecordingId, RecordingState, Switch};

/// What is known.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// The one that goes on, and the person's answer to it.
    current: Option<(RecordingState, Consent)>,
}

/// The recording that goes on, as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingSnapshot {
    /// Which one.
    pub id: RecordingId,
    /// Who else started it, if they are here.
    pub started_by: Option<DisplayName>,
    /// What the person has answered; they are asked while they have not.
    pub answer: Consent,
}

impl Recording {
    pub(crate) fn id(&self) -> Option<RecordingId> {
        self.current.as_ref().map(|(state, _)| state.id)
    }

    /// The one that goes on, and what the person has answered to it.
    pub(crate) fn current(&self) -> Option<&(RecordingState, Consent)> {
        self.current.as_ref()
    }

    /// Another one goes on, to which the person has not answered, or none does. False when it is the one that they know: what it is sealed with
    /// does not change under it.
    pub(crate) fn replace(&mut self, recording: Option<RecordingState>) -> bool {
        let is_other = self.id() != recording.as_ref().map(|state| state.id);
        if is_other {
            self.current = recording.map(|state| (state, Consent::NotAnswered));
        }
        is_other
    }

    /// The person answers. `None` when there is nothing to say.
    pub(crate) fn decide(&mut self, recorded: Switch) -> Option<(RecordingId, Consent)> {
        let (state, answer) = self.current.as_mut()?;
        let consent = match (recorded, *answer) {
            (Switch::On, _) => Consent::Given,
            (Switch::Off, Consent::Given | Consent::TakenBack) => Consent::TakenBack,
            (Switch::Off, Consent::NotAnswered | Consent::Refused) => Consent::Refused,
        };
        let before = std::mem::replace(answer, consent);
        (consent != before).then_some((state.id, consent))
    }

    pub(crate) fn snapshot(
        &self,
        name_of: impl Fn(ParticipantId) -> Option<DisplayName>,
    ) -> Option<RecordingSnapshot> {
        let (state, answer) = self.current.as_ref()?;
        Some(RecordingSnapshot { id: state.id, started_by: name_of(state.started_by), answer: *answer })
    }
}
