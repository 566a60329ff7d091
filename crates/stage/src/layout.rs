//! What is shown: tiles, each with its place.

use protocol::MediaKey;

use crate::rect::Rect;

/// What is on the screen. Tiles are in the order of reading, which is the order of the keyboard's focus too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Which of the arrangements it is.
    pub kind: Kind,
    /// What is seen. Nothing else is, and nothing else is received.
    pub tiles: Vec<Tile>,
    /// Which page of the tiles that do not fit at once, from 0.
    pub page: usize,
    /// How many pages there are, at least 1.
    pub pages: usize,
}

/// How people are arranged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Everybody alike.
    #[default]
    Grid,
    /// One other person, and oneself floating over them.
    Pair,
    /// Up to four people large, the others in a strip.
    Spotlight,
    /// Up to four screens large, who is pinned beside them, the others in a strip.
    Screens,
}

/// One picture on the stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tile {
    /// Whose camera or screen.
    pub key: MediaKey,
    /// Why it is where it is.
    pub role: Role,
    /// Where it is on the stage.
    pub rect: Rect,
    /// Where the picture lies, from the tile's own corner; what is outside of the tile is cropped.
    pub picture: Rect,
}

/// Why a tile is where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// One among equals.
    Grid,
    /// Large: pinned, shared, or who speaks.
    Main,
    /// Pinned, beside what is shared.
    Beside,
    /// Small, beside what is large.
    Strip,
    /// Oneself, over the other.
    Floating,
}

impl Layout {
    /// The tile of a publication, where it is shown.
    pub fn tile(&self, key: MediaKey) -> Option<&Tile> {
        self.tiles.iter().find(|tile| tile.key == key)
    }
}
