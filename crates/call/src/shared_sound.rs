//! Whether the sound of what is shared may be sent. What carries the call itself would be heard by everybody a second time, and by whoever
//! speaks as an echo: it is decided by what the browser says of the live track, never by what it was asked for.

/// What is shared (`DisplayCaptureSurfaceType`, W3C Screen Capture).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedSurface {
    /// A tab of a browser.
    Tab,
    /// A window.
    Window,
    /// A whole screen.
    Monitor,
    /// The browser does not say.
    Unknown,
}

/// What a browser says of a shared sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedSound {
    /// Where it comes from.
    pub surface: SharedSurface,
    /// Whether what this page plays is left out of it (`restrictOwnAudio`).
    pub leaves_out_page: bool,
    /// Whether the tab is a page of a call: this one, or another that plays the same voices.
    pub is_call: bool,
}

/// What is to be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedSoundVerdict {
    /// It is sent.
    Send,
    /// It is dropped: it is the call.
    IsTheCall,
    /// It is dropped: it has the call in it.
    HasTheCall,
}

impl SharedSound {
    /// What is to be done with it.
    pub const fn verdict(self) -> SharedSoundVerdict {
        match (self.surface, self.leaves_out_page, self.is_call) {
            (SharedSurface::Tab, _, true) => SharedSoundVerdict::IsTheCall,
            (SharedSurface::Tab, _, false)
            | (SharedSurface::Window | SharedSurface::Monitor | SharedSurface::Unknown, true, _) => {
                SharedSoundVerdict::Send
            }
            (SharedSurface::Window | SharedSurface::Monitor | SharedSurface::Unknown, false, _) => {
                SharedSoundVerdict::HasTheCall
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(surface: SharedSurface, leaves_out_page: bool, is_call: bool) -> SharedSoundVerdict {
        SharedSound { surface, leaves_out_page, is_call }.verdict()
    }

    #[test]
    fn a_tab_is_heard_unless_it_is_the_call() {
        assert_eq!(verdict(SharedSurface::Tab, false, false), SharedSoundVerdict::Send);
        assert_eq!(verdict(SharedSurface::Tab, false, true), SharedSoundVerdict::IsTheCall);
        // What a page is told to leave out is what it plays itself: another tab of the same call plays the same voices.
        assert_eq!(verdict(SharedSurface::Tab, true, true), SharedSoundVerdict::IsTheCall);
    }

    #[test]
    fn what_has_everything_in_it_is_heard_only_without_the_call() {
        for surface in [SharedSurface::Window, SharedSurface::Monitor, SharedSurface::Unknown] {
            assert_eq!(verdict(surface, false, false), SharedSoundVerdict::HasTheCall);
            assert_eq!(verdict(surface, true, false), SharedSoundVerdict::Send);
        }
    }
}
