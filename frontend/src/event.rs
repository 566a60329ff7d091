//! What can happen to a session.

use app::state::CallCommand;
use call::DeviceRecordingInput;
use call::LinkKey;
use call::Size;
use call::{Attempt, CaptureFault, LinkEvent, Permission, StatsRecord};
use futures::channel::mpsc::UnboundedSender;
use protocol::{ParticipantId, RoomEncryption, RoomKeyId, ServerFrame, Source};
use record::on_device::DeviceReport;
use seal::SafetyPhrase;
use view::PageNotice;
use web_sys::{FileSystemFileHandle, MediaStreamTrack};

use crate::device_list::Listed;

/// Tells peer connections apart, so that a closed one cannot speak for its successor: of two stays, two may have the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LinkNumber(pub(crate) u32);

/// Tells the sockets of one session apart, for the same reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SocketNumber(pub(crate) u32);

/// A track that nobody has taken yet. One that comes when nobody wants it any more lets go of its device.
pub(crate) struct FreshTrack(Option<MediaStreamTrack>);

impl FreshTrack {
    pub(crate) fn new(track: MediaStreamTrack) -> Self {
        Self(Some(track))
    }

    pub(crate) fn track(&self) -> Option<&MediaStreamTrack> {
        self.0.as_ref()
    }

    /// Whoever takes it lets go of it.
    pub(crate) fn take(mut self) -> Option<MediaStreamTrack> {
        self.0.take()
    }
}

impl Drop for FreshTrack {
    fn drop(&mut self) {
        if let Some(track) = &self.0 {
            track.stop();
        }
    }
}

/// Everything that wakes the session's loop.
pub(crate) enum Event {
    /// The person wants something.
    Command(CallCommand),
    /// A message came.
    Server { socket: SocketNumber, frame: Box<ServerFrame> },
    /// A socket is gone.
    SocketClosed { socket: SocketNumber },
    /// A peer connection reports.
    Link { link: LinkKey, number: LinkNumber, event: LinkEvent },
    /// A peer connection receives somebody's media.
    RemoteMedia { link: LinkKey, number: LinkNumber },
    /// What the connection of a link counts.
    Statistics { link: LinkKey, number: LinkNumber, records: Vec<StatsRecord> },
    /// A device delivers.
    Captured { source: Source, attempt: Attempt, track: FreshTrack },
    /// What is shared has a sound that may be sent.
    SharedSound(FreshTrack),
    /// What is shared is another page or another tab.
    SharedPageChanged,
    /// A device does not deliver.
    CaptureFailed { source: Source, attempt: Attempt, fault: CaptureFault },
    /// A device has stopped to deliver.
    CaptureEnded { source: Source, attempt: Attempt },
    /// The browser plays through the speaker with this id.
    SpeakerPlays(String),
    /// It does not.
    SpeakerRefused(String),
    /// The browser says something else of what a source is captured from.
    PermissionChanged { source: Source, to: Permission },
    /// A device was plugged in or out, or may be named now.
    DevicesChanged,
    /// The list of devices; whether there was no other reason to look than that it may have changed.
    Devices { listed: Listed, is_poll: bool },
    /// Who is inside, told to somebody outside, and which secret the room's links carry.
    RoomFound { people: Vec<String>, room_key: Option<RoomKeyId>, encryption: RoomEncryption },
    /// The browser has a network again, or another one, or the page was asleep.
    NetworkChanged,
    /// The stage has this size now, in CSS pixels.
    StageResized(Size),
    /// The pictures of a tile have this width by height now; `None` is the person at this browser.
    Shape { whose: Option<ParticipantId>, source: Source, ratio: f32 },
    /// Somebody looks at the page, or nobody does any more.
    Seen(bool),
    /// The page is being left or loaded anew.
    PageHidden,
    /// The page was left, and is shown again as it was.
    PageShown,
    /// A link that makes a host was made.
    HostLink(String),
    /// The words of a safety phrase; none when they could not be fetched.
    Phrase { of: SafetyPhrase, words: Option<String> },
    /// Something about recordings on this device.
    Recording(DeviceRecordingInput),
    /// The worker that records says something.
    DeviceReport(DeviceReport),
    /// The person has a recording as a file of their own.
    RecordingSaved { file: String, handle: FileSystemFileHandle },
    /// The session ends, and with it its devices and connections.
    End,
    /// Something to say once.
    Say(PageNotice),
    /// Time to look at levels and timeouts.
    Tick,
    /// Time to bring the page up to date.
    Publish,
}

/// Where events go. Nothing is lost while the session lives, and nothing matters after.
pub(crate) type Events = UnboundedSender<Event>;
