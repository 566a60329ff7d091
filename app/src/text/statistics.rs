//! What a call takes, in figures with their units.

use protocol::Source;

use super::words::statistics as words;
pub(crate) use super::words::statistics::*;
use crate::state::{LinkFigures, PublicationFigures};

/// The other end of a link.
pub(crate) fn link(with: Option<&str>) -> String {
    with.map_or_else(|| words::WITH_SERVER().to_owned(), |name| words::with_person(&name))
}

/// What a publication is called.
pub(crate) fn publication(of: &PublicationFigures) -> String {
    match (&of.from, of.source) {
        (None, Source::Microphone) => words::YOUR_MICROPHONE().to_owned(),
        (None, Source::Camera) => words::YOUR_CAMERA().to_owned(),
        (None, Source::Screen) => words::YOUR_SCREEN().to_owned(),
        (None, Source::ScreenAudio) => words::YOUR_SCREEN_SOUND().to_owned(),
        (Some(name), Source::Microphone) => words::microphone_of(name),
        (Some(name), Source::Camera) => words::camera_of(name),
        (Some(name), Source::Screen) => words::screen_of(name),
        (Some(name), Source::ScreenAudio) => words::screen_sound_of(name),
    }
}

/// What a link takes in all.
pub(crate) fn of_link(of: &LinkFigures) -> Vec<(&'static str, String)> {
    let all = [
        (words::SENT(), of.sent.map(bits)),
        (words::RECEIVED(), of.received.map(bits)),
        (words::ROUND_TRIP(), of.round_trip.map(millis)),
    ];
    measured(all)
}

/// What one publication takes.
pub(crate) fn of_publication(of: &PublicationFigures) -> Vec<(&'static str, String)> {
    let layer = |layer: &Option<f64>| layer.map_or_else(|| words::LAYER_OFF().to_owned(), bits);
    let layers = of.layers.iter().map(layer).collect::<Vec<_>>().join(" · ");
    let all = [
        (words::BITRATE(), of.bits.map(bits)),
        (words::LOSS(), of.loss.map(|loss| words::percent(&tenths(loss * 100.0)))),
        (words::ROUND_TRIP(), of.round_trip.map(millis)),
        (words::JITTER(), of.jitter.map(millis)),
        (words::CODEC(), of.codec.clone()),
        (words::RESOLUTION(), of.size.map(|(width, height)| words::size(&height, &width))),
        (words::FRAME_RATE(), of.frames.map(|frames| words::frames(&frames.round()))),
        (words::LAYERS(), (of.layers.len() > 1).then_some(layers)),
    ];
    measured(all)
}

/// What a graph shows, for those who cannot see it.
pub(crate) fn graph(of: &PublicationFigures) -> String {
    words::graph_label(&bits(of.most), &bits(of.bits.unwrap_or_default()))
}

/// All of it, as it is copied. No addresses: it may go into a ticket.
pub(crate) fn report(links: &[LinkFigures], taken: &str) -> String {
    let mut text = format!("{}\n", words::report_title(&taken));
    let mut add = |heading: String, lines: Vec<(&'static str, String)>| {
        text += &format!("\n{heading}\n");
        for (label, value) in lines {
            text += &format!("  {}\n", words::line(&label, &value));
        }
    };
    for one in links {
        add(link(one.with.as_deref()), of_link(one));
        for publication in &one.publications {
            add(self::publication(publication), of_publication(publication));
        }
    }
    text
}

fn measured<const N: usize>(all: [(&'static str, Option<String>); N]) -> Vec<(&'static str, String)> {
    all.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

fn bits(bits: f64) -> String {
    words::kilobits(&(bits / 1_000.0).round())
}

fn millis(seconds: f64) -> String {
    words::millis(&(seconds * 1_000.0).round())
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
