//! What is shown where: people, shares, pins, speakers, choices and a window make a [`Layout`].
//!
//! A layout is a value: tiles with their rectangles. Who draws it decides nothing, and what is subscribed to follows from the
//! same value, so that tiles and subscriptions cannot disagree. Nothing here knows a link, a message or a word.
//!
//! ```text
//!   People, Shares, Speaking, Pin, Choose, Window, …
//!         │
//!         ▼
//!   Stage ── order of the grid ┐
//!         ── order of the strip ├─► Arrangement (who, in which role) ─► geometry ─► Layout
//!         ── pins, spotlight ───┘
//! ```
//!
//! Promises, each a property in `tests/stage`: for an event at most one visible tile moves, or two exchange their places; a pin
//! is lost by nothing but its own *unpin* and whoever it showed; after a share the layout is what it was before; no face loses
//! more than a quarter of its picture, and no screen anything.

mod arrangement;
mod choices;
mod drawn;
mod grid;
mod layout;
mod order;
mod pins;
mod rect;
mod spotlight;
mod stage;
mod strip;

pub use choices::{Corner, Mode};
pub use drawn::{Drawn, Reading};
pub use layout::{Kind, Layout, Role, Tile};
pub use pins::MAX_PINS;
pub use rect::{Rect, Size};
pub use stage::{Stage, StageInput};
