//! When what is heard was heard. Sound comes in pieces without a time; it is counted, and what is missing is silence.

/// Samples a second.
pub(crate) const RATE: u32 = 48_000;

/// Sound that is later than its count by more is missing some, in microseconds. Pieces come in bursts; this is above any.
const TOLERATED: f64 = 400_000.0;

/// Of silence so many samples are made at once at the most: five seconds.
const MOST_SILENCE: u32 = 5 * RATE;

#[derive(Default)]
pub(crate) struct SoundClock {
    /// When the first sample was heard, in microseconds since the recording began.
    began: Option<f64>,
    samples: u64,
}

impl SoundClock {
    /// How many silent samples go before a piece of so many that has come now, in microseconds since the recording began.
    pub(crate) fn missing_before(&mut self, now: f64, samples: u32) -> u32 {
        let lasts = micros(samples.into());
        let began = *self.began.get_or_insert((now - lasts).max(0.0));
        let late = now - lasts - (began + micros(self.samples));
        if late < TOLERATED { 0 } else { MOST_SILENCE.min((late * f64::from(RATE) / 1e6) as u32) }
    }

    /// When the next piece, of so many samples, begins.
    pub(crate) fn place(&mut self, samples: u32) -> f64 {
        let at = self.began.unwrap_or_default() + micros(self.samples);
        self.samples += u64::from(samples);
        at
    }
}

fn micros(samples: u64) -> f64 {
    samples as f64 * 1e6 / f64::from(RATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: u32 = 960;

    #[test]
    fn pieces_that_come_in_bursts_follow_one_another() {
        let mut clock = SoundClock::default();
        for number in 0..500_u32 {
            // Ten at a time.
            let now = f64::from(number / 10 * 10 + 10) * 20_000.0;
            assert_eq!(clock.missing_before(now, PIECE), 0, "{number}");
            assert!((clock.place(PIECE) - (180_000.0 + f64::from(number) * 20_000.0)).abs() < 1.0);
        }
    }

    #[test]
    fn what_is_missing_is_silence_and_what_follows_is_in_time() {
        let mut clock = SoundClock::default();
        assert_eq!(clock.missing_before(20_000.0, PIECE), 0);
        clock.place(PIECE);
        let missing = clock.missing_before(2_040_000.0, PIECE);
        assert_eq!(missing, 2 * RATE);
        assert!((clock.place(missing) - 20_000.0).abs() < 1.0);
        assert_eq!(clock.missing_before(2_040_000.0, PIECE), 0);
        assert!((clock.place(PIECE) - 2_020_000.0).abs() < 1.0);
    }
}
