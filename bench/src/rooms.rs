//! Rooms full of clients.

use crate::client::Client;
use crate::peer::Peer;

/// People in a room of the usual size.
pub(crate) const USUAL: usize = 4;

/// Fills rooms of a size until there are this many clients.
pub(crate) async fn fill(peer: &Peer, size: usize, count: usize) -> anyhow::Result<Vec<Client>> {
    fill_by_way_of(peer, &[peer], size, count).await
}

/// The same, where each comes to the next of some nodes.
pub(crate) async fn fill_by_way_of(
    maker: &Peer,
    entries: &[&Peer],
    size: usize,
    count: usize,
) -> anyhow::Result<Vec<Client>> {
    let mut clients = Vec::with_capacity(count);
    let mut entries = entries.iter().cycle();
    while clients.len() < count {
        let room = maker.new_room(size).await?;
        for person in 0..size.min(count - clients.len()) {
            let name = format!("Person {person}");
            let Some(entry) = entries.next() else { return Ok(clients) };
            clients.push(Client::join(maker.dialect, entry.address, &room, &name, None).await?);
        }
    }
    Ok(clients)
}
