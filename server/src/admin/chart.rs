//! A drawing of people in calls over time, and over the same time before. Colours are the page's own, by class.

use svg::Document;
use svg::node::element::path::Data;
use svg::node::element::{Path, Text};

/// Of the whole drawing, in its own units.
const WIDTH: f64 = 620.0;
const HEIGHT: f64 = 210.0;

/// Of what is drawn between the axes.
const LEFT: f64 = 34.0;
const RIGHT: f64 = 612.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 186.0;

/// Lines across, besides the lowest.
const LINES: u64 = 4;

/// What is drawn. Both series have as many values.
#[derive(Clone, Copy)]
pub(super) struct Series<'a> {
    pub(super) now: &'a [u64],
    pub(super) before: &'a [u64],
    pub(super) labels: &'a [Label],
}

/// What stands below a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    /// Of which value, from 0.
    pub(super) index: u64,
    pub(super) text: String,
}

/// An `svg` element, for whom a sentence stands beside.
pub(super) fn people(series: Series<'_>) -> String {
    let highest = series.now.iter().chain(series.before).copied().max().unwrap_or(0);
    let step = step_for(highest);
    let place = Place { values: series.now.len(), top: step * LINES };
    let mut document = Document::new()
        .set("viewBox", format!("0 0 {WIDTH} {HEIGHT}"))
        .set("aria-hidden", "true")
        .set("direction", "ltr");
    for line in 0..=LINES {
        let y = place.y(line * step);
        let across = Data::new().move_to((LEFT, y)).horizontal_line_to(RIGHT);
        document = document.add(Path::new().set("class", "gridline").set("d", across)).add(text(
            (line * step).to_string(),
            LEFT - 8.0,
            y + 4.0,
            "end",
        ));
    }
    for Label { index, text: words } in series.labels {
        document = document.add(text(words.clone(), place.x(*index as usize), HEIGHT - 6.0, "middle"));
    }
    if let (Some(line), Some(before)) = (place.line(series.now), place.line(series.before)) {
        let area = line.clone().vertical_line_to(BOTTOM).horizontal_line_to(LEFT).close();
        document = document
            .add(Path::new().set("class", "area-1").set("d", area))
            .add(Path::new().set("class", "line-2").set("d", before))
            .add(Path::new().set("class", "line-1").set("d", line));
    }
    document.to_string()
}

fn text(words: String, x: f64, y: f64, anchor: &'static str) -> Text {
    Text::new(words).set("x", x).set("y", y).set("text-anchor", anchor)
}

/// How far apart lines are, so that the highest value is below the last: 1, 2 or 5 times a power of ten.
fn step_for(highest: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if step.saturating_mul(LINES) >= highest {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// Where values are drawn.
struct Place {
    values: usize,
    /// The value of the highest line.
    top: u64,
}

impl Place {
    fn x(&self, index: usize) -> f64 {
        let last = self.values.saturating_sub(1).max(1) as f64;
        round((RIGHT - LEFT).mul_add(index as f64 / last, LEFT))
    }

    fn y(&self, value: u64) -> f64 {
        round((TOP - BOTTOM).mul_add(value as f64 / self.top as f64, BOTTOM))
    }

    /// `None` where there is nothing to draw a line through.
    fn line(&self, values: &[u64]) -> Option<Data> {
        let (first, others) = values.split_first()?;
        let start = Data::new().move_to((LEFT, self.y(*first)));
        Some(
            others
                .iter()
                .enumerate()
                .fold(start, |line, (index, value)| line.line_to((self.x(index + 1), self.y(*value)))),
        )
    }
}

/// To a tenth: more nobody sees.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(now: &[u64], before: &[u64]) -> String {
        people(Series { now, before, labels: &[Label { index: 1, text: "06:00 <b>".to_owned() }] })
    }

    #[test]
    fn a_line_goes_through_every_value_from_one_edge_to_the_other() {
        let svg = drawn(&[0, 4, 2], &[1, 1, 1]);
        assert!(svg.contains("M34,186 L323,10 L612,98"), "{svg}");
        assert!(svg.contains("06:00 &lt;b&gt;"), "{svg}");
    }

    #[test]
    fn nothing_is_drawn_of_nothing_and_much_has_room() {
        assert!(!drawn(&[], &[]).contains("line-1"));
        for (highest, step) in
            [(0, 1), (4, 1), (5, 2), (61, 20), (101, 50), (u64::MAX, 5_000_000_000_000_000_000)]
        {
            assert_eq!(step_for(highest), step, "{highest}");
        }
    }
}
