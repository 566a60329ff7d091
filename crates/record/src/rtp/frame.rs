//! What depacketisers say.

use crate::webm::{FrameKind, VideoSize};

/// A frame as its codec made it, or sealed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RawFrame {
    pub(crate) timestamp: u32,
    pub(crate) kind: FrameKind,
    /// Of a keyframe, where it can be seen.
    pub(crate) size: Option<VideoSize>,
    /// The codec's configuration, where it has changed.
    pub(crate) private: Option<Vec<u8>>,
    pub(crate) bytes: Vec<u8>,
}

/// What is said of one packet's payload by its descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Whether a picture begins with it.
    pub(crate) begins: bool,
    pub(crate) kind: FrameKind,
    pub(crate) size: Option<VideoSize>,
    /// Where behind the descriptor the frame goes on.
    pub(crate) offset: usize,
}
