//! What goes wrong, each counted when it really happens.

use std::time::Duration;

use cluster::{Input, NodeId};

use crate::redis::FOREIGN;
use crate::storage::Access;
use crate::world::{CALM_AT, CLUSTER, DRAIN_WITHIN, Event, LOOKS_EACH, World};

/// Something that goes wrong. A number is that of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    RedisAway,
    RedisEmpty,
    RedisFailsOver,
    RedisSlow,
    RedisHasForeignKeys,
    RedisCut(usize),
    StorageAway,
    StorageReadOnly,
    StorageCut(usize),
    LinkCut(usize, usize),
    LinkOneWay(usize, usize),
    /// It has PostgreSQL and nothing else.
    Alone(usize),
    Pause(usize),
    /// Its machine has no power: nobody is told anything.
    Vanished(usize),
    ClockForward(usize),
    ClockBack(usize),
    Death(usize),
    Drain(usize),
    DrainTwice(usize),
    DrainAll,
    /// A second process is started with the id of one.
    SameId(usize),
    /// The same, while the first one reaches nobody.
    SameIdUnseen(usize),
    /// No node reaches another, and then Redis starts with nothing in it.
    Switch,
    OtherCluster,
    /// Everything is well again.
    All,
}

impl Fault {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RedisAway => "Redis away",
            Self::RedisEmpty => "Redis started empty",
            Self::RedisFailsOver => "Redis failed over",
            Self::RedisSlow => "Redis slow",
            Self::RedisHasForeignKeys => "foreign keys",
            Self::RedisCut(_) => "no way to Redis",
            Self::StorageAway => "PostgreSQL away",
            Self::StorageReadOnly => "PostgreSQL read-only",
            Self::StorageCut(_) => "no way to PostgreSQL",
            Self::LinkCut(..) => "link cut",
            Self::LinkOneWay(..) => "link cut one way",
            Self::Alone(_) => "cut off from Redis and nodes",
            Self::Pause(_) => "paused",
            Self::Vanished(_) => "vanished",
            Self::ClockForward(_) => "clock forward",
            Self::ClockBack(_) => "clock back",
            Self::Death(_) => "died",
            Self::Drain(_) => "drain",
            Self::DrainTwice(_) => "second signal",
            Self::DrainAll => "all drain",
            Self::SameId(_) => "same id",
            Self::SameIdUnseen(_) => "same id, unseen",
            Self::Switch => "switch",
            Self::OtherCluster => "other cluster",
            Self::All => "everything",
        }
    }
}

/// How many kinds there are, [`Fault::All`] aside.
pub(crate) const KINDS: usize = 24;

impl World {
    pub(crate) fn begin_faults(&mut self) {
        for _ in 0..self.seed.number(2..9) {
            let at = self.seed.millis(7_000..=60_000);
            let fault = self.draw();
            self.at(at, Event::Fault(fault));
        }
        self.at(CALM_AT, Event::Heal(Fault::All));
    }

    /// Whoever has given an id twice has noticed, and ends the second process.
    fn end_the_second(&mut self) {
        if let Some(pid) = self.hosts.get(&(self.nodes + 1)).copied() {
            self.end(pid);
        }
    }

    /// Redis is there again. Some find that out later than others, within the time that a driver waits between two attempts.
    fn redis_is_back(&mut self) {
        self.redis.is_up = true;
        for host in 0..self.nodes {
            if self.seed.chance(0.3) {
                self.redis_cut.insert(host);
                self.after(200..=2_200, Event::Heal(Fault::RedisCut(host)));
            }
        }
    }

    fn host(&mut self) -> usize {
        usize::try_from(self.seed.number(0..self.nodes as u64)).unwrap()
    }

