//! How long a chat message takes to everybody in a room of a hundred.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures::SinkExt;
use tokio::task::LocalSet;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, next};
use crate::dialect::Heard;
use crate::peer::Peer;
use crate::rooms::fill;

/// People in the room.
const PEOPLE: usize = 100;

/// One message every so often; each person's turn comes every five seconds.
const EVERY: Duration = Duration::from_millis(50);

/// Latencies of all deliveries.
pub(crate) struct Latencies {
    pub(crate) count: usize,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) most: Duration,
}

/// Sends this many messages.
pub(crate) async fn run(peer: &Peer, messages: u64) -> anyhow::Result<Latencies> {
    let clients = fill(peer, PEOPLE, PEOPLE).await?;
    let began = Instant::now();
    let latencies = Rc::new(RefCell::new(Vec::new()));
    let set = LocalSet::new();
    let mut sinks = Vec::new();
    let dialect = peer.dialect;
    for client in clients {
        let Client { sink, mut stream, .. } = client;
        sinks.push(sink);
        let latencies = Rc::clone(&latencies);
        set.spawn_local(async move {
            // The text says when it was sent.
            while let Ok((heard, _)) = next(&mut stream, dialect).await {
                if let Heard::Chat(text) = heard
                    && let Ok(sent) = text.parse()
                {
                    latencies.borrow_mut().push(began.elapsed().saturating_sub(Duration::from_nanos(sent)));
                }
            }
        });
    }
    set.run_until(async {
        for number in 0..messages {
            let turn = usize::try_from(number)? % PEOPLE;
            let text = began.elapsed().as_nanos().to_string();
            sinks[turn].send(Message::text(dialect.chat(number, &text))).await?;
            tokio::time::sleep(EVERY).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        anyhow::Ok(())
    })
    .await?;
    let mut all = latencies.take();
    all.sort();
    anyhow::ensure!(!all.is_empty(), "nothing came");
    let at = |percent: usize| all[(all.len() - 1) * percent / 100];
    Ok(Latencies { count: all.len(), p50: at(50), p99: at(99), most: at(100) })
}
