//! What this server does because it is one of several: rooms that are another node's are let go of, those of a node that leaves are moved, and one node
//! has the rings.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use anyhow::Context as _;
use cluster::{Arrival, Coordination, LetGoReason, NodeAt, OfferAnswer, StopReason};
use storage::{Fence, Ownable, Storage};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::drain_notes;
use crate::metered_storage::MeteredStorage;
use crate::nodes::{Effect, Stay};
use crate::rooms::RoomEvent;
use crate::state::Shared;
use crate::{AppState, node_port, router, tasks};

/// How soon it is looked again whether another node still has the rings.
const RINGS_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// How long people whose room has moved have to open a link to the next node: longer than a browser takes to find a path.
pub const LINKS_END_WITHIN: Duration = Duration::from_secs(15);

/// How long what is to be written of a room may take before it is offered to another node.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);

/// How long a node that is to end at once takes for that.
const ENDS_WITHIN: Duration = Duration::from_secs(2);

/// How often it is looked whether they have.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// How soon rings that could not be read are tried again.
const READS_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Carries out what the cluster wants, for as long as there is a server.
async fn carry_out(state: Weak<Shared>, mut effects: mpsc::UnboundedReceiver<Effect>) {
    let mut beginning: Option<AbortHandle> = None;
    while let Some(effect) = effects.recv().await {
        let Some(state) = state.upgrade() else { return };
        match effect {
            // Nothing waits for them to be read.
            Effect::BeginRings(stay) => {
                beginning = Some(tasks::spawn(begin_rings(state, stay)).abort_handle());
            }
            Effect::LetGo { of: Ownable::Room(code), fence, reason } => {
                tracing::info!(reason = why(&state, reason), "a room is not this node's any more");
                let event = match reason {
                    LetGoReason::Moved { .. } => RoomEvent::HandedOver { fence },
                    LetGoReason::Fenced
                    | LetGoReason::Deleted
                    | LetGoReason::Closed
                    | LetGoReason::Superseded => RoomEvent::Fenced { fence },
                };
                // A room that waits for the database keeps no other.
                tasks::spawn(async move { state.rooms.tell_running(code, event).await });
            }
            Effect::LetGo { of: Ownable::Rings, reason, .. } => {
                tracing::info!(reason = why(&state, reason), "another node has the rings");
                beginning.take().inspect(AbortHandle::abort);
                state.rings.end();
            }
            Effect::Move { of, fence, to, reply } => {
                tasks::spawn(async move { _ = reply.send(offer(&state, of, fence, &to).await) });
            }
            Effect::Keep { of: Ownable::Room(code), fence } => {
                tasks::spawn(async move {
                    state.rooms.tell_running(code, RoomEvent::OfferRefused { fence }).await;
                });
            }
            Effect::Keep { of: Ownable::Rings, .. } => {}
            Effect::Coordination(Coordination::Shared) => tracing::info!("Redis is there"),
            Effect::Coordination(Coordination::Alone { share_of }) => {
                tracing::warn!(
                    share_of,
                    "Redis is away: no node takes rooms, and those that there are go on"
                );
            }
            Effect::DrainsAlone => state.note(drain_notes::ALONE),
            Effect::Drained { closed } => state.note(&drain_notes::closed(closed)),
            Effect::Stop(reason) => {
                tracing::info!(?reason, "this node has left its cluster");
                beginning.take().inspect(AbortHandle::abort);
                state.left_cluster.send_replace(Some(reason));
            }
        }
    }
    if let Some(state) = state.upgrade() {
        tracing::error!("what makes this server a node of its cluster has failed: start it again");
        state.left_cluster.send_replace(Some(StopReason::Drained));
    }
}

/// Why something is not this node's any more, for the log: with the address of whoever has it, under which others know it.
fn why(state: &Shared, reason: LetGoReason) -> String {
    match reason {
        LetGoReason::Moved { to } => {
            let address = state.cluster.as_ref().and_then(|cluster| cluster.address_of(to));
            format!("moved to {}", address.as_deref().unwrap_or("a node that is gone"))
        }
        LetGoReason::Fenced => "another node has it".to_owned(),
        LetGoReason::Deleted => "deleted".to_owned(),
        LetGoReason::Closed => "nobody has taken it in time".to_owned(),
        LetGoReason::Superseded => "this node was started again elsewhere".to_owned(),
    }
}

