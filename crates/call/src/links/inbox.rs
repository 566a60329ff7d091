//! Puts the signals of one peer back in order: early ones wait, ones seen before are dropped.

use std::collections::BTreeMap;

use protocol::{Signal, SignalNumber};

/// How far ahead of its turn a signal may come. A negotiation with all its candidates has fewer; a higher number lets a
/// hostile peer hold more memory.
const WINDOW: u32 = 256;

/// Signals of one peer that wait for their turn.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    next: SignalNumber,
    waiting: BTreeMap<u32, Signal>,
}

/// The signal is too far ahead; what is between cannot be waited for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooFarAhead;

impl Inbox {
    pub(crate) fn insert(&mut self, number: SignalNumber, signal: Signal) -> Result<(), TooFarAhead> {
        let ahead = number.0.wrapping_sub(self.next.0);
        if ahead > u32::MAX / 2 {
            return Ok(()); // It has had its turn.
        }
        if ahead >= WINDOW {
            return Err(TooFarAhead);
        }
        self.waiting.entry(number.0).or_insert(signal);
        Ok(())
    }

    /// The number of the first signal that has not had its turn.
    pub(crate) fn expected(&self) -> SignalNumber {
        self.next
    }

    /// The signal whose turn it is, when `fits`.
    pub(crate) fn take_if(&mut self, fits: impl FnOnce(&Signal) -> bool) -> Option<Signal> {
        self.waiting.get(&self.next.0).filter(|signal| fits(signal))?;
        let signal = self.waiting.remove(&self.next.0)?;
        self.next = self.next.next();
        Some(signal)
    }
}

#[cfg(test)]
mod tests {
    use protocol::Sdp;

    use super::*;

    #[test]
    fn signals_come_out_in_order_and_once() {
        let mut inbox = Inbox::default();
        for number in [2, 0, 0, 1, 2, 1] {
            inbox.insert(SignalNumber(number), signal(number)).unwrap();
        }
        assert_eq!(taken(&mut inbox), [signal(0), signal(1), signal(2)]);

        inbox.insert(SignalNumber(1), signal(1)).unwrap();
        assert_eq!(taken(&mut inbox), [], "its turn is over");
    }

    #[test]
    fn a_gap_holds_what_is_behind_it() {
        let mut inbox = Inbox::default();
        inbox.insert(SignalNumber(1), signal(1)).unwrap();
        assert_eq!(taken(&mut inbox), []);
        inbox.insert(SignalNumber(0), signal(0)).unwrap();
        assert_eq!(taken(&mut inbox), [signal(0), signal(1)]);
    }

    #[test]
    fn nobody_can_make_it_hold_more_than_the_window() {
        let mut inbox = Inbox::default();
        assert_eq!(inbox.insert(SignalNumber(WINDOW), signal(9)), Err(TooFarAhead));
        assert_eq!(inbox.insert(SignalNumber(WINDOW - 1), signal(9)), Ok(()));
    }

    #[test]
    fn the_numbers_may_wrap_around() {
        let mut inbox = Inbox { next: SignalNumber(u32::MAX), ..Inbox::default() };
        inbox.insert(SignalNumber(0), signal(1)).unwrap();
        inbox.insert(SignalNumber(u32::MAX), signal(0)).unwrap();
        assert_eq!(taken(&mut inbox), [signal(0), signal(1)]);
    }

    fn signal(n: u32) -> Signal {
        Signal::Answer { sdp: Sdp::new(n.to_string()).unwrap() }
    }

    fn taken(inbox: &mut Inbox) -> Vec<Signal> {
        std::iter::from_fn(|| inbox.take_if(|_| true)).collect()
    }
}
