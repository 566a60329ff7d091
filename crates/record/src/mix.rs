//! How a recording becomes one film with everybody in it: where each track is in the picture and when, as arguments of ffmpeg, which decodes and encodes.
//! Of what is sealed there is none.

use std::time::Duration;

use protocol::MediaKind;

use crate::webm::Protection;
use crate::{Manifest, Part, TrackFile};

/// Of the film, in pixels.
const WIDTH: usize = 1280;
const HEIGHT: usize = 720;

/// Pictures a second.
const RATE: usize = 25;

/// What is behind everybody, and around a picture of another shape.
const BEHIND: &str = "0x101318";

/// What becomes one film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MixPlan {
    pictures: Vec<Shown>,
    sounds: Vec<Placed>,
    columns: usize,
    rows: usize,
    lasts_ms: u64,
}

/// A track, and when in the film it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Placed {
    file: String,
    from_ms: u64,
    until_ms: u64,
}

/// A track that is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    placed: Placed,
    /// Where: cells are counted from the top left, row by row.
    cell: usize,
}

/// Why there can be no film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MixError {
    /// What is in it opens in a browser that has the key.
    #[error("it is end-to-end encrypted")]
    Sealed,
    /// Nobody was recorded.
    #[error("there is nothing in it")]
    Empty,
    /// ffmpeg would open more files than is good.
    #[error("it has more than {} tracks", MixPlan::MOST_TRACKS)]
    TooManyTracks,
}

impl MixPlan {
    /// Tracks of all parts together, at the most.
    pub const MOST_TRACKS: usize = 300;

    /// How many are seen at once, at the most. Who comes when all cells are taken is heard.
    pub const MOST_CELLS: usize = 16;

    /// Lays out a recording that is over. Parts follow one another without the time between them.
    ///
    /// # Errors
    ///
    /// When there can be no film of it.
    pub fn of(manifest: &Manifest) -> Result<Self, MixError> {
        let all = || manifest.parts.iter().flat_map(|part| &part.tracks);
        if manifest.key.is_some() || all().any(|track| track.protection != Protection::Plaintext) {
            return Err(MixError::Sealed);
        }
        if all().count() > Self::MOST_TRACKS {
            return Err(MixError::TooManyTracks);
        }
        let (mut pictures, mut sounds, mut began_ms) = (Vec::new(), Vec::new(), 0_u64);
        for part in &manifest.parts {
            let lasts_ms = length(part);
            for track in &part.tracks {
                let placed = place(track, began_ms, lasts_ms);
                match track.source.kind() {
                    MediaKind::Video => pictures.push(placed),
                    MediaKind::Audio => sounds.push(placed),
                }
            }
            began_ms = began_ms.saturating_add(lasts_ms);
        }
        if pictures.is_empty() && sounds.is_empty() || began_ms == 0 {
            return Err(MixError::Empty);
        }
        let pictures = in_cells(pictures);
        let cells = pictures.iter().map(|shown| shown.cell + 1).max().unwrap_or(1);
        let columns = (1..=cells).find(|columns| columns * columns >= cells).unwrap_or(1);
        Ok(Self { pictures, sounds, columns, rows: cells.div_ceil(columns), lasts_ms: began_ms })
    }

