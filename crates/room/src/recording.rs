//! Recording: who may start and stop it, who has agreed to be recorded, and what the recorder is told.
//!
//! ```text
//!            a host or co-host starts it               stopped, failed, or nobody is in any more
//!   Nothing ─────────────────────────────▶ Going on ──────────────────────────────────────────▶ Nothing
//!
//!   of each page while it goes on:  NotAnswered ──▶ Given ──▶ TakenBack ──▶ Given …
//!                                       └──▶ Refused ──▶ Given …
//! ```
//!
//! A page that was loaded anew has not answered: nobody is recorded before their page has shown it. One that resumes has answered already.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::limits::{RECORDING_BURST, RECORDING_EVERY_SECONDS};
use protocol::{
    ChatEntry, ChatTarget, Consent, ErrorCode, HandNumber, LeaveReason, MediaState, MessageId, Participant,
    ParticipantId, Reaction, RecordingEnd, RecordingId, RecordingKeys, RecordingState, RoomEncryption,
    RoomKeyId, RoomSettings, Timestamp,
};

use crate::effects::Effects;
use crate::rate::{Rate, Rates};
use crate::seats::Seats;
use crate::{DrawRecordings, KeptRecording, RecordedFact, RecordingEffect};

/// How often a page may agree, or bring keys, at once. Each is told to all or kept on the disk; that somebody takes their consent back is never
/// refused.
const ANSWERS_BURST: u32 = 60;

/// The same per second after that.
const ANSWERS_PER_SECOND: u32 = 1;

/// A recording in a call in which nobody has been for so long who may stop it stops by itself.
const WITHOUT_HOST_FOR: Duration = Duration::from_secs(10 * 60);

/// What may happen to it.
#[derive(Clone, Debug)]
pub(crate) enum RecordingInput {
    /// Somebody wants the call recorded.
    Start { from: ParticipantId, in_reply_to: Option<MessageId>, at: Timestamp },
    /// Somebody wants it to be over.
    Stop { from: ParticipantId, in_reply_to: Option<MessageId>, recording: RecordingId },
    /// Somebody's page says whether they are recorded.
    Answer { from: ParticipantId, in_reply_to: Option<MessageId>, recording: RecordingId, consent: Consent },
    /// Somebody's page brings its keys.
    Keys { from: ParticipantId, in_reply_to: Option<MessageId>, recording: RecordingId, keys: RecordingKeys },
    /// Somebody has taken a seat with a page that has not answered.
    Came { id: ParticipantId },
    /// Somebody is gone for good.
    Left { id: ParticipantId, reason: LeaveReason },
    /// Somebody reacted.
    Reacted { from: ParticipantId, reaction: Reaction },
    /// Somebody wrote.
    Wrote(ChatEntry),
    /// The recorder could not go on.
    Failed { recording: RecordingId, reason: RecordingEnd },
    /// Another server has the room now.
    LetGo,
    /// The room has other rules, or another secret: what was begun one way does not go on in another.
    RulesChanged,
    /// Something happened, or time has passed.
    Review,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub(crate) enum RecordingOutput {
    /// The recorder is told.
    Recorder(RecordingEffect),
    /// It is kept how it is now.
    Keep(Option<KeptRecording>),
    /// Everybody is told, and what they are to answer is open, or gone.
    Tell { recording: Option<RecordingState>, ended: Option<RecordingEnd> },
    /// Everybody is told what somebody has answered.
    Answered { id: ParticipantId, consent: Consent },
    /// A message is refused.
    Refuse { to: ParticipantId, code: ErrorCode, in_reply_to: Option<MessageId> },
    /// A host has done something.
    Done { by: ParticipantId, action: &'static str },
}

/// What it may know of the room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordingView<'a> {
    seats: &'a Seats,
    settings: &'a RoomSettings,
    has_node: bool,
}

impl<'a> RecordingView<'a> {
    pub(crate) fn new(seats: &'a Seats, settings: &'a RoomSettings, has_node: bool) -> Self {
        Self { seats, settings, has_node }
    }

    /// Names the secret that would open what is recorded now; `None` where nothing is sealed. Refused while it is to be sealed and nobody has
    /// brought a secret.
    fn key(&self) -> Result<Option<&'a RoomKeyId>, ErrorCode> {
        match self.settings.encryption {
            RoomEncryption::Transport => Ok(None),
            RoomEncryption::EndToEnd => {
                self.settings.room_key.as_ref().map(Some).ok_or(ErrorCode::EncryptionRequired)
            }
        }
    }

