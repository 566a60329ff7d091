//! Two guests say as much as they can, on a machine that is busy, while others write to each other: how long their messages take,
//! and whose sockets are closed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::task::LocalSet;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, next};
use crate::dialect::{Dialect, Heard};
use crate::peer::Peer;

/// People who go on talking.
const TALKERS: usize = 8;

/// Guests who flood.
const FLOODERS: usize = 2;

/// Rounds that are said at once, as far as the rate of one socket allows.
const AT_ONCE: u64 = 4;

/// Threads that do nothing but keep the processors busy.
const BUSY_THREADS: usize = 8;

/// How often each of those who talk writes.
const WRITES_EVERY: Duration = Duration::from_secs(1);

/// Runs for so long, and prints what came of it.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(crate) async fn run(seconds: u64) -> anyhow::Result<()> {
    let peer = Peer::start(Dialect::Veranda).await?;
    let room = peer.new_room(TALKERS + FLOODERS).await?;
    let mut talkers = Vec::new();
    for number in 0..TALKERS {
        talkers.push(join(&peer, &room, &format!("Talker {number}")).await?);
    }
    let ids: Vec<_> = talkers.iter().map(|client| client.id.clone()).collect();
    let load = Load::start();
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let (latencies, closed) = (Rc::new(RefCell::new(Vec::new())), Rc::new(Cell::new(0)));
    let said = Rc::new(Cell::new(0_u64));
    let set = LocalSet::new();
    for client in talkers {
        set.spawn_local(talk(client, (began, until), Rc::clone(&latencies), Rc::clone(&closed)));
    }
    for number in 0..FLOODERS {
        let client = join(&peer, &room, &format!("Flooder {number}")).await?;
        set.spawn_local(flood(client, ids.clone(), until, Rc::clone(&said)));
    }
    set.await;
    drop(load);
    let mut all = latencies.take();
    all.sort();
    anyhow::ensure!(!all.is_empty(), "nothing came");
    let at = |percent: usize| all[(all.len() - 1) * percent / 100];
    println!(
        "{} deliveries of {TALKERS} people beside {FLOODERS} floods ({} messages taken), {BUSY_THREADS} busy threads: p50 {:?}, p99 {:?}, most {:?}; closed of those who talk: {}",
        all.len(),
        said.get(),
        at(50),
        at(99),
        at(100),
        closed.get()
    );
    Ok(())
}

async fn join(peer: &Peer, room: &str, name: &str) -> anyhow::Result<Client> {
    Client::join(peer.dialect, peer.address, room, name, None).await
}

/// Writes the time now and then, and notes how old what others wrote is when it comes.
async fn talk(
    client: Client,
    (began, until): (Instant, Instant),
    latencies: Rc<RefCell<Vec<Duration>>>,
    closed: Rc<Cell<u32>>,
) {
    let Client { dialect, id, mut sink, mut stream, .. } = client;
    let mut chats = u64::from_str_radix(id.get(..8).unwrap_or_default(), 16).unwrap_or_default() << 12;
    let mut ticks = tokio::time::interval(WRITES_EVERY);
    let mut acknowledged = 0;
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(until) => return,
            _ = ticks.tick() => {
                chats += 1;
                let text = began.elapsed().as_nanos().to_string();
                let sign = dialect.sign_of_life(acknowledged).unwrap_or_default();
                _ = sink.feed(Message::text(dialect.chat(chats, &text))).await;
                _ = sink.send(Message::text(sign)).await;
            }
            heard = next(&mut stream, dialect) => match heard {
                Ok((heard, number)) => {
                    acknowledged = number.unwrap_or(acknowledged);
                    if let Heard::Chat(text) = heard && let Ok(sent) = text.parse() {
                        latencies.borrow_mut().push(began.elapsed().saturating_sub(Duration::from_nanos(sent)));
                    }
                }
                Err(error) => {
                    eprintln!("one of those who talk: {error:#}");
                    closed.set(closed.get() + 1);
                    return;
                }
            },
        }
    }
}

/// Says everything there is as fast as it is taken. Reads, so that it is not cut off itself.
async fn flood(client: Client, targets: Vec<String>, until: Instant, said: Rc<Cell<u64>>) {
    let Client { mut sink, mut stream, .. } = client;
    let saying = async {
        for round in 0_u64.. {
            for target in &targets {
                for message in everything(round, target) {
                    if sink.send(Message::text(message.to_string())).await.is_err() {
                        return std::future::pending().await;
                    }
                    said.set(said.get() + 1);
                }
            }
            // As much as the rate of one socket allows: whoever says more is ended, and floods nobody.
            if round >= AT_ONCE {
                tokio::time::sleep(Duration::from_millis(1100)).await;
            }
        }
    };
    let reading = async { while stream.next().await.is_some_and(|message| message.is_ok()) {} };
    tokio::select! {
        () = saying => {}
        () = reading => eprintln!("a flood was ended"),
        () = tokio::time::sleep_until(until) => {}
    }
}

fn everything(round: u64, target: &str) -> Vec<Value> {
    let switch = if round.is_multiple_of(2) { "on" } else { "off" };
    let key_message = json!({ "to": target, "key_message": "A".repeat(200) });
    let signal = json!({ "kind": "offer", "sdp": "x".repeat(4000) });
    vec![
        json!({ "type": "send_key_messages", "key_messages": [key_message, key_message] }),
        json!({ "type": "signal", "to": { "participant": target }, "number": 0, "signal": signal }),
        json!({ "type": "react", "reaction": "heart" }),
        json!({ "type": "set_hand", "hand": switch }),
        json!({ "type": "set_media", "media": { "microphone": switch, "camera": switch } }),
    ]
}

/// Threads that keep the processors busy until this is dropped.
struct Load(Arc<AtomicBool>);

impl Load {
    fn start() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        for _ in 0..BUSY_THREADS {
            let is_over = Arc::clone(&is_over);
            std::thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        Self(is_over)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
