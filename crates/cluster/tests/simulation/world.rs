//! The world: hosts with processes on them, a Redis, a PostgreSQL, the ways between them, and people. One virtual clock, one queue of events.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cluster::{ClusterNode, ClusterTag, Input, LinkState, NodeId, RequestId, Settings, Standing};

use crate::clients::Client;
use crate::faults::Fault;
use crate::outputs::{RedisCall, StorageCall};
use crate::process::{Clock, Process};
use crate::redis::{FOREIGN, Redis};
use crate::report::Report;
use crate::seed::{Seed, is_replay};
use crate::storage::Storage;
use crate::witness::Witness;

/// From here on nothing goes wrong any more.
pub(crate) const CALM_AT: Duration = Duration::from_secs(70);

/// Then everybody who wants to be in a room is in it: the bound of the promise that rooms come back.
const END_AT: Duration = Duration::from_secs(95);

pub(crate) const CLUSTER: ClusterTag = ClusterTag([7; 16]);

/// A drain may take so long.
pub(crate) const DRAIN_WITHIN: Duration = Duration::from_secs(15);

/// A driver looks at its clock at least so often.
pub(crate) const LOOKS_EACH: Duration = Duration::from_secs(1);

/// What is left out, to see whether it is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Flaw {
    #[default]
    None,
    /// PostgreSQL takes writes with old tokens.
    UncheckedFences,
    /// Rooms are taken as soon as Redis is back.
    NoQuiet,
}

#[derive(Clone, Debug)]
pub(crate) enum Event {
    Timer { pid: usize, timer: u64 },
    Deliver { pid: usize, input: Box<Input> },
    Redis { pid: usize, call: RedisCall },
    Storage { pid: usize, call: StorageCall },
    Start { host: usize, id: NodeId, cluster: ClusterTag },
    Ping { pid: usize },
    Work { pid: usize },
    Resume { pid: usize },
    Client { client: usize },
    Fault(Fault),
    Heal(Fault),
}

pub(crate) struct World {
    pub(crate) seed: Seed,
    pub(crate) now: Duration,
    events: BTreeMap<(Duration, u64), Event>,
    sent: u64,
    pub(crate) nodes: usize,
    pub(crate) redis: Redis,
    pub(crate) storage: Storage,
    pub(crate) processes: Vec<Process>,
    /// Which process runs where.
    pub(crate) hosts: BTreeMap<usize, usize>,
    /// Hosts without a way to Redis, to PostgreSQL, and from one to another.
    pub(crate) redis_cut: BTreeSet<usize>,
    pub(crate) storage_cut: BTreeSet<usize>,
    pub(crate) links_cut: BTreeSet<(usize, usize)>,
    pub(crate) clients: Vec<Client>,
    pub(crate) requests: BTreeMap<RequestId, usize>,
    pub(crate) witness: Witness,
    pub(crate) report: Report,
    flaw: Flaw,
    /// Whether nothing goes wrong but what was planned.
    is_planned: bool,
    /// Whether everything is printed, because one seed is played again.
    is_told: bool,
}

impl World {
    /// A world in which anything goes wrong.
    pub(crate) fn new(seed: u64, flaw: Flaw) -> Self {
        let mut world = Self::begin(seed, flaw);
        world.begin_clients();
        world.begin_faults();
        world
    }

    /// A world in which one thing goes wrong, at 30 s, and nothing else.
    pub(crate) fn with(seed: u64, fault: impl FnOnce(&mut Seed, usize) -> Fault) -> Self {
        let mut world = Self::begin(seed, Flaw::None);
        world.is_planned = true;
        world.begin_clients();
        let fault = fault(&mut world.seed, world.nodes);
        world.at(Duration::from_secs(30), Event::Fault(fault));
        world.at(CALM_AT, Event::Heal(Fault::All));
        world
    }

