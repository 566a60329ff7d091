//! Tiles alike: rows and columns that fill an area best, the last row centred.

use crate::rect::{Rect, Size};

/// The narrowest and widest shape of a tile in a wide area.
const WIDE: [f32; 2] = [4.0 / 3.0, 16.0 / 9.0];

/// The same in an upright area, as on a phone.
const UPRIGHT: [f32; 2] = [3.0 / 4.0, 16.0 / 9.0];

/// An area narrower than this is upright.
const UPRIGHT_BELOW: f32 = 4.0 / 5.0;

/// So many tiles stand in two columns of an upright area, and if they are odd the first one has a row to itself.
const TWO_COLUMNS: std::ops::RangeInclusive<usize> = 3..=6;

/// How large tiles are at least before they are put on another page.
const LEAST: Size = Size { width: 96.0, height: 72.0 };

/// Tiles on a page at the most. A page receives as many videos at once as the forwarding unit has slots for.
pub(crate) const MAX_TILES: usize = 16;

/// How many tiles fit into an area at once, from 1 to [`MAX_TILES`].
pub(crate) fn fit(area: Size, gap: f32) -> usize {
    let is_large = |count: &usize| {
        let tile = cell(area, *count, gap).tile;
        tile.width >= LEAST.width && tile.height >= LEAST.height
    };
    (1..=MAX_TILES).rev().find(is_large).unwrap_or(1)
}

/// Where so many tiles stand, in the order of reading.
pub(crate) fn grid(area: Size, count: usize, gap: f32) -> Vec<Rect> {
    let Cell { columns, tile } = cell(area, count, gap);
    let leads = has_lead(area, count);
    let rows = rows(count, columns, leads);
    let height = span(tile.height, rows, gap);
    let top = ((area.height - height) / 2.0).max(0.0);
    let place = |at: usize| {
        let at = if leads { at + 1 } else { at };
        let (row, column) = (at / columns, at % columns);
        let in_row = if row + 1 == rows { count + usize::from(leads) - row * columns } else { columns };
        let start = (area.width - span(tile.width, in_row, gap)) / 2.0;
        let x = start + column as f32 * (tile.width + gap);
        Rect::new(x, top + row as f32 * (tile.height + gap), tile)
    };
    let mut places: Vec<_> = (0..count).map(place).collect();
    if leads && let Some(lead) = places.first_mut() {
        let wide = Size { width: span(tile.width, columns, gap), height: tile.height };
        *lead = Rect::new((area.width - wide.width) / 2.0, top, wide);
    }
    places
}

/// So many cells that share an area without a rest: what is large need not be of a shape.
pub(crate) fn shares(area: Size, count: usize, gap: f32) -> Vec<Rect> {
    let seen = |columns: usize| -> f32 {
        let cell = divided(area, columns, count.div_ceil(columns), gap);
        cell.within(UPRIGHT[0], UPRIGHT[1]).area()
    };
    let columns = (1..=count).max_by(|a, b| seen(*a).total_cmp(&seen(*b))).unwrap_or(1);
    let rows = count.div_ceil(columns);
    let place = |at: usize| {
        let row = at / columns;
        let in_row = if row + 1 == rows { count - row * columns } else { columns };
        let cell =
            Size { width: divided(area, in_row, rows, gap).width, ..divided(area, columns, rows, gap) };
        Rect::new((at % columns) as f32 * (cell.width + gap), row as f32 * (cell.height + gap), cell)
    };
    (0..count).map(place).collect()
}

/// Whether an area is upright.
pub(crate) fn is_upright(area: Size) -> bool {
    area.ratio() < UPRIGHT_BELOW
}

/// The columns of a grid, and the size of its tiles.
struct Cell {
    columns: usize,
    tile: Size,
}

fn cell(area: Size, count: usize, gap: f32) -> Cell {
    let count = count.max(1);
    let [least, most] = if is_upright(area) { UPRIGHT } else { WIDE };
    let of = |columns: usize| {
        let rows = rows(count, columns, has_lead(area, count));
        Cell { columns, tile: divided(area, columns, rows, gap).within(least, most) }
    };
    match count {
        2 if is_upright(area) => of(1),
        count if is_upright(area) && TWO_COLUMNS.contains(&count) => of(2),
        count => {
            let larger = |a: &Cell, b: &Cell| a.tile.area().total_cmp(&b.tile.area());
            (1..=count).map(of).max_by(larger).unwrap_or_else(|| of(1))
        }
    }
}

fn has_lead(area: Size, count: usize) -> bool {
    is_upright(area) && TWO_COLUMNS.contains(&count) && count % 2 == 1
}

fn rows(count: usize, columns: usize, leads: bool) -> usize {
    (count + usize::from(leads)).div_ceil(columns)
}

/// What so many tiles and the gaps between them take.
fn span(each: f32, count: usize, gap: f32) -> f32 {
    each * count as f32 + gap * count.saturating_sub(1) as f32
}

fn divided(area: Size, columns: usize, rows: usize, gap: f32) -> Size {
    let along = |whole: f32, parts: usize| ((whole - gap * (parts - 1) as f32) / parts as f32).max(0.0);
    Size { width: along(area.width, columns), height: along(area.height, rows) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns_of(width: f32, height: f32, count: usize) -> usize {
        cell(Size { width, height }, count, 12.0).columns
    }

    #[test]
    fn a_desktop_has_the_columns_of_the_drawing() {
        let columns: Vec<_> = (1..=6).map(|count| columns_of(1_600.0, 900.0, count)).collect();
        assert_eq!(columns, [1, 2, 2, 2, 3, 3]);
        assert_eq!(columns_of(1_260.0, 900.0, 5), 2, "narrower than 3:2");
    }

    #[test]
    fn a_phone_has_two_columns_and_a_lead() {
        let columns: Vec<_> = (1..=6).map(|count| columns_of(374.0, 640.0, count)).collect();
        assert_eq!(columns, [1, 1, 2, 2, 2, 2]);
        let tiles = grid(Size { width: 374.0, height: 640.0 }, 3, 8.0);
        assert!(tiles[0].width > 300.0 && tiles[1].width < 200.0, "{tiles:?}");
    }

    #[test]
    fn what_is_large_shares_the_whole_area() {
        let area = Size { width: 1_200.0, height: 800.0 };
        for count in 1..=4 {
            let seen: f32 = shares(area, count, 0.0).iter().map(|one| one.size().area()).sum();
            assert!((seen - area.area()).abs() < 1.0, "{count}: {seen}");
        }
    }
}