    fn draw(&mut self) -> Fault {
        let (host, other) = (self.host(), self.host());
        let other = if other == host { (host + 1) % self.nodes } else { other };
        match self.seed.number(0..29) {
            0 => Fault::RedisAway,
            1 => Fault::RedisFailsOver,
            2 => Fault::RedisSlow,
            3 => Fault::RedisHasForeignKeys,
            4 => Fault::RedisCut(host),
            5 => Fault::StorageAway,
            6 => Fault::StorageReadOnly,
            7 => Fault::StorageCut(host),
            8 => Fault::LinkCut(host, other),
            9 => Fault::LinkOneWay(host, other),
            10 => Fault::Alone(host),
            11 => Fault::ClockForward(host),
            12 => Fault::ClockBack(host),
            13 => Fault::DrainTwice(host),
            14 => Fault::DrainAll,
            15 => Fault::SameId(host),
            16 => Fault::OtherCluster,
            17 | 18 => Fault::Drain(host),
            19 | 20 => Fault::Death(host),
            21 | 22 => Fault::RedisEmpty,
            23 => Fault::SameIdUnseen(host),
            24 => Fault::Switch,
            25 => Fault::Vanished(host),
            _ => Fault::Pause(host),
        }
    }

    pub(crate) fn break_something(&mut self, fault: Fault) {
        let mut lasts = self.seed.millis(1_000..=20_000);
        match fault {
            Fault::RedisAway => self.redis.is_up = false,
            Fault::RedisEmpty => {
                self.redis.restart_empty();
                self.redis.is_up = false;
                lasts = self.seed.millis(0..=400);
            }
            Fault::RedisFailsOver => {
                self.report.lost_keys += self.redis.fail_over(self.now) as u64;
                self.redis.is_up = false;
                lasts = self.seed.millis(0..=1_500);
            }
            Fault::RedisSlow => self.redis.slow = self.seed.millis(300..=1_500),
            Fault::RedisHasForeignKeys => self.redis.has_foreign = true,
            Fault::RedisCut(host) => _ = self.redis_cut.insert(host),
            Fault::StorageAway => self.storage.access = Access::Away,
            Fault::StorageReadOnly => self.storage.access = Access::ReadOnly,
            Fault::StorageCut(host) => _ = self.storage_cut.insert(host),
            Fault::LinkCut(one, other) => self.links_cut.extend([(one, other), (other, one)]),
            Fault::LinkOneWay(one, other) => _ = self.links_cut.insert((one, other)),
            Fault::Alone(host) => self.cut_off(host),
            Fault::Pause(host) => {
                lasts = if self.seed.chance(0.6) { Duration::from_secs(20) } else { lasts / 3 };
                return self.with_process(fault, host, |world, pid| world.pause(pid, lasts));
            }
            Fault::Vanished(host) => {
                lasts = lasts.max(Duration::from_secs(12));
                self.cut_off(host);
                self.with_process(fault, host, Self::end);
            }
            Fault::ClockForward(host) | Fault::ClockBack(host) => {
                return self.with_process(fault, host, |world, pid| {
                    let by = world.seed.millis(100..=40_000);
                    world.jump(pid, by, matches!(fault, Fault::ClockForward(_)));
                });
            }
            Fault::Death(host) => return self.with_process(fault, host, Self::end),
            Fault::Drain(host) => return self.with_process(fault, host, Self::drain),
            Fault::DrainTwice(host) => {
                return self.with_process(fault, host, |world, pid| {
                    world.drain(pid);
                    world.deliver(20..=3_000, pid, Input::DrainAsked);
                });
            }
            Fault::DrainAll => {
                self.report.count(fault);
                for pid in self.hosts.values().copied().collect::<Vec<_>>() {
                    self.drain(pid);
                }
                return;
            }
            Fault::SameId(id) => self.start_a_second(id),
            Fault::SameIdUnseen(id) => {
                lasts = self.seed.millis(10_000..=20_000);
                self.cut_off(id);
                self.start_a_second(id);
            }
            Fault::Switch => {
                let hosts = 0..self.nodes;
                let links = hosts.flat_map(|one| (0..self.nodes).map(move |other| (one, other)));
                self.links_cut.extend(links);
                self.after(3_000..=7_000, Event::Fault(Fault::RedisEmpty));
                lasts = self.seed.millis(9_000..=15_000);
            }
            Fault::OtherCluster => {
                let (host, id) = (self.nodes + 2, NodeId(50));
                self.at(self.now, Event::Start { host, id, cluster: FOREIGN });
            }
            Fault::All => {}
        }
        if !matches!(fault, Fault::Vanished(_)) {
            self.report.count(fault);
        }
        self.at((self.now + lasts).min(CALM_AT), Event::Heal(fault));
    }