    fn begin(seed: u64, flaw: Flaw) -> Self {
        let mut seed = Seed::new(seed);
        let nodes = usize::try_from(seed.number(3..6)).unwrap();
        let mut world = Self {
            seed,
            now: Duration::ZERO,
            events: BTreeMap::new(),
            sent: 0,
            nodes,
            redis: Redis::new(),
            storage: Storage::new(flaw != Flaw::UncheckedFences),
            processes: Vec::new(),
            hosts: BTreeMap::new(),
            redis_cut: BTreeSet::new(),
            storage_cut: BTreeSet::new(),
            links_cut: BTreeSet::new(),
            clients: Vec::new(),
            requests: BTreeMap::new(),
            witness: Witness::default(),
            report: Report::default(),
            flaw,
            is_planned: false,
            is_told: is_replay(),
        };
        for host in 0..nodes {
            let at = world.seed.millis(0..=1_500);
            world.at(at, Event::Start { host, id: NodeId(host as u64), cluster: CLUSTER });
        }
        world
    }

    /// Plays to the end.
    pub(crate) fn run(mut self) -> (Report, Vec<String>) {
        while let Some(((at, _), event)) = self.events.pop_first() {
            if at >= END_AT {
                break;
            }
            self.now = at;
            self.report.events += 1;
            assert!(self.report.events < 400_000, "something spins: {event:?}");
            self.happen(event);
        }
        self.look_at_the_end();
        (self.report, self.witness.violations)
    }

    pub(crate) fn at(&mut self, at: Duration, event: Event) {
        self.sent += 1;
        self.events.insert((at.max(self.now), self.sent), event);
    }

    /// Says what a machine wants, where one seed is played again.
    pub(crate) fn tell(&self, pid: usize, output: &cluster::Output) {
        if self.is_told {
            println!("{:?} {pid} -> {output:?}", self.now);
        }
    }

    /// After a time from the range.
    pub(crate) fn after(&mut self, millis: std::ops::RangeInclusive<u64>, event: Event) {
        let at = self.now + self.seed.millis(millis);
        self.at(at, event);
    }