/// Has another node take what this one has, once what waits of it is written.
async fn offer(state: &Shared, of: Ownable, fence: Fence, to: &NodeAt) -> OfferAnswer {
    let Some(cluster) = &state.cluster else { return OfferAnswer::Refused };
    let written = async {
        match of {
            Ownable::Room(code) => {
                state.rooms.offer(code, fence).await;
                state.rooms.flush().await;
            }
            Ownable::Rings => state.rings.flush().await,
        }
    };
    // What is not written by then, the other node does not know.
    _ = timeout(WRITTEN_WITHIN, written).await;
    cluster.offer(of, fence, to).await
}

/// Begins the rings with what the node before this one has left.
async fn begin_rings(state: Arc<Shared>, stay: Stay) {
    let Some(cluster) = &state.cluster else { return };
    tracing::info!("this node has the rings");
    let storage = MeteredStorage::new(cluster.storage_of_rings(stay.fence()), state.metrics.clone());
    let storage: Arc<dyn Storage> = Arc::new(storage);
    let mut stay = Some(stay);
    loop {
        let (storage, rooms) = (Arc::clone(&storage), state.rooms.clone());
        match state.rings.begin(state.clock, storage, rooms, state.notices.clone(), &mut stay).await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, "the rings cannot be read"),
        }
        tokio::time::sleep(READS_AGAIN_AFTER).await;
    }
}

/// Sees to it that a node has the rings: also where nobody asks for them, they end, and what is old is deleted.
async fn hold_rings(state: Weak<Shared>) {
    loop {
        let Some(state) = state.upgrade() else { return };
        let Some(cluster) = state.cluster.clone() else { return };
        drop(state);
        drop(cluster.lead(Ownable::Rings, Arrival::Client).await);
        tokio::time::sleep(RINGS_AGAIN_AFTER).await;
    }
}

impl AppState {
    fn downgrade(&self) -> Weak<Shared> {
        Arc::downgrade(self.shared())
    }

    /// Begins to be a node of its cluster, and answers others; nothing where this server is alone.
    ///
    /// # Errors
    ///
    /// When their address cannot be had.
    pub async fn open_to_nodes(&self) -> anyhow::Result<()> {
        let Some(cluster) = self.cluster.clone() else { return Ok(()) };
        let address = self.config.cluster.address;
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address} for other nodes ([cluster] address)"))?;
        tracing::info!(%address, "other nodes are answered");
        let reached_at = self.config.cluster.reached_at();
        if reached_at.parse().is_ok_and(|at: SocketAddr| at.ip().is_loopback()) {
            tracing::warn!(
                %reached_at,
                "other nodes are told to reach this one there, which leads to their own machine: [cluster] address or reached_at"
            );
        }
        let effects = self.cluster_effects.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(effects) = effects {
            tasks::spawn(carry_out(self.downgrade(), effects));
            tasks::spawn(hold_rings(self.downgrade()));
        }
        tasks::spawn(node_port::serve(listener, cluster, self.clone(), router::router(self.clone())));
        Ok(())
    }

    /// Has this node's rooms go to others, and waits until they are there or its time is up; ends at once when `again` is there. Nothing
    /// where this server is alone.
    pub async fn drain(&self, again: impl Future<Output = ()>) {
        let Some(cluster) = &self.cluster else { return };
        let mut again = pin!(again);
        self.note(drain_notes::BEGUN);
        cluster.drain();
        let mut left = self.left_cluster.subscribe();
        tokio::select! {
            _ = left.wait_for(Option::is_some) => {}
            () = &mut again => {
                cluster.drain();
                _ = timeout(ENDS_WITHIN, self.left_cluster.subscribe().wait_for(Option::is_some)).await;
                return;
            }
        }
        // Whoever has no link to the next node yet is heard and seen by way of this one.
        let links_end = async {
            while self.media.meter().sum().links > 0 {
                tokio::time::sleep(LOOKS_EVERY).await;
            }
        };
        tokio::select! {
            _ = timeout(LINKS_END_WITHIN, links_end) => {}
            () = again => {}
        }
    }

    /// Waits until this node has no part in its cluster any more although nobody has asked it to leave, and says why. For ever where it is alone.
    pub async fn was_expelled(&self) -> StopReason {
        let mut left = self.left_cluster.subscribe();
        let is_expelled =
            |reason: &Option<StopReason>| reason.is_some_and(|reason| reason != StopReason::Drained);
        match left.wait_for(is_expelled).await.map(|reason| *reason) {
            Ok(Some(reason)) => reason,
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}
