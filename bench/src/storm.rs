//! The server is killed and started again, and everybody comes back at once.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

use crate::client::Client;
use crate::peer::Peer;
use crate::rooms::{USUAL, fill};

/// How a storm went.
pub(crate) struct Storm {
    /// From the moment the server listens until the last one is in its room again.
    pub(crate) took: Duration,
    /// The server's time on the processors.
    pub(crate) processor: Duration,
}

/// Sends this many clients back into their rooms, with what they came to know the first time.
pub(crate) async fn run(peer: &mut Peer, count: usize) -> anyhow::Result<Storm> {
    let clients = fill(peer, USUAL, count).await?;
    let seats: Vec<_> = clients.into_iter().map(|client| (client.room, client.session)).collect();
    peer.restart().await?;
    let (before, began) = (peer.processor_time()?, Instant::now());
    let mut coming: FuturesUnordered<_> = seats
        .iter()
        .map(|(room, session)| Client::join(peer.dialect, peer.address, room, "Somebody", session.as_deref()))
        .collect();
    let mut back = Vec::with_capacity(count);
    while let Some(client) = coming.next().await {
        back.push(client?);
    }
    Ok(Storm { took: began.elapsed(), processor: peer.processor_time()? - before })
}
