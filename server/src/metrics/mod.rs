//! What this server counts, for `/metrics`. Counters are told of what happens, where it happens; what is so at a moment, and what shards
//! count for themselves, is asked when somebody scrapes (`scrape/`). No label holds a room, a person or an address.

mod families;
mod log_counts;

pub(crate) use families::{Families, Histograms, Label, Labels};
pub use log_counts::LogCounts;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use protocol::{ErrorCode, JoinSteps, Outcome, RingEvent};

/// What a page tells of a longer way in is not believed, in milliseconds.
const LONGEST_JOIN: u32 = 10 * 60 * 1_000;

/// The counters of one server; a clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct Metrics(Arc<Counted>);

pub(crate) struct Counted {
    families: Families,
    registry: Registry,
}

/// Where something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefusedAt {
    /// Before there was a connection.
    Upgrade,
    /// With the end of the connection.
    Connection,
    /// In a room, whose connection goes on.
    Room,
    /// By the rings, whose connection goes on.
    Rings,
}

/// What somebody wanted to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forged {
    /// That they were in a room before.
    Session,
    /// That a program gives them access to a room.
    Access,
    /// That they have a key or an invitation.
    Credential,
    /// That they have the key of a call identity.
    Identity,
    /// That they have an API key.
    ApiKey,
}

/// What a queue is for, where it has no room for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// To a socket whose other end reads too slowly: it was cut off.
    Connection,
    /// To the journal: chat that was not kept.
    Journal,
    /// To storage, with changes of rules.
    Settings,
    /// To the reader of chat.
    History,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let (families, mut registry) = (Families::new(), Registry::with_prefix("veranda"));
        families.register(&mut registry);
        Self(Arc::new(Counted { families, registry }))
    }

    /// All counters with their names.
    pub(crate) fn registry(&self) -> &Registry {
        &self.0.registry
    }

    pub(crate) fn refused(&self, at: RefusedAt, code: ErrorCode) {
        add(&self.refusals, [("at", at.name()), ("reason", code.into())], 1);
    }

    pub(crate) fn forged(&self, what: Forged) {
        add(&self.forged, [("what", what.name())], 1);
    }

    pub(crate) fn queue_refused(&self, queue: Queue) {
        add(&self.queue_refusals, [("queue", queue.name())], 1);
    }

    /// So many messages of a type were sent.
    pub(crate) fn sent(&self, by: Label, kind: Label, count: u64) {
        add(&self.sent, [("by", by), ("type", kind)], count);
    }

    /// A message of a type came.
    pub(crate) fn received(&self, to: Label, kind: Label) {
        add(&self.received, [("to", to), ("type", kind)], 1);
    }

    /// Something is said to a device.
    pub(crate) fn ring_event(&self, event: &RingEvent) {
        if let RingEvent::Error(error) = event {
            self.refused(RefusedAt::Rings, error.code);
        }
        self.sent("rings", event.into(), 1);
    }

    pub(crate) fn ring_over(&self, outcome: Outcome) {
        add(&self.ring_outcomes, [("outcome", outcome.into())], 1);
    }

    /// What a page has told of its way into a room.
    pub(crate) fn told(&self, steps: JoinSteps) {
        let JoinSteps { joined, devices, connected, first_frame, said } = steps;
        let told = [
            ("page_joined", joined),
            ("page_devices", devices),
            ("page_connected", connected),
            ("page_first_frame", first_frame),
        ];
        for (step, millis) in told {
            if let Some(millis) = millis.filter(|millis| *millis <= said && said <= LONGEST_JOIN) {
                self.join_step(step, Duration::from_millis(millis.into()));
            }
        }
    }

    pub(crate) fn join_step(&self, step: Label, took: Duration) {
        observe(&self.join_steps, [("step", step)], took);
    }
}

impl Deref for Metrics {
    type Target = Families;

    fn deref(&self) -> &Families {
        &self.0.families
    }
}

/// Counts.
pub(crate) fn add<const N: usize>(family: &Family<Labels<N>, Counter>, labels: Labels<N>, count: u64) {
    family.get_or_create(&labels).inc_by(count);
}

/// Notes how long something took.
pub(crate) fn observe(family: &Histograms<1>, labels: Labels<1>, took: Duration) {
    family.get_or_create(&labels).observe(took.as_secs_f64());
}

impl RefusedAt {
    pub(crate) const ALL: [Self; 4] = [Self::Upgrade, Self::Connection, Self::Room, Self::Rings];

    fn name(self) -> Label {
        match self {
            Self::Upgrade => "upgrade",
            Self::Connection => "connection",
            Self::Room => "room",
            Self::Rings => "rings",
        }
    }
}

impl Forged {
    pub(crate) const ALL: [Self; 5] =
        [Self::Session, Self::Access, Self::Credential, Self::Identity, Self::ApiKey];

    fn name(self) -> Label {
        match self {
            Self::Session => "session",
            Self::Access => "access",
            Self::Credential => "credential",
            Self::Identity => "identity",
            Self::ApiKey => "api_key",
        }
    }
}

impl Queue {
    fn name(self) -> Label {
        match self {
            Self::Connection => "connection",
            Self::Journal => "journal",
            Self::Settings => "settings",
            Self::History => "history",
        }
    }
}
