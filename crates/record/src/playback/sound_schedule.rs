//! When decoded sound is played by an output with a clock of its own: each piece where the one before ends, unless the clocks have drifted.

use std::time::Duration;

use super::Speed;

/// So far may sound be from its picture (ITU-R BT.1359 has 45 ms for what is noticed). Less, and pieces would be cut where clocks jitter.
const MOST_DRIFT: Duration = Duration::from_millis(40);

/// When a piece is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoundPlace {
    /// By the output's clock, in seconds.
    pub when: f64,
    /// How much of its beginning is past, in seconds of the recording.
    pub skip: f64,
}

/// The sound of one track.
#[derive(Debug, Default)]
pub struct SoundSchedule {
    /// When the last piece ends, by the output's clock, and where that is in the recording.
    ends: Option<(f64, Duration)>,
}

impl SoundSchedule {
    /// Forgets what was played: after a seek, a pause or another speed.
    pub fn reset(&mut self) {
        self.ends = None;
    }

    /// Places a piece that is at `at` and plays for `length`, while the recording is at `position` and the output's clock at `output` seconds. `None` when
    /// it is past.
    pub fn place(
        &mut self,
        output: f64,
        position: Duration,
        speed: Speed,
        at: Duration,
        length: Duration,
    ) -> Option<SoundPlace> {
        let factor = speed.factor();
        let due = output + (at.as_secs_f64() - position.as_secs_f64()) / factor;
        let follows = self.ends.filter(|(when, end)| {
            end.abs_diff(at) <= MOST_DRIFT
                && (when - due).abs() <= MOST_DRIFT.as_secs_f64()
                && *when >= output
        });
        let when = follows.map_or(due, |(when, _)| when);
        let late = (output - when).max(0.0);
        let skip = late * factor;
        if skip >= length.as_secs_f64() {
            return None;
        }
        let when = when + late;
        self.ends = Some((when + (length.as_secs_f64() - skip) / factor, at + length));
        Some(SoundPlace { when, skip })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: Duration = Duration::from_millis(20);

    #[test]
    fn pieces_follow_each_other_without_a_gap_although_clocks_jitter() {
        let mut schedule = SoundSchedule::default();
        let mut ends = None;
        for number in 0..500_u32 {
            let at = PIECE * number;
            let jitter = f64::from(number % 7) * 0.003;
            let position = at.saturating_sub(Duration::from_secs(1));
            let output = 5.0 + position.as_secs_f64() + jitter;
            let place = schedule.place(output, position, Speed::NORMAL, at, PIECE).unwrap();
            assert!(ends.is_none_or(|ends: f64| (place.when - ends).abs() < 1e-9), "{number}");
            ends = Some(place.when + PIECE.as_secs_f64());
        }
    }

    #[test]
    fn sound_is_never_further_than_its_bound_from_where_it_belongs_however_clocks_drift() {
        let mut schedule = SoundSchedule::default();
        for number in 0..100_000_u32 {
            let at = PIECE * number;
            let position = at.saturating_sub(Duration::from_millis(500));
            // A sound card that is a thousandth too fast.
            let output = position.as_secs_f64() * 1.001;
            let place = schedule.place(output, position, Speed::NORMAL, at, PIECE).unwrap();
            let due = output + (at - position).as_secs_f64();
            assert!((place.when - due).abs() <= 0.0401, "{number}");
        }
    }

    #[test]
    fn what_is_past_is_left_out_and_what_has_begun_is_cut() {
        let mut schedule = SoundSchedule::default();
        let at = Duration::from_secs(10);
        let position = Duration::from_millis(10_015);
        let place = schedule.place(1.0, position, Speed::NORMAL, at, PIECE).unwrap();
        assert!((place.when - 1.0).abs() < 1e-9 && (place.skip - 0.015).abs() < 1e-9);
        assert_eq!(schedule.place(1.0, Duration::from_millis(10_200), Speed::NORMAL, at, PIECE), None);
    }

    #[test]
    fn at_twice_the_speed_a_piece_takes_half_the_time() {
        let mut schedule = SoundSchedule::default();
        let fast = Speed::of_percent(200);
        let first = schedule.place(3.0, Duration::ZERO, fast, Duration::from_secs(1), PIECE).unwrap();
        let next = schedule.place(3.0, Duration::ZERO, fast, Duration::from_secs(1) + PIECE, PIECE).unwrap();
        assert!((first.when - 3.5).abs() < 1e-9 && (next.when - first.when - 0.01).abs() < 1e-9);
    }
}
