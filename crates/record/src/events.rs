//! The event log of a part: one line for each thing that happened, so that the player shows the room as it was.

use std::time::Duration;

use protocol::limits::MAX_NUMBER;
use protocol::{
    ChatId, Consent, DisplayName, Envelope, HandNumber, LeaveReason, ParticipantId, Reaction, Role, Source,
    Switch,
};
use serde::{Deserialize, Serialize};

use crate::lines::{self, LineError, Lines};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedEvent {
    /// Milliseconds since the part began; below 2⁵³.
    #[serde(rename = "at", deserialize_with = "counted")]
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub event: RecordedEvent,
}

/// What can happen. A line of another `type` is of a later version: the reader says so, and goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RecordedEvent {
    /// Somebody is there: all who are when the part begins, and whoever comes.
    Joined {
        /// Who.
        participant: ParticipantId,
        /// Under which name.
        name: DisplayName,
        /// As what.
        role: Role,
    },
    /// Somebody is gone.
    Left {
        /// Who.
        participant: ParticipantId,
        /// Why.
        reason: LeaveReason,
    },
    /// Somebody has another name.
    Renamed {
        /// Who.
        participant: ParticipantId,
        /// Which.
        name: DisplayName,
    },
    /// Somebody turned something on or off: a microphone that is muted, a screen that is shared.
    Media {
        /// Who.
        participant: ParticipantId,
        /// What.
        source: Source,
        /// On or off.
        switch: Switch,
    },
    /// Somebody raised their hand, with its place in the queue, or lowered it.
    Hand {
        /// Who.
        participant: ParticipantId,
        /// `None` when it is down.
        hand: Option<HandNumber>,
    },
    /// Somebody else speaks, or nobody.
    Speaker {
        /// `None` when it is quiet.
        participant: Option<ParticipantId>,
    },
    /// Somebody reacted.
    Reacted {
        /// Who.
        participant: ParticipantId,
        /// How.
        reaction: Reaction,
    },
    /// Somebody wrote to everyone. What is for one person is never recorded.
    Chat {
        /// Who.
        participant: ParticipantId,
        /// Which message.
        id: ChatId,
        /// What, sealed where the room is.
        envelope: Envelope,
    },
    /// Somebody said something, by the captions of their own page.
    Caption {
        /// Who.
        participant: ParticipantId,
        /// How long it took, in milliseconds, until this moment.
        #[serde(rename = "lasted", deserialize_with = "counted")]
        lasted_ms: u64,
        /// What, sealed where the room is.
        envelope: Envelope,
    },
    /// Somebody's page answered whether they are recorded.
    Consent {
        /// Whose.
        participant: ParticipantId,
        /// What it answered.
        consent: Consent,
    },
}

/// The longest line, in bytes: the longest envelope, each byte of which may be written as six, does not fit; it is left out.
const MOST_BYTES: usize = 32 * 1024;

/// The most events of one part. A hundred people for a day have fewer.
const MOST_EVENTS: u64 = 1_000_000;

impl LoggedEvent {
    /// The line to be appended. `None` when it would be longer than is read.
    #[must_use]
    pub fn to_line(&self) -> Option<Vec<u8>> {
        let line = lines::line(self);
        (line.len() <= MOST_BYTES).then_some(line)
    }

    /// When, since the part began.
    #[must_use]
    pub fn at(&self) -> Duration {
        Duration::from_millis(self.at_ms)
    }
}

/// Reads the event log of one part in pieces. Times may go back where an enemy wrote them; whoever shows them sorts.
#[derive(Debug)]
pub struct EventReader {
    lines: Lines,
    read: u64,
}

impl Default for EventReader {
    fn default() -> Self {
        Self::new()
    }
}

impl EventReader {
    /// From the beginning.
    #[must_use]
    pub fn new() -> Self {
        Self { lines: Lines::new(MOST_BYTES), read: 0 }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.read < MOST_EVENTS {
            self.lines.push(bytes);
        }
    }

    /// The next event, or why a line is none, which is passed over. `None` when more bytes are needed: a line without an end is cut. After a million
    /// nothing is read any more.
    pub fn poll(&mut self) -> Option<Result<LoggedEvent, LineError>> {
        if self.read >= MOST_EVENTS {
            return None;
        }
        let event = self.lines.poll()?;
        self.read += 1;
        Some(event)
    }
}

/// Reads a number that somebody counted up to.
fn counted<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if number <= MAX_NUMBER { Ok(number) } else { Err(serde::de::Error::custom("a number of 2^53 and more")) }
}
