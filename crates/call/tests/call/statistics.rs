//! Statistics of real browsers: what the module says of their records is what can be counted by hand.

use std::collections::BTreeMap;

use call::{
    Carried, LinkKey, LinkStatistics, PublicationStatistics, Statistics, StatsRecord, StatsSection,
    StatsValue,
};
use protocol::{LinkId, NodeId, ParticipantId, PeerRef, RelayTransport, Source};
use uuid::Uuid;
use view::{LinkPath, PathKind};

const CHROMIUM: &str = include_str!("../statistics/chromium.json");
const CHROMIUM_SIMULCAST: &str = include_str!("../statistics/chromium_simulcast.json");
const FIREFOX: &str = include_str!("../statistics/firefox.json");
const FIREFOX_SIMULCAST: &str = include_str!("../statistics/firefox_simulcast.json");

const ADA: ParticipantId = ParticipantId::new(Uuid::from_u128(1));

#[test]
fn what_is_sent_is_within_a_hundredth_of_what_is_counted_by_hand() {
    for (browser, text) in [("Chromium", CHROMIUM), ("Firefox", FIREFOX)] {
        let recording = Recording::read(text);
        let link = recording.link("sender", |source| (Some(source), None));
        for (source, mid) in [(Source::Microphone, "0"), (Source::Camera, "1")] {
            let statistics = publication(&link, Carried::Sent(source));
            let counted = recording.counted("sender", "outbound-rtp", mid, "bytesSent") * 8.0;
            assert_near(statistics.bits, counted, browser);
            assert_eq!(statistics.loss, Some(0.0), "{browser}");
            let remote = recording.last("sender", "remote-inbound-rtp", statistics.of);
            assert_near(statistics.round_trip, remote.number("roundTripTime").unwrap(), browser);
            assert_near(statistics.jitter, remote.number("jitter").unwrap(), browser);
            assert!(statistics.layers.is_empty(), "{browser}");
        }
        assert_near(link.sent_bits, recording.counted_of_line("sender", "bytesSent") * 8.0, browser);
        assert_near(link.received_bits, recording.counted_of_line("sender", "bytesReceived") * 8.0, browser);
    }
}

#[test]
fn what_is_received_is_within_a_hundredth_of_what_is_counted_by_hand() {
    for (browser, text) in [("Chromium", CHROMIUM), ("Firefox", FIREFOX)] {
        let recording = Recording::read(text);
        let link = recording.link("receiver", |source| (None, Some(source)));
        for (source, mid) in [(Source::Microphone, "0"), (Source::Camera, "1")] {
            let statistics = publication(&link, Carried::Received(ADA.publication(source)));
            let counted = recording.counted("receiver", "inbound-rtp", mid, "bytesReceived") * 8.0;
            assert_near(statistics.bits, counted, browser);
            assert_eq!(statistics.loss, Some(0.0), "{browser}");
            assert!(statistics.jitter.is_some_and(|jitter| jitter < 0.02), "{browser}");
        }
        assert_near(
            link.received_bits,
            recording.counted_of_line("receiver", "bytesReceived") * 8.0,
            browser,
        );
    }
}

#[test]
fn codec_size_frames_and_path_are_read_of_both_browsers() {
    let direct = LinkPath { kind: PathKind::Direct, over: RelayTransport::Udp };
    for (browser, text, size) in [("Chromium", CHROMIUM, (640, 480)), ("Firefox", FIREFOX, (320, 240))] {
        let recording = Recording::read(text);
        for (side, counter) in [("sender", "framesSent"), ("receiver", "framesDecoded")] {
            let link = recording.link(side, |source| (Some(source), Some(source)));
            let sources = link.publications.iter().filter(|one| one.codec.is_some());
            let codecs: Vec<_> = sources.clone().filter_map(|one| one.codec.as_deref()).collect();
            assert_eq!(codecs, ["Opus", "VP8"], "{browser} {side}");
            let video = sources.clone().next_back().unwrap();
            assert_eq!(video.size, Some(size), "{browser} {side}");
            let kind = if side == "sender" { "outbound-rtp" } else { "inbound-rtp" };
            let frames = recording.counted(side, kind, "1", counter);
            assert!(video.frames.is_some_and(|shown| (shown - frames).abs() < 1.5), "{browser} {side}");
            assert_eq!(link.path, Some(direct), "{browser} {side}");
            assert!(link.round_trip.is_some_and(|time| time < 0.1), "{browser} {side}");
        }
    }
}

