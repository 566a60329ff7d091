//! The settings of recordings on the server.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// `[recording]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordingConfig {
    /// Whether hosts can record calls on the server.
    pub enabled: bool,
    /// The folder with recordings; `recordings` in `[storage] data` when it is empty.
    pub folder: PathBuf,
    /// Days after which a recording that is over is deleted; never with 0.
    pub keep_days: u64,
    /// So many bytes stay free on the disk: with fewer, recordings stop.
    pub free_bytes: u64,
    /// Bytes that all recordings of one room have together at the most; as many as fit with 0.
    pub quota_room_bytes: u64,
    /// Bytes that all recordings have together at the most; as many as fit with 0.
    pub quota_bytes: u64,
    /// Recordings at once at the most. Raising it lets more threads wait for one disk.
    pub at_once: usize,
    /// The program that makes films of recordings in which nothing is sealed.
    pub ffmpeg: String,
    /// Films that are made at once at the most; none are made with 0. Each takes as much of a processor as it gets.
    pub films_at_once: usize,
}

impl Default for RecordingConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            folder: PathBuf::new(),
            keep_days: 30,
            free_bytes: 1_000_000_000,
            quota_room_bytes: 20_000_000_000,
            quota_bytes: 0,
            at_once: 8,
            ffmpeg: "ffmpeg".to_owned(),
            films_at_once: 1,
        }
    }
}

impl RecordingConfig {
    /// Where recordings are.
    pub(crate) fn folder_in(&self, data: &Path) -> PathBuf {
        if self.folder.as_os_str().is_empty() { data.join("recordings") } else { self.folder.clone() }
    }
}
