//! Indices that were seen, so that each counts once (RFC 3711 §3.3.2).

/// The highest index, and which of the 127 below it were there.
#[derive(Clone, Debug, Default)]
pub struct ReplayWindow {
    highest: Option<u64>,
    seen: u128,
}

impl ReplayWindow {
    /// Whether an index comes for the first time. Those too old to say do not.
    pub fn take(&mut self, index: u64) -> bool {
        let ahead = self.highest.map_or(1, |highest| index.saturating_sub(highest));
        if ahead > 0 {
            let shifted = u32::try_from(ahead).ok().and_then(|ahead| self.seen.checked_shl(ahead));
            self.seen = shifted.unwrap_or(0) | 1;
            self.highest = Some(index);
            return true;
        }
        let behind = self.highest.unwrap_or(index) - index;
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
    fn a_late_index_counts_once_and_one_too_late_does_not() {
        let mut window = ReplayWindow::default();
        let mut taken = |index| window.take(index);
        assert!(taken(5) && taken(6) && !taken(6));
        assert!(taken(200) && taken(199) && taken(73) && !taken(73));
        assert!(!taken(72) && !taken(5));
        assert!(taken(u64::MAX) && !taken(200));
    }

    #[test]
    fn no_index_counts_twice_in_any_order() {
        let mut window = ReplayWindow::default();
        let mut counted = std::collections::HashSet::new();
        let mut index = 1_u64;
        for step in 0..100_000_u64 {
            // Forward and back, by less and more than the window is wide.
            index = (index.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step)) % 3_000 + step / 40;
            if window.take(index) {
                assert!(counted.insert(index), "{index}");
            }
        }
        assert!(counted.len() > 2_000);
    }
}
