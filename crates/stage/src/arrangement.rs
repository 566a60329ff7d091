//! From who is shown in which role to where: the one function that knows geometry and roles.

use std::collections::BTreeMap;

use protocol::{MediaKey, ParticipantId, Source};

use crate::choices::Corner;
use crate::grid;
use crate::layout::{Kind, Layout, Role, Tile};
use crate::order::Orders;
use crate::rect::{Rect, Size, filling, whole};
use crate::strip::{Areas, Wanted, areas};

/// Windows at least so wide have larger gaps.
const WIDE_GAPS: f32 = 1_024.0;

/// What pages are turned by needs so much below the tiles.
const PAGER: f32 = 44.0;

/// What a window of this width or less has is a phone's.
const PHONE: f32 = 640.0;

/// The self view beside one other: its part of the width, and its bounds.
const OWN_PART: f32 = 0.21;
const OWN_LEAST: f32 = 152.0;
const OWN_MOST: f32 = 272.0;
const OWN_ON_A_PHONE: f32 = 116.0;

/// Of a small window the self view takes no more than this, and below [`OWN_TOO_SMALL`] it is left out.
const OWN_OF_ALL: f32 = 0.4;
const OWN_TOO_SMALL: f32 = 40.0;

/// The shape of a picture nobody has seen yet.
const USUAL: f32 = 16.0 / 9.0;

/// The area to be filled, and what is known of pictures.
pub(crate) struct Canvas<'a> {
    pub(crate) area: Size,
    /// Width by height of pictures that have been seen.
    pub(crate) shapes: &'a BTreeMap<MediaKey, f32>,
}

/// Oneself on a page, where one is shown.
pub(crate) type Own = Option<ParticipantId>;

impl Canvas<'_> {
    fn gap(&self) -> f32 {
        if self.area.width >= WIDE_GAPS { 12.0 } else { 8.0 }
    }

    fn tile(&self, key: MediaKey, role: Role, rect: Rect) -> Tile {
        let picture = self.shapes.get(&key).copied().unwrap_or(USUAL);
        let lay = if key.source.is_shared() { whole } else { filling };
        Tile { key, role, rect, picture: lay(rect.size(), picture) }
    }

    /// How many tiles, oneself aside, are seen at once of what has pages.
    pub(crate) fn fit(&self, orders: &Orders, own: Own) -> usize {
        if orders.main.len() == 0 {
            return grid::fit(self.area, self.gap()).saturating_sub(own.iter().len()).max(1);
        }
        let places = self.areas(orders, own).strip.len();
        places.saturating_sub(of_strip(own, places, orders).iter().len())
    }

    fn areas(&self, orders: &Orders, own: Own) -> Areas {
        let strip = orders.strip.len() + own.iter().len();
        let wanted = Wanted { main: orders.main.len(), beside: orders.beside.len(), strip };
        areas(self.area, wanted, self.gap(), PAGER)
    }

    /// Everybody alike, oneself last.
    pub(crate) fn grid(&self, orders: &Orders, own: Own) -> Layout {
        let (order, fit) = (&orders.grid, self.fit(orders, own));
        let pages = order.pages(fit);
        let area = if pages > 1 {
            Size { height: (self.area.height - PAGER).max(0.0), ..self.area }
        } else {
            self.area
        };
        let shown = order.shown(fit).iter().copied().chain(own.map(camera));
        let keys: Vec<_> = shown.collect();
        let places = grid::grid(area, keys.len(), self.gap());
        let tiles = keys.into_iter().zip(places).map(|(key, rect)| self.tile(key, Role::Grid, rect));
        Layout { kind: Kind::Grid, tiles: tiles.collect(), page: order.page(fit), pages }
    }

    /// One other, and oneself in a corner.
    pub(crate) fn pair(&self, other: MediaKey, own: Own, corner: Corner) -> Layout {
        let main = self.tile(other, Role::Main, Rect::new(0.0, 0.0, self.area));
        let floating =
            own.and_then(|own| Some(self.tile(camera(own), Role::Floating, self.floating(corner)?)));
        let tiles = std::iter::once(main).chain(floating).collect();
        Layout { kind: Kind::Pair, tiles, page: 0, pages: 1 }
    }

    fn floating(&self, corner: Corner) -> Option<Rect> {
        let Size { width, height } = self.area;
        let is_phone = width <= PHONE;
        let (wanted, ratio, margin) = if is_phone {
            (OWN_ON_A_PHONE, 3.0 / 4.0, 12.0)
        } else {
            ((width * OWN_PART).clamp(OWN_LEAST, OWN_MOST), 16.0 / 10.0, 16.0)
        };
        let size = wanted.min(width * OWN_OF_ALL).min(height * OWN_OF_ALL * ratio);
        let size = Size { width: size, height: size / ratio };
        let x = if corner.is_end() { width - margin - size.width } else { margin };
        let y = if corner.is_bottom() { height - margin - size.height } else { margin };
        (size.width >= OWN_TOO_SMALL && x >= 0.0 && y >= 0.0).then(|| Rect::new(x, y, size))
    }

    /// Some large, some beside them, the others in a strip.
    pub(crate) fn stage(&self, orders: &Orders, own: Own) -> Layout {
        let areas = self.areas(orders, own);
        let own = of_strip(own, areas.strip.len(), orders);
        let (main, strip) = (orders.main.all(), &orders.strip);
        let fit = areas.strip.len().saturating_sub(own.iter().len());
        let shown = if fit == 0 { &[] } else { strip.shown(fit) };
        let small = shown.iter().copied().chain(own.map(camera)).zip(areas.strip);
        let tiles = (main.iter().copied().zip(areas.main).map(|at| (Role::Main, at)))
            .chain(orders.beside.all().iter().copied().zip(areas.beside).map(|at| (Role::Beside, at)))
            .chain(small.map(|at| (Role::Strip, at)))
            .map(|(role, (key, rect))| self.tile(key, role, rect))
            .collect();
        let (page, pages) = if fit == 0 { (0, 1) } else { (strip.page(fit), strip.pages(fit)) };
        let shows_screens = main.iter().any(|key| key.source.is_shared());
        let kind = if shows_screens { Kind::Screens } else { Kind::Spotlight };
        Layout { kind, tiles, page, pages }
    }
}

/// Oneself in a strip of so many places: with one place alone, somebody else is more worth seeing.
fn of_strip(own: Own, places: usize, orders: &Orders) -> Own {
    own.filter(|_| places > 1 || orders.strip.len() == 0)
}

fn camera(id: ParticipantId) -> MediaKey {
    id.publication(Source::Camera)
}
