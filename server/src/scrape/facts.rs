//! What is so at the moment of a scrape, and what others have counted for themselves: asked, put into a registry of its own, and forgotten.

use std::collections::BTreeMap;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use protocol::Timestamp;
use storage::{OutboxCount, StorageError};
use tokio::time::timeout;

use crate::media::Metered;
use crate::metrics::{Label, Labels};
use crate::rooms::RoomCount;
use crate::{AppState, health};

/// How long the database may take. Beyond it what is asked of it is left out.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// All of it.
pub(super) struct Facts {
    build: [(Label, String); 2],
    recordings: u64,
    rooms: BTreeMap<(Label, Label), RoomCount>,
    waiting_changes: u64,
    media: Metered,
    shards: (usize, usize, u64),
    outbox: Option<Vec<OutboxCount>>,
    degraded: Vec<Label>,
    /// Nodes, and rooms of this one: all that are loaded, where it is alone.
    nodes: (usize, usize),
    certificate_end: Option<i64>,
    data_free: Option<u64>,
    log: [u64; 2],
    now: Timestamp,
}

impl Facts {
    pub(super) async fn gather(state: &AppState) -> Self {
        let outbox = timeout(ANSWERS_WITHIN, state.storage.outbox_counts());
        let (outbox, degraded) = tokio::join!(outbox, health::degraded_parts(state));
        let (shards, down) = state.media.health().down();
        let log = state.log.get().map(|log| [log.dropped(), log.repeated()]);
        Self {
            build: [("version", env!("CARGO_PKG_VERSION").to_owned()), ("page", state.build.id().to_owned())],
            rooms: state.rooms.count(),
            recordings: state.recordings.count(),
            waiting_changes: state.rooms.waiting_changes(),
            media: state.media.meter().sum(),
            shards: (shards, down, state.media.health().restarts()),
            outbox: outbox.unwrap_or(Err(StorageError::Behind)).ok(),
            degraded,
            nodes: match &state.cluster {
                Some(cluster) => cluster.size(),
                None => (1, state.rooms.all_running().len()),
            },
            certificate_end: state.certificate_end.seconds(),
            data_free: data_free(&state.config.storage.data),
            log: log.unwrap_or_default(),
            now: state.clock.wall(),
        }
    }

