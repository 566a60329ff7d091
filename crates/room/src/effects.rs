//! A queue of effects that keeps no memory while it is empty: rooms are many, and most of the time nothing happens in them.

use std::collections::VecDeque;

/// What a machine wants done, in order.
#[derive(Debug)]
pub(crate) struct Effects<E>(VecDeque<E>);

impl<E> Default for Effects<E> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<E> Effects<E> {
    pub(crate) fn push_back(&mut self, effect: E) {
        self.0.push_back(effect);
    }

    /// The next one. With the last one gone, the queue's memory is given back.
    pub(crate) fn pop_front(&mut self) -> Option<E> {
        let next = self.0.pop_front();
        if next.is_none() && self.0.capacity() > 0 {
            self.0 = VecDeque::new();
        }
        next
    }
}

impl<E> Extend<E> for Effects<E> {
    fn extend<I: IntoIterator<Item = E>>(&mut self, effects: I) {
        self.0.extend(effects);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_queue_keeps_no_memory() {
        let mut effects = Effects::default();
        effects.extend([1, 2]);
        effects.push_back(3);
        let all: Vec<_> = std::iter::from_fn(|| effects.pop_front()).collect();
        assert_eq!((all, effects.0.capacity()), (vec![1, 2, 3], 0));
    }
}
