//! What happens to a player.

use app::state::PlayerCommand;
use futures::channel::mpsc::UnboundedSender;
use record::playback::Request;
use stage::Size;
use view::{RecordingFault, TrackExport};

use super::loading::Loaded;

/// Everything that happens to a player.
pub(super) enum PlayerEvent {
    Command(PlayerCommand),
    /// The recording is here, or why not.
    Loaded(Box<Result<Loaded, RecordingFault>>),
    /// What was asked for came, or did not.
    Fetched(Request, Option<Vec<u8>>),
    StageResized(Size),
    /// A picture of the screen, or a moment later where nothing is seen.
    Tick,
    Exporting(TrackExport),
}

/// Where it is told.
pub(super) type PlayerEvents = UnboundedSender<PlayerEvent>;
