//! The thread that is all clients: it reads the sockets, keeps the time of every transport, and sends media when it is due.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::clock;
use super::endpoint::{Endpoint, Sending};
use super::network::{Addresses, Network};
use super::process;
use super::tally::Tally;

/// How long it may wait when nothing is due: orders come in between.
const WAIT: Duration = Duration::from_millis(2);

/// The other end of the thread.
pub(super) struct Engine {
    orders: Sender<Order>,
    pub(super) addresses: Addresses,
    connected: Arc<Mutex<Seen>>,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
}

/// What can be seen of it while it works.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) connected: usize,
}

enum Order {
    Add(Box<Endpoint>),
    Send,
    Begin,
    End(Sender<Measured>),
}

/// What was measured in the thread.
pub(super) struct Measured {
    pub(super) tally: Tally,
    /// Its own time on the processors.
    pub(super) processor: Duration,
}

struct Clients {
    endpoints: Vec<Option<Endpoint>>,
    network: Network,
    /// When a transport has something to do, as it is noted, or earlier.
    timers: BTreeSet<(Instant, usize)>,
    senders: BinaryHeap<Reverse<(Instant, usize, usize)>>,
    sending: Sending,
    tally: Tally,
    processor: Duration,
    is_sending: bool,
}

impl Engine {
    pub(super) fn start(clients: usize) -> anyhow::Result<Self> {
        let (network, addresses) = Network::open(clients)?;
        let (orders, ordered) = channel();
        let connected = Arc::new(Mutex::new(Seen::default()));
        let seen = Arc::clone(&connected);
        let thread = std::thread::Builder::new()
            .name("clients".to_owned())
            .spawn(move || run(network, &ordered, &seen))?;
        Ok(Self { orders, addresses, connected, thread: Some(thread) })
    }

    /// Hands over a transport that has been negotiated.
    pub(super) fn add(&self, endpoint: Endpoint) -> anyhow::Result<()> {
        self.order(Order::Add(Box::new(endpoint)))
    }

    /// Everybody who has something to send begins.
    pub(super) fn send_media(&self) -> anyhow::Result<()> {
        self.order(Order::Send)
    }

    pub(super) fn begin(&self) -> anyhow::Result<()> {
        self.order(Order::Begin)
    }

    /// The measured time is over; what is on its way still counts for half a second.
    pub(super) async fn end(&self) -> anyhow::Result<Receiver<Measured>> {
        let (measured, receiver) = channel();
        self.order(Order::End(measured))?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(receiver)
    }

    pub(super) fn seen(&self) -> Seen {
        self.connected.lock().map(|seen| *seen).unwrap_or_default()
    }

