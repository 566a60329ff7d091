//! A recording that the browser makes by itself.

use view::DeviceRecordingFault;

use super::words::device_recording as words;
pub(crate) use super::words::device_recording::*;

/// The switch of the recording: what it will do.
pub(crate) fn record(is_on: bool) -> &'static str {
    if is_on { words::FINISH() } else { words::RECORD() }
}

/// Why nothing is recorded, or no longer.
pub(crate) fn fault(fault: DeviceRecordingFault) -> &'static str {
    match fault {
        DeviceRecordingFault::Unsupported => words::UNSUPPORTED(),
        DeviceRecordingFault::StorageFull => words::STORAGE_FULL(),
        DeviceRecordingFault::Failed => words::FAILED(),
        DeviceRecordingFault::NotSaved => words::NOT_SAVED(),
    }
}
