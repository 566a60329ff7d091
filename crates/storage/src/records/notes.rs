//! Texts that a page has sealed. The server bounds their length, hands them back, and can read none of them.

/// The longest sealed note, in characters. Raising it lets each contact and each row of a history take more of the database.
pub const NOTE_CHARACTERS: usize = protocol::limits::MAX_NOTE_BYTES;

/// The longest note of somebody who asks to call, in characters.
pub const REQUEST_CHARACTERS: usize = 2_048;

/// A text is too long, or has a character zero in it, which PostgreSQL does not keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed note is too long, or has a zero in it")]
pub struct NoteError;

macro_rules! sealed {
    ($(#[$doc:meta])* $name:ident, $most:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Wraps what a page has sealed.
            ///
            /// # Errors
            ///
            /// When it is longer than it may be, or has a character zero in it.
            pub fn new(text: String) -> Result<Self, NoteError> {
                // The bytes are counted first, so that a very long text is not read through.
                let fits = text.len() <= $most * 4 && text.chars().count() <= $most;
                if fits && !text.contains('\0') { Ok(Self(text)) } else { Err(NoteError) }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

sealed! {
    /// What somebody keeps of somebody else, sealed for themself: at most [`NOTE_CHARACTERS`].
    SealedNote, NOTE_CHARACTERS
}

sealed! {
    /// What somebody who asks to call says of themself, sealed for whom they ask: at most [`REQUEST_CHARACTERS`].
    RequestNote, REQUEST_CHARACTERS
}
