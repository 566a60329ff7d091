//! What an idle connection costs, its share of a room of four included.

use crate::peer::Peer;
use crate::rooms::{USUAL, fill};

/// Connections made before anything is measured, so that what is made once is not counted.
const WARM_UP: usize = 80;

/// Resident bytes a connection.
pub(crate) async fn bytes(peer: &mut Peer, count: usize) -> anyhow::Result<u64> {
    let _first = fill(peer, USUAL, WARM_UP).await?;
    let before = peer.resident().await?;
    let _clients = fill(peer, USUAL, count).await?;
    let after = peer.resident().await?;
    Ok(after.saturating_sub(before) / count as u64)
}
