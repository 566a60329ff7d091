//! Names of time zones, as the IANA database has them.

use serde::{Deserialize, Serialize};

use crate::limits::MAX_TIME_ZONE_BYTES;

/// The name of a time zone, as in `Europe/Berlin`: letters, digits and `+-_/`. Whether there is such a zone, whoever reckons with it finds out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(with = "String", extend("minLength" = 1, "maxLength" = MAX_TIME_ZONE_BYTES, "pattern" = "^[A-Za-z0-9+_/-]+$"))
)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZoneName(String);

/// A text is no name of a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time zone has a name of 1 to {MAX_TIME_ZONE_BYTES} letters, digits and +-_/")]
pub struct TimeZoneError;

impl TimeZoneName {
    /// Wraps a name.
    ///
    /// # Errors
    ///
    /// When no zone could be called so.
    pub fn new(name: String) -> Result<Self, TimeZoneError> {
        let is_one = |byte: u8| byte.is_ascii_alphanumeric() || b"+-_/".contains(&byte);
        let is_name = !name.is_empty() && name.len() <= MAX_TIME_ZONE_BYTES && name.bytes().all(is_one);
        if is_name { Ok(Self(name)) } else { Err(TimeZoneError) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TimeZoneName {
    type Error = TimeZoneError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(name)
    }
}

impl From<TimeZoneName> for String {
    fn from(name: TimeZoneName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_zones_are_read_and_other_texts_are_not() {
        for name in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+12", "GMT-0"] {
            assert_eq!(TimeZoneName::new(name.into()).unwrap().as_str(), name);
        }
        let long = "A".repeat(MAX_TIME_ZONE_BYTES + 1);
        for text in ["", "Europe/../etc", "a b", "Zürich", long.as_str()] {
            assert_eq!(TimeZoneName::new(text.into()), Err(TimeZoneError), "{text}");
        }
    }
}
