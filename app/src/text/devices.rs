//! Microphones, cameras and speakers: their names, their switches, and what helps when one is not to be had.

use protocol::Source;
use view::{CaptureFault, DeviceKind};

use super::words::devices as words;
pub(crate) use super::words::devices::*;

/// The switch of a source: what it will do.
pub(crate) fn switch(source: Source, is_on: bool) -> &'static str {
    match (source, is_on) {
        (Source::Microphone, true) => words::TURN_OFF_MICROPHONE(),
        (Source::Microphone, false) => words::TURN_ON_MICROPHONE(),
        (Source::Camera, true) => words::TURN_OFF_CAMERA(),
        (Source::Camera, false) => words::TURN_ON_CAMERA(),
        (Source::Screen, true) => words::STOP_SHARING(),
        (Source::Screen, false) => words::SHARE_SCREEN(),
        (Source::ScreenAudio, true) => words::STOP_SHARING_SOUND(),
        (Source::ScreenAudio, false) => words::SHARE_SOUND(),
    }
}

/// A list of devices.
pub(crate) fn kind(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Microphone => words::MICROPHONE(),
        DeviceKind::Camera => words::CAMERA(),
        DeviceKind::Speaker => words::SPEAKER(),
    }
}

/// What stands in a list of devices while none of them is known to be in use.
pub(crate) fn default_device(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Microphone => words::DEFAULT_MICROPHONE(),
        DeviceKind::Camera => words::DEFAULT_CAMERA(),
        DeviceKind::Speaker => words::DEFAULT_SPEAKER(),
    }
}

/// What is wrong with a device, and what helps.
pub(crate) fn fault(source: Source, fault: CaptureFault) -> &'static str {
    match source {
        Source::Microphone => microphone_fault(fault),
        Source::Camera => camera_fault(fault),
        Source::Screen | Source::ScreenAudio => screen_fault(fault),
    }
}

fn microphone_fault(fault: CaptureFault) -> &'static str {
    match fault {
        CaptureFault::Blocked => words::MICROPHONE_BLOCKED(),
        CaptureFault::Dismissed => words::MICROPHONE_DISMISSED(),
        CaptureFault::NotFound => words::MICROPHONE_NOT_FOUND(),
        CaptureFault::InUse => words::MICROPHONE_IN_USE(),
        CaptureFault::Insecure => words::MICROPHONE_INSECURE(),
        CaptureFault::Ended => words::MICROPHONE_ENDED(),
        CaptureFault::Unknown => words::MICROPHONE_FAILED(),
    }
}

fn camera_fault(fault: CaptureFault) -> &'static str {
    match fault {
        CaptureFault::Blocked => words::CAMERA_BLOCKED(),
        CaptureFault::Dismissed => words::CAMERA_DISMISSED(),
        CaptureFault::NotFound => words::CAMERA_NOT_FOUND(),
        CaptureFault::InUse => words::CAMERA_IN_USE(),
        CaptureFault::Insecure => words::CAMERA_INSECURE(),
        CaptureFault::Ended => words::CAMERA_ENDED(),
        CaptureFault::Unknown => words::CAMERA_FAILED(),
    }
}

fn screen_fault(fault: CaptureFault) -> &'static str {
    match fault {
        CaptureFault::Blocked | CaptureFault::InUse => words::SCREEN_BLOCKED(),
        CaptureFault::Insecure => words::SCREEN_INSECURE(),
        CaptureFault::Dismissed | CaptureFault::NotFound | CaptureFault::Ended | CaptureFault::Unknown => {
            words::SCREEN_FAILED()
        }
    }
}