    pub(super) fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("veranda");
        registry.register(
            "build",
            "Which program this is, and which page it has",
            Info::new(self.build.clone()),
        );
        self.register_rooms(&mut registry);
        self.register_state(&mut registry);
        self.register_storage(&mut registry);
        self.register_forwarded(&mut registry);
        self.register_lines(&mut registry);
        self.register_relayed(&mut registry);
        registry
    }

    fn register_rooms(&self, registry: &mut Registry) {
        let (rooms, people) = (Gauges::default(), Gauges::default());
        for made_by in ["page", "program", "ring"] {
            for path in ["mesh", "sfu"] {
                let count = self.rooms.get(&(made_by, path)).copied().unwrap_or_default();
                let labels = [("made_by", made_by), ("path", path)];
                rooms.get_or_create(&labels).set(as_gauge(count.rooms));
                people.get_or_create(&labels).set(as_gauge(count.people));
            }
        }
        let help = "Rooms in memory: somebody is inside, or was a minute ago";
        registry.register("rooms", help, rooms);
        registry.register("participants", "People in rooms", people);
        let help = "Recordings that go on";
        registry.register("recordings_running", help, ConstGauge::new(as_gauge(self.recordings)));
    }

    fn register_state(&self, registry: &mut Registry) {
        let degraded = Gauges::<1>::default();
        for part in health::PARTS {
            let is_degraded = self.degraded.contains(&part);
            degraded.get_or_create(&[("part", part)]).set(i64::from(is_degraded));
        }
        registry.register("degraded", "1 for what /readyz says does not work as it should", degraded);
        let (nodes, rooms) = self.nodes;
        let help = "Nodes of the cluster that this one sees, itself included";
        registry.register("nodes", help, ConstGauge::new(nodes as i64));
        let help = "Rooms that are this node's and no other's; of several nodes one has all rings besides";
        registry.register("rooms_owned", help, ConstGauge::new(rooms as i64));
        if let Some(end) = self.certificate_end {
            let end = ConstGauge::new(end);
            let help = "When the certificate ends that is shown, since 1970";
            registry.register_with_unit("certificate_expiry_timestamp", help, Unit::Seconds, end);
        }
        if let Some(free) = self.data_free {
            let help = "Room that is left where the data is kept";
            registry.register_with_unit("data_free", help, Unit::Bytes, ConstGauge::new(as_gauge(free)));
        }
        let left_out = Counters::<1>::default();
        for (reason, count) in ["unread", "repeated"].into_iter().zip(self.log) {
            left_out.get_or_create(&[("reason", reason)]).inc_by(count);
        }
        registry.register("log_lines_left_out", "Lines that are not in the log", left_out);
    }

    fn register_storage(&self, registry: &mut Registry) {
        let help = "Changes of rooms that wait to be written";
        registry.register("journal_waiting", help, ConstGauge::new(as_gauge(self.waiting_changes)));
        let Some(outbox) = &self.outbox else { return };
        let push = outbox.iter().find(|count| count.topic.0 == "push");
        let entries = Gauges::<1>::default();
        entries.get_or_create(&[("topic", "push")]).set(push.map_or(0, |count| as_gauge(count.entries)));
        registry.register("outbox_entries", "What waits to be delivered", entries);
        let age = Gauges::<1>::default();
        let waits = push.map_or(Duration::ZERO, |count| count.oldest.until(self.now));
        age.get_or_create(&[("topic", "push")]).set(as_gauge(waits.as_secs()));
        registry.register_with_unit("outbox_oldest_age", "For how long the oldest waits", Unit::Seconds, age);
    }

    fn register_forwarded(&self, registry: &mut Registry) {
        let Metered { forwarded, refused, links, streams, layers, .. } = &self.media;
        let (shards, down, restarts) = self.shards;
        registry.register("media_shards", "Threads that forward and relay", ConstGauge::new(shards as i64));
        let help = "Threads that forward and relay and do not live now";
        registry.register("media_shards_down", help, ConstGauge::new(down as i64));
        counter(registry, "media_shard_restarts", "Threads that were started again", restarts);
        registry.register("media_links", "Links to the forwarding unit", ConstGauge::new(as_gauge(*links)));
        let help = "TCP streams with media, forwarded or relayed";
        registry.register("media_streams", help, ConstGauge::new(as_gauge(*streams)));
        let datagrams = by("direction", [("in", forwarded.datagrams_in), ("out", forwarded.datagrams_out)]);
        registry.register("media_datagrams", "Datagrams of links", datagrams);
        let bytes = by("direction", [("in", forwarded.bytes_in), ("out", forwarded.bytes_out)]);
        registry.register_with_unit("media", "Bytes of the datagrams of links", Unit::Bytes, bytes);
        let packets = by(
            "kind",
            [
                ("received", forwarded.packets_in),
                ("forwarded", forwarded.packets_forwarded),
                ("retransmitted", forwarded.packets_retransmitted),
            ],
        );
        registry.register("media_packets", "Media packets; forwarded: one a receiver", packets);
        let lost = by(
            "reason",
            [
                ("unknown", forwarded.datagrams_dropped),
                ("stream_full", refused.by_streams),
                ("shard_full", refused.by_shards),
            ],
        );
        registry.register("media_datagrams_dropped", "Datagrams that went nowhere", lost);
        counter(
            registry,
            "media_datagrams_misrouted",
            "Datagrams that came to another thread",
            forwarded.datagrams_misrouted,
        );
        let help = "Links that ended because more was said about them than can wait";
        counter(registry, "media_links_overflowed", help, refused.orders);
        let keyframes =
            by("by", [("receivers", forwarded.keyframes_wanted), ("server", forwarded.keyframes_requested)]);
        registry.register("media_keyframe_requests", "Keyframes that were asked for", keyframes);
        counter(registry, "media_panics", "Links that ended by a fault of the server", forwarded.panics);
        let shown = by_gauge("layer", ["low", "middle", "high"].into_iter().zip(*layers));
        registry.register("media_slots", "Tiles that are sent, by their layer", shown);
    }

    fn register_lines(&self, registry: &mut Registry) {
        let Metered { forwarded, .. } = &self.media;
        let help = "Datagrams of which receivers have said whether they came";
        counter(registry, "media_datagrams_reported", help, forwarded.reported);
        counter(registry, "media_datagrams_lost", "Those of them that did not come", forwarded.lost);
        registry.register_collector(Box::new(RoundTrips(forwarded.round_trips)));
    }

    fn register_relayed(&self, registry: &mut Registry) {
        let relayed = &self.media.relayed;
        let help = "Allocations of the relay";
        registry.register("relay_allocations", help, ConstGauge::new(as_gauge(relayed.allocations)));
        counter(registry, "relay_allocations_made", "Allocations that were made", relayed.allocated);
        let packets =
            by("to", [("peers", relayed.packets_to_peers), ("clients", relayed.packets_to_clients)]);
        registry.register("relay_packets", "Datagrams that were relayed", packets);
        let bytes = by("to", [("peers", relayed.bytes_to_peers), ("clients", relayed.bytes_to_clients)]);
        registry.register_with_unit("relay", "Bytes that were relayed", Unit::Bytes, bytes);
        let refused = by(
            "reason",
            [
                ("over_quota", relayed.over_quota),
                ("over_rate", relayed.over_rate),
                ("over_rate_of_user", relayed.over_rate_of_user),
                ("unauthorized", relayed.unauthorized),
                ("withheld", relayed.withheld),
                ("forbidden", relayed.forbidden),
                ("not_understood", relayed.dropped),
            ],
        );
        registry.register("relay_refusals", "What the relay did not do", refused);
    }
}

