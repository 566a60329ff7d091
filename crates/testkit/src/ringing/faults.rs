//! What goes wrong: sockets that break, a server that forgets all but what it has kept, and a stranger who talks.

use std::time::Duration;

use protocol::{
    AttachDevice, DeviceId, IdentityProof, OpeningMessage, RingEvent, RingMessage, Standing, VERSION,
};
use ring::Departure;
use uuid::Uuid;

use super::page::{STRANGER, key_of};
use super::stranger;
use super::world::{Event, RingWorld, Said, index};

/// Nothing goes wrong any more.
const GOOD_AT: Duration = Duration::from_secs(100);

impl RingWorld {
    pub(super) fn begin_faults(&mut self) {
        for _ in 0..self.seed.number(0..4) {
            let at = self.seed.millis(5_000..=95_000);
            self.events.send_at(at, Event::Restart);
        }
        self.events.send_at(Duration::from_secs(2), Event::Drop);
        self.events.send_at(Duration::from_secs(3), Event::Stranger);
    }

    pub(super) fn drop_one(&mut self) {
        if self.now >= GOOD_AT {
            return;
        }
        let open = self.pages.iter().filter_map(|page| page.socket);
        let open: Vec<_> = open.filter(|socket| !self.sockets[index(*socket)].is_broken).collect();
        if !open.is_empty() {
            let socket = open[index(self.seed.number(0..open.len() as u64))];
            let [at_page, at_server] = [8_000, 12_000].map(|most| self.seed.millis(0..=most));
            self.break_socket(socket, at_page, at_server);
        }
        let next = self.now + self.seed.millis(300..=9_000);
        self.events.send_at(next, Event::Drop);
    }

    /// A socket breaks. Each end notices that after a while, the server later.
    pub(super) fn break_socket(&mut self, socket: u64, at_page: Duration, at_server: Duration) {
        let line = &mut self.sockets[index(socket)];
        line.is_broken = true;
        if let Some(page) = line.page {
            self.break_line(page);
        }
        self.report.drops += 1;
        self.events.send_at(self.now + at_page, Event::ClosedAtPage { socket });
        let departure = Departure::Broken;
        self.events.send_at(self.now + at_server, Event::ClosedAtServer { socket, departure });
    }

    /// The line of a page stalls. The page finds out when no `pong` comes, and the server by the close frame that the page sends then, which may
    /// arrive before or after the page is back.
    pub(super) fn stall(&mut self, page: usize) {
        if let Some(socket) = self.pages[page].socket {
            self.sockets[index(socket)].is_broken = true;
            self.break_line(page);
            self.report.drops += 1;
        }
    }

    /// The server forgets everything but what it has kept, and is away for a while.
    pub(super) fn restart(&mut self) {
        self.report.restarts += 1;
        let open = (0..self.sockets.len() as u64).filter(|socket| !self.sockets[index(*socket)].is_broken);
        for socket in open.collect::<Vec<_>>() {
            let after = self.seed.millis(0..=2_000);
            self.break_socket(socket, after, Duration::ZERO);
            self.report.drops -= 1;
        }
        let back = self.now + self.seed.millis(0..=6_000);
        self.server.restart(self.now, back);
    }

    pub(super) fn talk_strangely(&mut self) {
        if self.now >= GOOD_AT {
            return;
        }
        let rings = self.witness.rings();
        match self.stranger.filter(|socket| !self.sockets[index(*socket)].is_broken) {
            Some(socket) if self.seed.chance(0.9) => {
                let message = stranger::message(&mut self.seed, &rings, self.people);
                self.report.strange += 1;
                self.send_to_server(socket, |socket| Event::ToServer {
                    socket,
                    said: Said::Frame(message.into()),
                });
            }
            Some(_) | None => {
                self.dial(None);
                if let Some(socket) = self.stranger {
                    let attach = AttachDevice {
                        version: VERSION,
                        device: DeviceId::new(Uuid::from_u128(u128::from(self.seed.number(1..4)))),
                        identity: key_of(STRANGER),
                    };
                    let said = Said::Opening(OpeningMessage::Ring(Box::new(attach)));
                    self.send_to_server(socket, |socket| Event::ToServer { socket, said });
                    let proof = IdentityProof::new("P".repeat(43)).expect("43 characters");
                    let standing: Standing = stranger::standing(&mut self.seed, &rings, self.people);
                    let said = Said::Frame(RingMessage::Prove { proof, standing }.into());
                    self.send_to_server(socket, |socket| Event::ToServer { socket, said });
                }
            }
        }
        let next = self.now + self.seed.millis(200..=3_000);
        self.events.send_at(next, Event::Stranger);
    }

    /// The stranger answers whatever comes, when it feels like it.
    pub(super) fn hear_strangely(&mut self, socket: u64, event: &RingEvent) {
        if let (RingEvent::Incoming(incoming), true) = (event, self.stranger == Some(socket)) {
            let said = Said::Frame(RingMessage::Answer { ring: incoming.ring }.into());
            self.send_to_server(socket, |socket| Event::ToServer { socket, said });
        }
    }

    pub(super) fn stranger_closed(&mut self, socket: u64) {
        self.stranger.take_if(|current| *current == socket);
    }
}
