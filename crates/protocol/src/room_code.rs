//! The code of a room: what people read aloud and what stands in the link.

use serde::{Deserialize, Serialize};

/// The address of a room: ten characters in groups of three, four and three, as in `kfm-pqxz-wtr`.
///
/// Each character carries five random bits, so a code has 50 and cannot be guessed. The alphabet is Crockford's base 32
/// in lower case: no `i`, `l`, `o` or `u`, and reading back accepts upper case, missing hyphens, `o` for `0` and
/// `i` or `l` for `1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String", extend("pattern" = PATTERN)))]
#[serde(try_from = "String", into = "String")]
pub struct RoomCode([u8; LENGTH]);

impl RoomCode {
    /// Makes a code of the lowest 50 bits of a random number.
    pub fn from_random(bits: u64) -> Self {
        Self(std::array::from_fn(|index| ALPHABET[(bits >> (5 * index)) as usize & 31]))
    }

    /// The 50 bits that [`Self::from_random`] makes this code of.
    pub fn bits(self) -> u64 {
        let digit = |character: &u8| ALPHABET.iter().position(|other| other == character).unwrap_or(0) as u64;
        self.0.iter().rev().fold(0, |bits, character| (bits << 5) | digit(character))
    }

    /// Reads a code as people and programs write it: in either case, with or without hyphens and spaces, with dashes that a text
    /// editor has made of them, in full-width letters, with invisible characters inside, and with quotes, brackets, a comma or a
    /// full stop around it.
    ///
    /// # Errors
    ///
    /// When it has not ten characters of the alphabet.
    pub fn parse(text: &str) -> Result<Self, RoomCodeError> {
        if text.len() > LONGEST {
            return Err(RoomCodeError);
        }
        let text = text.trim_matches(|c| is_around(c) || is_between(c));
        let mut code = [0; LENGTH];
        let mut length = 0;
        for c in text.chars().filter(|c| !is_between(*c)) {
            let character = canonical(c).ok_or(RoomCodeError)?;
            *code.get_mut(length).ok_or(RoomCodeError)? = character;
            length += 1;
        }
        if length == LENGTH { Ok(Self(code)) } else { Err(RoomCodeError) }
    }

    /// Reads a code or a link to a room, as people paste it, with whatever stands behind the code, and also when other words stand
    /// around the link.
    ///
    /// # Errors
    ///
    /// When there is neither a code nor a link with one.
    pub fn parse_code_or_link(text: &str) -> Result<Self, RoomCodeError> {
        if text.len() > LONGEST_LINK {
            return Err(RoomCodeError);
        }
        let links = text.match_indices("/r/").map(|(at, slashes)| &text[at + slashes.len()..]);
        links
            .chain([text])
            .find_map(|part| Self::at_the_beginning(&percent_decoded(part)))
            .or_else(|| text.split_whitespace().find_map(Self::of_word))
            .ok_or(RoomCodeError)
    }

    /// A code that stands before what can follow it in a link or in a sentence.
    fn at_the_beginning(text: &str) -> Option<Self> {
        let end = |stops: fn(char) -> bool| text.trim_start().split(stops).next().unwrap_or_default();
        let of_path = end(|c| matches!(c, '/' | '?' | '#' | '&' | '\\'));
        let of_word = end(|c| matches!(c, '/' | '?' | '#' | '&' | '\\') || c.is_whitespace());
        Self::parse(of_path).or_else(|_| Self::parse(of_word)).ok()
    }

    /// A word of a sentence that is a code: one with its hyphens, so that no other word of ten letters is taken for one.
    fn of_word(word: &str) -> Option<Self> {
        let code = Self::parse(word).ok()?;
        word.chars().any(is_dash).then_some(code)
    }
}

/// The text is no room code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a room code has ten letters and digits, as in kfm-pqxz-wtr")]
pub struct RoomCodeError;

