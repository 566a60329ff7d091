//! When a room starts and ends, from what a host typed: no half-typed moment ever becomes a rule, and none ends the room at once.

use protocol::{RoomSettings, RoomSettingsPatch, Timestamp};
use view::ScheduleError;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Before it only hosts get in.
    Start,
    /// With it the room ends for everybody.
    End,
}

/// What is in a field for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// Nothing: there is no such moment.
    Nothing,
    /// A moment.
    Moment(Timestamp),
    /// Something that is none, or only a part of one.
    Unreadable,
}

/// What is to be changed in the rules; nothing where they say so already.
///
/// # Errors
///
/// Says why what was typed cannot be.
pub fn schedule(
    bound: Bound,
    typed: Typed,
    settings: &RoomSettings,
    now: Timestamp,
) -> Result<Option<RoomSettingsPatch>, ScheduleError> {
    let moment = match typed {
        Typed::Nothing => None,
        Typed::Moment(at) => Some(at),
        Typed::Unreadable => return Err(ScheduleError::Unreadable),
    };
    let (was, start, end) = match bound {
        Bound::Start => (settings.starts_at, moment, settings.ends_at),
        Bound::End => (settings.ends_at, settings.starts_at, moment),
    };
    if was.map(to_the_minute) == moment.map(to_the_minute) {
        return Ok(None);
    }
    if bound == Bound::End && moment.is_some_and(|end| end <= now) {
        return Err(ScheduleError::EndInThePast);
    }
    if let (Some(start), Some(end)) = (start, end)
        && end <= start
    {
        return Err(ScheduleError::EndBeforeStart);
    }
    let patch = match bound {
        Bound::Start => RoomSettingsPatch { starts_at: Some(moment), ..RoomSettingsPatch::default() },
        Bound::End => RoomSettingsPatch { ends_at: Some(moment), ..RoomSettingsPatch::default() },
    };
    Ok(Some(patch))
}

/// A field shows no seconds.
fn to_the_minute(at: Timestamp) -> u64 {
    at.0 / 60_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000);
    const LATER: Timestamp = Timestamp(2_000_000_000);

    fn ends(typed: Typed, settings: &RoomSettings) -> Result<Option<RoomSettingsPatch>, ScheduleError> {
        schedule(Bound::End, typed, settings, NOW)
    }

    #[test]
    fn no_end_is_ever_set_in_the_past() {
        let settings = RoomSettings::default();
        for at in [0, 5, NOW.0] {
            assert_eq!(ends(Typed::Moment(Timestamp(at)), &settings), Err(ScheduleError::EndInThePast));
        }
        let patch = ends(Typed::Moment(LATER), &settings).unwrap().unwrap();
        assert_eq!(patch, RoomSettingsPatch { ends_at: Some(Some(LATER)), ..RoomSettingsPatch::default() });
    }

    #[test]
    fn what_is_half_typed_changes_nothing() {
        let settings = RoomSettings { ends_at: Some(LATER), ..RoomSettings::default() };
        assert_eq!(ends(Typed::Unreadable, &settings), Err(ScheduleError::Unreadable));
    }

    #[test]
    fn what_the_room_says_already_is_not_sent_again() {
        let settings = RoomSettings { ends_at: Some(Timestamp(LATER.0 + 7)), ..RoomSettings::default() };
        assert_eq!(ends(Typed::Moment(LATER), &settings), Ok(None));
        assert_eq!(ends(Typed::Nothing, &RoomSettings::default()), Ok(None));
    }

    #[test]
    fn an_empty_field_takes_the_moment_away() {
        let settings = RoomSettings { ends_at: Some(LATER), ..RoomSettings::default() };
        assert_eq!(ends(Typed::Nothing, &settings).unwrap().unwrap().ends_at, Some(None));
    }

    #[test]
    fn a_room_does_not_end_before_it_starts() {
        let settings = RoomSettings { ends_at: Some(LATER), ..RoomSettings::default() };
        let start = Typed::Moment(Timestamp(LATER.0 + 60_000));
        assert_eq!(schedule(Bound::Start, start, &settings, NOW), Err(ScheduleError::EndBeforeStart));
    }
}