    /// Whether what is recorded now is sealed as the recording says.
    fn seals_as(&self, state: &RecordingState) -> bool {
        self.key() == Ok(state.key.as_ref())
    }
}

/// The machine.
#[derive(Default)]
pub(crate) struct RecordingMachine {
    /// Names recordings; `None` where the server has no recorder.
    recorder: Option<Box<dyn DrawRecordings>>,
    current: Option<Current>,
    starts: Rate,
    rates: Rates<ParticipantId>,
    effects: Effects<RecordingOutput>,
}

/// The recording that goes on.
#[derive(Debug)]
struct Current {
    state: RecordingState,
    /// Of everybody who has a seat and whose page has answered.
    answers: BTreeMap<ParticipantId, Consent>,
    /// What the log says of those who have agreed.
    logged: BTreeMap<ParticipantId, (MediaState, Option<HandNumber>)>,
    /// Since when nobody is in who may stop it.
    without_host: Option<Duration>,
}

impl RecordingMachine {
    /// With the recording that went on when the server before ended.
    pub(crate) fn new(
        recorder: Option<Box<dyn DrawRecordings>>,
        kept: Option<KeptRecording>,
        view: &RecordingView<'_>,
    ) -> Self {
        let mut machine = Self {
            recorder,
            current: None,
            starts: Rate::default(),
            rates: Rates::default(),
            effects: Effects::default(),
        };
        match kept {
            Some(kept) if machine.is_possible(view) => machine.go_on(kept, view),
            Some(_) => machine.effects.push_back(RecordingOutput::Keep(None)),
            None => {}
        }
        machine
    }

    /// The recording that goes on.
    pub(crate) fn state(&self) -> Option<&RecordingState> {
        self.current.as_ref().map(|current| &current.state)
    }

    /// What somebody has answered. `None` while nothing is recorded.
    pub(crate) fn answer_of(&self, id: ParticipantId) -> Option<Consent> {
        let current = self.current.as_ref()?;
        Some(current.answers.get(&id).copied().unwrap_or(Consent::NotAnswered))
    }

    pub(crate) fn handle_input(&mut self, now: Duration, input: RecordingInput, view: &RecordingView<'_>) {
        match input {
            RecordingInput::Start { from, in_reply_to, at } => match self.start(now, from, at, view) {
                Ok(()) => {}
                Err(code) => self.refuse(from, code, in_reply_to),
            },
            RecordingInput::Stop { from, in_reply_to, recording } => {
                self.stop(from, in_reply_to, recording, view);
            }
            RecordingInput::Answer { from, in_reply_to, recording, consent } => {
                match self.answer(now, from, recording, consent, view) {
                    Ok(()) => {}
                    Err(code) => self.refuse(from, code, in_reply_to),
                }
            }
            RecordingInput::Keys { from, in_reply_to, recording, keys } => {
                match self.keys(now, from, recording, keys) {
                    Ok(()) => {}
                    Err(code) => self.refuse(from, code, in_reply_to),
                }
            }
            RecordingInput::Came { id } => self.came(id, view),
            RecordingInput::Left { id, reason } => self.left(id, reason, view),
            RecordingInput::Reacted { from, reaction } => {
                self.log_of(from, RecordedFact::Reacted { participant: from, reaction });
            }
            RecordingInput::Wrote(entry) => {
                if entry.to == ChatTarget::Everyone {
                    self.log_of(entry.from, RecordedFact::Chat(entry));
                }
            }
            RecordingInput::Failed { recording, reason } => self.failed(recording, reason),
            RecordingInput::LetGo => {
                if self.current.take().is_some() {
                    self.tell_recorder(RecordingEffect::LetGo);
                }
            }
            RecordingInput::RulesChanged => {
                if self.state().is_some_and(|state| !view.seals_as(state)) {
                    self.end(RecordingEnd::Stopped);
                }
            }
            RecordingInput::Review => self.review(now, view),
        }
    }

    pub(crate) fn poll_output(&mut self) -> Option<RecordingOutput> {
        self.effects.pop_front()
    }

