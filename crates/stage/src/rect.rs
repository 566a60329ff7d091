//! Rectangles in CSS pixels, and how a picture lies in one.

/// The share of a camera's picture that is seen at least, in each direction.
pub(crate) const LEAST_SEEN: f32 = 0.75;

/// No window is wider or higher than this.
const LONGEST: f32 = 100_000.0;

/// Width and height, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// From the start to the end of a line.
    pub width: f32,
    /// From top to bottom.
    pub height: f32,
}

/// A part of the stage, in CSS pixels. `x` counts from the start of a line: from the right where people write to the left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// From the start of the line.
    pub x: f32,
    /// From the top.
    pub y: f32,
    /// From the start to the end of a line.
    pub width: f32,
    /// From top to bottom.
    pub height: f32,
}

impl Size {
    /// Width by height; 1 where there is no height.
    pub fn ratio(self) -> f32 {
        if self.height > 0.0 { self.width / self.height } else { 1.0 }
    }

    /// A size that there can be: not below 0, not endless, and a number.
    pub(crate) fn bounded(self) -> Self {
        let bound = |length: f32| if length > 0.0 { length.min(LONGEST) } else { 0.0 };
        Self { width: bound(self.width), height: bound(self.height) }
    }

    pub(crate) fn area(self) -> f32 {
        self.width * self.height
    }

    /// Its largest part whose ratio lies between two others.
    pub(crate) fn within(self, least: f32, most: f32) -> Self {
        let ratio = self.ratio();
        if ratio > most {
            Self { width: self.height * most, ..self }
        } else if ratio < least {
            Self { height: self.width / least, ..self }
        } else {
            self
        }
    }
}

impl Rect {
    pub(crate) const fn new(x: f32, y: f32, size: Size) -> Self {
        Self { x, y, width: size.width, height: size.height }
    }

    /// Its width and height.
    pub fn size(self) -> Size {
        Size { width: self.width, height: self.height }
    }

    /// Whether two have more than an edge in common.
    pub fn overlaps(self, other: Self) -> bool {
        let apart = |a: f32, along: f32, b: f32, other: f32| a + along <= b + 0.01 || b + other <= a + 0.01;
        !apart(self.x, self.width, other.x, other.width) && !apart(self.y, self.height, other.y, other.height)
    }

    /// Whether another lies in it.
    pub fn contains(self, other: Self) -> bool {
        let slack = 0.01;
        other.x >= self.x - slack
            && other.y >= self.y - slack
            && other.x + other.width <= self.x + self.width + slack
            && other.y + other.height <= self.y + self.height + slack
    }
}

/// A picture that is never cropped, in the middle of a tile.
pub(crate) fn whole(tile: Size, picture: f32) -> Rect {
    let width = tile.width.min(tile.height * picture);
    centred(tile, Size { width, height: width / picture })
}

/// A picture that fills a tile as far as at least [`LEAST_SEEN`] of it stays to be seen.
pub(crate) fn filling(tile: Size, picture: f32) -> Rect {
    let fills = tile.width.max(tile.height * picture);
    let at_most = (tile.width / LEAST_SEEN).min(tile.height / LEAST_SEEN * picture);
    let width = fills.min(at_most);
    centred(tile, Size { width, height: width / picture })
}

fn centred(tile: Size, picture: Size) -> Rect {
    Rect::new((tile.width - picture.width) / 2.0, (tile.height - picture.height) / 2.0, picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: f32 = 16.0 / 9.0;

    #[test]
    fn a_wide_picture_fills_a_tile_of_four_to_three() {
        let picture = filling(Size { width: 400.0, height: 300.0 }, WIDE);
        assert!((picture.height - 300.0).abs() < 0.1 && picture.width > 400.0, "{picture:?}");
    }

    #[test]
    fn in_an_upright_tile_a_wide_picture_keeps_three_quarters_of_its_width() {
        let picture = filling(Size { width: 300.0, height: 400.0 }, WIDE);
        assert!((picture.width - 400.0).abs() < 0.1, "{picture:?}");
        assert!(picture.height < 400.0 && picture.y > 0.0, "{picture:?}");
    }

    #[test]
    fn an_upright_picture_in_a_wide_tile_keeps_three_quarters_of_its_height() {
        let picture = filling(Size { width: 1_600.0, height: 900.0 }, 9.0 / 16.0);
        assert!((picture.height - 1_200.0).abs() < 0.1, "{picture:?}");
    }

    #[test]
    fn a_screen_is_whole_in_any_tile() {
        let tile = Rect::new(0.0, 0.0, Size { width: 300.0, height: 400.0 });
        assert!(tile.contains(whole(tile.size(), WIDE)));
        assert!(tile.contains(whole(tile.size(), 0.3)));
    }
}
