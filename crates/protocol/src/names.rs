//! Names that people type: text that is safe to show anywhere. Not identities, and not unique.

use serde::{Deserialize, Serialize};

use crate::invisible::{cleaned, is_visible};
use crate::limits::{MAX_DISPLAY_NAME_CHARS, MAX_ROOM_NAME_CHARS};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $max:ident) => {
        $(#[$doc])*
        ///
        /// Trimmed, inner white space joined; no control characters, no angle brackets, nothing invisible but what a script or
        /// an emoji is written with. Has no plain `Debug`, because names do not belong in logs.
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
    /// Nothing that can be seen.
    #[error("the name is empty")]
    Empty,
    /// More characters than this.
    #[error("the name is longer than {0} characters")]
    TooLong(usize),
    /// An angle bracket or a control character: this one.
    #[error("the name contains {}", name_of_character(*.0))]
    Forbidden(char),
}

fn clean(text: &str, max_chars: usize) -> Result<String, NameError> {
    // A scalar value has at most four bytes: what is longer than that, with as much white space again, is refused unread.
    if text.len() > max_chars * 8 {
        return Err(NameError::TooLong(max_chars));
    }
    if let Some(forbidden) = text.chars().find(|c| is_forbidden(*c)) {
        return Err(NameError::Forbidden(forbidden));
    }
    let cleaned = cleaned(text);
    if !cleaned.chars().any(is_visible) {
        return Err(NameError::Empty);
    }
    match cleaned.chars().count() {
        length if length > max_chars => Err(NameError::TooLong(max_chars)),
        _ => Ok(cleaned),
    }
}

/// White space is replaced by a space, a tab and the end of a line too.
fn is_forbidden(c: char) -> bool {
    c.is_control() && !c.is_whitespace() || matches!(c, '<' | '>')
}

/// How a sentence names a character: by itself when it can be seen, else by its number.
pub fn name_of_character(c: char) -> String {
    if is_visible(c) { format!("“{c}”") } else { format!("the hidden character U+{:04X}", u32::from(c)) }
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
    fn nothing_that_could_deceive_a_reader_is_a_name_and_the_refusal_says_which_character() {
        assert_eq!(DisplayName::parse("<b>Ada</b>"), Err(NameError::Forbidden('<')));
        assert_eq!(DisplayName::parse("a\u{0}b"), Err(NameError::Forbidden('\0')));
        assert_eq!(NameError::Forbidden('<').to_string(), "the name contains “<”");
        assert_eq!(NameError::Forbidden('\0').to_string(), "the name contains the hidden character U+0000");
    }

    #[test]
    fn a_name_without_anything_visible_is_empty() {
        let invisible = [
            "   ",
            "\u{3164}",
            "\u{2800}",
            "\u{115f}",
            "\u{1160}",
            "\u{ffa0}",
            "\u{200d}",
            "\u{200c}",
            "\u{ad}",
            "\u{34f}",
            "\u{180e}",
            "\u{fe0f}",
            "\u{200b}",
            "\u{feff}",
            "\u{2060}",
            "\u{61c}",
            "\u{202e}",
            "\u{2066}\u{2069}",
            "\u{200e}",
            "\u{e0067}\u{e007f}",
            "\u{301}",
            "\u{301}\u{302}",
            "\u{20dd}",
            "\u{e0100}",
            "\u{1d173}",
            "\u{2064}",
            "\u{fff9}",
            "\u{17b4}",
            "\u{180b}",
            "\u{a0}\u{3000}\u{2003}",
            "\u{3164} \u{200b}\u{301}",
        ];
        for text in invisible {
            assert_eq!(DisplayName::parse(text), Err(NameError::Empty), "{}", text.escape_unicode());
            assert_eq!(RoomName::parse(text), Err(NameError::Empty), "{}", text.escape_unicode());
        }
    }

    #[test]
    fn names_in_any_script_and_emoji_are_names() {
        for text in [
            "Zoë",
            "محمد",
            "山田太郎",
            "👩\u{200d}🚀",
            "O'Brien & co",
            "葛\u{e0100}城",
            "नी\u{200d}ल",
            "क्\u{200d}ष",
            "می\u{200c}خواهم",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} Ada",
            "❤\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "ភាសា\u{200b}ខ្មែរ",
            "สวัสดี\u{200b}ชาว",
            "🏳\u{fe0f}\u{200d}🌈",
            "🇩🇪",
            "👍🏽",
            "e\u{301}",
            "שלום\u{200f}, C",
        ] {
            assert_eq!(DisplayName::parse(text).unwrap().as_str(), text, "{}", text.escape_unicode());
        }
    }

    #[test]
    fn what_is_invisible_and_of_no_use_is_taken_out() {
        for (typed, name) in [
            ("\u{feff}Ada", "Ada"),
            ("Ada\u{200b}\u{200d}\u{200c}\u{200e}", "Ada"),
            ("\u{200f}محمد\u{200e}", "محمد"),
            ("Ada\tKing\nLovelace", "Ada King Lovelace"),
            ("A\u{ad}d\u{200b}a\u{200d}\u{2060}", "Ada"),
            ("A\u{200e}da", "Ada"),
            ("A\u{fe0f}da", "Ada"),
            ("Ada\u{202e}nimda", "Adanimda"),
            ("Ada\u{61c}\u{2066}x\u{2069}", "Adax"),
            ("Ada\u{3164}\u{2800}King", "Ada King"),
            ("Ada\u{e0067}\u{e007f}", "Ada"),
            ("🏴\u{e0067}\u{e0062}", "🏴"),
            (" \u{200b} Ada \u{200b} ", "Ada"),
        ] {
            assert_eq!(DisplayName::parse(typed).unwrap().as_str(), name, "{}", typed.escape_unicode());
        }
    }

    #[test]
    fn a_cleaned_name_is_clean_whatever_it_was_made_of() {
        let pieces = [
            "A",
            "م",
            "क",
            "्",
            "ไ",
            "😀",
            "🏴",
            "\u{200b}",
            "\u{200c}",
            "\u{200d}",
            "\u{200e}",
            "\u{200f}",
            "\u{fe0f}",
            "\u{301}",
            "\u{e0067}",
            "\u{e007f}",
            "\u{61c}",
            "\u{feff}",
            " ",
            "\t",
            "\u{3164}",
            "\u{115f}",
            "\u{34f}",
            "1",
            "\u{20e3}",
            "\u{180e}",
        ];
        let mut random = 7_u32;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..8 {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push_str(pieces[random as usize / 65_537 % pieces.len()]);
            }
            let Ok(name) = DisplayName::parse(&text) else { continue };
            assert_eq!(DisplayName::parse(name.as_str()).unwrap(), name, "{}", text.escape_unicode());
            assert_eq!(name.as_str().trim(), name.as_str());
            assert!(name.as_str().chars().any(is_visible));
            assert!(!name.as_str().contains(['\u{61c}', '\u{feff}', '\t', '\u{3164}', '\u{34f}']));
        }
    }

    #[test]
    fn the_debug_form_does_not_show_the_name() {
        assert!(!format!("{:?}", DisplayName::parse("Ada").unwrap()).contains("Ada"));
    }
}
