//! Names that people type: text that is safe to show anywhere. Not identities, and not unique.

use serde::{Deserialize, Serialize};

use crate::limits::{MAX_DISPLAY_NAME_CHARS, MAX_ROOM_NAME_CHARS};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $max:ident) => {
        $(#[$doc])*
        ///
        /// Trimmed, inner white space joined; no control characters, no angle brackets, nothing that reorders or hides
        /// text. Has no plain `Debug`, because names do not belong in logs.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String", extend("minLength" = 1, "maxLength" = $max)))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks and cleans what a person typed.
            ///
            /// # Errors
            ///
            /// Says what is wrong when the text is empty, too long, or holds what no name may hold.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                clean(text, $max).map(Self)
            }

            /// The cleaned text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({} characters)"), self.0.chars().count())
            }
        }
    };
}

name! {
    /// The name under which a participant appears: 1 to [`MAX_DISPLAY_NAME_CHARS`] Unicode scalar values.
    DisplayName, MAX_DISPLAY_NAME_CHARS
}

name! {
    /// The name of a room, shown on its pages: 1 to [`MAX_ROOM_NAME_CHARS`] Unicode scalar values.
    RoomName, MAX_ROOM_NAME_CHARS
}

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but white space.
    #[error("the name is empty")]
    Empty,
    /// More characters than this.
    #[error("the name is longer than {0} characters")]
    TooLong(usize),
    /// A control character, an angle bracket, or a character that reorders or hides text.
    #[error("the name contains a character that names may not contain")]
    Forbidden,
}

fn clean(text: &str, max_chars: usize) -> Result<String, NameError> {
    // A scalar value has at most four bytes: what is longer than that, with as much white space again, is refused unread.
    if text.len() > max_chars * 8 {
        return Err(NameError::TooLong(max_chars));
    }
    if text.chars().any(is_forbidden) {
        return Err(NameError::Forbidden);
    }
    let cleaned = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match cleaned.chars().count() {
        0 => Err(NameError::Empty),
        length if length > max_chars => Err(NameError::TooLong(max_chars)),
        _ => Ok(cleaned),
    }
}

// U+200D, the zero-width joiner, is allowed: emoji and several scripts are written with it.
fn is_forbidden(c: char) -> bool {
    const BIDIRECTIONAL_AND_HIDDEN: [std::ops::RangeInclusive<char>; 7] = [
        '\u{200b}'..='\u{200b}',
        '\u{200e}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{2069}',
        '\u{feff}'..='\u{feff}',
        '\u{fff9}'..='\u{fffb}',
        '\u{e0000}'..='\u{e007f}',
    ];
    c.is_control()
        || matches!(c, '<' | '>')
        || BIDIRECTIONAL_AND_HIDDEN.iter().any(|range| range.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_trimmed_and_joined() {
        assert_eq!(DisplayName::parse("  Ada   Lovelace ").unwrap().as_str(), "Ada Lovelace");
    }

    #[test]
    fn a_name_has_at_most_the_allowed_characters() {
        assert!(DisplayName::parse(&"é".repeat(MAX_DISPLAY_NAME_CHARS)).is_ok());
        assert!(RoomName::parse(&"é".repeat(MAX_ROOM_NAME_CHARS)).is_ok());
        for length in [MAX_DISPLAY_NAME_CHARS + 1, 10_000] {
            assert_eq!(
                DisplayName::parse(&"x".repeat(length)),
                Err(NameError::TooLong(MAX_DISPLAY_NAME_CHARS))
            );
        }
    }

    #[test]
    fn nothing_that_could_deceive_a_reader_is_a_name() {
        for text in ["<b>Ada</b>", "Ada\u{202e}nimda", "a\u{0}b", "tab\there", "\u{feff}x"] {
            assert_eq!(DisplayName::parse(text), Err(NameError::Forbidden), "{text:?}");
        }
        assert_eq!(DisplayName::parse("   "), Err(NameError::Empty));
    }

    #[test]
    fn names_in_any_script_and_emoji_are_names() {
        for text in ["Zoë", "محمد", "山田太郎", "👩\u{200d}🚀", "O'Brien & co"] {
            assert_eq!(DisplayName::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn the_debug_form_does_not_show_the_name() {
        assert!(!format!("{:?}", DisplayName::parse("Ada").unwrap()).contains("Ada"));
    }
}
