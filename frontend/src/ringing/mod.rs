//! A page as a device of a call identity: owns the device, the identity's key pair, the socket and the sound of ringing, and runs the loop
//! over [`RingEvent`]. The room of a call is a session of its own, as on a room's page.

mod call_line;
mod event;
mod key_store;
mod lock;
mod peers;
mod sound;
mod talk;

use std::collections::BTreeMap;

use app::state::{CallView, DirectCommand, DirectView, RingLine};
use call::{Dialled, RingCommand, RingDevice, RingInput, RingOutput, RingView};
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use leptos::prelude::{RwSignal, Set, Update};
use protocol::limits::MAX_DISPLAY_NAME_CHARS;
use protocol::{DeviceId, DisplayName, HangUpReason, PublicKey, Receipt, RingId, RingSide};
use reactive_stores::Store;
use seal::{CallInvitation, KeyDigest, KeyPair, NotePurpose, RoomSecret};
use view::{DialProblem, RingPhase};
use wasm_bindgen_futures::spawn_local;

use crate::event::SocketNumber;
use crate::identity::{random, random_id};
use crate::socket::{Socket, SocketNews};
use crate::{clock, page, remember, web};
pub(crate) use call_line::CallLine;
pub(crate) use event::{RingEvent, RingEvents};
use sound::{Sound, Sounding};
use talk::Talk;

/// How often it is looked what is due.
const TICK_MILLIS: u32 = 250;

/// What the page gives.
pub(crate) struct RingPage {
    pub(crate) view: RwSignal<DirectView>,
    pub(crate) call_view: Store<CallView>,
    pub(crate) call_line: CallLine,
    pub(crate) events: RingEvents,
    pub(crate) received: UnboundedReceiver<RingEvent>,
}

struct Ringing {
    device: RingDevice,
    id: DeviceId,
    keys: KeyPair,
    socket: Option<Socket>,
    sockets_made: u32,
    events: RingEvents,
    view: RwSignal<DirectView>,
    call_view: Store<CallView>,
    call_line: CallLine,
    /// What the invitations said that came, and those that were made.
    opened: BTreeMap<RingId, CallInvitation>,
    /// The keys of those whom this page calls, by their ring.
    called: BTreeMap<RingId, PublicKey>,
    /// Rings that were answered without a picture.
    without_video: Vec<RingId>,
    name: String,
    problem: Option<DialProblem>,
    sounding: Option<Sounding>,
    is_silenced: bool,
    talk: Option<Talk>,
    /// Whom the address of the page leads to, until they are called.
    to_call: Option<Dialled>,
    _timer: Interval,
    _network: Option<EventListener>,
}

/// Runs the page's device, for as long as there is the page.
pub(crate) fn start(ring_page: RingPage) {
    let RingPage { view, call_view, call_line, events, mut received } = ring_page;
    let (Some(keys), Some(id)) = (key_store::own_keys(), random_id()) else {
        return view.update(|view| view.is_unsupported = true);
    };
    let mut ringing = Ringing::new(DeviceId::new(id), keys, view, (call_view, call_line), events);
    spawn_local(async move {
        ringing.input(RingInput::Command(RingCommand::Attach));
        ringing.publish();
        while let Some(event) = received.next().await {
            ringing.handle(event);
            while let Ok(event) = received.try_recv() {
                ringing.handle(event);
            }
            ringing.publish();
        }
    });
}

