//! The number by which somebody is called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The short name of a call identity: nine digits of which the first is not zero, said in groups of three (`482-119-305`). The server
/// gives each away once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String", extend("pattern" = "^[1-9][0-9]{2}-[0-9]{3}-[0-9]{3}$")))]
#[serde(try_from = "String", into = "String")]
pub struct CallId(u32);

/// How many digits an ID has.
const DIGITS: u32 = 9;

impl CallId {
    /// How many there are: 900 million.
    pub const COUNT: u32 = 10_u32.pow(DIGITS) - Self::FIRST;

    /// The lowest.
    const FIRST: u32 = 10_u32.pow(DIGITS - 1);

    /// The ID that a random number below [`Self::COUNT`] stands for; larger numbers begin again.
    pub const fn nth(number: u32) -> Self {
        Self(Self::FIRST + number % Self::COUNT)
    }

    /// Reads what somebody has typed: digits, between which there may be spaces, hyphens, dots and signs that are not seen. Digits of
    /// other scripts count too.
    ///
    /// # Errors
    ///
    /// When other signs are in it, or it does not have nine digits, or the first is zero.
    pub fn parse(text: &str) -> Result<Self, CallIdError> {
        let mut number = 0_u32;
        let mut digits = 0;
        for sign in text.chars() {
            if let Some(digit) = digit(sign) {
                digits += 1;
                if digits > DIGITS {
                    return Err(CallIdError);
                }
                number = number * 10 + digit;
            } else if !separates(sign) {
                return Err(CallIdError);
            }
        }
        if digits == DIGITS && number >= Self::FIRST { Ok(Self(number)) } else { Err(CallIdError) }
    }

    /// Its digits as a number, 100,000,000 to 999,999,999.
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// The digits of the scripts in which numbers are typed by those who speak one of our languages: ASCII, full width, Arabic and Persian.
fn digit(sign: char) -> Option<u32> {
    ['0', '０', '٠', '۰'].into_iter().find_map(|zero| {
        let digit = u32::from(sign).checked_sub(u32::from(zero))?;
        (digit < 10).then_some(digit)
    })
}

/// What may stand between digits: spaces, hyphens and dashes of all kinds, dots, brackets, and marks of direction that come with copying.
fn separates(sign: char) -> bool {
    sign.is_whitespace()
        || matches!(sign, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '.' | '·' | '(' | ')')
        || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = self;
        write!(f, "{:03}-{:03}-{:03}", number / 1_000_000, number / 1_000 % 1_000, number % 1_000)
    }
}

/// Whoever has it can ring somebody: logs do not have it.
impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallId(…)")
    }
}

impl FromStr for CallId {
    type Err = CallIdError;

    fn from_str(text: &str) -> Result<Self, CallIdError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for CallId {
    type Error = CallIdError;

    fn try_from(text: String) -> Result<Self, CallIdError> {
        Self::parse(&text)
    }
}

impl From<CallId> for String {
    fn from(id: CallId) -> Self {
        id.to_string()
    }
}

/// A text is no call ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a call ID has nine digits, like 482-119-305, and does not begin with zero")]
pub struct CallIdError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_however_it_was_copied() {
        let id = CallId::parse("482-119-305").unwrap();
        assert_eq!(id.number(), 482_119_305);
        assert_eq!(id.to_string(), "482-119-305");
        for text in [
            "482119305",
            " 482 119 305\n",
            "482.119.305",
            "(482) 119–305",
            "4-8-2-1-1-9-3-0-5",
            "\u{2066}482‑119‑305\u{2069}",
            "４８２１１９３０５",
            "٤٨٢-١١٩-٣٠٥",
            "۴۸۲-۱۱۹-۳۰۵",
        ] {
            assert_eq!(CallId::parse(text), Ok(id), "{text}");
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "482-119-30",
            "482-119-3055",
            "082-119-305",
            "482-119-3O5",
            "482/119/305",
            "+482119305",
            "४८२११९३०५",
        ] {
            assert_eq!(CallId::parse(text), Err(CallIdError), "{text}");
        }
        assert_eq!(CallId::parse(&"4".repeat(1 << 20)), Err(CallIdError));
    }

    #[test]
    fn every_number_stands_for_an_id() {
        for number in [0, 1, CallId::COUNT - 1, CallId::COUNT, u32::MAX] {
            let id = CallId::nth(number);
            assert_eq!(CallId::parse(&id.to_string()), Ok(id));
        }
        assert_eq!(CallId::nth(CallId::COUNT), CallId::nth(0));
        assert_eq!(CallId::nth(0).to_string(), "100-000-000");
        assert_eq!(CallId::nth(CallId::COUNT - 1).to_string(), "999-999-999");
    }

    #[test]
    fn no_log_has_an_id() {
        assert_eq!(format!("{:?}", CallId::nth(5)), "CallId(…)");
    }
}
