//! How the other nodes are: each is asked once, all at the same time, and the answers are good for a second, however many want to know.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use cluster::{NodeAt, NodeId};
use futures::future::join_all;
use protocol::Timestamp;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::links::Links;
use super::report::{Neighbour, Neighbours, NodeReport};
use super::status::Status;
use crate::clock;

/// How long a node may take to say how it is. Raising it keeps pages and lists back while a node hangs.
const ANSWERS_WITHIN: Duration = Duration::from_millis(400);

/// How long an answer is good for.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// The longest answer, in bytes: that of a node with as many rooms as it may report.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// What is known of the other nodes.
pub(super) struct Reports {
    links: Links,
    status: Status,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    last: Option<(Instant, Arc<Neighbours>)>,
    /// What nodes are called, also those that do not answer any more.
    names: HashMap<NodeId, String>,
}

impl Reports {
    pub(super) fn new(links: Links, status: Status) -> Self {
        Self { links, status, known: Mutex::default() }
    }

    /// What the other nodes say. One asks for all.
    pub(super) async fn get(&self, now: Timestamp) -> Arc<Neighbours> {
        let mut known = self.known.lock().await;
        let is_good = |at: &Instant| clock::moment().saturating_duration_since(*at) < GOOD_FOR;
        if let Some((_, neighbours)) = known.last.as_ref().filter(|(at, _)| is_good(at)) {
            return Arc::clone(neighbours);
        }
        let nodes = self.status.nodes();
        let answers = join_all(nodes.iter().map(|at| self.ask(at))).await;
        let gone = self.status.gone(now);
        known
            .names
            .retain(|id, _| nodes.iter().chain(gone.iter().map(|(at, _)| at)).any(|at| at.node == *id));
        for (at, report) in nodes.iter().zip(&answers) {
            if let Some(report) = report {
                known.names.insert(at.node, report.name.clone());
            }
        }
        let name = |at: &NodeAt| known.names.get(&at.node).cloned();
        let there = nodes.into_iter().zip(answers).map(|(at, report)| Neighbour {
            name: name(&at),
            at,
            gone_since: None,
            report,
        });
        let gone = gone.into_iter().map(|(at, since)| Neighbour {
            name: name(&at),
            at,
            gone_since: Some(since),
            report: None,
        });
        let neighbours = Arc::new(Neighbours(there.chain(gone).collect()));
        known.last = Some((clock::moment(), Arc::clone(&neighbours)));
        neighbours
    }

    async fn ask(&self, at: &NodeAt) -> Option<NodeReport> {
        let asking = async {
            let request = Request::get("https://node/report").body(Body::empty()).ok()?;
            let response = self.links.request(at, request).await.ok()?;
            if response.status() != StatusCode::OK {
                return None;
            }
            let body = axum::body::to_bytes(Body::new(response.into_body()), ANSWER_BYTES).await.ok()?;
            serde_json::from_slice(&body).ok()
        };
        timeout(ANSWERS_WITHIN, asking).await.ok().flatten()
    }
}
