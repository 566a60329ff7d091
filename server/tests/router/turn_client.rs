//! A TURN client over UDP that knows nothing of our types.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use testkit::{TurnAnswer, TurnSpeaker, TurnWish};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

/// How long an answer is waited for. Everything is on this machine.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) struct TurnClient {
    pub(crate) socket: UdpSocket,
    speaker: TurnSpeaker,
}

/// No two clients number their requests alike.
static SEEDS: AtomicU64 = AtomicU64::new(0);

/// No answer came.
pub(crate) const SILENCE: u16 = 0;

impl TurnClient {
    pub(crate) async fn new(server: SocketAddr, username: &str, password: &str) -> Self {
        let any = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).await.unwrap();
        socket.connect(server).await.unwrap();
        let seed = SEEDS.fetch_add(1, Ordering::Relaxed);
        Self { socket, speaker: TurnSpeaker::new(username, password, seed) }
    }

    /// Asks for something; `Ok` has the address of an allocation, `Err` the code of the refusal.
    pub(crate) async fn ask(&mut self, wish: TurnWish) -> Result<Option<SocketAddr>, u16> {
        loop {
            let (asked, bytes) = self.speaker.ask(wish);
            self.socket.send(&bytes).await.unwrap();
            let until = Instant::now() + PATIENCE;
            loop {
                let mut answer = [0; 2_000];
                let length = timeout_at(until, self.socket.recv(&mut answer)).await;
                let Ok(Ok(length)) = length else { return Err(SILENCE) };
                match self.speaker.hear(asked, &answer[..length]) {
                    TurnAnswer::Yes(relayed) => return Ok(relayed),
                    TurnAnswer::No(code) => return Err(code),
                    TurnAnswer::Again => break,
                    // To what was given up before: on a busy machine it comes late.
                    TurnAnswer::Other => {}
                }
            }
        }
    }

    /// A Send indication, which nobody answers.
    pub(crate) async fn send(&mut self, peer: SocketAddr, payload: &[u8]) {
        let bytes = self.speaker.send(peer, payload);
        self.socket.send(&bytes).await.unwrap();
    }
}
