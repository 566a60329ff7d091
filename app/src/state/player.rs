//! A recording that is played, as components see it: signals that the engine's side alone writes, and commands to it.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::MediaKey;
use stage::{Layout, Mode};
use view::{PersonPlayed, Playing, RecordingPhase, TrackExport, TrackTrouble};

/// What a component asks of the player.
#[derive(Clone, Debug, PartialEq)]
pub enum PlayerCommand {
    /// Fetch the recording of this page.
    Load,
    /// The element that the stage fills is there.
    ShowStage {
        /// Its id.
        element: String,
    },
    /// Goes on, or stops.
    PlayOrPause,
    /// Goes there, in milliseconds.
    Seek(u32),
    /// Goes so many milliseconds on, or back.
    Skip(i32),
    /// How fast, in hundredths.
    SetSpeed(u16),
    /// How people are arranged.
    Arrange(Mode),
    /// Shows somebody large, or no longer.
    Pin(MediaKey),
    /// Which page of the tiles is shown.
    Turn(usize),
    /// Saves a track.
    Export(usize),
}

/// What is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlayerView {
    /// How far the page is.
    pub phase: RwSignal<RecordingPhase>,
    /// Whether it plays.
    pub playing: RwSignal<Playing>,
    /// Where, in milliseconds.
    pub position: RwSignal<u32>,
    /// How fast, in hundredths; 0 before anything was chosen.
    pub speed: RwSignal<u16>,
    /// What is shown where.
    pub layout: RwSignal<Layout>,
    /// How people are arranged.
    pub mode: RwSignal<Mode>,
    /// What is pinned.
    pub pins: RwSignal<Vec<MediaKey>>,
    /// Whoever is there.
    pub people: RwSignal<Vec<PersonPlayed>>,
    /// Which line of the transcript is being said.
    pub caption: RwSignal<Option<usize>>,
    /// Of whom something is missing, and why.
    pub troubles: RwSignal<Vec<(String, TrackTrouble)>>,
    /// What is being saved.
    pub export: RwSignal<TrackExport>,
}

/// A way to the engine. Holds no JavaScript object.
#[derive(Clone)]
pub struct PlayerHandle {
    /// What is shown.
    pub view: PlayerView,
    send: Arc<dyn Fn(PlayerCommand) + Send + Sync>,
}

impl PlayerHandle {
    /// A handle whose commands go to `send`.
    pub fn new(view: PlayerView, send: impl Fn(PlayerCommand) + Send + Sync + 'static) -> Self {
        Self { view, send: Arc::new(send) }
    }

    /// Asks something of the engine.
    pub fn send(&self, command: PlayerCommand) {
        (self.send)(command);
    }
}

/// Gives the handle to every component below.
pub fn provide_player(handle: PlayerHandle) {
    provide_context(handle);
}

/// The handle, or an inert one.
pub fn use_player() -> PlayerHandle {
    use_context().unwrap_or_else(|| PlayerHandle::new(PlayerView::default(), |_| {}))
}
