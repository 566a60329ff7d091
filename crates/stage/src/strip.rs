//! The areas of a stage: what is large, who is pinned beside what is shared, and the strip of the others.

use crate::grid::{is_upright, shares};
use crate::rect::{Rect, Size};

/// The strip's column in a wide area.
const COLUMN: f32 = 296.0;

/// Areas narrower than this have a column of one tile only, narrower than [`LEAST_WIDTH`] none.
const TWO_IN_A_COLUMN: f32 = 880.0;
const ONE_IN_A_COLUMN: f32 = 144.0;
const LEAST_WIDTH: f32 = 420.0;

/// The strip's row in an upright area; lower areas than [`LEAST_HEIGHT`] have none.
const ROW: f32 = 120.0;
const LEAST_HEIGHT: f32 = 320.0;

/// Width by height of tiles in a column, and of who is pinned above them.
const TILE: f32 = 4.0 / 3.0;
const PINNED: f32 = 6.0 / 5.0;

/// Tiles of a row are about so wide.
const ROW_TILE: f32 = 144.0;

/// Of a column, pinned people take no more than this.
const MOST_PINNED: f32 = 0.6;

/// How many tiles a strip has at the most: together with what is large no more than a page of the grid.
const MOST: usize = 12;

/// Where everything of a stage stands.
#[derive(Debug)]
pub(crate) struct Areas {
    pub(crate) main: Vec<Rect>,
    pub(crate) beside: Vec<Rect>,
    /// As many as fit.
    pub(crate) strip: Vec<Rect>,
}

/// How many are to be shown in each part; `strip` counts all who could stand there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) main: usize,
    pub(crate) beside: usize,
    pub(crate) strip: usize,
}

/// Divides an area. Below what the strip's pages turn by lies a bar of the height `pager`, if there is more than one page.
pub(crate) fn areas(area: Size, wanted: Wanted, gap: f32, pager: f32) -> Areas {
    let side = side(area, wanted);
    let main = match side {
        Side::None => area,
        Side::End(width) => Size { width: area.width - width - gap, ..area },
        Side::Bottom(height) => Size { height: area.height - height - gap, ..area },
    };
    let (beside, strip_area) = match side {
        Side::None => (Vec::new(), Rect::default()),
        Side::End(width) => column(area, width, wanted, gap),
        Side::Bottom(height) => row(area, height, wanted, gap),
    };
    let all = tiles(strip_area, side, gap);
    let strip = if all.len() < wanted.strip && pager < strip_area.height && matches!(side, Side::End(_)) {
        tiles(Rect { height: strip_area.height - pager, ..strip_area }, side, gap)
    } else {
        all
    };
    Areas { main: shares(main, wanted.main, gap), beside, strip }
}

#[derive(Clone, Copy)]
enum Side {
    None,
    End(f32),
    Bottom(f32),
}

fn side(area: Size, wanted: Wanted) -> Side {
    if wanted.beside + wanted.strip == 0 {
        Side::None
    } else if is_upright(area) {
        if area.height < LEAST_HEIGHT && wanted.beside == 0 {
            Side::None
        } else {
            Side::Bottom(ROW.min(area.height / 3.0))
        }
    } else if area.width >= TWO_IN_A_COLUMN {
        Side::End(COLUMN)
    } else if area.width >= LEAST_WIDTH || wanted.beside > 0 {
        Side::End(ONE_IN_A_COLUMN.min(area.width / 3.0))
    } else {
        Side::None
    }
}

fn column(area: Size, width: f32, wanted: Wanted, gap: f32) -> (Vec<Rect>, Rect) {
    let x = area.width - width;
    let count = wanted.beside as f32;
    let most = if wanted.strip == 0 { area.height } else { area.height * MOST_PINNED };
    let height = (width / PINNED).min((most - gap * (count - 1.0)) / count.max(1.0)).max(0.0);
    let pinned = |at: usize| Rect::new(x, at as f32 * (height + gap), Size { width, height });
    let beside: Vec<_> = (0..wanted.beside).map(pinned).collect();
    let top = if beside.is_empty() { 0.0 } else { count * (height + gap) };
    (beside, Rect::new(x, top, Size { width, height: (area.height - top).max(0.0) }))
}

fn row(area: Size, height: f32, wanted: Wanted, gap: f32) -> (Vec<Rect>, Rect) {
    let y = area.height - height;
    let count = wanted.beside as f32;
    let most = if wanted.strip == 0 { area.width } else { area.width * MOST_PINNED };
    let width = (height * PINNED).min((most - gap * (count - 1.0)) / count.max(1.0)).max(0.0);
    let pinned = |at: usize| Rect::new(at as f32 * (width + gap), y, Size { width, height });
    let beside: Vec<_> = (0..wanted.beside).map(pinned).collect();
    let start = if beside.is_empty() { 0.0 } else { count * (width + gap) };
    (beside, Rect::new(start, y, Size { width: (area.width - start).max(0.0), height }))
}

fn tiles(area: Rect, side: Side, gap: f32) -> Vec<Rect> {
    let whole = |length: f32, each: f32| ((length + gap) / (each + gap)).max(0.0) as usize;
    let (columns, rows, tile) = match side {
        Side::None => (0, 0, Size::default()),
        Side::End(width) => {
            let columns: usize = if width < COLUMN { 1 } else { 2 };
            let width = (width - gap * (columns - 1) as f32) / columns as f32;
            (columns, whole(area.height, width / TILE), Size { width, height: width / TILE })
        }
        Side::Bottom(height) => {
            let columns = whole(area.width, ROW_TILE.min(height * TILE));
            let width = (area.width - gap * columns.saturating_sub(1) as f32) / columns.max(1) as f32;
            (columns, 1, Size { width: width.min(height * 16.0 / 9.0), height })
        }
    };
    let place = |at: usize| {
        let (row, column) = ((at / columns) as f32, (at % columns) as f32);
        Rect::new(area.x + column * (tile.width + gap), area.y + row * (tile.height + gap), tile)
    };
    (0..(columns * rows).min(MOST)).map(place).collect()
}
