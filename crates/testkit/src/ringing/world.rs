//! People, their pages, the lines between them and the server, and what goes wrong.

use std::time::Duration;

use call::{RingCommand, RingInput, RingOutput, RingPhase};
use protocol::{
    CloseCode, IdentityProof, Invitation, OpeningMessage, Outcome, RingEvent, RingFrame, RingId, RingMessage,
};
use ring::{CallRecord, CallState, Departure, Output};

use super::page::{EnteredRoom, Page, STRANGER, id_of};
use super::server::Server;
use super::witness::Witness;
use crate::{Network, Seed};

/// People begin nothing any more.
pub(super) const QUIET_AT: Duration = Duration::from_secs(90);

/// Everybody hangs up.
pub(super) const HANG_UP_AT: Duration = Duration::from_secs(140);

/// Everything has been at rest for a minute.
const END_AT: Duration = Duration::from_secs(300);

/// Rings have numbers from here on, in the order in which they are made.
pub(super) const FIRST_RING: u128 = 1_000;

/// What happened in a simulation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rings that a server has kept.
    pub rings: u64,
    /// Those that were answered.
    pub answered: u64,
    /// Two people rang each other, and it became one call.
    pub merged: u64,
    /// Sockets that broke.
    pub drops: u64,
    /// Messages that were lost with them.
    pub lost: u64,
    /// A server ended and began anew.
    pub restarts: u64,
    /// What strangers said.
    pub strange: u64,
    /// Pages that were closed.
    pub closed: u64,
    /// Pages that were loaded anew in the middle of a call.
    pub reloaded: u64,
    /// Screens that ended a ring by their own clock.
    pub own_clock: u64,
    /// Two devices answered within three milliseconds.
    pub races: u64,
    /// Rings that somebody has declined; neither end reads that nobody has answered.
    pub declined: u64,
    /// Rings into a call that were answered.
    pub added: u64,
    /// Somebody left a call that went on without them.
    pub left_alone: u64,
    /// What a screen has shown in the end and what the row says were compared so often.
    pub compared: u64,
}

/// How much goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing.
    Good,
    /// Sockets break, the server ends, strangers talk, pages are closed.
    Bad,
}

/// The world.
pub struct RingWorld {
    pub(super) seed: Seed,
    pub(super) now: Duration,
    pub(super) events: Network<Event>,
    pub(super) server: Server,
    pub(super) pages: Vec<Page>,
    pub(super) sockets: Vec<Socket>,
    pub(super) people: usize,
    pub(super) rings_made: u128,
    pub(super) witness: Witness,
    pub(super) report: Report,
    /// The stranger's socket.
    pub(super) stranger: Option<u64>,
    /// Whether people do anything about a ring that comes, and have the same thought at once.
    pub(super) is_lively: bool,
    /// Whether it is the stranger who has just said something.
    is_strange: bool,
}

/// A line between a page and the server.
pub(super) struct Socket {
    /// Whose; nobody's is the stranger's.
    pub(super) page: Option<usize>,
    pub(super) is_broken: bool,
    /// When the last item arrives in each direction: what is sent later comes later.
    to_server: Duration,
    to_page: Duration,
}

#[derive(Clone, Debug)]
pub(super) enum Event {
    Opened {
        socket: u64,
    },
    NotOpened {
        page: usize,
    },
    ToServer {
        socket: u64,
        said: Said,
    },
    ToPage {
        socket: u64,
        event: Box<RingEvent>,
    },
    ClosedAtPage {
        socket: u64,
    },
    ClosedAtServer {
        socket: u64,
        departure: Departure,
    },
    Act {
        page: usize,
        act: Act,
    },
    /// Nothing gets through any more on a page's socket, and neither end is told.
    Stall {
        page: usize,
    },
    Drop,
    Restart,
    Stranger,
    Look,
}

#[derive(Clone, Debug)]
pub(super) enum Said {
    Opening(OpeningMessage),
    Frame(RingFrame),
}

