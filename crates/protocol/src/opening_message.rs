//! The first thing a client says on a connection: where it wants to go.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::tagged::{Tagged, tagged};
use crate::{
    Credential, DeviceId, DisplayName, MediaState, MessageId, Password, ProtocolVersion, PublicKey, RoomCode,
    RoomKeyId, RoomKeyOrigin, Sequence, SessionToken, Switch,
};

/// The first text frame on a connection: a message, and a number by which it can be named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpeningFrame {
    /// Returned as `in_reply_to` by an error about this message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
    /// The message.
    #[serde(flatten)]
    pub message: OpeningMessage,
}

impl OpeningFrame {
    /// Reads a frame.
    ///
    /// # Errors
    ///
    /// When the text is none; also when it is one of those that come later.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let Head { kind, id } = serde_json::from_str(text)?;
        let message = OpeningForm::deserialize(Tagged::new(&kind, text)?)?;
        Ok(Self { id, message })
    }
}

/// What every frame has.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    id: Option<MessageId>,
}

tagged! {
/// A first message. It says which destination the connection is attached to, and there is no second one.
pub enum OpeningMessage as "OpeningMessage", read by OpeningForm {
    /// Enters a room.
    Join(Box<Join>),
    /// Takes one's seat again after the connection broke.
    Resume(Box<Resume>),
    /// Becomes a device of a call identity, on which others can ring. Answered by `challenge`.
    Ring(Box<AttachDevice>),
}
}

/// What somebody says who wants to enter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Join {
    /// The version the client speaks.
    pub version: ProtocolVersion,
    /// The room to enter.
    pub room: RoomCode,
    /// How the person is called.
    pub name: DisplayName,
    /// What the person sends.
    #[serde(default)]
    pub media: MediaState,
    /// The room's password, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// What gives a role. A browser has its keys in a cookie and needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// The token of an earlier stay, to have the same id and role again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionToken>,
    /// With which key messages to them are sealed, when they take part in end-to-end encryption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
    /// Which secret they have. The first to enter gives the room its secret; a host's from a link takes the place of one
    /// that was drawn; who has another one waits to be given it, but for hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_key: Option<RoomKeyId>,
    /// How they came by it. Without it, a host's counts as one from a link, and anybody else's as drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_key_origin: Option<RoomKeyOrigin>,
}

/// What somebody says whose connection broke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resume {
    /// The version the client speaks.
    pub version: ProtocolVersion,
    /// The room.
    pub room: RoomCode,
    /// The token of the last `joined` or `resumed`.
    pub session: SessionToken,
    /// The last message of the server that came.
    pub last: Sequence,
    /// What the person sends.
    #[serde(default)]
    pub media: MediaState,
    /// Whether their hand is raised, for a server that has lost that.
    #[serde(default)]
    pub hand: Switch,
    /// With which key messages to them are sealed, for a server that has lost that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
}

/// What a page says that is to be a device of a call identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttachDevice {
    /// The version the client speaks.
    pub version: ProtocolVersion,
    /// Which of the identity's pages this is. A second connection of one device takes the place of the first.
    pub device: DeviceId,
    /// The public key of the identity, whose private half the device proves to have before anything else.
    pub identity: PublicKey,
}

impl From<OpeningMessage> for OpeningFrame {
    fn from(message: OpeningMessage) -> Self {
        Self { id: None, message }
    }
}