    pub(crate) fn deliver(&mut self, millis: std::ops::RangeInclusive<u64>, pid: usize, input: Input) {
        self.after(millis, Event::Deliver { pid, input: Box::new(input) });
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.is_planned || self.now >= CALM_AT
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Timer { pid, timer } => {
                let one = &self.processes[pid];
                if one.answers() && one.timer == timer {
                    let shown = one.clock.show(self.now);
                    self.processes[pid].node.handle_timeout(shown);
                    self.carry_out(pid);
                }
            }
            Event::Deliver { pid, input } => self.input(pid, *input),
            Event::Redis { pid, call } => self.redis_call(pid, call),
            Event::Storage { pid, call } => self.storage_call(pid, &call),
            Event::Start { host, id, cluster } => self.start(host, id, cluster),
            Event::Ping { pid } => self.ping(pid),
            Event::Work { pid } => self.work(pid),
            Event::Resume { pid } => self.resume(pid),
            Event::Client { client } => self.client(client),
            Event::Fault(fault) => self.break_something(fault),
            Event::Heal(fault) => self.heal(fault),
        }
    }

    fn start(&mut self, host: usize, id: NodeId, cluster: ClusterTag) {
        if self.hosts.contains_key(&host) {
            return;
        }
        let shown = self.seed.millis(0..=1_000_000);
        let clock = Clock { ppm: self.seed.number(900_000..1_100_001), shown, since: self.now };
        let mut settings = Settings::new(id, cluster, host.to_string());
        settings.drain_within = DRAIN_WITHIN;
        if self.flaw == Flaw::NoQuiet {
            settings.quiet = Duration::ZERO;
        }
        let pid = self.processes.len();
        self.processes.push(Process {
            node: ClusterNode::new(clock.show(self.now), settings),
            host,
            id,
            clock,
            is_alive: true,
            is_foreign: cluster == FOREIGN,
            incarnation: None,
            record: None,
            paused_until: None,
            late_takes: BTreeSet::new(),
            waiting: Vec::new(),
            timer: 0,
            rooms: BTreeMap::new(),
            held: BTreeSet::new(),
            nodes: Vec::new(),
            links: BTreeMap::new(),
            renewals: Vec::new(),
            drained_by: None,
        });
        self.hosts.insert(host, pid);
        self.report.starts += 1;
        self.after(100..=600, Event::Ping { pid });
        self.after(300..=900, Event::Work { pid });
        self.carry_out(pid);
    }

    /// Something happens to a process, now or when it goes on.
    pub(crate) fn input(&mut self, pid: usize, input: Input) {
        let one = &mut self.processes[pid];
        if !one.is_alive {
            return;
        }
        if one.is_paused() {
            // Who stands still tries nothing; a reset waits for it in its socket.
            let is_attempt = matches!(&input, Input::Link { state, .. } if *state != LinkState::Reset);
            if !is_attempt {
                one.waiting.push(input);
            }
            return;
        }
        if let Input::Registered { incarnation } = input
            && one.incarnation.is_none()
        {
            one.incarnation = Some(incarnation);
        }
        let refused =
            if let Input::WriteRefused { room, fence } = &input { Some((*room, *fence)) } else { None };
        if self.is_told {
            println!("{:?} {pid} <- {input:?}", self.now);
        }
        let one = &mut self.processes[pid];
        let shown = one.clock.show(self.now);
        one.node.handle_input(shown, input);
        self.carry_out(pid);
        if let Some((room, fence)) = refused {
            let one = &self.processes[pid];
            let has_it =
                one.node.owns(room) == Some(fence) || one.rooms.get(&room).map(|r| r.0) == Some(fence);
            if one.answers() && has_it {
                self.witness.say(self.now, &format!("{pid} keeps {room:?} after a refused write"));
            }
            self.report.refused_writes += 1;
        }
    }

    /// A process that stood still goes on with what it believed: it writes, and then looks at its clock, or at what has come.
    fn resume(&mut self, pid: usize) {
        let one = &mut self.processes[pid];
        if !one.is_alive || one.paused_until.is_none_or(|until| until > self.now) {
            return;
        }
        one.paused_until = None;
        let waiting = std::mem::take(&mut one.waiting);
        self.write_all(pid);
        self.carry_out(pid);
        if self.seed.chance(0.5) && self.processes[pid].answers() {
            let one = &mut self.processes[pid];
            let shown = one.clock.show(self.now);
            one.node.handle_timeout(shown);
            self.carry_out(pid);
        }
        for input in waiting {
            self.input(pid, input);
        }
        if self.processes[pid].answers() {
            self.schedule(pid);
        }
    }

    /// The process is woken when its machine says so, and each second in any case: its clock may have jumped back meanwhile.
    pub(crate) fn schedule(&mut self, pid: usize) {
        let one = &mut self.processes[pid];
        one.timer += 1;
        let timer = one.timer;
        let Some(at) = one.node.poll_timeout() else { return };
        let at = one.clock.when(at).clamp(self.now, self.now + LOOKS_EACH) + Duration::from_micros(1);
        self.at(at, Event::Timer { pid, timer });
    }

    /// Nothing runs there any more. Who had a link to it is told by a reset and a refusal, unless the way is cut.
    pub(crate) fn end(&mut self, pid: usize) {
        let one = &mut self.processes[pid];
        one.is_alive = false;
        one.drained_by = None;
        let (host, id, incarnation) = (one.host, one.id, one.incarnation);
        self.hosts.remove(&host);
        self.tell_links_of_end(host, id, incarnation);
        let next = if self.now >= CALM_AT { 500..=1_000 } else { 300..=12_000 };
        if host < self.nodes {
            self.after(next, Event::Start { host, id: NodeId(host as u64), cluster: CLUSTER });
        }
    }

    /// The process that is another node, where it runs.
    pub(crate) fn process_at(&self, address: &str) -> Option<usize> {
        self.hosts.get(&address.parse::<usize>().ok()?).copied()
    }

    pub(crate) fn is_linked(&self, from: usize, to: usize) -> bool {
        !self.links_cut.contains(&(from, to)) && !self.links_cut.contains(&(to, from))
    }

    fn look_at_the_end(&mut self) {
        self.now = END_AT;
        for pid in 0..self.processes.len() {
            let one = &self.processes[pid];
            if !one.is_alive {
                continue;
            }
            let health = one.node.health();
            if !matches!(health.standing, Standing::Active | Standing::Draining) {
                self.witness.say(self.now, &format!("{pid} is still {health:?}"));
            }
        }
        self.look_at_clients_in_the_end();
    }
}
