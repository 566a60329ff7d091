//! What a page and its worker say to each other of a recording that the browser makes by itself: the page says what is seen, and the worker draws,
//! encodes and writes it.

use serde::{Deserialize, Serialize};

/// What the page wants of its worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DeviceOrder {
    /// Record into a file of this name, which no other tab has.
    Begin {
        /// In the folder of recordings.
        file: String,
        /// Of the picture, in pixels.
        width: u16,
        /// The same.
        height: u16,
        /// When it began, in milliseconds since 1970.
        began_millis: u64,
        /// Whether the page hands over pictures only when it is asked for them.
        asks_for_pictures: bool,
    },
    /// From now on this is seen.
    Draw(Scene),
    /// Nothing comes of this source of pictures any more.
    Forget {
        /// Its number.
        source: u32,
    },
    /// Write what is left, and end.
    Finish,
    /// Make the file of a tab that was killed whole.
    Repair {
        /// In the folder of recordings.
        file: String,
    },
}

/// What the worker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DeviceReport {
    /// It is recorded from now on.
    Began,
    /// It is time for new pictures, where the page hands them over.
    PicturesWanted,
    /// Nothing is written any more.
    Ended {
        /// The length of the file, in bytes; nothing when there is none.
        length: u64,
        /// Whether its end is missing.
        is_cut: bool,
        /// Why, where nobody wanted it to end.
        fault: Option<DeviceFault>,
    },
    /// The file is whole.
    Repaired,
    /// There is nothing in it that could be played.
    NotRepaired,
}

/// Why a recording has ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceFault {
    /// The browser gives no more room.
    StorageFull,
    /// It failed to encode or to write.
    Failed,
}

/// What is seen, in the order in which it is drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// Each in pixels of the recording.
    pub tiles: Vec<SceneTile>,
}

/// One tile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SceneTile {
    /// What is written in it.
    pub name: String,
    /// The source of its pictures; none while a camera is off.
    pub source: Option<u32>,
    /// Left, top, width and height. What lies outside is cropped.
    pub tile: [f32; 4],
    /// The same of the picture in it.
    pub picture: [f32; 4],
}
