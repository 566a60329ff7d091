//! The words both ends speak: ids, rooms, participants, messages, errors and limits.
//!
//! Every type here is on the wire. None of them is a state: the server's room and the browser's call keep types of their
//! own and convert. Nothing here reads a clock, a random source or a socket.

mod call_history;
mod call_id;
mod chat;
mod connection_test;
mod error;
mod ids;
mod invisible;
mod join_steps;
mod keys;
pub mod limits;
mod media;
mod moderation;
mod names;
mod opening_message;
mod participant;
mod peer;
mod push;
mod reaction;
mod recording;
mod rest;
mod rest_calls;
mod rest_recordings;
mod ring;
mod ring_event;
mod ring_message;
mod role;
mod room_code;
mod room_message;
mod secrets;
mod sequence;
mod server_message;
mod settings;
mod signal;
mod slots;
mod tagged;
mod time_zone;
mod timestamp;
mod topology;
mod version;

pub use call_history::{
    Acquaintance, BlockedPerson, CallRules, ContactRule, HistoryChange, HistoryCursor, PastCall, QuietHours,
    WhoMayRing,
};
pub use call_id::{CallId, CallIdError};
pub use chat::{ChatEntry, ChatId, ChatNumber, ChatTarget, Envelope, EnvelopeError};
pub use connection_test::{ConnectionTest, RelayOwner, RelayTransport, TestRelay};
pub use error::{CloseCode, ErrorCode, ProtocolError};
pub use ids::{DeviceId, MessageId, NodeId, ParticipantId, RingId, SessionId};
pub use invisible::first_character;
pub use join_steps::JoinSteps;
pub use keys::{
    AddressedKeyMessage, ChallengeNonce, IdentityProof, Invitation, KeyError, KeyMessage, KeyMessages,
    PublicKey, PushAuth, PushKey, RoomKeyGrant, RoomKeyId, RoomKeyOrigin, SealedKey, SealedNote,
    TooManyKeyMessages,
};
pub use media::{MediaKey, MediaKind, MediaState, Source, Switch};
pub use moderation::{Moderation, Right};
pub use names::{DisplayName, NameError, RoomName, name_of_character};
pub use opening_message::{AttachDevice, Join, OpeningFrame, OpeningMessage, Resume};
pub use participant::{Forbidden, HandNumber, LeaveReason, Participant, Presence, WaitingPerson};
pub use peer::{LinkId, PeerRef};
pub use push::PushSubscription;
pub use reaction::Reaction;
pub use recording::{
    Consent, KeyId, KeyIdError, RecordingEnd, RecordingId, RecordingIdError, RecordingKey, RecordingKeys,
    RecordingState, TooManyRecordingKeys,
};
pub use rest::{
    CreateTokenRequest, CreatedRoom, CreatedToken, CredentialKind, CredentialResource, HostLink, ListedRoom,
    ListedRooms, Problem, RoomEntry, RoomList, RoomResource, RoomStanding, RoomSummary, Scope, TokenKind,
    TurnOffRequest, ValidateRoomResponse,
};
pub use rest_calls::{CallChallenge, CallResource, CallStatus, CalleeKey, CreateCallRequest, CreatedCall};
pub use rest_recordings::{MixProgress, RecordingInfo, RecordingMix, RecordingPatch, RecordingProgress};
pub use ring::{
    Activity, HangUpReason, IncomingRing, Manner, Outcome, PlaceRing, Progress, Receipt, RingSide, Standing,
};
pub use ring_event::RingEvent;
pub use ring_message::{RingFrame, RingMessage};
pub use role::Role;
pub use room_code::{RoomCode, RoomCodeError};
pub use room_message::{RoomFrame, RoomMessage};
pub use secrets::{Credential, Password, PushEndpoint, SecretError, SessionToken};
pub use sequence::Sequence;
pub use server_message::{IceServer, IceServers, Joined, ServerFrame, ServerMessage};
pub use settings::{Allowed, RoomEncryption, RoomSettings, RoomSettingsPatch, SettingsError, WhenEmpty};
pub use signal::{IceCandidate, Sdp, SectionMap, SectionMapError, Signal, SignalNumber, TooLong};
pub use slots::{Subscription, Subscriptions, TooManySlots};
pub use time_zone::{TimeZoneError, TimeZoneName};
pub use timestamp::Timestamp;
pub use topology::{AbortReason, MediaVia, Migration, Topology, TopologyReason, Trouble};
pub use version::{ProtocolVersion, VERSION};