impl Ringing {
    fn new(
        id: DeviceId,
        keys: KeyPair,
        view: RwSignal<DirectView>,
        (call_view, call_line): (Store<CallView>, CallLine),
        events: RingEvents,
    ) -> Self {
        let (ticks, network) = (events.clone(), events.clone());
        let network = web::window().map(|window| {
            EventListener::new(&window, "online", move |_| {
                _ = network.unbounded_send(RingEvent::NetworkChanged);
            })
        });
        Self {
            device: RingDevice::new(id, keys.public().clone(), (js_sys::Math::random() * 1e15) as u64),
            id,
            keys,
            socket: None,
            sockets_made: 0,
            view,
            call_view,
            call_line,
            opened: BTreeMap::new(),
            called: BTreeMap::new(),
            without_video: Vec::new(),
            name: remember::read(remember::NAME).unwrap_or_default(),
            problem: None,
            sounding: None,
            is_silenced: false,
            talk: None,
            to_call: page::dialled(),
            _timer: Interval::new(TICK_MILLIS, move || _ = ticks.unbounded_send(RingEvent::Tick)),
            _network: network,
            events,
        }
    }

    fn handle(&mut self, event: RingEvent) {
        match event {
            RingEvent::Command(command) => self.command(command),
            RingEvent::Text { socket, text } => {
                if self.is_current(socket)
                    && let Ok(event) = protocol::RingEvent::parse(&text)
                {
                    self.input(RingInput::Server(Box::new(event)));
                    self.call_by_address();
                    // A browser lets the timers of a page that nobody looks at ring once a minute.
                    self.tick();
                }
            }
            RingEvent::SocketClosed { socket } => {
                if self.is_current(socket) {
                    self.socket = None;
                    self.input(RingInput::SocketClosed);
                }
            }
            RingEvent::NetworkChanged => self.input(RingInput::NetworkChanged),
            RingEvent::Sounds { ring, does } => {
                self.is_silenced = !does;
                let receipt = if does { Receipt::Ringing } else { Receipt::Silent };
                self.input(RingInput::Command(RingCommand::Receipt { ring, receipt }));
            }
            RingEvent::Tick => self.tick(),
        }
    }

    fn is_current(&self, socket: SocketNumber) -> bool {
        self.socket.as_ref().is_some_and(|current| current.number() == socket)
    }

    fn tick(&mut self) {
        if self.device.poll_timeout().is_some_and(|due| due <= clock::now()) {
            self.device.handle_timeout(clock::now());
            self.carry_out();
        }
        if self.talk.as_mut().is_some_and(|talk| talk.is_lost(&self.device.views())) {
            self.input(RingInput::Command(RingCommand::HangUp { reason: HangUpReason::Lost }));
        }
        self.remember_peer();
    }

    fn command(&mut self, command: DirectCommand) {
        match command {
            DirectCommand::Dial { text } => match Dialled::parse(&text) {
                Some(dialled) => self.call(dialled),
                None => self.problem = Some(DialProblem::NoCallId),
            },
            DirectCommand::CallAgain { peer } => self.call(Dialled { callee: peer, expected: None }),
            DirectCommand::Answer { ring, with_video } => {
                if !with_video {
                    self.without_video.push(ring);
                }
                self.input(RingInput::Command(RingCommand::Answer { ring }));
            }
            DirectCommand::Decline { ring } => {
                self.input(RingInput::Command(RingCommand::Decline { ring, message: None }));
            }
            DirectCommand::HangUp => {
                self.input(RingInput::Command(RingCommand::HangUp { reason: HangUpReason::HungUp }));
            }
            DirectCommand::Dismiss => self.input(RingInput::Command(RingCommand::Dismiss)),
            DirectCommand::SetName { name } => {
                self.name = name;
                remember::write(remember::NAME, self.name.trim());
            }
            DirectCommand::CopyId => {
                if let Some(id) = self.device.call_id() {
                    copy(id.to_string());
                }
            }
            DirectCommand::CopyLink => {
                let key = KeyDigest::of(self.keys.public());
                if let (Some(origin), Some(id)) = (page::origin(), self.device.call_id()) {
                    copy(Dialled::link(&origin, id, &key));
                }
            }
            DirectCommand::AllowSound => {
                self.sounding = None;
                self.sound();
            }
        }
    }

