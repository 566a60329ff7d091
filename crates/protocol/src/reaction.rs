//! Reactions, which everybody sees for a moment and nobody keeps.

use serde::{Deserialize, Serialize};
use strum::EnumCount;

/// One reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumCount)]
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
    pub const ALL: [Self; Self::COUNT] =
        [Self::ThumbsUp, Self::Applause, Self::Heart, Self::Laughter, Self::Surprise, Self::Celebration];
}
