//! How one source of this person is, from the wish to the captured device.

/// How one source is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Publication {
    /// Not wanted; the device is free.
    #[default]
    Off,
    /// Wanted; the device does not deliver yet.
    Starting,
    /// Captured, and sent once there is somebody to send it to.
    On,
    /// Wanted, but the device does not deliver.
    Failed(CaptureFault),
}

impl Publication {
    /// Whether it is sent, or will be once the browser gives it.
    pub const fn is_wanted(self) -> bool {
        matches!(self, Self::Starting | Self::On)
    }

    /// Whether something is captured.
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

/// Why a device does not deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureFault {
    /// The person, or a rule of the browser, does not let this site use it.
    Blocked,
    /// The question was closed without an answer.
    Dismissed,
    /// There is none.
    NotFound,
    /// Another program has it, or the system withholds it.
    InUse,
    /// The page is not secure (no https), so the browser offers no devices.
    Insecure,
    /// It was unplugged or stopped by the system.
    Ended,
    /// Anything else.
    Unknown,
}
