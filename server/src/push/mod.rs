//! Web Push: how people are reached in whose browsers no page of Veranda is open. Nobody who rings waits for any of it, or could tell that it
//! happens: the rings' task leaves a notice, and goes on.
//!
//! ```text
//!   rings' task ──notice──▶ notices.rs ──entries──▶ outbox ──due──▶ deliveries.rs ──request──▶ push service ──▶ browser
//! ```

mod client;
mod deliveries;
mod endpoint;
mod in_flight;
mod message;
mod notices;
mod push_task;
mod vapid;

pub(crate) use notices::{Notice, NoticeKind, Notices};

use std::sync::Arc;

use anyhow::Context;
use protocol::{PublicKey, PushEndpoint, PushKey, PushSubscription};
use storage::{Digest, PushRecord, Storage};

use crate::clock::Clock;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::nodes::ClusterSecret;
use crate::{digest, tasks};
use client::PushClient;
use deliveries::Deliveries;
use endpoint::Endpoint;
use push_task::PushTask;
use vapid::Vapid;

/// Pushing, where the operator has turned it on.
pub(crate) struct Push {
    key: PushKey,
    allow_private: bool,
}

impl Push {
    /// Makes or reads the key and starts to deliver, where pushing is on; and the way to it in any case.
    pub(crate) fn start(
        config: &Config,
        clock: Clock,
        storage: Arc<dyn Storage>,
        metrics: &Metrics,
    ) -> anyhow::Result<(Option<Self>, Notices)> {
        let (push, data) = (&config.push, &config.storage.data);
        if !push.enabled {
            return Ok((None, Notices::nowhere()));
        }
        if push.allow_private {
            tracing::warn!(
                "[push] allow_private is true: browsers may have this server send requests into its own network"
            );
        }
        let vapid = if config.cluster.is_on() {
            Vapid::with_key(&ClusterSecret::of(&config.cluster).push_key(), push.subject.clone())?
        } else {
            Vapid::open(data, push.subject.clone())
                .with_context(|| format!("cannot use the key of pushes in {}", data.display()))?
        };
        let key = vapid.public().clone();
        let (notices, waiting) = Notices::channel();
        let client = PushClient::new(push.allow_private)?;
        let deliveries = Deliveries::new(clock, Arc::clone(&storage), vapid, client, metrics.clone());
        tasks::spawn(PushTask::new(clock, storage, deliveries).run(waiting));
        Ok((Some(Self { key, allow_private: push.allow_private }), notices))
    }

    /// The key that browsers subscribe with.
    pub(crate) fn key(&self) -> &PushKey {
        &self.key
    }

    /// What is kept of a browser that is to be pushed to. `None` when it cannot be: its endpoint may not be reached, or its key is none.
    pub(crate) fn record(&self, owner: &PublicKey, subscription: PushSubscription) -> Option<PushRecord> {
        Endpoint::parse(subscription.endpoint.expose(), self.allow_private).ok()?;
        message::is_key(&subscription.p256dh).then_some(())?;
        Some(PushRecord { id: id_of(&subscription.endpoint), owner: owner.clone(), subscription })
    }
}

/// By which a browser is known.
pub(crate) fn id_of(endpoint: &PushEndpoint) -> Digest {
    digest::of(endpoint.expose())
}
