//! The order of tiles over pages. Whoever is seen stays where they are: who comes is last, the last one takes the place of who
//! goes, and who is to be seen exchanges places with somebody who is not needed.

use protocol::MediaKey;

/// Tiles in their order, and which page of them is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    tiles: Vec<MediaKey>,
    /// The first tile that is shown. It stays when fewer or more fit, so that nobody moves for it.
    first: usize,
}

/// Everything that has an order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    /// All alike, where nothing is large.
    pub(crate) grid: Order,
    /// What is large.
    pub(crate) main: Order,
    /// Who is pinned beside it.
    pub(crate) beside: Order,
    /// The others, where something is large.
    pub(crate) strip: Order,
}

impl Orders {
    /// Brings everything up to date; `alike` is the grid's, `all` whatever is to be seen anywhere.
    pub(crate) fn sync(
        &mut self,
        large: &[MediaKey],
        beside: &[MediaKey],
        alike: &[MediaKey],
        all: &[MediaKey],
    ) {
        let is_small = |key: &MediaKey| !large.contains(key) && !beside.contains(key);
        self.strip.sync(&all.iter().copied().filter(is_small).collect::<Vec<_>>());
        self.main.sync(large);
        self.grid.sync(alike);
        self.beside.sync(beside);
    }

    /// The one that has pages at the moment.
    pub(crate) fn shown_mut(&mut self) -> &mut Order {
        if self.main.all().is_empty() { &mut self.grid } else { &mut self.strip }
    }
}

impl Order {
    /// Takes away what is not in `present`, and adds what is new: in the places that became free at the same time, then last.
    pub(crate) fn sync(&mut self, present: &[MediaKey]) {
        let before = self.tiles.clone();
        let mut new = present.iter().copied().filter(|tile| !before.contains(tile));
        while let Some(gone) = self.tiles.iter().position(|tile| !present.contains(tile)) {
            match new.next() {
                Some(tile) => self.tiles[gone] = tile,
                None => _ = self.tiles.swap_remove(gone),
            }
        }
        self.tiles.extend(new);
    }

    pub(crate) fn len(&self) -> usize {
        self.tiles.len()
    }

    /// All tiles, of all pages.
    pub(crate) fn all(&self) -> &[MediaKey] {
        &self.tiles
    }

    /// Shows another page, of so many tiles.
    pub(crate) fn turn(&mut self, to: usize, fit: usize) {
        let (page, first) = (self.page(fit), self.first(fit));
        let to = to.min(self.pages(fit) - 1);
        let by = page.abs_diff(to) * fit.max(1);
        self.first = if to < page { first.saturating_sub(by) } else { first + by };
    }

    /// Which page is shown if so many tiles fit on one.
    pub(crate) fn page(&self, fit: usize) -> usize {
        self.first(fit).div_ceil(fit.max(1))
    }

    /// How many pages there are, at least 1.
    pub(crate) fn pages(&self, fit: usize) -> usize {
        let on = (self.tiles.len() - self.first(fit)).div_ceil(fit.max(1)).max(1);
        self.page(fit) + on
    }

    /// The tiles of the page that is shown.
    pub(crate) fn shown(&self, fit: usize) -> &[MediaKey] {
        let shown = self.tiles.get(self.first(fit)..).unwrap_or_default();
        &shown[..fit.min(shown.len())]
    }

    /// Leaves a page that there is no more for the last one.
    pub(crate) fn settle(&mut self, fit: usize) {
        self.first = self.first(fit);
    }

    fn first(&self, fit: usize) -> usize {
        let last_page = self.tiles.len().saturating_sub(1) / fit.max(1) * fit.max(1);
        if self.first < self.tiles.len() { self.first } else { last_page }
    }

    /// Whether the first page is shown, and a tile is not on it.
    pub(crate) fn is_behind(&self, tile: MediaKey, fit: usize) -> bool {
        self.page(fit) == 0 && self.tiles.iter().skip(fit).any(|one| *one == tile)
    }

    /// Puts a tile of another page in the place of the one on the first page that `worth` puts lowest; of several the last one.
    pub(crate) fn promote<W: Ord>(&mut self, tile: MediaKey, fit: usize, worth: impl Fn(MediaKey) -> W) {
        let at = self.tiles.iter().position(|one| *one == tile);
        let least = (0..fit.min(self.tiles.len())).rev().min_by_key(|at| worth(self.tiles[*at]));
        if let (Some(at), Some(least)) = (at, least) {
            self.tiles.swap(at, least);
        }
    }
}
