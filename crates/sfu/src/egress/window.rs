//! Numbers that were seen, so that each counts once (RFC 3711 §3.3.2).

/// The highest number, and which of the 127 below it were there.
#[derive(Debug, Default)]
pub(super) struct Window {
    highest: Option<u64>,
    seen: u128,
}

impl Window {
    /// Whether a number comes for the first time. Those too old to say do not.
    pub(super) fn take(&mut self, number: u64) -> bool {
        let ahead = self.highest.map_or(1, |highest| number.saturating_sub(highest));
        if ahead > 0 {
            let shifted = u32::try_from(ahead).ok().and_then(|ahead| self.seen.checked_shl(ahead));
            self.seen = shifted.unwrap_or(0) | 1;
            self.highest = Some(number);
            return true;
        }
        let behind = self.highest.unwrap_or(number) - number;
        let bit = u32::try_from(behind).ok().and_then(|behind| 1_u128.checked_shl(behind)).unwrap_or(0);
        let is_new = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_number_counts_once_and_one_too_late_does_not() {
        let mut window = Window::default();
        let mut taken = |number| window.take(number);
        assert!(taken(5) && taken(6) && !taken(6));
        assert!(taken(200) && taken(199) && taken(73) && !taken(73));
        assert!(!taken(72) && !taken(5));
        assert!(taken(u64::MAX) && !taken(200));
    }
}
