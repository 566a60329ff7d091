//! What a room's task does, counted. Messages to many are counted together, so that one more receiver costs an addition.

use protocol::{MediaVia, ServerMessage, Topology};

use crate::metrics::{Label, Metrics, Queue, RefusedAt, add};

/// Counts for one room.
pub(super) struct RoomMeter {
    metrics: Metrics,
    topology: Topology,
    /// Messages of one type that were sent one after the other, and are not counted yet.
    run: Option<(Label, u64)>,
}

impl RoomMeter {
    pub(super) fn new(metrics: Metrics, topology: Topology) -> Self {
        Self { metrics, topology, run: None }
    }

    pub(super) fn sent(&mut self, message: &ServerMessage) {
        if let ServerMessage::Error(error) = message {
            self.metrics.refused(RefusedAt::Room, error.code);
        }
        let kind: Label = message.into();
        match &mut self.run {
            Some((of, count)) if *of == kind => *count += 1,
            Some(_) | None => {
                self.count();
                self.run = Some((kind, 1));
            }
        }
    }

    /// Everything is carried out that was to be, and media is to take this path now.
    pub(super) fn carried_out(&mut self, topology: Topology) {
        self.count();
        let before = std::mem::replace(&mut self.topology, topology);
        if before == topology {
            return;
        }
        let stage = |via, stage| add(&self.metrics.migrations, [("to", path(via)), ("stage", stage)], 1);
        if let Some(migration) = before.migration
            && topology.migration != before.migration
        {
            let is_done = topology.epoch == migration.epoch;
            stage(migration.via, if is_done { "finished" } else { "aborted" });
        }
        if let Some(migration) = topology.migration
            && topology.migration != before.migration
        {
            stage(migration.via, "begun");
        }
    }

    /// Somebody was cut off who reads too slowly.
    pub(super) fn cut_off(&self) {
        self.metrics.queue_refused(Queue::Connection);
    }

    pub(super) fn queue_refused(&self, queue: Queue) {
        self.metrics.queue_refused(queue);
    }

    fn count(&mut self) {
        if let Some((kind, count)) = self.run.take() {
            let how = match kind {
                "joined" => Some("join"),
                "resumed" => Some("resume"),
                _ => None,
            };
            how.iter().for_each(|how| add(&self.metrics.joins, [("how", how)], count));
            self.metrics.sent("room", kind, count);
        }
    }
}

/// A path as the value of a label.
pub(super) fn path(via: MediaVia) -> Label {
    match via {
        MediaVia::Mesh => "mesh",
        MediaVia::Sfu(_) => "sfu",
    }
}
