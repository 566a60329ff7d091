//! The last two minutes of a publication, and their graph.

use std::collections::VecDeque;

/// How far back a history goes, in seconds.
const SPAN: f64 = 120.0;

/// How many entries it has at the most: one every two seconds.
const MOST_ENTRIES: usize = 60;

/// An entry that follows sooner replaces the last one, in seconds: a little less than two, for a timer is not exact.
const SPACING: f64 = 1.8;

/// Bit rate and loss of a publication in the last two minutes, at the most 60 entries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    entries: VecDeque<Entry>,
    /// When the newest entry was made or replaced, in milliseconds since 1970.
    now: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Entry {
    at: f64,
    bits: Option<f64>,
    loss: Option<f64>,
}

/// Lines to be drawn, as of an SVG `polyline` each. They end where nothing is known; one may be a single point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// Points from left to right. The first number is 0 two minutes ago and 1 now, the second is 0 for nothing and 1 for the maximum.
    pub lines: Vec<Vec<(f32, f32)>>,
    /// What a height of 1 stands for, in the unit of the values; 0 if no value is higher.
    pub maximum: f64,
}

impl History {
    /// Bits a second, by age in seconds, oldest first. `None` is a gap.
    pub fn bits(&self) -> impl Iterator<Item = (f64, Option<f64>)> {
        self.entries.iter().map(|entry| (self.age(entry), entry.bits))
    }

    /// Loss from 0 to 1, by age in seconds, oldest first. `None` is a gap.
    pub fn loss(&self) -> impl Iterator<Item = (f64, Option<f64>)> {
        self.entries.iter().map(|entry| (self.age(entry), entry.loss))
    }

    /// Adds what is known at a moment, in milliseconds since 1970. A clock that goes back starts the history anew, for nobody knows any
    /// more how old an entry is.
    pub(super) fn push(&mut self, at: f64, bits: Option<f64>, loss: Option<f64>) {
        if at < self.now {
            self.entries.clear();
        }
        self.now = at;
        match self.entries.back_mut().filter(|last| at - last.at < SPACING * 1000.0) {
            Some(last) => (last.bits, last.loss) = (bits, loss),
            None => self.entries.push_back(Entry { at, bits, loss }),
        }
        while self.entries.front().is_some_and(|first| self.is_dropped(first)) {
            self.entries.pop_front();
        }
    }

    /// What is too old or too much goes, and a gap at the beginning is none.
    fn is_dropped(&self, first: &Entry) -> bool {
        let says_nothing = first.bits.is_none() && first.loss.is_none();
        self.entries.len() > MOST_ENTRIES || self.age(first) > SPAN || says_nothing
    }

    fn age(&self, entry: &Entry) -> f64 {
        ((self.now - entry.at) / 1000.0).max(0.0)
    }
}

impl Graph {
    /// The graph of values by age in seconds, oldest first, as a [`History`] has them. What is older than two minutes, or no figure, is a
    /// gap.
    pub fn new(values: impl IntoIterator<Item = (f64, Option<f64>)>) -> Self {
        let is_shown =
            |age: f64, value: &f64| (0.0..=SPAN).contains(&age) && (0.0..=f64::MAX).contains(value);
        let shown = |(age, value): (f64, Option<f64>)| {
            value.filter(|value| is_shown(age, value)).map(|value| (age, value))
        };
        let points: Vec<_> = values.into_iter().map(shown).collect();
        let maximum = points.iter().flatten().map(|(_, value)| *value).fold(0.0, f64::max);
        let height = |value: f64| if maximum > 0.0 { value / maximum } else { 0.0 };
        let point = |(age, value): &(f64, f64)| ((1.0 - age / SPAN) as f32, height(*value) as f32);
        let lines = points.split(Option::is_none).filter(|line| !line.is_empty());
        Self { lines: lines.map(|line| line.iter().flatten().map(point).collect()).collect(), maximum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_two_minutes_long_however_often_it_is_written_to() {
        for (step, least) in
            [(100.0, 100.0), (1000.0, 100.0), (1950.0, 110.0), (2000.0, 110.0), (7000.0, 110.0)]
        {
            let mut history = History::default();
            for index in 0..4000 {
                history.push(1e12 + f64::from(index) * step, Some(1.0), None);
            }
            let (oldest, _) = history.bits().next().unwrap();
            assert!(history.entries.len() <= MOST_ENTRIES, "{step}");
            assert!((least..=SPAN).contains(&oldest), "{step}: {oldest}");
        }
    }

    #[test]
    fn a_clock_that_goes_back_starts_a_history_anew() {
        let mut history = History::default();
        history.push(10_000.0, Some(1.0), None);
        history.push(12_000.0, Some(2.0), None);
        history.push(3000.0, Some(3.0), None);
        assert_eq!(history.bits().collect::<Vec<_>>(), [(0.0, Some(3.0))]);
    }

    #[test]
    fn a_graph_has_a_gap_where_nothing_is_known_and_ends_at_its_maximum() {
        let mut history = History::default();
        for (second, bits) in
            [(0.0, None), (60.0, Some(50.0)), (90.0, Some(100.0)), (120.0, None), (180.0, Some(25.0))]
        {
            history.push(second * 1000.0, bits, None);
        }
        let Graph { lines, maximum } = Graph::new(history.bits());
        assert_eq!(lines, [vec![(0.0, 0.5), (0.25, 1.0)], vec![(1.0, 0.25)]]);
        assert_eq!(maximum, 100.0);
        assert_eq!(Graph::new(history.loss()), Graph::default());
    }

    #[test]
    fn a_graph_of_nothing_but_zeros_lies_on_the_ground_and_absurd_values_are_gaps() {
        assert_eq!(Graph::new([(120.0, Some(0.0)), (0.0, Some(0.0))]).lines, [vec![(0.0, 0.0), (1.0, 0.0)]]);
        let absurd = [
            (1.0, Some(f64::NAN)),
            (1.0, Some(f64::INFINITY)),
            (1.0, Some(-1.0)),
            (f64::NAN, Some(1.0)),
            (121.0, Some(1.0)),
        ];
        assert_eq!(Graph::new(absurd), Graph::default());
    }
}