impl TryFrom<String> for RoomCode {
    type Error = RoomCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<RoomCode> for String {
    fn from(code: RoomCode) -> Self {
        code.to_string()
    }
}

impl std::fmt::Display for RoomCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, character) in self.0.iter().enumerate() {
            if HYPHEN_BEFORE.contains(&index) {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*character))?;
        }
        Ok(())
    }
}

/// A code is a key to its room, so a log line shows only where two lines speak of the same one.
impl std::fmt::Debug for RoomCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RoomCode({}…)", char::from(self.0[0]))
    }
}

fn canonical(c: char) -> Option<u8> {
    let lower = match narrow(c).to_ascii_lowercase() {
        'o' => b'0',
        'i' | 'l' => b'1',
        other => u8::try_from(other).ok()?,
    };
    ALPHABET.contains(&lower).then_some(lower)
}

/// The full-width forms of ASCII, as keyboards for Chinese and Japanese write them (U+FF01 to U+FF5E).
fn narrow(c: char) -> char {
    match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFF01 + 0x21).unwrap_or(c),
        _ => c,
    }
}

/// Hyphens, dashes and minus signs.
fn is_dash(c: char) -> bool {
    matches!(
        narrow(c),
        '-' | '\u{58A}' | '\u{5BE}' | '\u{1806}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{207B}'
                | '\u{2212}'
                | '\u{2E3A}'
                | '\u{2E3B}'
                | '\u{301C}'
                | '\u{30FC}'
                | '\u{FE58}'
                | '\u{FE63}'
                | '_'
                | '~'
    )
}

/// What may stand between the characters of a code: dashes, spaces, and what nobody sees.
fn is_between(c: char) -> bool {
    is_dash(c) || c.is_whitespace() || c.is_control() || is_invisible(c)
}

fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
            | '\u{E0100}'..='\u{E01EF}'
    )
}

/// What may stand before or behind a code: marks of a sentence, quotes and brackets, in any script.
fn is_around(c: char) -> bool {
    let c = narrow(c);
    c.is_ascii_punctuation()
        || matches!(
            c,
            '\u{A0}'..='\u{BF}' | '\u{2016}'..='\u{205E}' | '\u{2190}'..='\u{27BF}' | '\u{3001}'..='\u{3020}' | '\u{FE30}'..='\u{FE4F}'
        )
        || matches!(c, '\u{FF5F}'..='\u{FF65}')
}

