//! A tile in its place on the stage.

use leptos::prelude::*;
use protocol::MediaKey;
use stage::{Rect, Role};

use crate::state::{CallViewStoreFields, use_call_handle};

/// Where a tile is; nothing while it is not on the screen.
#[derive(Clone, Copy)]
pub(crate) struct Placed(Memo<Option<stage::Tile>>);

impl Placed {
    /// Follows the layout.
    pub(crate) fn of(key: MediaKey) -> Self {
        let view = use_call_handle().view;
        Self(Memo::new(move |_| view.stage().with(|stage| stage.layout.tile(key).copied())))
    }

    /// The four lengths of the tile, on the stage.
    pub(crate) fn tile(self) -> Lengths {
        Lengths::of(move || self.0.get().map(|tile| tile.rect))
    }

    /// The four lengths of the picture, in the tile.
    pub(crate) fn picture(self) -> Lengths {
        Lengths::of(move || self.0.get().map(|tile| tile.picture))
    }

    /// Whether it is not on the screen.
    pub(crate) fn is_hidden(self) -> bool {
        self.0.with(Option::is_none)
    }

    /// Why it is where it is.
    pub(crate) fn role(self) -> Option<Role> {
        self.0.get().map(|tile| tile.role)
    }
}

/// A role as style sheets know it.
pub(crate) fn role_name(role: Option<Role>) -> Option<&'static str> {
    role.map(|role| match role {
        Role::Grid => "grid",
        Role::Main => "main",
        Role::Beside => "beside",
        Role::Strip => "strip",
        Role::Floating => "floating",
    })
}

/// A rectangle as style sheets have it. Each is set by itself: the policy of the page allows no style that is written as a text.
#[derive(Clone, Copy)]
pub(crate) struct Lengths {
    pub(crate) start: Signal<String>,
    pub(crate) top: Signal<String>,
    pub(crate) width: Signal<String>,
    pub(crate) height: Signal<String>,
}

impl Lengths {
    pub(crate) fn of(rect: impl Fn() -> Option<Rect> + Copy + Send + Sync + 'static) -> Self {
        let length = move |of: fn(Rect) -> f32| {
            Signal::derive(move || rect().map(|rect| format!("{:.1}px", of(rect))).unwrap_or_default())
        };
        Self {
            start: length(|rect| rect.x),
            top: length(|rect| rect.y),
            width: length(|rect| rect.width),
            height: length(|rect| rect.height),
        }
    }
}

impl Default for Lengths {
    fn default() -> Self {
        Self::of(|| None)
    }
}
