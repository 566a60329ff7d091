//! Every counter that is told of what happens: its name, its labels, and the values that are there before anything has happened. A rate
//! over a counter that begins with its first event does not see that one.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use protocol::{ErrorCode, OpeningMessage, Outcome, RingEvent, RingMessage, RoomMessage, ServerMessage};
use strum::VariantNames as _;

use super::{Forged, RefusedAt, add};

/// The name or the value of a label: written in the program, never from outside.
pub(crate) type Label = &'static str;

/// The labels of one series.
pub(crate) type Labels<const N: usize> = [(Label, Label); N];

/// Histograms by their labels.
pub(crate) type Histograms<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

type Counters<const N: usize> = Family<Labels<N>, Counter>;

/// How one gets into a room: what the server does, and what the page has told of itself.
pub(crate) const STEPS: [Label; 7] =
    ["find", "check", "enter", "page_joined", "page_devices", "page_connected", "page_first_frame"];

/// What has no room for more.
pub(crate) const QUEUES: [Label; 4] = ["connection", "journal", "settings", "history"];

/// Parts of what is kept.
pub(crate) const REPOSITORIES: [Label; 16] = [
    "rooms",
    "keys",
    "seats",
    "chat",
    "journal",
    "api_keys",
    "audit",
    "admins",
    "usage",
    "builds",
    "identities",
    "contacts",
    "calls",
    "outbox",
    "push",
    "recordings",
];

/// Paths of media, as labels.
pub(crate) const PATHS: [Label; 2] = ["mesh", "sfu"];

/// What becomes of a push.
pub(crate) const PUSH_OUTCOMES: [Label; 4] = ["delivered", "retried", "given_up", "gone"];

/// Why a recording is over.
pub(crate) const RECORDING_ENDS: [Label; 4] = ["stopped", "disk_full", "failed", "room_empty"];

/// What is asked over HTTP, and how that ends.
pub(crate) const SURFACES: [Label; 5] = ["page", "rest", "websocket", "file", "health"];
pub(crate) const STATUSES: [Label; 6] = ["1xx", "2xx", "3xx", "4xx", "429", "5xx"];

/// All of them.
pub(crate) struct Families {
    pub(crate) received: Counters<2>,
    pub(crate) sent: Counters<2>,
    pub(crate) refusals: Counters<2>,
    pub(crate) joins: Counters<1>,
    pub(crate) join_steps: Histograms<1>,
    pub(crate) migrations: Counters<2>,
    pub(crate) rings: Counter,
    pub(crate) ring_outcomes: Counters<1>,
    pub(crate) storage: Histograms<1>,
    pub(crate) storage_failures: Counters<1>,
    pub(crate) queue_refusals: Counters<1>,
    pub(crate) wrong_passwords: Counter,
    pub(crate) forged: Counters<1>,
    pub(crate) pushes: Counters<1>,
    pub(crate) http: Counters<2>,
    pub(crate) recorded_bytes: Counter,
    pub(crate) frames_not_recorded: Counter,
    pub(crate) recording_ends: Counters<1>,
}

impl Families {
    pub(super) fn new() -> Self {
        let this = Self {
            received: Family::default(),
            sent: Family::default(),
            refusals: Family::default(),
            joins: Family::default(),
            join_steps: Family::new_with_constructor(|| Histogram::new(JOIN_BOUNDS)),
            migrations: Family::default(),
            rings: Counter::default(),
            ring_outcomes: Family::default(),
            storage: Family::new_with_constructor(|| Histogram::new(STORAGE_BOUNDS)),
            storage_failures: Family::default(),
            queue_refusals: Family::default(),
            wrong_passwords: Counter::default(),
            forged: Family::default(),
            pushes: Family::default(),
            http: Family::default(),
            recorded_bytes: Counter::default(),
            frames_not_recorded: Counter::default(),
            recording_ends: Family::default(),
        };
        this.begin();
        this
    }