    fn call(&mut self, dialled: Dialled) {
        let Dialled { callee, expected } = dialled;
        if self.device.call_id() == Some(callee) {
            self.problem = Some(DialProblem::Own);
            return;
        }
        self.problem = None;
        let Some(ring) = random_id().map(RingId::new) else { return };
        let expected = expected.or_else(|| peers::key_of(callee));
        self.input(RingInput::Command(RingCommand::Dismiss));
        self.input(RingInput::Command(RingCommand::Call { ring, callee, expected }));
    }

    /// The page of somebody's link calls them, once. Loaded again it does not.
    fn call_by_address(&mut self) {
        if self.device.call_id().is_some()
            && let Some(dialled) = self.to_call.take()
        {
            page::forget_dialled();
            self.call(dialled);
        }
    }

    fn input(&mut self, input: RingInput) {
        self.device.handle_input(clock::now(), input);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.device.poll_output() {
            match output {
                RingOutput::Dial => self.dial(),
                RingOutput::CloseSocket => self.socket = None,
                RingOutput::Open(message) => self.say(&protocol::OpeningFrame::from(message)),
                RingOutput::Send(frame) => self.say(&frame),
                RingOutput::Prove { nonce, key } => {
                    if let Some(proof) = self.keys.prove(self.id, &nonce, &key) {
                        self.device.handle_input(clock::now(), RingInput::Proven(proof));
                    }
                }
                RingOutput::Seal { ring, callee: _, key } => {
                    let sealed = self.seal(ring, &key);
                    self.device.handle_input(clock::now(), sealed.unwrap_or(RingInput::NotSealed { ring }));
                }
                RingOutput::EnterRoom { ring, room, credential: _, invitation } => {
                    if let Some(incoming) = invitation {
                        self.open(ring, &incoming.caller_key, &incoming.invitation);
                    }
                    self.enter(ring, room);
                }
                RingOutput::LeaveRoom { ring: _ } => self.talk = None,
            }
        }
    }

    fn dial(&mut self) {
        self.sockets_made += 1;
        let socket = SocketNumber(self.sockets_made);
        let events = self.events.clone();
        self.socket = Socket::open(socket, move |news| {
            _ = events.unbounded_send(match news {
                SocketNews::Text(text) => RingEvent::Text { socket, text },
                SocketNews::Closed => RingEvent::SocketClosed { socket },
            });
        });
        let opened = if self.socket.is_some() { RingInput::SocketOpened } else { RingInput::SocketClosed };
        self.device.handle_input(clock::now(), opened);
    }

    fn say(&self, frame: &impl serde::Serialize) {
        if let Some(socket) = &self.socket {
            socket.send(frame);
        }
    }

    /// Draws the secret of the call's room, and seals it for whom it is.
    fn seal(&mut self, ring: RingId, callee: &PublicKey) -> Option<RingInput> {
        let invitation = CallInvitation { secret: RoomSecret::new(random()?), name: self.own_name()? };
        let sealed = self.keys.seal_invitation(callee, ring, random()?, &invitation)?;
        let name = self.device.views().into_iter().find(|view| view.ring == ring);
        let note = name.and_then(|view| peers::name_of(view.peer)).and_then(|name| {
            self.keys.seal_note(self.keys.public(), ring, NotePurpose::OwnHistory, random()?, &name)
        });
        self.called.insert(ring, callee.clone());
        self.opened.insert(ring, invitation);
        Some(RingInput::Sealed { ring, invitation: sealed, note })
    }

    fn open(&mut self, ring: RingId, caller: &PublicKey, invitation: &protocol::Invitation) {
        if !self.opened.contains_key(&ring)
            && let Some(invitation) = self.keys.open_invitation(caller, ring, invitation)
        {
            self.opened.insert(ring, invitation);
        }
    }

    /// What the others see of this person: their name, or their ID.
    fn own_name(&self) -> Option<DisplayName> {
        let typed: String = self.name.chars().take(MAX_DISPLAY_NAME_CHARS).collect();
        let by_id = || DisplayName::parse(&self.device.call_id()?.to_string()).ok();
        DisplayName::parse(&typed).ok().or_else(by_id)
    }

