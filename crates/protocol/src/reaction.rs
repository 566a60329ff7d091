//! Reactions, which everybody sees for a moment and nobody keeps.

use serde::{Deserialize, Serialize};

/// One reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// 👍
    ThumbsUp,
    /// 👏
    Applause,
    /// ❤️
    Heart,
    /// 😂
    Laughter,
    /// 😮
    Surprise,
    /// 🎉
    Celebration,
}

impl Reaction {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 6] =
        [Self::ThumbsUp, Self::Applause, Self::Heart, Self::Laughter, Self::Surprise, Self::Celebration];
}
