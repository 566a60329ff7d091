//! Which of microphone and camera are to be on when a page begins, from what is remembered: nothing that was off comes on by
//! itself, whoever turned it off.

use protocol::{Source, Switch};

/// Who turned a source on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchedBy {
    /// The person at this browser: the next visit to any room begins so.
    Person,
    /// A host: this tab's stay in the room goes on so.
    Host,
    /// The person, for as long as they hold a key: nothing begins so.
    HeldKey,
}

/// What is to be on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    /// Sound.
    pub microphone: Switch,
    /// Video.
    pub camera: Switch,
}

impl Default for Switches {
    /// Who has never chosen is seen and heard.
    fn default() -> Self {
        Self { microphone: Switch::On, camera: Switch::On }
    }
}

impl Switches {
    /// How a page begins: as this tab's stay in the room was, or else as the person chose last in this browser. Each is asked
    /// for one source.
    pub fn at_start(
        of_tab: impl Fn(Source) -> Option<Switch>,
        of_browser: impl Fn(Source) -> Option<Switch>,
    ) -> Self {
        let of = |source| of_tab(source).or_else(|| of_browser(source)).unwrap_or(Switch::On);
        Self { microphone: of(Source::Microphone), camera: of(Source::Camera) }
    }

    /// One of them. No page begins with a screen.
    pub fn of(self, source: Source) -> Switch {
        match source {
            Source::Microphone => self.microphone,
            Source::Camera => self.camera,
            Source::Screen | Source::ScreenAudio => Switch::Off,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_never_chosen_is_seen_and_heard() {
        assert_eq!(Switches::at_start(|_| None, |_| None), Switches::default());
    }

    #[test]
    fn a_page_begins_as_the_stay_was_and_a_new_stay_as_was_chosen_last() {
        let stay = |source: Source| (source == Source::Microphone).then_some(Switch::Off);
        let chosen = |_| Some(Switch::On);
        let switches = Switches::at_start(stay, chosen);
        assert_eq!((switches.microphone, switches.camera), (Switch::Off, Switch::On));
        let switches = Switches::at_start(|_| None, |_| Some(Switch::Off));
        assert_eq!((switches.microphone, switches.camera), (Switch::Off, Switch::Off));
    }
}
