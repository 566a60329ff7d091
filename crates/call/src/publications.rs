//! What this person sends: each source from the wish to what is captured.

use protocol::{Source, Switch};

use view::{CaptureFault, Publication};

use crate::Output;

/// All sources of one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Publications {
    microphone: Publication,
    camera: Publication,
    screen: Publication,
    screen_audio: Publication,
    failures: [u32; Source::ALL.len()],
}

impl Publications {
    /// One of them.
    pub fn of(&self, source: Source) -> Publication {
        match source {
            Source::Microphone => self.microphone,
            Source::Camera => self.camera,
            Source::Screen => self.screen,
            Source::ScreenAudio => self.screen_audio,
        }
    }

    /// How often each source that was wanted did not deliver, in the order of [`Source::ALL`]: one that is tried again and fails at once
    /// looks as before.
    pub fn failures(&self) -> [u32; Source::ALL.len()] {
        self.failures
    }

    /// The sources that are captured.
    pub fn captured(&self) -> impl Iterator<Item = Source> + '_ {
        Source::ALL.into_iter().filter(|source| self.of(*source).is_on())
    }

    /// Follows the person's wish; says what to do about the device.
    pub(crate) fn switch(&mut self, source: Source, to: Switch) -> Option<Output> {
        let publication = self.entry(source);
        match (to, *publication) {
            (Switch::On, Publication::Off | Publication::Failed(_)) => {
                *publication = Publication::Starting;
                Some(Output::StartCapture(source))
            }
            // Of what has failed there is nothing to stop, but somebody waits for it to be there again.
            (Switch::Off, Publication::Starting | Publication::On | Publication::Failed(_)) => {
                *publication = Publication::Off;
                Some(Output::StopCapture(source))
            }
            (Switch::On, Publication::Starting | Publication::On) | (Switch::Off, Publication::Off) => None,
        }
    }

    /// The device delivers. When nobody wants it any more it is to be stopped.
    pub(crate) fn captured_from(&mut self, source: Source) -> Option<Output> {
        let publication = self.entry(source);
        match *publication {
            Publication::Starting | Publication::On | Publication::Failed(_) => {
                *publication = Publication::On;
                None
            }
            Publication::Off => Some(Output::StopCapture(source)),
        }
    }

    /// The device does not deliver.
    pub(crate) fn failed(&mut self, source: Source, fault: CaptureFault) {
        // Whoever closes the browser's choice of screens, or ends sharing in its own bar, wants just that.
        let is_meant = source.is_shared() && matches!(fault, CaptureFault::Dismissed | CaptureFault::Ended);
        let publication = self.entry(source);
        if *publication != Publication::Off {
            *publication = if is_meant { Publication::Off } else { Publication::Failed(fault) };
            let failures = &mut self.failures[source as usize];
            *failures = failures.wrapping_add(1);
        }
    }

    fn entry(&mut self, source: Source) -> &mut Publication {
        match source {
            Source::Microphone => &mut self.microphone,
            Source::Camera => &mut self.camera,
            Source::Screen => &mut self.screen,
            Source::ScreenAudio => &mut self.screen_audio,
        }
    }
}
