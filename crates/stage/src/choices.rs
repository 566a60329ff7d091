//! What people choose of the stage.

/// How people are to be arranged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Everybody alike.
    #[default]
    Grid,
    /// Who speaks large.
    Speaker,
}

/// A corner of the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Corner {
    /// Where lines begin, above.
    TopStart,
    /// Where lines end, above.
    TopEnd,
    /// Where lines begin, below.
    BottomStart,
    /// Where lines end, below.
    #[default]
    BottomEnd,
}

impl Corner {
    /// Whether it is where lines end.
    pub fn is_end(self) -> bool {
        matches!(self, Self::TopEnd | Self::BottomEnd)
    }

    /// Whether it is below.
    pub fn is_bottom(self) -> bool {
        matches!(self, Self::BottomStart | Self::BottomEnd)
    }
}