    /// Waits until something can be seen.
    pub(super) async fn until(&self, what: &str, is_so: impl Fn(Seen) -> bool) -> anyhow::Result<()> {
        let began = clock::moment();
        while !is_so(self.seen()) {
            anyhow::ensure!(began.elapsed() < Duration::from_secs(12), "not so: {what}: {:?}", self.seen());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    fn order(&self, order: Order) -> anyhow::Result<()> {
        self.orders.send(order).ok().context("the clients' thread ended")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Without anybody to give orders the thread ends.
        self.orders = channel().0;
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

fn run(network: Network, orders: &Receiver<Order>, seen: &Mutex<Seen>) -> anyhow::Result<()> {
    let mut clients = Clients {
        endpoints: Vec::new(),
        network,
        timers: BTreeSet::new(),
        senders: BinaryHeap::new(),
        sending: Vec::new(),
        tally: Tally::default(),
        processor: Duration::ZERO,
        is_sending: false,
    };
    let mut ending: Option<(Instant, Sender<Measured>)> = None;
    loop {
        loop {
            match orders.try_recv() {
                Ok(Order::End(answer)) => {
                    clients.end()?;
                    ending = Some((clock::moment() + Duration::from_millis(400), answer));
                }
                Ok(order) => clients.follow(order)?,
                Err(std::sync::mpsc::TryRecvError::Empty) => break,
                Err(std::sync::mpsc::TryRecvError::Disconnected) => return Ok(()),
            }
        }
        clients.turn()?;
        if let Ok(mut seen) = seen.lock() {
            *seen = Seen { connected: clients.tally.connected };
        }
        if ending.as_ref().is_some_and(|(at, _)| *at <= clock::moment())
            && let Some((_, answer)) = ending.take()
        {
            let tally = std::mem::take(&mut clients.tally);
            _ = answer.send(Measured { tally, processor: clients.processor });
        }
    }
}

impl Clients {
    fn follow(&mut self, order: Order) -> anyhow::Result<()> {
        match order {
            Order::Add(endpoint) => self.add(*endpoint),
            Order::Send => self.send_media(),
            Order::Begin => {
                self.tally.begin(clock::wall());
                self.processor = process::own_thread_time()?;
            }
            Order::End(_) => {}
        }
        Ok(())
    }

    fn end(&mut self) -> anyhow::Result<()> {
        self.tally.end(clock::wall());
        self.processor = process::own_thread_time()?.saturating_sub(self.processor);
        Ok(())
    }

    fn add(&mut self, endpoint: Endpoint) {
        let client = endpoint.client;
        if self.endpoints.len() <= client {
            self.endpoints.resize_with(client + 1, || None);
        }
        self.timers.insert((endpoint.due, client));
        self.endpoints[client] = Some(endpoint);
    }

    fn send_media(&mut self) {
        let now = clock::moment() + Duration::from_millis(10);
        self.is_sending = true;
        for endpoint in self.endpoints.iter_mut().flatten() {
            for (index, outgoing) in endpoint.sends.iter_mut().enumerate() {
                outgoing.begin(now, endpoint.client);
                self.senders.push(Reverse((outgoing.next, endpoint.client, index)));
            }
        }
    }

    /// Reads, sends, lets time pass, and waits for what comes next.
    fn turn(&mut self) -> anyhow::Result<()> {
        let now = clock::moment();
        self.receive(now);
        self.send_due(now);
        self.advance(now);
        self.flush();
        let next = self.timers.first().map(|(due, _)| *due);
        let due = self.senders.peek().map(|Reverse((due, ..))| *due).into_iter().chain(next).min();
        let wait = due.map_or(WAIT, |due| due.saturating_duration_since(clock::moment()).min(WAIT));
        self.network.wait(wait)
    }

    fn receive(&mut self, now: Instant) {
        let Self { network, endpoints, tally, sending, timers, .. } = self;
        network.receive(|datagram| {
            let Some(Some(endpoint)) = endpoints.get_mut(datagram.client) else { return };
            let before = endpoint.due;
            endpoint.receive(now, &datagram, tally, sending);
            if endpoint.due < before {
                timers.remove(&(before, datagram.client));
                timers.insert((endpoint.due, datagram.client));
            } else {
                endpoint.due = before;
            }
        });
    }

    fn send_due(&mut self, now: Instant) {
        while let Some(Reverse((due, client, index))) =
            self.senders.peek().copied().filter(|next| next.0.0 <= now)
        {
            self.senders.pop();
            debug_assert!(due <= now);
            let Some(Some(endpoint)) = self.endpoints.get_mut(client) else { continue };
            let before = endpoint.due;
            endpoint.send(now, index, &mut self.tally, &mut self.sending);
            self.timers.remove(&(before, client));
            self.timers.insert((endpoint.due, client));
            self.senders.push(Reverse((endpoint.sends[index].next, client, index)));
        }
    }

    fn advance(&mut self, now: Instant) {
        while let Some(&(due, client)) = self.timers.first().filter(|(due, _)| *due <= now) {
            self.timers.remove(&(due, client));
            let Some(Some(endpoint)) = self.endpoints.get_mut(client) else { continue };
            endpoint.advance(now, &mut self.tally, &mut self.sending);
            // What wants to be woken at once again can wait for the next turn.
            endpoint.due = endpoint.due.max(now + Duration::from_micros(1));
            self.timers.insert((endpoint.due, client));
        }
    }

    fn flush(&mut self) {
        for (client, destination, bytes) in self.sending.drain(..) {
            if self.network.send(client, destination, &bytes).is_err() {
                self.tally.failures += 1;
            }
        }
    }
}
