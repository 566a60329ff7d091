//! What is on the stage, drawn on a picture of a fixed size: what somebody records is what they see.

use protocol::MediaKey;

use crate::layout::{Layout, Role, Tile};
use crate::rect::{Rect, Size};

/// From where people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Lines begin at the left.
    FromLeft,
    /// Lines begin at the right, and so does the stage.
    FromRight,
}

/// A tile in the picture, in its pixels from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// Whose camera or screen.
    pub key: MediaKey,
    /// Where the tile is. What lies outside of it is cropped.
    pub tile: Rect,
    /// Where what is shown lies.
    pub picture: Rect,
}

impl Layout {
    /// The tiles in the order in which they are drawn, of a stage of this size in a picture of that. The stage is as large as the picture
    /// allows, and in its middle.
    pub fn drawn(&self, stage: Size, picture: Size, reading: Reading) -> Vec<Drawn> {
        if stage.width <= 0.0 || stage.height <= 0.0 {
            return Vec::new();
        }
        let scale = (picture.width / stage.width).min(picture.height / stage.height);
        let (left, top) =
            ((picture.width - stage.width * scale) / 2.0, (picture.height - stage.height * scale) / 2.0);
        let place = |rect: Rect| {
            let x = match reading {
                Reading::FromLeft => rect.x,
                Reading::FromRight => stage.width - rect.x - rect.width,
            };
            let size = Size { width: rect.width * scale, height: rect.height * scale };
            Rect::new(left + x * scale, top + rect.y * scale, size)
        };
        let (floating, others): (Vec<&Tile>, Vec<&Tile>) =
            self.tiles.iter().partition(|tile| tile.role == Role::Floating);
        let drawn = others.into_iter().chain(floating).map(|tile| Drawn {
            key: tile.key,
            tile: place(tile.rect),
            picture: place(Rect {
                x: tile.rect.x + tile.picture.x,
                y: tile.rect.y + tile.picture.y,
                ..tile.picture
            }),
        });
        drawn.collect()
    }
}

#[cfg(test)]
mod tests {
    use protocol::{ParticipantId, Source};

    use super::*;
    use crate::layout::Kind;

    fn tile(number: u32, role: Role, rect: Rect) -> Tile {
        let id: ParticipantId = format!("00000000-0000-0000-0000-00000000000{number}").parse().unwrap();
        let picture = Rect { x: -10.0, y: 0.0, width: rect.width + 20.0, height: rect.height };
        Tile { key: id.publication(Source::Camera), role, rect, picture }
    }

    fn pair() -> Layout {
        let whole = Rect { x: 0.0, y: 0.0, width: 800.0, height: 600.0 };
        let corner = Rect { x: 640.0, y: 480.0, width: 150.0, height: 110.0 };
        let tiles = vec![tile(1, Role::Floating, corner), tile(2, Role::Main, whole)];
        Layout { kind: Kind::Pair, tiles, page: 0, pages: 1 }
    }

    const STAGE: Size = Size { width: 800.0, height: 600.0 };
    const PICTURE: Size = Size { width: 2000.0, height: 1200.0 };

    #[test]
    fn the_stage_is_as_large_as_it_can_be_and_who_floats_is_over_the_other() {
        let drawn = pair().drawn(STAGE, PICTURE, Reading::FromLeft);
        assert_eq!(drawn[0].tile, Rect { x: 200.0, y: 0.0, width: 1600.0, height: 1200.0 });
        assert_eq!(drawn[0].picture, Rect { x: 180.0, y: 0.0, width: 1640.0, height: 1200.0 });
        assert_eq!(drawn[1].tile, Rect { x: 1480.0, y: 960.0, width: 300.0, height: 220.0 });
    }

    #[test]
    fn where_lines_begin_at_the_right_so_does_what_is_drawn() {
        let drawn = pair().drawn(STAGE, PICTURE, Reading::FromRight);
        assert_eq!(drawn[0].tile.x, 200.0);
        assert_eq!(drawn[1].tile.x, 220.0);
        assert_eq!(drawn[1].picture.x, 200.0);
    }

    #[test]
    fn a_stage_that_was_never_shown_is_empty() {
        assert_eq!(pair().drawn(Size::default(), PICTURE, Reading::FromLeft), []);
    }
}
