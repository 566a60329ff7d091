//! What can be sent.

/// Something that can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Sound.
    Microphone,
    /// Video.
    Camera,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Microphone, Self::Camera];

    /// The same in the words of the protocol, which knows more of them.
    pub fn from_protocol(source: protocol::Source) -> Option<Self> {
        match source {
            protocol::Source::Microphone => Some(Self::Microphone),
            protocol::Source::Camera => Some(Self::Camera),
            protocol::Source::Screen => None,
        }
    }
}
