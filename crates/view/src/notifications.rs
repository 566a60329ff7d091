//! Whether rings are shown while nobody looks at the page.

/// What a browser says, and a person wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notifications {
    /// The browser has none.
    #[default]
    Unavailable,
    /// They were not turned on.
    Off,
    /// They are on.
    On,
    /// The browser does not let this site show any.
    Blocked,
}