    /// Has every series be there that there can be.
    fn begin(&self) {
        let of = |family: &Counters<2>, names: [Label; 2], of: Label, kinds: &[Label]| {
            kinds.iter().for_each(|kind| add(family, [(names[0], of), (names[1], kind)], 0));
        };
        of(&self.received, ["to", "type"], "opening", OpeningMessage::VARIANTS);
        of(&self.received, ["to", "type"], "room", RoomMessage::VARIANTS);
        of(&self.received, ["to", "type"], "rings", RingMessage::VARIANTS);
        of(&self.sent, ["by", "type"], "room", ServerMessage::VARIANTS);
        of(&self.sent, ["by", "type"], "rings", RingEvent::VARIANTS);
        for at in RefusedAt::ALL {
            of(&self.refusals, ["at", "reason"], at.name(), ErrorCode::VARIANTS);
        }
        for stage in ["begun", "finished", "aborted"] {
            PATHS.iter().for_each(|to| add(&self.migrations, [("to", to), ("stage", stage)], 0));
        }
        SURFACES.iter().for_each(|surface| of(&self.http, ["surface", "status"], surface, &STATUSES));
        let one = |family: &Counters<1>, name: Label, values: &[Label]| {
            values.iter().for_each(|value| add(family, [(name, value)], 0));
        };
        one(&self.joins, "how", &["join", "resume"]);
        one(&self.ring_outcomes, "outcome", Outcome::VARIANTS);
        one(&self.storage_failures, "repository", &REPOSITORIES);
        one(&self.queue_refusals, "queue", &QUEUES);
        one(&self.forged, "what", &Forged::ALL.map(Forged::name));
        one(&self.pushes, "outcome", &PUSH_OUTCOMES);
        one(&self.recording_ends, "reason", &RECORDING_ENDS);
        REPOSITORIES.iter().for_each(|name| drop(self.storage.get_or_create(&[("repository", *name)])));
        STEPS.iter().for_each(|step| drop(self.join_steps.get_or_create(&[("step", *step)])));
    }

    pub(super) fn register(&self, to: &mut Registry) {
        to.register("messages_received", "Messages that came over WebSockets", self.received.clone());
        to.register("messages_sent", "Messages that were queued for WebSockets", self.sent.clone());
        to.register("refusals", "What was refused, and why", self.refusals.clone());
        to.register("joins", "People who have got into a room", self.joins.clone());
        let help = "How long steps into a room took; page_: from Join until then, as pages have told";
        to.register_with_unit("join_step_duration", help, Unit::Seconds, self.join_steps.clone());
        to.register("migrations", "Rooms whose media changed its path", self.migrations.clone());
        to.register("rings", "Rings that were placed", self.rings.clone());
        to.register("ring_outcomes", "How rings ended", self.ring_outcomes.clone());
        let help = "How long operations of the storage took";
        to.register_with_unit("storage_operation_duration", help, Unit::Seconds, self.storage.clone());
        let help = "Operations of the storage that failed";
        to.register("storage_failures", help, self.storage_failures.clone());
        let help = "What a queue had no room for; of a connection: those that were cut off";
        to.register("queue_refusals", help, self.queue_refusals.clone());
        to.register("wrong_passwords", "Room passwords that were wrong", self.wrong_passwords.clone());
        let help = "Tokens and keys that this server has not made, or not for what they were shown for";
        to.register("forged", help, self.forged.clone());
        to.register("pushes", "Attempts to reach a browser by its push service", self.pushes.clone());
        to.register("http_responses", "Answers over HTTP, by what was asked", self.http.clone());
        let help = "Bytes that were written into files of recordings";
        to.register("recorded_bytes", help, self.recorded_bytes.clone());
        let help = "Frames that came and are in no file, for want of a keyframe or of a key";
        to.register("frames_not_recorded", help, self.frames_not_recorded.clone());
        let help = "Recordings that are over, and why";
        to.register("recording_ends", help, self.recording_ends.clone());
    }
}

/// Upper bounds, in seconds. The slowest that anybody waits for is a page that is about to give up.
const JOIN_BOUNDS: [f64; 12] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

const STORAGE_BOUNDS: [f64; 9] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0];