    /// When it stops by itself.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        Some(self.current.as_ref()?.without_host? + WITHOUT_HOST_FOR)
    }

    fn review(&mut self, now: Duration, view: &RecordingView<'_>) {
        let Some(current) = &mut self.current else { return };
        if view.seats.participants().any(|participant| participant.role.moderates()) {
            current.without_host = None;
        } else if now >= *current.without_host.get_or_insert(now) + WITHOUT_HOST_FOR {
            self.end(RecordingEnd::Stopped);
        }
    }

    fn is_possible(&self, view: &RecordingView<'_>) -> bool {
        self.recorder.is_some() && view.has_node
    }

    fn start(
        &mut self,
        now: Duration,
        from: ParticipantId,
        at: Timestamp,
        view: &RecordingView<'_>,
    ) -> Result<(), ErrorCode> {
        if !moderates(from, view) {
            return Err(ErrorCode::NotAllowed);
        }
        let recorder = self.recorder.as_ref().filter(|_| view.has_node);
        let recorder = recorder.ok_or(ErrorCode::RecordingUnavailable)?;
        let key = view.key()?.cloned();
        // Two who start at once, or one who says it twice, have one recording.
        if self.current.is_some() {
            return Ok(());
        }
        if !self.starts.allows_each(now, RECORDING_BURST, Duration::from_secs(RECORDING_EVERY_SECONDS)) {
            return Err(ErrorCode::RateLimited);
        }
        let state = RecordingState { id: recorder.draw(), started_by: from, started: at, key };
        self.begin(state.clone(), BTreeMap::new(), view);
        self.keep();
        self.effects.push_back(RecordingOutput::Tell { recording: Some(state), ended: None });
        self.effects.push_back(RecordingOutput::Done { by: from, action: "recording.started" });
        Ok(())
    }

    /// Another part of what went on before a crash. Pages that resume have answered already.
    fn go_on(&mut self, kept: KeptRecording, view: &RecordingView<'_>) {
        let is_same = view.seals_as(&kept.state);
        let answers =
            kept.answers.into_iter().filter(|(id, _)| is_same && view.seats.contains(*id)).collect();
        self.begin(kept.state, answers, view);
        if view.seats.is_empty() {
            self.end(RecordingEnd::RoomEmpty);
        } else if !is_same {
            self.end(RecordingEnd::Stopped);
        }
    }

    fn begin(
        &mut self,
        state: RecordingState,
        answers: BTreeMap<ParticipantId, Consent>,
        view: &RecordingView<'_>,
    ) {
        self.tell_recorder(RecordingEffect::Start(state.clone()));
        for participant in view.seats.participants() {
            self.log_joined(participant);
        }
        self.current =
            Some(Current { state, answers: answers.clone(), logged: BTreeMap::new(), without_host: None });
        for (participant, consent) in answers {
            self.log(RecordedFact::Consent { participant, consent });
            if consent == Consent::Given {
                self.tell_recorder(RecordingEffect::Consented { participant });
                self.log_changes(participant, view);
            }
        }
    }

    fn stop(
        &mut self,
        from: ParticipantId,
        in_reply_to: Option<MessageId>,
        recording: RecordingId,
        view: &RecordingView<'_>,
    ) {
        if !moderates(from, view) {
            self.refuse(from, ErrorCode::NotAllowed, in_reply_to);
        } else if self.state().is_some_and(|state| state.id == recording) {
            self.end(RecordingEnd::Stopped);
            self.effects.push_back(RecordingOutput::Done { by: from, action: "recording.stopped" });
        }
    }

    fn end(&mut self, reason: RecordingEnd) {
        self.tell_recorder(RecordingEffect::Stop { reason });
        self.over(reason);
    }

    /// The recorder knows it already.
    fn failed(&mut self, recording: RecordingId, reason: RecordingEnd) {
        if self.state().is_some_and(|state| state.id == recording) {
            self.over(reason);
        }
    }

    fn over(&mut self, reason: RecordingEnd) {
        self.current = None;
        self.keep();
        self.effects.push_back(RecordingOutput::Tell { recording: None, ended: Some(reason) });
    }

    /// What is said about a recording that is over came too late, and means nothing.
    fn answer(
        &mut self,
        now: Duration,
        from: ParticipantId,
        recording: RecordingId,
        said: Consent,
        view: &RecordingView<'_>,
    ) -> Result<(), ErrorCode> {
        let Some(current) = self.current.as_mut().filter(|current| current.state.id == recording) else {
            return Ok(());
        };
        let before = current.answers.get(&from).copied().unwrap_or(Consent::NotAnswered);
        let consent = match (before, said) {
            (_, Consent::NotAnswered) => return Ok(()),
            (_, Consent::Given) => Consent::Given,
            // Of what was kept until then the manifest goes on to speak.
            (Consent::Given | Consent::TakenBack, Consent::Refused | Consent::TakenBack) => {
                Consent::TakenBack
            }
            (Consent::NotAnswered | Consent::Refused, Consent::Refused | Consent::TakenBack) => {
                Consent::Refused
            }
        };
        if consent == before {
            return Ok(());
        }
        if consent == Consent::Given && !self.rates.allows(now, from, ANSWERS_BURST, ANSWERS_PER_SECOND) {
            return Err(ErrorCode::RateLimited);
        }
        current.answers.insert(from, consent);
        current.logged.remove(&from);
        self.tell_recorder(if consent == Consent::Given {
            RecordingEffect::Consented { participant: from }
        } else {
            RecordingEffect::NoLonger { participant: from }
        });
        self.log(RecordedFact::Consent { participant: from, consent });
        self.log_changes(from, view);
        self.keep();
        self.effects.push_back(RecordingOutput::Answered { id: from, consent });
        Ok(())
    }

    fn keys(
        &mut self,
        now: Duration,
        from: ParticipantId,
        recording: RecordingId,
        keys: RecordingKeys,
    ) -> Result<(), ErrorCode> {
        let is_this = self.state().is_some_and(|state| state.id == recording);
        if !is_this || self.answer_of(from) != Some(Consent::Given) {
            return Ok(());
        }
        if !self.rates.allows(now, from, ANSWERS_BURST, ANSWERS_PER_SECOND) {
            return Err(ErrorCode::RateLimited);
        }
        self.tell_recorder(RecordingEffect::Keys { participant: from, keys: keys.into() });
        Ok(())
    }

    fn came(&mut self, id: ParticipantId, view: &RecordingView<'_>) {
        if self.current.is_some()
            && let Some(participant) = view.seats.participant(id)
        {
            self.log_joined(participant);
        }
    }

    fn left(&mut self, id: ParticipantId, reason: LeaveReason, view: &RecordingView<'_>) {
        let Some(current) = &mut self.current else { return };
        current.logged.remove(&id);
        let answer = current.answers.remove(&id);
        if answer == Some(Consent::Given) {
            self.tell_recorder(RecordingEffect::NoLonger { participant: id });
        }
        self.log(RecordedFact::Left { participant: id, reason });
        if view.seats.is_empty() {
            self.end(RecordingEnd::RoomEmpty);
        } else if answer.is_some() {
            self.keep();
        }
    }

    fn log_joined(&mut self, participant: &Participant) {
        let Participant { id, name, role, .. } = participant;
        self.log(RecordedFact::Joined { participant: *id, name: name.clone(), role: *role });
    }

    /// Notes what somebody who has agreed sends, and their hand, where that is another than before.
    pub(crate) fn log_changes(&mut self, id: ParticipantId, view: &RecordingView<'_>) {
        let Some(current) = &mut self.current else { return };
        let has_agreed = current.answers.get(&id) == Some(&Consent::Given);
        let Some(participant) = view.seats.participant(id).filter(|_| has_agreed) else { return };
        let (media, hand) = (participant.media, participant.hand);
        let before = current.logged.insert(id, (media, hand));
        if before.is_none_or(|(before, _)| before != media) {
            self.log(RecordedFact::Media { participant: id, media });
        }
        if before.map_or(hand.is_some(), |(_, before)| before != hand) {
            self.log(RecordedFact::Hand { participant: id, hand });
        }
    }

    /// Notes what somebody did, if they have agreed.
    fn log_of(&mut self, id: ParticipantId, fact: RecordedFact) {
        if self.answer_of(id) == Some(Consent::Given) {
            self.log(fact);
        }
    }

    fn log(&mut self, fact: RecordedFact) {
        self.tell_recorder(RecordingEffect::Log(fact));
    }

    fn tell_recorder(&mut self, effect: RecordingEffect) {
        self.effects.push_back(RecordingOutput::Recorder(effect));
    }

    fn keep(&mut self) {
        let kept = self.current.as_ref().map(|current| KeptRecording {
            state: current.state.clone(),
            answers: current.answers.iter().map(|(id, consent)| (*id, *consent)).collect(),
        });
        self.effects.push_back(RecordingOutput::Keep(kept));
    }

    fn refuse(&mut self, to: ParticipantId, code: ErrorCode, in_reply_to: Option<MessageId>) {
        self.effects.push_back(RecordingOutput::Refuse { to, code, in_reply_to });
    }
}

fn moderates(id: ParticipantId, view: &RecordingView<'_>) -> bool {
    view.seats.participant(id).is_some_and(|participant| participant.role.moderates())
}
