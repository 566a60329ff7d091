//! A microphone that is off, and goes on being listened to by this page alone: it says whether somebody talks whom nobody hears. Nothing of it
//! is sent.

use call::{Level, Page, Phase, Snapshot};
use protocol::{Allowed, Source};
use view::{Preference, Preferences, Publication};

use crate::capture::Capture;
use crate::levels::Meter;

/// The microphone, and what measures it. Its device is free when this is dropped.
pub(crate) struct MutedMicrophone {
    meter: Meter,
    _capture: Capture,
}

impl MutedMicrophone {
    /// Nothing, where a browser cannot measure.
    pub(crate) fn listen(capture: Capture) -> Option<Self> {
        Some(Self { meter: capture.meter()?, _capture: capture })
    }

    /// How loud it is.
    pub(crate) fn level(&self) -> Level {
        self.meter.level()
    }
}

/// Whoever is muted in a call, can unmute, and does not know it yet may be told when they talk; nobody else is listened to.
pub(crate) fn may_listen(call: Snapshot, page: &Page, preferences: Preferences) -> bool {
    let Snapshot { phase, you, settings, publications, .. } = call;
    let may_unmute = you.is_some_and(|you| {
        let everyone = settings.is_none_or(|settings| settings.may_unmute == Allowed::Everyone);
        !you.forbidden.microphone.is_on() && (everyone || you.role.moderates())
    });
    phase == Phase::Joined
        && may_unmute
        && publications.of(Source::Microphone) == Publication::Off
        && page.listens_while_muted()
        && preferences.has(Preference::TalkWhileMuted)
}
