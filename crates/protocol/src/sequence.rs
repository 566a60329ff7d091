//! Numbers by which nothing is missed and nothing comes twice when a connection breaks and a session is resumed.

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

use crate::limits::MAX_NUMBER;

/// The place of a server's message among those to one participant, from 1. A message that needs no repetition has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Sequence(#[serde(deserialize_with = "counted")] pub u64);

impl Sequence {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Reads a number that somebody counted up to: whoever says more than [`MAX_NUMBER`] has not counted.
pub(crate) fn counted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if number <= MAX_NUMBER {
        Ok(number)
    } else {
        Err(D::Error::invalid_value(Unexpected::Unsigned(number), &"a number below 2^53"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_nobody_can_have_counted_up_to_is_refused() {
        let read = |number: u64| serde_json::from_str::<Sequence>(&number.to_string());
        assert_eq!(read(MAX_NUMBER).unwrap(), Sequence(MAX_NUMBER));
        for number in [MAX_NUMBER + 1, u64::MAX - 1, u64::MAX] {
            assert!(read(number).is_err());
            assert!(serde_json::from_str::<crate::MessageId>(&number.to_string()).is_err());
            assert!(serde_json::from_str::<crate::ChatNumber>(&number.to_string()).is_err());
        }
        assert_eq!(Sequence(u64::MAX).next(), Sequence(u64::MAX));
    }
}
