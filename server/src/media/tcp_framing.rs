//! Takes streams and carries messages between each of them and its shard, to its end.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use relay::{Flow, Transport};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::shard_links::ShardLinks;
use super::streams::{FromStream, READ, TcpFlow, ToStream, Waiting};
use crate::connection_quota::{ConnectionQuota, QuotaPermit};
use crate::tasks;

/// How long a stream may say nothing. A browser checks its path every few seconds (RFC 7675), and asks the relay for more time
/// every few minutes.
const SILENT_FOR: Duration = Duration::from_secs(30);
const RELAYED_SILENT_FOR: Duration = Duration::from_secs(660);

/// Streams of all shards whose kind is not known yet, and how many of them one customer may have.
const UNSORTED: usize = 500;
const UNSORTED_OF_ONE: usize = UNSORTED / 8;

/// How long a stream may keep its kind to itself.
const SORTED_WITHIN: Duration = Duration::from_secs(10);

/// How long a stream may take nothing of what is written.
const STUCK_AFTER: Duration = Duration::from_secs(20);

/// Where the magic cookie of STUN is in the first message of each kind of stream (RFC 8489 §5).
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const IN_ICE: Range<usize> = 6..10;
const IN_TURN: Range<usize> = 4..8;

/// Where streams of all shards wait until their kind is known.
pub(super) fn quota_of_unsorted() -> Arc<ConnectionQuota> {
    ConnectionQuota::new(UNSORTED, UNSORTED_OF_ONE)
}

/// Takes connections until the shard ends. Those for which there is no place are closed, so that the others need not wait.
pub(super) async fn accept(
    listener: TcpListener,
    shard: u16,
    shard_links: ShardLinks,
    unsorted: Arc<ConnectionQuota>,
) {
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                if let Some(permit) = unsorted.take(Some(client.ip())) {
                    tasks::spawn(take(stream, client, permit, shard, shard_links.clone()));
                }
            }
            // Too many open files, for one, is not over at once.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
        if shard_links.streams(shard).is_none_or(mpsc::Sender::is_closed) {
            return;
        }
    }
}

async fn take(
    mut stream: TcpStream,
    client: SocketAddr,
    permit: QuotaPermit,
    here: u16,
    shard_links: ShardLinks,
) {
    _ = stream.set_nodelay(true);
    let Ok(server) = stream.local_addr() else { return };
    let (client, server) = (canonical(client), canonical(server));
    let sorted = tokio::time::timeout(SORTED_WITHIN, sort(&mut stream, client, server)).await;
    drop(permit);
    let Ok(Ok(Some((flow, first, read)))) = sorted else { return };
    let shard = match flow {
        TcpFlow::Ice(_) => shard_links.of_check(&read[first]).or(shard_links.streams(here)),
        TcpFlow::Relay(flow) => shard_links.of_client(flow.client.ip()),
    };
    if let Some(shard) = shard.cloned() {
        serve(stream, read, flow, shard).await;
    }
}

/// Looks at the first message: which kind of stream it is stands there.
async fn sort(
    stream: &mut (impl AsyncRead + Unpin),
    client: SocketAddr,
    server: SocketAddr,
) -> io::Result<Option<(TcpFlow, Range<usize>, Vec<u8>)>> {
    let mut read = Vec::with_capacity(READ);
    while read.len() < IN_ICE.end {
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(None);
        }
    }
    let flow = if read[IN_TURN] == COOKIE {
        TcpFlow::Relay(Flow { transport: Transport::Tcp, client, server })
    } else if read[IN_ICE] == COOKIE {
        TcpFlow::Ice(client)
    } else {
        return Ok(None);
    };
    loop {
        if let Some((first, _)) = flow.next(&read)? {
            return Ok(Some((flow, first, read)));
        }
        if read.len() >= READ || stream.read_buf(&mut read).await? == 0 {
            return Ok(None);
        }
    }
}

/// Carries messages between a stream, of which some was read already, and the shard.
pub(super) async fn serve<S>(stream: S, read: Vec<u8>, flow: TcpFlow, shard: mpsc::Sender<FromStream>)
where
    S: AsyncRead + AsyncWrite + Send,
{
    let (incoming, outgoing) = tokio::io::split(stream);
    let (opened, waiting) = ToStream::new();
    if shard.send(FromStream::Opened(flow, opened)).await.is_err() {
        return;
    }
    tokio::select! {
        _ = receive(incoming, read, flow, &shard) => {}
        _ = send(outgoing, waiting, flow) => {}
    }
    _ = shard.send(FromStream::Closed(flow)).await;
}

async fn receive(
    mut incoming: impl AsyncRead + Unpin,
    mut read: Vec<u8>,
    flow: TcpFlow,
    shard: &mpsc::Sender<FromStream>,
) -> io::Result<()> {
    let silent_for = match flow {
        TcpFlow::Ice(_) => SILENT_FOR,
        TcpFlow::Relay(_) => RELAYED_SILENT_FOR,
    };
    loop {
        let mut taken = 0;
        while let Some((message, end)) = flow.next(&read[taken..])? {
            let message = read[taken..][message].to_vec();
            taken += end;
            if shard.send(FromStream::Message(flow, message)).await.is_err() {
                return Ok(());
            }
        }
        read.drain(..taken);
        read.reserve(READ);
        if tokio::time::timeout(silent_for, incoming.read_buf(&mut read)).await?? == 0 {
            return Ok(());
        }
    }
}

/// Ends when the shard has dropped the stream.
async fn send(
    mut outgoing: impl AsyncWrite + Unpin,
    Waiting { mut messages, bytes }: Waiting,
    flow: TcpFlow,
) -> io::Result<()> {
    let mut frames = Vec::new();
    while let Some(message) = messages.recv().await {
        frames.clear();
        let mut taken = message.len();
        flow.frame(&mut frames, &message);
        while frames.len() < flow.most_at_once()
            && let Ok(message) = messages.try_recv()
        {
            taken += message.len();
            flow.frame(&mut frames, &message);
        }
        let written = async {
            outgoing.write_all(&frames).await?;
            outgoing.flush().await
        };
        tokio::time::timeout(STUCK_AFTER, written).await??;
        bytes.fetch_sub(taken, Ordering::Relaxed);
    }
    outgoing.shutdown().await
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Sorts a stream, and gives its messages to `take`; whether it is one of ICE, `None` when it is of no kind.
#[cfg(feature = "fuzzing")]
pub(crate) async fn read_for_fuzzing(
    mut stream: impl AsyncRead + Unpin,
    mut take: impl FnMut(Vec<u8>),
) -> io::Result<Option<bool>> {
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let Some((flow, _, read)) = sort(&mut stream, address, address).await? else { return Ok(None) };
    let (shard, mut messages) = mpsc::channel(1);
    let taking = async {
        while let Some(FromStream::Message(_, message)) = messages.recv().await {
            take(message);
        }
    };
    let receiving = async {
        let shard = shard;
        receive(stream, read, flow, &shard).await
    };
    let (ended, ()) = tokio::join!(receiving, taking);
    ended.map(|()| Some(matches!(flow, TcpFlow::Ice(_))))
}
