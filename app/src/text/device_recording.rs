//! A recording that the browser makes by itself.

use view::RecordingFault;

use super::words::device_recording as words;
pub(crate) use super::words::device_recording::*;

/// The switch of the recording: what it will do.
pub(crate) fn record(is_on: bool) -> &'static str {
    if is_on { words::FINISH() } else { words::RECORD() }
}

/// Why nothing is recorded, or no longer.
pub(crate) fn fault(fault: RecordingFault) -> &'static str {
    match fault {
        RecordingFault::Unsupported => words::UNSUPPORTED(),
        RecordingFault::StorageFull => words::STORAGE_FULL(),
        RecordingFault::Failed => words::FAILED(),
        RecordingFault::NotSaved => words::NOT_SAVED(),
    }
}