    fn cut_off(&mut self, host: usize) {
        self.redis_cut.insert(host);
        let others = (0..self.nodes + 2).filter(|other| *other != host);
        self.links_cut.extend(others.map(|other| (host, other)));
    }

    fn cut_off_no_more(&mut self, host: usize) {
        self.redis_cut.remove(&host);
        self.links_cut.retain(|(from, _)| *from != host);
    }

    fn start_a_second(&mut self, id: usize) {
        let (host, id) = (self.nodes + 1, NodeId(id as u64));
        self.at(self.now, Event::Start { host, id, cluster: CLUSTER });
    }

    fn with_process(&mut self, fault: Fault, host: usize, then: impl FnOnce(&mut Self, usize)) {
        if let Some(pid) = self.hosts.get(&host).copied().filter(|pid| !self.processes[*pid].is_paused()) {
            self.report.count(fault);
            then(self, pid);
        }
    }

    /// A process stands still.
    pub(crate) fn pause(&mut self, pid: usize, lasts: Duration) {
        let until = (self.now + lasts).min(CALM_AT);
        let one = &mut self.processes[pid];
        one.paused_until = Some(until);
        let lasts = until - self.now;
        one.drained_by = one.drained_by.map(|by| by + lasts);
        self.at(until, Event::Resume { pid });
    }

    /// A clock shows something else.
    fn jump(&mut self, pid: usize, by: Duration, is_forward: bool) {
        let one = &mut self.processes[pid];
        let shown = one.clock.show(self.now);
        one.clock.set(self.now, if is_forward { shown + by } else { shown.saturating_sub(by) });
        if !is_forward {
            // What has passed since it was last looked at is lost, and until it is looked at again.
            one.drained_by = one.drained_by.map(|by| by + 2 * LOOKS_EACH);
        }
        self.schedule(pid);
    }

    fn drain(&mut self, pid: usize) {
        let slowest = DRAIN_WITHIN * 10 / 9;
        let begins = self.processes[pid].paused_until.unwrap_or(self.now);
        let by = begins + slowest + Duration::from_millis(500);
        self.processes[pid].drained_by.get_or_insert(by);
        self.input(pid, Input::DrainAsked);
    }

    pub(crate) fn heal(&mut self, fault: Fault) {
        match fault {
            Fault::RedisAway | Fault::RedisEmpty | Fault::RedisFailsOver => self.redis_is_back(),
            Fault::RedisSlow => self.redis.slow = Duration::from_millis(8),
            Fault::RedisCut(host) => _ = self.redis_cut.remove(&host),
            Fault::StorageAway | Fault::StorageReadOnly => self.storage.access = Access::Up,
            Fault::StorageCut(host) => _ = self.storage_cut.remove(&host),
            Fault::LinkCut(one, other) => {
                self.links_cut.remove(&(one, other));
                self.links_cut.remove(&(other, one));
            }
            Fault::LinkOneWay(one, other) => _ = self.links_cut.remove(&(one, other)),
            Fault::Switch => self.links_cut.clear(),
            Fault::SameIdUnseen(host) => {
                self.cut_off_no_more(host);
                // The two see each other, before anybody has noticed.
                self.after(3_000..=9_000, Event::Heal(Fault::SameId(host)));
            }
            Fault::Alone(host) | Fault::Vanished(host) => self.cut_off_no_more(host),
            Fault::SameId(_) => self.end_the_second(),
            Fault::All => {
                self.end_the_second();
                self.redis.is_up = true;
                self.redis.slow = Duration::from_millis(8);
                self.storage.access = Access::Up;
                self.redis_cut.clear();
                self.storage_cut.clear();
                self.links_cut.clear();
                for host in 0..self.nodes {
                    self.at(self.now, Event::Start { host, id: NodeId(host as u64), cluster: CLUSTER });
                }
            }
            Fault::RedisHasForeignKeys
            | Fault::Pause(_)
            | Fault::ClockForward(_)
            | Fault::ClockBack(_)
            | Fault::Death(_)
            | Fault::Drain(_)
            | Fault::DrainTwice(_)
            | Fault::DrainAll
            | Fault::OtherCluster => {}
        }
    }
}