#[test]
fn layers_of_both_browsers_are_smallest_first_and_those_that_are_not_sent_have_no_bits() {
    for (browser, text, sent) in [("Chromium", CHROMIUM_SIMULCAST, 2), ("Firefox", FIREFOX_SIMULCAST, 1)] {
        let recording = Recording::read(text);
        let link = recording.link("sender", |source| (Some(source), None));
        let statistics = publication(&link, Carried::Sent(Source::Camera));
        let rids: Vec<_> = statistics.layers.iter().filter_map(|layer| layer.rid.as_deref()).collect();
        assert_eq!(rids, ["q", "h", "f"], "{browser}");
        let active: Vec<_> = statistics.layers.iter().map(|layer| layer.active).collect();
        assert_eq!(active, [0, 1, 2].map(|index| index < sent), "{browser}");
        assert!(statistics.layers[sent..].iter().all(|layer| layer.bits == Some(0.0)), "{browser}");
        assert_eq!(statistics.layers[0].size, Some((160, 120)), "{browser}");
        assert_eq!(statistics.size, statistics.layers[sent - 1].size, "{browser}");
        let counted = recording.counted("sender", "outbound-rtp", "0", "bytesSent") * 8.0;
        assert_near(statistics.bits, counted, browser);
    }
}

fn publication(link: &LinkStatistics, of: Carried) -> &PublicationStatistics {
    link.publications.iter().find(|publication| publication.of == of).unwrap()
}

fn assert_near(figure: Option<f64>, counted: f64, what: &str) {
    let figure = figure.unwrap();
    assert!((figure - counted).abs() <= counted.abs() / 100.0, "{what}: {figure} is not {counted}");
}

/// What a browser said at both ends, twice.
struct Recording(Json);

impl Recording {
    fn read(text: &str) -> Self {
        Self(Json::read(&mut text.chars().peekable()))
    }

    /// What the module makes of one end, whose sections carry what is said of them.
    fn link(
        &self,
        side: &str,
        carries: impl Fn(Source) -> (Option<Source>, Option<Source>),
    ) -> LinkStatistics {
        let section = |section: &Json| {
            let is_audio = section.get("kind").text() == Some("audio");
            let (sent, received) = carries(if is_audio { Source::Microphone } else { Source::Camera });
            let mid = section.get("mid").text().unwrap().to_owned();
            StatsSection { mid, sent, received: received.map(|source| ADA.publication(source)) }
        };
        let sections: Vec<_> = self.0.get("sections").get(side).list().iter().map(section).collect();
        let link = LinkKey { peer: PeerRef::Sfu(NodeId::new(Uuid::from_u128(7))), id: LinkId(1) };
        let mut statistics = Statistics::default();
        for records in self.0.get(side).list() {
            let read = |json: &Json| StatsRecord::read(|name| json.get(name).value());
            let records: Vec<_> = records.list().iter().filter_map(read).collect();
            statistics.record(link, &records, &sections);
        }
        statistics.links().next().unwrap().clone()
    }

    /// By how much a counter of a section rose a second, all streams together.
    fn counted(&self, side: &str, kind: &str, mid: &str, counter: &str) -> f64 {
        self.rise(side, counter, |record| {
            record.get("type").text() == Some(kind) && record.get("mid").text() == Some(mid)
        })
    }