/// What a person does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// Whatever comes to mind.
    Something,
    /// About a ring that came.
    Receive(RingId),
    React(RingId, Reaction),
    Call(usize),
    /// Somebody is rung into the call.
    Add(usize),
    HangUp,
    /// The page is loaded anew, which takes so long.
    Reload(Duration),
    /// It is there again.
    Loaded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    Answer,
    Decline,
}

impl RingWorld {
    /// Two to four people with one to three pages each, who do what comes to mind.
    pub fn new(number: u64, line: Line) -> Self {
        let mut seed = Seed::new(number);
        let people = usize::try_from(seed.number(2..5)).unwrap_or(2);
        let mut world = Self::empty(seed, people, (line == Line::Bad).then_some(number));
        for person in 0..people {
            for _ in 0..world.seed.number(1..4) {
                let page = world.open_page(person);
                let at = world.seed.millis(500..=10_000);
                world.events.send_at(at, Event::Act { page, act: Act::Something });
            }
        }
        if line == Line::Bad {
            world.begin_faults();
        }
        world
    }

    pub(super) fn empty(seed: Seed, people: usize, rules: Option<u64>) -> Self {
        let mut world = Self {
            seed,
            now: Duration::ZERO,
            events: Network::new(),
            server: Server::new(rules),
            pages: Vec::new(),
            sockets: Vec::new(),
            people,
            rings_made: 0,
            witness: Witness::default(),
            report: Report::default(),
            stranger: None,
            is_lively: true,
            is_strange: false,
        };
        world.events.send_at(Duration::from_secs(1), Event::Look);
        world
    }

    /// Plays until everything has been at rest for long, and looks at everything on the way.
    pub fn run(&mut self) -> Report {
        self.run_until(END_AT);
        self.look_at_everything();
        self.report.added = self.witness.added();
        self.report.compared = self.witness.compare(self.now, &self.pages, self.server.rows());
        for row in self.server.rows().values() {
            assert!(
                matches!(row.state, CallState::Over { .. }),
                "{} has not ended: {:?}",
                row.ring,
                row.state
            );
            self.report.rings += 1;
            let was_answered =
                if let CallState::Over { outcome } = row.state { outcome.was_answered() } else { false };
            self.report.answered += u64::from(was_answered);
        }
        assert_eq!(self.server.remembered(), 0, "what is over is forgotten");
        self.report
    }

    /// Plays until a moment.
    pub fn run_until(&mut self, end: Duration) {
        for _ in 0..MOST_STEPS {
            let page = self.pages.iter().enumerate();
            let page = page.filter_map(|(index, page)| Some((page.machine.poll_timeout()?, index))).min();
            let event = self.events.next_arrival();
            let server = self.server.poll_timeout();
            let times = [event, server, page.map(|(at, _)| at)];
            let Some(next) = times.into_iter().flatten().min().filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            if server == Some(next) {
                self.server.handle_timeout(self.now);
                self.carry_out_servers();
            } else if let Some((_, index)) = page.filter(|(at, _)| *at == next) {
                self.pages[index].machine.handle_timeout(self.now);
                self.carry_out_pages(index);
            } else if let Some(event) = self.events.receive(self.now) {
                self.happen(event);
            }
        }
        panic!("it does not come to rest");
    }

    /// How many calls there are at this moment, and how many pages are in one.
    pub fn calls(&self) -> (usize, usize) {
        let rows = self.server.rows().values();
        let calls = rows.filter(|row| matches!(row.state, CallState::Answered { .. })).count();
        let phases = self.pages.iter().flat_map(|page| page.machine.views()).map(|view| view.phase);
        (calls, phases.filter(|phase| *phase == RingPhase::Answered).count())
    }