/// A part of a link as it was before programs encoded it (RFC 3986 §2.1).
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let hex = |byte: u8| char::from(byte).to_digit(16);
        rest = match behind {
            [high, low, further @ ..] if *first == b'%' => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push((high * 16 + low) as u8);
                    further
                }
                _ => {
                    bytes.push(*first);
                    behind
                }
            },
            _ => {
                bytes.push(*first);
                behind
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Longer texts are no code, whatever stands around it, in bytes.
const LONGEST: usize = 256;

/// Longer texts are no link, in bytes.
const LONGEST_LINK: usize = 4096;

/// The usual spelling, as a regular expression (ECMA-262).
#[cfg(feature = "schema")]
const PATTERN: &str = "^[0-9a-hjkmnp-tv-z]{3}-[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{3}$";

const LENGTH: usize = 10;
const HYPHEN_BEFORE: [usize; 2] = [3, 7];
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_its_fifty_bits() {
        for bits in [0, 1, 31, 32, 0x2_AAAA_5555_1234, (1 << 50) - 1] {
            assert_eq!(RoomCode::from_random(bits).bits(), bits);
        }
    }

    #[test]
    fn a_code_reads_back_as_it_was_written() {
        for bits in [0, 1, u64::MAX, 0x1234_5678_9abc_def0] {
            let code = RoomCode::from_random(bits);
            assert_eq!(RoomCode::parse(&code.to_string()), Ok(code));
        }
    }

    #[test]
    fn fifty_bits_make_a_difference() {
        let codes: std::collections::BTreeSet<_> =
            (0..50).map(|bit| RoomCode::from_random(1 << bit)).collect();
        assert_eq!(codes.len(), 50);
    }

    #[test]
    fn people_may_write_it_loosely() {
        let code = RoomCode::parse("kfm-pqxz-wtr").unwrap();
        for text in ["KFM PQXZ WTR", "kfmpqxzwtr", "  kfm-pqxz-wtr "] {
            assert_eq!(RoomCode::parse(text), Ok(code), "{text}");
        }
        assert_eq!(RoomCode::parse("0o1-ilil-i1l"), RoomCode::parse("001-1111-111"));
    }

    #[test]
    fn a_link_holds_a_code() {
        let code = RoomCode::parse("kfm-pqxz-wtr").unwrap();
        for text in [
            "https://meet.example/r/kfm-pqxz-wtr",
            "meet.example/r/kfm-pqxz-wtr/?x=1#k=secret",
            "kfm-pqxz-wtr",
        ] {
            assert_eq!(RoomCode::parse_code_or_link(text), Ok(code), "{text}");
        }
    }

    #[test]
    fn what_programs_make_of_a_code_is_read() {
        let code = RoomCode::parse("kfm-pqxz-wtr").unwrap();
        for text in [
            "kfm\u{2013}pqxz\u{2014}wtr",
            "kfm\u{2011}pqxz\u{2212}wtr",
            "kfm\u{AD}-pqxz\u{200B}-wtr\u{FEFF}",
            "\u{202A}kfm-pqxz-wtr\u{202C}",
            "kfm-pqxz-wtr.",
            "kfm-pqxz-wtr>",
            "<kfm-pqxz-wtr>,",
            "(kfm-pqxz-wtr)",
            "\u{201C}kfm-pqxz-wtr\u{201D}!",
            "\u{AB}kfm-pqxz-wtr\u{BB}",
            "'kfm-pqxz-wtr';",
            "**kfm-pqxz-wtr**",
            "\u{300C}kfm-pqxz-wtr\u{300D}\u{3002}",
            "\u{FF2B}\u{FF46}\u{FF4D}\u{FF0D}pqxz\u{FF0D}wtr",
            "kfm\u{A0}pqxz\u{202F}wtr",
            "kfm\tpqxz\r\nwtr",
            "kfm_pqxz_wtr",
        ] {
            assert_eq!(RoomCode::parse(text), Ok(code), "{text:?}");
        }
    }

    #[test]
    fn a_link_is_found_with_whatever_stands_around_it() {
        let code = RoomCode::parse("kfm-pqxz-wtr").unwrap();
        for text in [
            "<https://meet.example/r/kfm-pqxz-wtr>",
            "https://meet.example/r/kfm%2Dpqxz%2Dwtr",
            "https://meet.example/r/KFMPQXZWTR/",
            "https://meet.example/r/kfm%E2%80%93pqxz%E2%80%93wtr.",
            "https://meet.example/r/kfm-pqxz-wtr?utm_source=mail&fbclid=1#key=x",
            "https://meet.example/r/kfm-pqxz-wtr&utm_source=mail",
            "Join me: https://meet.example/r/kfm-pqxz-wtr, at five o'clock",
            "https://meet.example/r/kfm-pqxz-wtr\nThis is the link.",
            "https://x.example/r/?u=https://meet.example/r/kfm-pqxz-wtr",
            "Room code: kfm-pqxz-wtr.",
        ] {
            assert_eq!(RoomCode::parse_code_or_link(text), Ok(code), "{text:?}");
        }
        for text in ["tea at five", "https://meet.example/r/", "https://meet.example/", "/r/kfm", ""] {
            assert_eq!(RoomCode::parse_code_or_link(text), Err(RoomCodeError), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "kfm", "kfm-pqxz-wtru", "kfm-pqxz-wt!", "ééééééééé", &"k".repeat(10_000)] {
            assert_eq!(RoomCode::parse(text), Err(RoomCodeError), "{text}");
        }
    }
}