    /// The same of the line, of whose pairs one at a time is in use.
    fn counted_of_line(&self, side: &str, counter: &str) -> f64 {
        self.rise(side, counter, |record| record.get("type").text() == Some("candidate-pair"))
    }

    fn rise(&self, side: &str, counter: &str, is_meant: impl Fn(&Json) -> bool) -> f64 {
        let [before, after] = self.0.get(side).list() else { panic!("two calls of getStats") };
        let rise = |now: &Json| {
            let then =
                before.list().iter().find(|then| then.get("id").text() == now.get("id").text()).unwrap();
            let difference = |name| now.number(name).unwrap() - then.number(name).unwrap();
            difference(counter) * 1000.0 / difference("timestamp")
        };
        after.list().iter().filter(|record| is_meant(record)).map(rise).sum()
    }

    /// The last record of a type that is about sound or pictures.
    fn last(&self, side: &str, kind: &str, of: Carried) -> &Json {
        let media = if of == Carried::Sent(Source::Microphone) { "audio" } else { "video" };
        let is_meant =
            |json: &&Json| json.get("type").text() == Some(kind) && json.get("kind").text() == Some(media);
        self.0.get(side).list().last().unwrap().list().iter().find(is_meant).unwrap()
    }
}

/// As much of JSON as a recording has: no escapes in strings.
enum Json {
    Null,
    Boolean(bool),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Object(BTreeMap<String, Self>),
}

type Letters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

impl Json {
    fn read(letters: &mut Letters<'_>) -> Self {
        skip_space(letters);
        match letters.peek() {
            Some('{') => Self::Object(
                items(letters, |letters| {
                    let Self::Text(name) = Self::read(letters) else { panic!("a name is a string") };
                    skip_space(letters);
                    assert_eq!(letters.next(), Some(':'));
                    (name, Self::read(letters))
                })
                .into_iter()
                .collect(),
            ),
            Some('[') => Self::List(items(letters, Self::read)),
            Some('"') => {
                letters.next();
                Self::Text(letters.by_ref().take_while(|letter| *letter != '"').collect())
            }
            Some(_) | None => {
                let mut word = String::new();
                while let Some(letter) = letters.next_if(|letter| !matches!(letter, ',' | ']' | '}' | '\n')) {
                    word.push(letter);
                }
                match word.as_str() {
                    "null" => Self::Null,
                    "true" | "false" => Self::Boolean(word == "true"),
                    number => Self::Number(number.parse().unwrap()),
                }
            }
        }
    }

    fn get(&self, name: &str) -> &Self {
        match self {
            Self::Object(fields) => fields.get(name).unwrap_or(&Self::Null),
            Self::Null | Self::Boolean(_) | Self::Number(_) | Self::Text(_) | Self::List(_) => &Self::Null,
        }
    }

    fn list(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    fn number(&self, name: &str) -> Option<f64> {
        if let Self::Number(number) = self.get(name) { Some(*number) } else { None }
    }

    fn value(&self) -> StatsValue {
        match self {
            Self::Null | Self::List(_) | Self::Object(_) => StatsValue::Missing,
            Self::Boolean(boolean) => StatsValue::Boolean(*boolean),
            Self::Number(number) => StatsValue::Number(*number),
            Self::Text(text) => StatsValue::Text(text.clone()),
        }
    }
}

/// What stands between two brackets, parted by commas.
fn items<T>(letters: &mut Letters<'_>, item: impl Fn(&mut Letters<'_>) -> T) -> Vec<T> {
    let mut items = Vec::new();
    letters.next();
    loop {
        skip_space(letters);
        match letters.peek() {
            Some(']' | '}') => break,
            Some(',') => drop(letters.next()),
            Some(_) => items.push(item(letters)),
            None => panic!("it ends within a bracket"),
        }
    }
    letters.next();
    items
}

fn skip_space(letters: &mut Letters<'_>) {
    while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
}
