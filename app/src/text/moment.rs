//! Moments as a page without script can say them: in universal time.

use protocol::Timestamp;

/// Such as `Sat, 21 Nov 2026 15:00:00 GMT`.
pub(crate) fn in_words(moment: Timestamp) -> String {
    let moment = std::time::UNIX_EPOCH + std::time::Duration::from_millis(moment.0.min(LAST_MOMENT));
    httpdate::fmt_http_date(moment)
}

/// The end of the year 9999, beyond which dates have no usual form.
const LAST_MOMENT: u64 = 253_402_300_799_000;
