//! Microphones, cameras and speakers: their names, their switches, and what helps when one is not to be had.

use protocol::Source;
use view::CaptureFault;

use crate::state::DeviceKind;

texts! {
    heading => "Devices";
    play_test_sound => "Play test sound";
    preview => "Preview";
    camera_starting => "Starting the camera…";
    camera_is_off => "Your camera is off";
    microphone_level => "Microphone level";
    choose_another => "Choose another";
    dismiss => "OK";
}

/// The switch of a source: what it will do.
pub(crate) fn switch(source: Source, is_on: bool) -> &'static str {
    match (source, is_on) {
        (Source::Microphone, true) => "Turn off microphone",
        (Source::Microphone, false) => "Turn on microphone",
        (Source::Camera, true) => "Turn off camera",
        (Source::Camera, false) => "Turn on camera",
        (Source::Screen, true) => "Stop sharing",
        (Source::Screen, false) => "Share screen",
        (Source::ScreenAudio, true) => "Stop sharing sound",
        (Source::ScreenAudio, false) => "Share sound",
    }
}

/// A list of devices.
pub(crate) fn kind(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Microphone => "Microphone",
        DeviceKind::Camera => "Camera",
        DeviceKind::Speaker => "Speaker",
    }
}

/// What stands in a list of devices while none of them is known to be in use.
pub(crate) fn default_device(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Microphone => "Default microphone",
        DeviceKind::Camera => "Default camera",
        DeviceKind::Speaker => "Default speaker",
    }
}

/// What is wrong with a device, and what helps.
pub(crate) fn fault(source: Source, fault: CaptureFault) -> String {
    let device = match source {
        Source::Microphone => "microphone",
        Source::Camera => "camera",
        Source::Screen | Source::ScreenAudio => return screen_fault(fault).to_owned(),
    };
    match fault {
        CaptureFault::Blocked => format!(
            "Your browser is blocking the {device}. Allow it from the icon in the address bar, then turn it on here."
        ),
        CaptureFault::Dismissed => {
            format!("Your browser needs permission. Turn on the {device} to be asked again.")
        }
        CaptureFault::NotFound => format!("No {device} was found. You can join without one, or plug one in."),
        CaptureFault::InUse => {
            format!("Another app is using the {device}. Close it, then turn the {device} on here.")
        }
        CaptureFault::Insecure => {
            format!("The {device} needs a secure page. Open this address with https://.")
        }
        CaptureFault::Ended => {
            format!("The {device} was disconnected. Plug it in again or choose another.")
        }
        CaptureFault::Unknown => format!("The {device} could not be started. Turn it on to try again."),
    }
}

fn screen_fault(fault: CaptureFault) -> &'static str {
    match fault {
        CaptureFault::Blocked | CaptureFault::InUse => {
            "Your system is blocking screen capture. Allow this browser in your system's privacy settings."
        }
        CaptureFault::Insecure => "Sharing your screen needs a secure page. Open this address with https://.",
        CaptureFault::Dismissed | CaptureFault::NotFound | CaptureFault::Ended | CaptureFault::Unknown => {
            "This browser can't share your screen."
        }
    }
}