    /// How many rings any history has.
    pub fn rows(&self) -> usize {
        self.server.rows().len()
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Opened { socket } => self.opened(socket),
            Event::NotOpened { page } => self.input(page, RingInput::SocketClosed),
            Event::ToServer { socket, said } => self.hear_at_server(socket, said),
            Event::ToPage { socket, event } => self.hear_at_page(socket, *event),
            Event::ClosedAtPage { socket } => {
                let Some(page) = self.page_of(socket) else { return self.stranger_closed(socket) };
                self.pages[page].socket = None;
                self.break_line(page);
                self.input(page, RingInput::SocketClosed);
            }
            Event::ClosedAtServer { socket, departure } => {
                self.server.close(self.now, socket, departure);
                self.carry_out_servers();
            }
            Event::Act { page, act } => self.act(page, act),
            Event::Stall { page } => self.stall(page),
            Event::Drop => self.drop_one(),
            Event::Restart => self.restart(),
            Event::Stranger => self.talk_strangely(),
            Event::Look => {
                self.look_at_everything();
                self.events.send_at(self.now + Duration::from_secs(1), Event::Look);
            }
        }
    }

    /// A new page of somebody's.
    pub(super) fn open_page(&mut self, person: usize) -> usize {
        let index = self.pages.len();
        self.pages.push(Page::new(person, index as u128 + 1));
        self.break_line(index);
        for at in [HANG_UP_AT, HANG_UP_AT + Duration::from_secs(30)] {
            self.events.send_at(at, Event::Act { page: index, act: Act::HangUp });
        }
        self.input(index, RingInput::Command(RingCommand::Attach));
        index
    }

    /// Tells a page something, and carries out what it wants.
    pub(super) fn input(&mut self, page: usize, input: RingInput) {
        self.pages[page].machine.handle_input(self.now, input);
        self.carry_out_pages(page);
    }

    fn carry_out_pages(&mut self, index: usize) {
        while let Some(output) = self.pages[index].machine.poll_output() {
            match output {
                RingOutput::Dial => self.dial(Some(index)),
                // A page that goes away says so. One that only wants another socket closes its own without a code.
                RingOutput::CloseSocket => {
                    let code = self.pages[index].is_closed.then_some(CloseCode::GOING_AWAY);
                    self.hang_socket(index, code);
                }
                RingOutput::Open(message) => self.say(index, Said::Opening(message)),
                RingOutput::Send(frame) => {
                    if let RingMessage::Place(place) = &frame.message {
                        self.witness.placed(self.now, place.ring);
                    }
                    self.say(index, Said::Frame(frame));
                }
                RingOutput::Prove { .. } => {
                    let proof = IdentityProof::new("P".repeat(43)).expect("43 characters");
                    self.pages[index].machine.handle_input(self.now, RingInput::Proven(proof));
                }
                RingOutput::Seal { ring, .. } => {
                    let invitation = Invitation::new("sealed".to_owned()).expect("base64url");
                    let sealed = RingInput::Sealed { ring, invitation, note: None };
                    self.pages[index].machine.handle_input(self.now, sealed);
                }
                RingOutput::EnterRoom { ring, invitation, .. } => {
                    let before =
                        self.pages[index].room.replace(EnteredRoom { ring, came: invitation.is_some() });
                    let is_new = before.is_none_or(|before| before.ring == ring);
                    assert!(is_new, "page {index} goes to {ring} and is in {before:?}");
                }
                RingOutput::OpenDevices { ring } => {
                    let room = self.pages[index].room.filter(|room| room.ring == ring && room.came);
                    assert!(room.is_some(), "page {index} opens its devices for {ring} and is not there");
                }
                RingOutput::GoAhead { ring } => {
                    let room = self.pages[index].room.filter(|room| room.ring == ring);
                    let room =
                        room.unwrap_or_else(|| panic!("page {index} talks in {ring} and is not there"));
                    if room.came {
                        self.witness.answered(ring, index);
                    }
                }
                RingOutput::LeaveRoom { ring } => {
                    let left = self.pages[index].room.take();
                    assert!(
                        left.is_some_and(|left| left.ring == ring),
                        "page {index} leaves {ring} and is in {left:?}"
                    );
                }
                // Nobody here is pushed to.
                RingOutput::SubscribePush { .. } | RingOutput::GiveUpPush => {}
            }
        }
        self.look_at(index);
    }

    fn look_at(&mut self, index: usize) {
        let stray = self.pages[index].stray_room();
        assert!(stray.is_none(), "page {index} is in the room of no call: {stray:?}");
        let page = &mut self.pages[index];
        for view in page.look(self.now) {
            let is_own = view.phase == RingPhase::Over(Outcome::NoAnswer);
            let is_known = self
                .server
                .rows()
                .get(&view.ring)
                .is_none_or(|row| matches!(row.state, CallState::Over { .. }));
            self.report.own_clock += u64::from(is_own && !is_known);
        }
        let page = &self.pages[index];
        for (ring, shown) in &page.shown {
            self.witness.look_at_screen(self.now, page, *ring, shown);
        }
    }

    fn look_at_everything(&mut self) {
        (0..self.pages.len()).for_each(|index| self.look_at(index));
        self.witness.look_at_rows(self.now, self.server.rows());
    }

    fn carry_out_servers(&mut self) {
        while let Some(output) = self.server.poll_output() {
            match output {
                Output::Send { to, event } => {
                    let socket = u64::try_from(to.0).unwrap_or_default();
                    let merged = matches!(*event, RingEvent::Merged { .. });
                    self.report.merged += u64::from(merged);
                    self.send_to_page(socket, |socket| Event::ToPage { socket, event });
                }
                Output::Close { connection, .. } => {
                    let socket = u64::try_from(connection.0).unwrap_or_default();
                    self.server.close(self.now, socket, Departure::Broken);
                    self.send_to_page(socket, |socket| Event::ClosedAtPage { socket });
                }
                Output::Record(row) => {
                    // Their own ring, or one of the call that they are in.
                    let is_theirs = |row: &CallRecord| [row.caller, row.callee].contains(&id_of(STRANGER));
                    let mut of_call = self.server.rows().values().filter(|other| other.room == row.room);
                    let is_theirs = is_theirs(&row) || row.room.is_some() && of_call.any(is_theirs);
                    assert!(is_theirs || !self.is_strange, "a stranger has changed {}", row.ring);
                    if self.is_strange && !self.server.rows().contains_key(&row.ring) {
                        // An id that the server has not met yet, however the stranger came by it.
                        self.witness.placed_anew(self.now, row.ring);
                    }
                    self.report.left_alone += u64::from(row.stays.is_some());
                    self.witness.kept(self.now, self.server.rows(), &row);
                    self.server.keep(*row);
                }
                Output::Wake { .. } | Output::Missed { .. } | Output::Settled { .. } => {}
            }
        }
    }

    pub(super) fn dial(&mut self, page: Option<usize>) {
        if self.server.is_down(self.now) {
            let at = self.now + self.seed.millis(1..=100);
            if let Some(page) = page {
                self.events.send_at(at, Event::NotOpened { page });
            }
            return;
        }
        let socket = self.sockets.len() as u64;
        let at = self.now + self.seed.millis(1..=100);
        self.sockets.push(Socket { page, is_broken: false, to_server: at, to_page: at });
        match page {
            Some(page) => self.pages[page].socket = Some(socket),
            None => self.stranger = Some(socket),
        }
        self.events.send_at(at, Event::Opened { socket });
    }

    fn opened(&mut self, socket: u64) {
        if self.sockets[index(socket)].is_broken {
            return;
        }
        if let Some(page) = self.page_of(socket) {
            self.input(page, RingInput::SocketOpened);
        }
    }

    /// The page to which a socket still leads.
    fn page_of(&self, socket: u64) -> Option<usize> {
        let page = self.sockets[index(socket)].page?;
        (self.pages[page].socket == Some(socket)).then_some(page)
    }

    fn say(&mut self, page: usize, said: Said) {
        if let Some(socket) = self.pages[page].socket {
            self.send_to_server(socket, |socket| Event::ToServer { socket, said });
        }
    }

    pub(super) fn send_to_server(&mut self, socket: u64, event: impl FnOnce(u64) -> Event) {
        let took = self.seed.millis(1..=150);
        let line = &mut self.sockets[index(socket)];
        line.to_server = line.to_server.max(self.now + took);
        self.events.send_at(line.to_server, event(socket));
    }

    fn send_to_page(&mut self, socket: u64, event: impl FnOnce(u64) -> Event) {
        let took = self.seed.millis(1..=150);
        let line = &mut self.sockets[index(socket)];
        line.to_page = line.to_page.max(self.now + took);
        self.events.send_at(line.to_page, event(socket));
    }

    /// A page closes its socket: it has heard nothing for too long, or it is closed itself.
    pub(super) fn hang_socket(&mut self, page: usize, code: Option<CloseCode>) {
        self.break_line(page);
        let Some(socket) = self.pages[page].socket.take() else { return };
        let departure = if CloseCode::is_for_good(code) { Departure::Closed } else { Departure::Broken };
        self.send_to_server(socket, |socket| Event::ClosedAtServer { socket, departure });
    }

    fn hear_at_server(&mut self, socket: u64, said: Said) {
        if self.sockets[index(socket)].is_broken {
            self.report.lost += 1;
            return;
        }
        self.is_strange = self.sockets[index(socket)].page.is_none();
        let mut declined = None;
        let answer = match said {
            Said::Opening(OpeningMessage::Ring(attach)) => {
                let person =
                    self.sockets[index(socket)].page.map_or(STRANGER, |page| self.pages[page].person);
                Some(self.server.open(socket, person, attach.device, attach.identity))
            }
            Said::Opening(OpeningMessage::Join(_) | OpeningMessage::Resume(_)) => None,
            Said::Frame(frame) => {
                declined = self.is_declined_by(socket, &frame);
                self.server.hear(self.now, socket, frame)
            }
        };
        if let Some(event) = answer {
            let event = Box::new(event);
            self.send_to_page(socket, |socket| Event::ToPage { socket, event });
        }
        self.carry_out_servers();
        self.is_strange = false;
        if let Some(row) = declined.and_then(|ring| self.server.rows().get(&ring)) {
            let is_told = matches!(
                row.state,
                CallState::Over { outcome: Outcome::Declined | Outcome::Busy } | CallState::Ringing
            );
            assert!(is_told, "{} was declined, and is {:?}", row.ring, row.state);
            self.report.declined += u64::from(row.state != CallState::Ringing);
        }
    }

    /// The ring that a page of the person called declines, while it rings.
    fn is_declined_by(&self, socket: u64, frame: &RingFrame) -> Option<RingId> {
        let RingMessage::Decline { ring, .. } = frame.message else { return None };
        let page = self.sockets[index(socket)].page?;
        let row = self.server.rows().get(&ring)?;
        let is_theirs = row.callee == id_of(self.pages[page].person) && row.state == CallState::Ringing;
        is_theirs.then_some(ring)
    }

    fn hear_at_page(&mut self, socket: u64, event: RingEvent) {
        if self.sockets[index(socket)].is_broken {
            self.report.lost += 1;
            return;
        }
        let Some(page) = self.page_of(socket) else { return self.hear_strangely(socket, &event) };
        if matches!(event, RingEvent::Welcome { .. }) {
            self.mend_line(page);
        }
        let came = if let RingEvent::Incoming(incoming) = &event { Some(incoming.ring) } else { None };
        self.input(page, RingInput::Server(Box::new(event)));
        if let Some(ring) = came {
            let at = self.now + self.seed.millis(10..=400);
            self.events.send_at(at, Event::Act { page, act: Act::Receive(ring) });
        }
    }

    pub(super) fn break_line(&mut self, page: usize) {
        self.pages[page].broken.push((self.now, Duration::MAX));
    }

    fn mend_line(&mut self, page: usize) {
        for (_, ended) in &mut self.pages[page].broken {
            *ended = self.now.min(*ended);
        }
    }
}

/// More steps than any simulation needs.
const MOST_STEPS: usize = 500_000;

pub(super) fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