    /// How long the film is.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        Duration::from_millis(self.lasts_ms)
    }

    /// What ffmpeg is told, in the folder of the recording: it writes a WebM of VP8 and Opus, and how far it is to its output.
    #[must_use]
    pub fn arguments(&self, output: &str) -> Vec<String> {
        let mut words: Vec<String> =
            ["-hide_banner", "-nostdin", "-loglevel", "error", "-nostats", "-progress", "pipe:1", "-y"]
                .map(str::to_owned)
                .into();
        let placed = self.pictures.iter().map(|shown| &shown.placed).chain(&self.sounds);
        for Placed { file, from_ms, .. } in placed {
            // Pictures change their size, and the graph would begin anew with each.
            words.extend(["-reinit_filter", "0", "-itsoffset"].map(str::to_owned));
            words.extend([seconds(*from_ms), "-f".to_owned(), "matroska".to_owned()]);
            words.extend(["-i".to_owned(), format!("file:{file}")]);
        }
        words.extend(["-filter_complex".to_owned(), self.graph(), "-map".to_owned(), "[picture]".to_owned()]);
        if !self.sounds.is_empty() {
            words.extend(["-map", "[sound]", "-c:a", "libopus", "-b:a", "96k"].map(str::to_owned));
        }
        words.extend(
            ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M"].map(str::to_owned),
        );
        words.extend(["-t".to_owned(), seconds(self.lasts_ms), "-f".to_owned(), "webm".to_owned()]);
        words.push(format!("file:{output}"));
        words
    }

    /// Everybody over what is behind them, one after the other; all that is heard, together.
    fn graph(&self) -> String {
        let (width, height) = (WIDTH / self.columns / 2 * 2, HEIGHT / self.rows / 2 * 2);
        let mut parts = vec![format!(
            "color=c={BEHIND}:s={WIDTH}x{HEIGHT}:r={RATE}:d={}[under0]",
            seconds(self.lasts_ms)
        )];
        for (index, Shown { placed, cell }) in self.pictures.iter().enumerate() {
            let (x, y) = (cell % self.columns * width, cell / self.columns * height);
            let (from, until, over) = (seconds(placed.from_ms), seconds(placed.until_ms), index + 1);
            parts.push(format!(
                "[{index}:v]scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:(ow-iw)/2:(oh-ih)/2:color={BEHIND},setsar=1[seen{index}]"
            ));
            parts.push(format!(
                "[under{index}][seen{index}]overlay=x={x}:y={y}:eof_action=pass:enable='between(t,{from},{until})'[under{over}]"
            ));
        }
        parts.push(format!("[under{}]format=yuv420p[picture]", self.pictures.len()));
        let first = self.pictures.len();
        for index in 0..self.sounds.len() {
            // What is missing in between is silence.
            parts.push(format!("[{}:a]aresample=48000:async=1:first_pts=0[heard{index}]", first + index));
        }
        if !self.sounds.is_empty() {
            let heard: String = (0..self.sounds.len()).map(|index| format!("[heard{index}]")).collect();
            let count = self.sounds.len();
            parts.push(format!("{heard}amix=inputs={count}:duration=longest:normalize=0,apad[sound]"));
        }
        parts.join(";")
    }
}

/// How long a part is, also where a crash has kept that from being written.
fn length(part: &Part) -> u64 {
    let known = part.tracks.iter().map(|track| track.ended_ms.unwrap_or(track.began_ms)).max();
    part.lasted_ms.unwrap_or_default().max(known.unwrap_or_default())
}

fn place(track: &TrackFile, began_ms: u64, lasts_ms: u64) -> Placed {
    let at = |ms: u64| began_ms.saturating_add(ms);
    let (from_ms, until_ms) = (at(track.began_ms), at(track.ended_ms.unwrap_or(lasts_ms)));
    Placed { file: track.file.as_str().to_owned(), from_ms, until_ms }
}

/// Each where nobody else is while they are seen.
fn in_cells(mut pictures: Vec<Placed>) -> Vec<Shown> {
    pictures.sort_by_key(|placed| placed.from_ms);
    let mut taken_until = [None::<u64>; MixPlan::MOST_CELLS];
    let mut shown = Vec::new();
    for placed in pictures {
        let free = taken_until.iter().position(|until| until.is_none_or(|until| until <= placed.from_ms));
        if let Some(cell) = free {
            taken_until[cell] = Some(placed.until_ms);
            shown.push(Shown { placed, cell });
        }
    }
    shown
}

/// As ffmpeg reads it.
fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}
