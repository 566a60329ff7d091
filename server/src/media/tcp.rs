//! Media over TCP, for networks without UDP (RFC 6544): each datagram with its length before it (RFC 4571).

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::tasks;

/// Connections of one shard.
const MAX_CONNECTIONS: usize = 2_000;

/// How long a connection may say nothing. A browser checks its path every few seconds (RFC 7675).
const SILENT_FOR: Duration = Duration::from_secs(30);

/// Datagrams that wait for a slow connection; beyond them they are lost, as on any network.
const WAITING: usize = 512;

/// What the connections have brought, for the shard.
pub(super) enum FromTcp {
    /// A connection is there.
    Opened(SocketAddr, mpsc::Sender<Vec<u8>>),
    /// A datagram came.
    Datagram(SocketAddr, Vec<u8>),
    /// A connection is gone.
    Closed(SocketAddr),
}

/// The connections of a shard, by the address of their other end.
#[derive(Default)]
pub(super) struct Connections {
    senders: HashMap<SocketAddr, mpsc::Sender<Vec<u8>>>,
}

impl Connections {
    /// Notes a connection; false when there are too many, and it ends.
    pub(super) fn add(&mut self, address: SocketAddr, sender: mpsc::Sender<Vec<u8>>) {
        if self.senders.len() < MAX_CONNECTIONS {
            self.senders.insert(address, sender);
        }
    }

    pub(super) fn remove(&mut self, address: SocketAddr) {
        self.senders.remove(&address);
    }

    pub(super) fn send(&self, address: SocketAddr, datagram: Vec<u8>) {
        if let Some(sender) = self.senders.get(&address) {
            _ = sender.try_send(datagram);
        }
    }
}

/// Takes connections until the shard ends.
pub(super) async fn accept(listener: TcpListener, shard: mpsc::Sender<FromTcp>) {
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                let address = SocketAddr::new(address.ip().to_canonical(), address.port());
                tasks::spawn(serve(stream, address, shard.clone()));
            }
            // Too many open files, for one, is not over at once.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
        if shard.is_closed() {
            return;
        }
    }
}

async fn serve(stream: TcpStream, address: SocketAddr, shard: mpsc::Sender<FromTcp>) {
    _ = stream.set_nodelay(true);
    let (incoming, outgoing) = stream.into_split();
    let (sender, waiting) = mpsc::channel(WAITING);
    if shard.send(FromTcp::Opened(address, sender)).await.is_err() {
        return;
    }
    tokio::select! {
        _ = read(incoming, address, &shard) => {}
        _ = write(outgoing, waiting) => {}
    }
    _ = shard.send(FromTcp::Closed(address)).await;
}

async fn read(incoming: OwnedReadHalf, address: SocketAddr, shard: &mpsc::Sender<FromTcp>) -> io::Result<()> {
    let mut incoming = BufReader::new(incoming);
    loop {
        let datagram = tokio::time::timeout(SILENT_FOR, next(&mut incoming)).await??;
        if shard.send(FromTcp::Datagram(address, datagram)).await.is_err() {
            return Ok(());
        }
    }
}

async fn next(incoming: &mut BufReader<OwnedReadHalf>) -> io::Result<Vec<u8>> {
    let length = incoming.read_u16().await?;
    let mut datagram = vec![0; usize::from(length)];
    incoming.read_exact(&mut datagram).await?;
    Ok(datagram)
}

/// Ends when the shard has dropped the connection.
async fn write(mut outgoing: OwnedWriteHalf, mut waiting: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    let mut frames = Vec::new();
    while let Some(datagram) = waiting.recv().await {
        frames.clear();
        frame(&mut frames, &datagram);
        while let Ok(datagram) = waiting.try_recv() {
            frame(&mut frames, &datagram);
        }
        outgoing.write_all(&frames).await?;
    }
    Ok(())
}

fn frame(frames: &mut Vec<u8>, datagram: &[u8]) {
    if let Ok(length) = u16::try_from(datagram.len()) {
        frames.extend_from_slice(&length.to_be_bytes());
        frames.extend_from_slice(datagram);
    }
}
