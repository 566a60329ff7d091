//! Rooms full of clients.

use crate::client::Client;
use crate::peer::Peer;

/// People in a room of the usual size.
pub(crate) const USUAL: usize = 4;

/// Fills rooms of a size until there are this many clients.
pub(crate) async fn fill(peer: &Peer, size: usize, count: usize) -> anyhow::Result<Vec<Client>> {
    let mut clients = Vec::with_capacity(count);
    while clients.len() < count {
        let room = peer.new_room(size).await?;
        for person in 0..size.min(count - clients.len()) {
            let name = format!("Person {person}");
            clients.push(Client::join(peer.dialect, peer.address, &room, &name, None).await?);
        }
    }
    Ok(clients)
}
