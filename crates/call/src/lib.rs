//! The browser's call as a state machine: getting ready, joining, links to the other people, what is sent, leaving.
//!
//! It reads no clock and touches no web API: `now` is an argument, effects are outputs, and what the browser did with
//! them comes back as inputs. So a call of four over a bad network is a test that takes milliseconds.

mod call;
mod chat;
mod chat_pace;
mod encryption;
mod ice;
mod input;
mod link_key;
mod links;
mod media_paths;
mod output;
mod page;
mod people;
mod protection;
mod publications;
mod recording;
mod ringing;
mod schedule;
pub mod secret_links;
mod shared_sound;
mod shown_via;
mod signalling;
mod slots;
mod snapshot;
mod speaking;
mod statistics;
mod switches;
mod unanswered;
mod uplink;
mod voice;

pub use call::Call;
pub use chat::ChatLine;
pub use encryption::{Identity, SecretOrigin};
pub use input::{Command, ConnectionState, Input, Level, LinkEvent};
pub use link_key::LinkKey;
pub use output::{LinkCommand, Output, Role};
pub use page::{
    Attempt, CaptureRequest, DeviceRecordingInput, NamedDevice, Page, PageEffect, PageInput, Permission,
    ShownReaction, Sound,
};
pub use publications::Publications;
pub use recording::RecordingSnapshot;
pub use ringing::{Book, Dialled, OngoingCall, RingCommand, RingDevice, RingInput, RingOutput, RingView};
pub use schedule::{Bound, Typed, schedule};
pub use shared_sound::{SharedSound, SharedSoundVerdict, SharedSurface};
pub use shown_via::ShownVia;
pub use snapshot::{Began, RemoteParticipant, Snapshot, StageSnapshot};
pub use stage::{Drawn, Reading, Rect, Size, StageInput};
pub use statistics::{
    Carried, Graph, History, LayerStatistics, LinkStatistics, PublicationStatistics, QualityLimitation,
    Statistics, StatsRecord, StatsSection, StatsType, StatsValue,
};
pub use switches::{SwitchedBy, Switches};
pub use view::{
    CaptureFault, ChatText, Delivery, Encryption, KeyWarnings, LinkFailure, LinkStatus, Notice, Phase,
    Publication, RingPhase, RingRefusal, ScheduleError, Secrecy, Signalling,
};
