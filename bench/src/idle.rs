//! What an idle connection costs, its share of a room of four included.

use futures::SinkExt;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, next};
use crate::dialect::Heard;
use crate::peer::Peer;
use crate::rooms::{USUAL, fill};

/// Connections made before anything is measured, so that what is made once is not counted.
const WARM_UP: usize = 80;

/// Resident bytes a connection.
pub(crate) async fn bytes(peer: &mut Peer, count: usize) -> anyhow::Result<u64> {
    let _first = settled(fill(peer, USUAL, WARM_UP).await?).await?;
    let before = peer.resident().await?;
    let _clients = settled(fill(peer, USUAL, count).await?).await?;
    let after = peer.resident().await?;
    Ok(after.saturating_sub(before) / count as u64)
}

/// Clients that have read what they were told, and said so, as pages do after some seconds.
pub(crate) async fn settled(mut clients: Vec<Client>) -> anyhow::Result<Vec<Client>> {
    for client in &mut clients {
        let Some(first) = client.dialect.sign_of_life(0) else { continue };
        client.sink.send(Message::text(first)).await?;
        let mut last = 0;
        loop {
            let (heard, number) = next(&mut client.stream, client.dialect).await?;
            last = number.unwrap_or(last);
            if heard == Heard::Pong {
                break;
            }
        }
        let acknowledging = client.dialect.sign_of_life(last).unwrap_or_default();
        client.sink.send(Message::text(acknowledging)).await?;
        while next(&mut client.stream, client.dialect).await?.0 != Heard::Pong {}
    }
    Ok(clients)
}
