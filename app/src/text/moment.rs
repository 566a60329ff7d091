//! Moments as a page without script can say them: in universal time.

use protocol::Timestamp;

use super::language::{Language, spoken};

/// In English such as `Sat, 21 Nov 2026 15:00:00 GMT`; in other languages `2026-11-21 15:00 UTC`, which has no word of any.
pub(crate) fn in_words(moment: Timestamp) -> String {
    if spoken() == Language::English {
        return english(moment);
    }
    let utc = utc(moment);
    let (date, time) = utc.split_once('T').unwrap_or((&utc, ""));
    format!("{date} {} UTC", time.get(..5).unwrap_or_default())
}

/// `2026-11-21T15:00:00Z` (RFC 3339).
pub fn utc(moment: Timestamp) -> String {
    // "Sat, 21 Nov 2026 15:00:00 GMT"
    let english = english(moment);
    let part = |range: std::ops::Range<usize>| english.get(range).unwrap_or_default();
    let month = MONTHS.iter().position(|month| *month == part(8..11)).unwrap_or(0) + 1;
    format!("{}-{month:02}-{}T{}Z", part(12..16), part(5..7), part(17..25))
}

fn english(moment: Timestamp) -> String {
    let moment = std::time::UNIX_EPOCH + std::time::Duration::from_millis(moment.0.min(LAST_MOMENT));
    httpdate::fmt_http_date(moment)
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The end of the year 9999, beyond which dates have no usual form.
const LAST_MOMENT: u64 = 253_402_300_799_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::language::in_language;

    #[test]
    fn a_moment_has_words_in_english_alone() {
        let said = |language| in_language(language, || in_words(Timestamp(1_795_273_200_000)));
        assert_eq!(said(Language::English), "Sat, 21 Nov 2026 15:00:00 GMT");
        assert_eq!(said(Language::Japanese), "2026-11-21 15:00 UTC");
    }
}
