//! ICE candidates from everybody to their neighbour in rooms of four, at a steady rate.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures::SinkExt;
use tokio::task::LocalSet;
use tokio::time::{Instant, interval_at, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, next};
use crate::dialect::Heard;
use crate::peer::Peer;
use crate::rooms::{USUAL, fill};

/// How much is sent.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) clients: usize,
    /// Candidates that a client sends at once.
    pub(crate) burst: u64,
    /// How often it does.
    pub(crate) every: Duration,
    pub(crate) bursts: u64,
}

/// What became of it.
pub(crate) struct Relayed {
    pub(crate) messages: u64,
    /// Of those sent, how many arrived; 1 when none was lost.
    pub(crate) share: f64,
    /// Wall-clock time.
    pub(crate) took: Duration,
    /// The server's time on the processors.
    pub(crate) processor: Duration,
}

impl Relayed {
    /// Messages relayed in a second of the server's time on the processors.
    pub(crate) fn per_processor_second(&self) -> f64 {
        self.messages as f64 / self.processor.as_secs_f64()
    }
}

/// Sends everything and waits until it has come.
pub(crate) async fn run(peer: &Peer, load: Load) -> anyhow::Result<Relayed> {
    let clients = fill(peer, USUAL, load.clients).await?;
    drive(clients, load, || peer.processor_time()).await
}

/// The same among people who are there; with the time on the processors of all servers that have to do with it.
pub(crate) async fn drive(
    clients: Vec<Client>,
    load: Load,
    processor_time: impl Fn() -> anyhow::Result<Duration>,
) -> anyhow::Result<Relayed> {
    let targets: Vec<_> =
        (0..clients.len()).map(|index| index / USUAL * USUAL + (index + 1) % USUAL).collect();
    let targets: Vec<_> = targets.into_iter().map(|target| clients[target].id.clone()).collect();
    let expected = load.clients as u64 * load.bursts * load.burst;
    let came = Rc::new(Cell::new(0));
    let (before, began) = (processor_time()?, Instant::now());
    let set = LocalSet::new();
    for (index, (client, target)) in clients.into_iter().zip(targets).enumerate() {
        // Everybody begins at another moment of the interval.
        let begin = began + load.every * u32::try_from(index)? / u32::try_from(load.clients)?;
        set.spawn_local(converse(client, target, load, begin, Rc::clone(&came)));
    }
    let limit = load.every * u32::try_from(load.bursts)? * 3 + Duration::from_secs(10);
    let everything = async {
        while came.get() < expected {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    _ = set.run_until(timeout(limit, everything)).await;
    let took = began.elapsed();
    let processor = processor_time()? - before;
    Ok(Relayed { messages: came.get(), share: came.get() as f64 / expected as f64, took, processor })
}

/// Sends in its rhythm, and reads whatever comes.
async fn converse(
    client: Client,
    target: String,
    load: Load,
    begin: Instant,
    came: Rc<Cell<u64>>,
) -> anyhow::Result<()> {
    let Client { dialect, mut sink, mut stream, .. } = client;
    let mut ticks = interval_at(begin, load.every);
    let (mut sent, mut acknowledged) = (0, 0);
    loop {
        tokio::select! {
            _ = ticks.tick(), if sent < load.bursts * load.burst => {
                for _ in 0..load.burst {
                    sink.feed(Message::text(dialect.candidate(&target, sent, acknowledged))).await?;
                    sent += 1;
                }
                sink.flush().await?;
            }
            heard = next(&mut stream, dialect) => {
                let (heard, number) = heard?;
                acknowledged = number.unwrap_or(acknowledged);
                match heard {
                    Heard::Signal => came.set(came.get() + 1),
                    Heard::Ping(pong) => sink.send(Message::text(pong)).await?,
                    Heard::Joined { .. } | Heard::Chat(_) | Heard::Connected | Heard::Pong | Heard::Other => {}
                }
            }
        }
    }
}