type Gauges<const N: usize = 2> = Family<Labels<N>, Gauge>;
type Counters<const N: usize> = Family<Labels<N>, Counter>;

fn counter(registry: &mut Registry, name: Label, help: Label, count: u64) {
    registry.register(name, help, ConstCounter::new(count));
}

fn by<const N: usize>(label: Label, counts: [(Label, u64); N]) -> Counters<1> {
    let family = Counters::default();
    for (value, count) in counts {
        family.get_or_create(&[(label, value)]).inc_by(count);
    }
    family
}

fn by_gauge(label: Label, counts: impl Iterator<Item = (Label, u64)>) -> Gauges<1> {
    let family = Gauges::default();
    for (value, count) in counts {
        family.get_or_create(&[(label, value)]).set(as_gauge(count));
    }
    family
}

fn as_gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// For whoever runs the server, of whom the system keeps no part for itself.
fn data_free(folder: &std::path::Path) -> Option<u64> {
    let of = rustix::fs::statvfs(folder).ok()?;
    Some(of.f_bavail.saturating_mul(of.f_frsize))
}

/// A histogram that was counted elsewhere.
#[derive(Debug)]
struct RoundTrips(sfu::RoundTrips);

impl Collector for RoundTrips {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let help = "From a datagram to the report that it came, the shortest of each 200 ms and link";
        let unit = Some(&Unit::Seconds);
        let encoder = encoder.encode_descriptor("media_round_trip", help, unit, MetricType::Histogram)?;
        encode_histogram(encoder, &self.0)
    }
}

fn encode_histogram(mut encoder: MetricEncoder<'_>, of: &sfu::RoundTrips) -> Result<(), std::fmt::Error> {
    let bounds = sfu::ROUND_TRIP_BOUNDS.map(|millis| millis as f64 / 1_000.0);
    let buckets: Vec<_> = bounds.into_iter().chain([f64::INFINITY]).zip(of.counts).collect();
    let count = of.counts.iter().sum();
    encoder.encode_histogram::<NoLabelSet>(of.micros as f64 / 1e6, count, &buckets, None)
}
