//! What hosts and co-hosts do with the people in a room, and with the room.

use serde::{Deserialize, Serialize};

use crate::{KeyMessage, ParticipantId, Role, RoomSettingsPatch, Source, Switch};

/// Something that may be forbidden to one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// To turn the microphone on.
    Microphone,
    /// To turn the camera on.
    Camera,
    /// To share the screen.
    Screen,
    /// To write to the room.
    Chat,
}

/// A decision. Who may take it: hosts all of them; co-hosts those that concern guests, and the lock. Nobody can turn on
/// another person's microphone, camera or screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Moderation {
    /// Lets somebody in from the waiting room.
    Admit {
        /// The participant concerned.
        id: ParticipantId,
        /// The room's secret, for somebody who lacks it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_message: Option<KeyMessage>,
    },
    /// Lets everybody in who waits and does not lack the room's secret.
    AdmitAll,
    /// Sends somebody away who waits.
    Refuse {
        /// The participant concerned.
        id: ParticipantId,
    },
    /// Turns off what somebody sends.
    TurnOff {
        /// The participant concerned.
        id: ParticipantId,
        /// The source concerned.
        source: Source,
    },
    /// Turns off what everybody of lower rank sends.
    TurnOffAll {
        /// The source concerned.
        source: Source,
    },
    /// Asks somebody to turn something on. It stays theirs to do so.
    AskToTurnOn {
        /// The participant concerned.
        id: ParticipantId,
        /// The source concerned.
        source: Source,
    },
    /// Forbids somebody something, or allows it again. What is forbidden is turned off.
    Forbid {
        /// The participant concerned.
        id: ParticipantId,
        /// The right that is given or taken.
        right: Right,
        /// `on` forbids, `off` allows.
        forbidden: Switch,
    },
    /// Lowers somebody's hand.
    LowerHand {
        /// The participant concerned.
        id: ParticipantId,
    },
    /// Lowers all hands.
    LowerAllHands,
    /// Makes somebody a co-host or a guest, or hands them the room as host. Hosts only.
    SetRole {
        /// Whom.
        id: ParticipantId,
        /// What they become.
        role: Role,
    },
    /// Removes somebody. They may come back by the link, as a stranger.
    Remove {
        /// Whom.
        id: ParticipantId,
    },
    /// Removes somebody, whose browser is not let in again.
    Block {
        /// Whom.
        id: ParticipantId,
    },
    /// Changes rules of the room. Hosts only, but for the lock.
    ChangeSettings {
        /// What changes.
        patch: Box<RoomSettingsPatch>,
    },
    /// Ends the room for everybody. Hosts only.
    End,
}
