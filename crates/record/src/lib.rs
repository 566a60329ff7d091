//! Recordings without disks, clocks or sockets: tracks put together from RTP packets, each written into a WebM file that is valid at every
//! moment; files that a crash has cut made whole again; and read back for the player. Beside them the manifest (who published what, when,
//! and who consented), the event log and the boxes with sealed keys.
//!
//! It opens nothing and decodes no media. What comes has a time of arrival with it, what is to be done with files comes out as
//! [`FileEffect`]s. Times are [`Duration`](std::time::Duration)s since the part of the recording began, unless said otherwise. What it reads
//! may be an enemy's: it is refused by a typed error, in memory that is bounded and in time that grows with its length and no faster.

mod effect;
mod events;
mod key_boxes;
mod lines;
mod manifest;
mod mix;
pub mod on_device;
pub mod playback;
mod recorder;
mod rtp;
mod track;
pub mod webm;

pub use effect::FileEffect;
pub use events::{EventReader, LoggedEvent, RecordedEvent};
pub use key_boxes::{KeyBox, KeyBoxes};
pub use lines::LineError;
pub use manifest::{FileName, FileNameError, Manifest, ManifestError, Part, Person, TrackFile};
pub use mix::{MixError, MixPlan};
pub use protocol::{Consent, KeyId, KeyIdError, RecordingId, RecordingIdError, SealedKey};
pub use recorder::Recorder;
pub use rtp::{Packet, SenderReport};
pub use track::{KEY_WAIT, KEYFRAME_ASKED_EVERY, KEYFRAME_EVERY, TrackEffect, TrackSummary};
