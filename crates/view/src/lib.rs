//! The facts that a page shows: how far a call is, how links and devices are, what has happened, what a connection test found.
//!
//! No type here says anything to a person: the words for it are in `languages/`, and `app/src/text` chooses among them. What decides is not here
//! either, but in `crates/call`; it names these types in what it puts out.

mod chat;
mod connection_test;
mod device_kind;
mod device_recording;
mod link;
mod notice;
mod notifications;
mod phase;
mod preference;
mod publication;
mod push;
mod recording;
mod ring;
mod schedule;
mod secrecy;

pub use chat::{Addressee, ChatText, Delivery};
pub use connection_test::{
    DirectLinks, Grade, Hop, Mapping, Opening, Outcome, Ports, RelayHop, TestResults, Verdict, WithoutUdp,
    direct_links, verdict,
};
pub use device_kind::DeviceKind;
pub use device_recording::{DeviceRecording, DeviceRecordingFault, KeptRecording, KeptState};
pub use link::{LinkFailure, LinkPath, LinkStatus, PathKind};
pub use notice::{AnyNotice, Copied, Notice, Numbered, PageNotice, Refusal};
pub use notifications::Notifications;
pub use phase::{Phase, Signalling};
pub use preference::{Preference, Preferences};
pub use publication::{CaptureFault, Publication};
pub use push::{PushFault, PushState};
pub use recording::{
    PersonPlayed, Playing, RecordedLine, RecordedMeeting, RecordedPerson, RecordedTrack, RecordingFault,
    RecordingPhase, Sealing, SpeakingLane, TrackExport, TrackTrouble,
};
pub use ring::{DialProblem, RingPhase, RingRefusal};
pub use schedule::ScheduleError;
pub use secrecy::{Encryption, KeyWarnings, Secrecy};
