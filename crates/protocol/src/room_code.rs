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
        Self(std::array::from_fn(|place| ALPHABET[(bits >> (5 * place)) as usize & 31]))
    }

    /// Reads a code as a person writes it: with or without hyphens and spaces, in either case.
    ///
    /// # Errors
    ///
    /// When it has not ten characters of the alphabet.
    pub fn parse(text: &str) -> Result<Self, RoomCodeError> {
        let mut code = [0; LENGTH];
        let mut length = 0;
        for c in text.trim().chars().filter(|c| !matches!(c, '-' | ' ')) {
            let character = canonical(c).ok_or(RoomCodeError)?;
            *code.get_mut(length).ok_or(RoomCodeError)? = character;
            length += 1;
        }
        if length == LENGTH { Ok(Self(code)) } else { Err(RoomCodeError) }
    }

    /// Reads a code or a link to a room, as people paste it.
    ///
    /// # Errors
    ///
    /// When there is neither a code nor a link with one.
    pub fn parse_code_or_link(text: &str) -> Result<Self, RoomCodeError> {
        let path = text.trim().split(['#', '?']).next().unwrap_or_default().trim_end_matches('/');
        Self::parse(path.rsplit_once("/r/").map_or(path, |(_, code)| code))
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
        for (place, character) in self.0.iter().enumerate() {
            if HYPHEN_BEFORE.contains(&place) {
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
    let lower = match c.to_ascii_lowercase() {
        'o' => b'0',
        'i' | 'l' => b'1',
        other => u8::try_from(other).ok()?,
    };
    ALPHABET.contains(&lower).then_some(lower)
}

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
    fn anything_else_is_refused() {
        for text in ["", "kfm", "kfm-pqxz-wtru", "kfm-pqxz-wt!", "ééééééééé", &"k".repeat(10_000)] {
            assert_eq!(RoomCode::parse(text), Err(RoomCodeError), "{text}");
        }
    }
}
