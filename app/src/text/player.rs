//! A recording: what is on its page.

use protocol::{Consent, Source};
use view::{Playing, RecordedTrack, RecordingFault, TrackTrouble};

use super::Text;
pub(crate) use super::words::player::*;

/// Why it cannot be played.
pub(crate) fn fault(fault: RecordingFault) -> &'static str {
    match fault {
        RecordingFault::NotFound => NOT_FOUND(),
        RecordingFault::NeedsCredential => NEEDS_CREDENTIAL(),
        RecordingFault::Unreachable => UNREACHABLE(),
        RecordingFault::NoKey => NO_KEY(),
        RecordingFault::OtherKey => OTHER_KEY(),
        RecordingFault::Damaged => DAMAGED(),
        RecordingFault::Newer => NEWER(),
        RecordingFault::NoDecoder => NO_DECODER(),
    }
}

/// What is missing of somebody.
pub(crate) fn trouble(name: &str, trouble: TrackTrouble) -> String {
    match trouble {
        TrackTrouble::KeyMissing => key_missing(&name),
        TrackTrouble::Damaged => track_damaged(&name),
        TrackTrouble::Unreachable => track_unreachable(&name),
    }
}

/// What somebody answered.
pub(crate) fn answer(consent: Consent) -> &'static str {
    match consent {
        Consent::Given => RECORDED(),
        Consent::Refused => REFUSED(),
        Consent::NotAnswered => NO_ANSWER(),
        Consent::TakenBack => NO_LONGER(),
    }
}

/// What the button does that plays.
pub(crate) fn play_or_pause(playing: Playing) -> &'static str {
    match playing {
        Playing::Paused => PLAY(),
        Playing::Playing | Playing::Waiting => PAUSE(),
    }
}

/// Whoever is not recorded, in one sentence.
pub(crate) fn not_in_it(names: &[String]) -> String {
    missing_people(&super::list(names))
}

/// Of a switch: what it will do.
pub(crate) fn captions(are_shown: bool) -> &'static str {
    let text: Text = if are_shown { TURN_OFF_CAPTIONS } else { TURN_ON_CAPTIONS };
    text()
}

/// A track; its part is named where there are several.
pub(crate) fn track(track: &RecordedTrack, has_parts: bool) -> String {
    let name = &track.name;
    let of = match track.key.source {
        Source::Camera => camera_of(name),
        Source::Microphone => microphone_of(name),
        Source::Screen => screen_of(name),
        Source::ScreenAudio => screen_sound_of(name),
    };
    if has_parts { of_part(&track.part, &of) } else { of }
}

/// A moment of a recording, as players show it: minutes and seconds, and hours where there are any.
pub(crate) fn clock(millis: u32) -> String {
    let seconds = millis / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_shown_where_there_are_any() {
        assert_eq!(
            [0, 1_122_999, 3_600_000, 37_425_000].map(clock),
            ["0:00", "18:42", "1:00:00", "10:23:45"]
        );
    }
}
