//! People: they come to any node, are passed on, and come back when they are cut off.

use std::time::Duration;

use cluster::{Arrival, Fence, Input, RequestId, RoomKey, Standing};

use crate::world::{Event, World};

/// Who is not answered for so long tries another node.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who hears nothing for so long comes back.
const SILENCE: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Out,
    Asking { request: RequestId, entry: usize, at: usize, until: Duration },
    In { entry: usize, owner: usize, fence: Fence, silent_since: Option<Duration> },
}

pub(crate) struct Client {
    room: RoomKey,
    wants_in: bool,
    is: Where,
    /// Since when they have wanted to be in again, after they were.
    out_since: Option<Duration>,
}

impl World {
    pub(crate) fn begin_clients(&mut self) {
        let rooms = self.seed.number(2..7);
        for client in 0..usize::try_from(self.seed.number(4..12)).unwrap() {
            let room = RoomKey(self.seed.number(0..rooms));
            self.clients.push(Client { room, wants_in: true, is: Where::Out, out_since: None });
            let at = self.seed.millis(500..=20_000);
            self.at(at, Event::Client { client });
        }
    }

    /// A person does something, or finds out something.
    pub(crate) fn client(&mut self, client: usize) {
        self.after(300..=900, Event::Client { client });
        let changes_mind = !self.is_calm() && self.seed.chance(0.02);
        let is_calm = self.is_calm();
        let one = &mut self.clients[client];
        one.wants_in = is_calm || one.wants_in != changes_mind;
        match one.is {
            Where::Out if one.wants_in => self.connect(client),
            Where::Out => one.out_since = None,
            Where::Asking { request, entry, at, until } => {
                if !self.processes[entry].is_alive || self.now >= until {
                    let room = self.clients[client].room;
                    self.clients[client].is = Where::Out;
                    self.deliver(1..=10, at, Input::Abandoned { request, room });
                }
            }
            Where::In { .. } if !one.wants_in => one.is = Where::Out,
            Where::In { entry, owner, fence, silent_since } => {
                one.out_since = None;
                let silent_since =
                    if self.hears(entry, owner) { None } else { Some(silent_since.unwrap_or(self.now)) };
                let is_over = silent_since.is_some_and(|since| self.now >= since + SILENCE);
                let is_dead = !self.processes[entry].is_alive || !self.processes[owner].is_alive;
                self.clients[client].is = if is_over || is_dead {
                    self.report.cut_off += 1;
                    self.clients[client].out_since = silent_since.or(Some(self.now));
                    Where::Out
                } else {
                    Where::In { entry, owner, fence, silent_since }
                };
            }
        }
    }

    fn hears(&self, entry: usize, owner: usize) -> bool {
        let (one, other) = (&self.processes[entry], &self.processes[owner]);
        one.answers() && other.answers() && self.is_linked(one.host, other.host)
    }

    fn connect(&mut self, client: usize) {
        // A load balancer asks nodes whether they are ready; there are others.
        let is_asked = self.is_calm();
        let is_open = |pid: &usize| {
            let one = &self.processes[*pid];
            !one.is_foreign && (!is_asked || one.node.health().standing != Standing::Starting)
        };
        let open: Vec<_> = self.hosts.values().copied().filter(is_open).collect();
        if open.is_empty() {
            return;
        }
        let entry = open[usize::try_from(self.seed.number(0..open.len() as u64)).unwrap()];
        let request = RequestId(self.requests.len() as u64);
        self.requests.insert(request, client);
        let one = &mut self.clients[client];
        one.is = Where::Asking { request, entry, at: entry, until: self.now + PATIENCE };
        let room = one.room;
        self.deliver(1..=10, entry, Input::Wanted { request, room, arrival: Arrival::Client });
    }

    /// The client of a request that this process has in hand, and the node that it came to first.
    fn in_hand(&self, pid: usize, request: RequestId) -> Option<(usize, usize)> {
        let client = *self.requests.get(&request)?;
        match self.clients[client].is {
            Where::Asking { request: its, entry, at, .. } if its == request && at == pid => {
                Some((client, entry))
            }
            Where::Asking { .. } | Where::In { .. } | Where::Out => None,
        }
    }

    /// The process hands a request to another. False if it has it no more.
    pub(crate) fn pass_to(&mut self, pid: usize, request: RequestId, to: usize) -> bool {
        let Some((client, _)) = self.in_hand(pid, request) else { return false };
        if let Where::Asking { at, .. } = &mut self.clients[client].is {
            *at = to;
        }
        true
    }

    pub(crate) fn passed_on_by(&self, pid: usize, request: RequestId) -> Option<usize> {
        self.in_hand(pid, request).map(|(_, entry)| entry).filter(|entry| *entry != pid)
    }

    pub(crate) fn admit(&mut self, pid: usize, request: RequestId, room: RoomKey, fence: Fence) {
        if self.processes[pid].rooms.get(&room).map(|(begun, _)| *begun) != Some(fence) {
            self.witness.say(self.now, &format!("{pid} lets somebody into {room:?}, which it has not begun"));
        }
        let Some((client, entry)) = self.in_hand(pid, request) else { return };
        if self.clients[client].room != room {
            self.witness.say(self.now, &format!("{request:?} is let into another room"));
        }
        if self.hears(entry, pid) {
            self.clients[client].is = Where::In { entry, owner: pid, fence, silent_since: None };
            self.report.admitted += 1;
            if let Some(since) = self.clients[client].out_since.take() {
                self.report.longest_out = self.report.longest_out.max(self.now - since);
            }
        }
    }

    pub(crate) fn turned_away(&mut self, pid: usize, request: RequestId) {
        if let Some((client, _)) = self.in_hand(pid, request) {
            self.clients[client].is = Where::Out;
            self.report.turned_away += 1;
        }
    }

    /// A room's sockets are closed with *moved*.
    pub(crate) fn detach_all(&mut self, pid: usize, room: RoomKey) {
        for one in self.clients.iter_mut().filter(|one| one.room == room) {
            if matches!(one.is, Where::In { owner, .. } if owner == pid) {
                one.is = Where::Out;
                one.out_since = Some(self.now);
            }
        }
    }

    pub(crate) fn is_anybody_in(&self, pid: usize, room: RoomKey) -> bool {
        let is_in = |one: &Client| matches!(one.is, Where::In { owner, .. } if owner == pid);
        self.clients.iter().any(|one| one.room == room && is_in(one))
    }

    /// Whoever wants to be in a room is, all with one owner, who is the one that PostgreSQL names.
    pub(crate) fn look_at_clients_in_the_end(&mut self) {
        for client in 0..self.clients.len() {
            let Client { room, is, .. } = self.clients[client];
            let row = self.storage.row(room);
            let names = |owner: usize, fence: Fence| {
                let at = self.processes[owner].at();
                row.as_ref().is_some_and(|row| row.fence == fence && row.owner == at)
                    && self.processes[owner].node.owns(room) == Some(fence)
            };
            let is_well = matches!(is, Where::In { owner, fence, .. } if names(owner, fence));
            let owners = self.processes.iter().filter(|one| one.is_alive && one.node.owns(room).is_some());
            let owners: Vec<_> = owners.map(|one| one.host).collect();
            if !is_well || owners.len() != 1 {
                self.witness.say(
                    self.now,
                    &format!("client {client} of {room:?} is {is:?}, of {row:?}, owned on hosts {owners:?}"),
                );
            }
        }
    }
}