    fn enter(&mut self, ring: RingId, room: protocol::RoomCode) {
        let (Some(invitation), Some(name)) = (self.opened.get(&ring), self.own_name()) else {
            // Who calls has sealed something that does not open: there is no call with them.
            let reason = HangUpReason::Lost;
            return self
                .device
                .handle_input(clock::now(), RingInput::Command(RingCommand::HangUp { reason }));
        };
        let is_caller = self.called.contains_key(&ring);
        let with_video = !self.without_video.contains(&ring);
        let secret = invitation.secret.clone();
        let init = talk::TalkInit { room, secret, name, is_caller, with_video };
        self.talk = Some(Talk::begin(init, self.call_view, &self.call_line));
    }

    /// Who is in the call is known from then on: their name and key.
    fn remember_peer(&mut self) {
        let Some(line) = self.device.views().into_iter().find(|view| view.phase == RingPhase::Answered)
        else {
            return;
        };
        let key = match line.side {
            RingSide::Caller => self.called.get(&line.ring).cloned(),
            RingSide::Callee => line.invitation.map(|incoming| incoming.caller_key),
        };
        let name = self.talk.as_ref().and_then(Talk::name_of_other);
        if let (Some(key), Some(name)) = (key, name) {
            peers::remember(line.peer, &name, &key);
        }
    }

    fn publish(&mut self) {
        let views = self.device.views();
        for view in &views {
            if let Some(incoming) = &view.invitation {
                let incoming = incoming.clone();
                self.open(view.ring, &incoming.caller_key, &incoming.invitation);
            }
        }
        // What strangers have rung with is not kept beyond their rings.
        let is_shown = |ring: &RingId| views.iter().any(|view| view.ring == *ring);
        self.opened.retain(|ring, _| is_shown(ring));
        self.called.retain(|ring, _| is_shown(ring));
        self.without_video.retain(is_shown);
        self.sound();
        let rings = views.into_iter().map(|view| self.line(view)).collect();
        let shown = DirectView {
            is_ready: true,
            is_engine_missing: false,
            is_unsupported: false,
            signalling: self.device.signalling(),
            refused: self.device.refused(),
            call_id: self.device.call_id(),
            name: self.name.clone(),
            problem: self.problem,
            rings,
            is_silenced: self.is_silenced,
        };
        if leptos::prelude::GetUntracked::get_untracked(&self.view) != shown {
            self.view.set(shown);
        }
    }

    fn line(&self, view: RingView) -> RingLine {
        let RingView { ring, peer, side, phase, since: _, invitation, message } = view;
        let said = match side {
            RingSide::Callee => self.opened.get(&ring).map(|invitation| invitation.name.to_string()),
            RingSide::Caller => None,
        };
        let key = match side {
            RingSide::Caller => self.called.get(&ring).cloned(),
            RingSide::Callee => invitation.map(|incoming| incoming.caller_key),
        };
        let message = message
            .zip(key)
            .and_then(|(note, key)| self.keys.open_note(&key, ring, NotePurpose::Decline, &note));
        RingLine { ring, peer, name: said.or_else(|| peers::name_of(peer)), side, phase, message }
    }

    /// Sounds what is to sound: a ring that came, or the tone of one that sounds at the other end.
    fn sound(&mut self) {
        let wanted = self.device.views().iter().find_map(|view| match (view.side, view.phase) {
            (RingSide::Callee, RingPhase::Ringing) => Some((Sound::Ring, view.ring)),
            (RingSide::Caller, RingPhase::Ringing) => Some((Sound::Tone, view.ring)),
            _ => None,
        });
        if self.sounding.as_ref().map(Sounding::of) != wanted {
            self.sounding = wanted.map(|(sound, ring)| Sounding::begin(sound, ring, &self.events));
        }
    }
}

fn copy(text: String) {
    spawn_local(async move { _ = web::copy(&text).await });
}
