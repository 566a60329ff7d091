//! A page as a device of a call identity: owns the device, the identity's key pair, the socket and the sound of ringing, and runs the loop
//! over [`RingEvent`]. The room of a call is a session of its own, as on a room's page. On pages that are about something else rings are shown
//! and declined; who answers is taken to the page of direct calls (`handing_over.rs`).

mod book;
mod call_line;
mod commands;
mod event;
mod handing_over;
mod keeping;
mod key_store;
mod moving;
mod notifications;
mod ongoing;
mod outputs;
mod peers;
mod place;
mod pressed;
mod push;
mod push_manager;
mod resuming;
mod service_worker;
mod shown;
mod sound;
mod talk;
mod ticker;
mod vibration;
mod wish;
mod zones;

use std::collections::BTreeMap;
use std::time::Duration;

use app::state::{CallView, DirectCommand, DirectView, IdentityNotice};
use call::{Dialled, RingCommand, RingDevice, RingInput, RingView};
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use leptos::prelude::{RwSignal, Update};
use protocol::{DeviceId, ParticipantId, PublicKey, Receipt, RingId, RingSide};
use reactive_stores::Store;
use seal::{CallInvitation, KeyPair};
use view::DialProblem;
use wasm_bindgen_futures::spawn_local;

use crate::event::SocketNumber;
use crate::identity::random_id;
use crate::ring_note::RingNote;
use crate::socket::Socket;
use crate::{call_identity, clock, page, remember, web};
use book::ShownBook;
pub(crate) use call_line::CallLine;
pub(crate) use event::{RingEvent, RingEvents};
use notifications::Notifier;
use ongoing::KeptCall;
pub(crate) use place::RingPlace;
use sound::Sounding;
use talk::Talk;
use ticker::Ticker;

/// How often it is looked what is due.
const TICK_MILLIS: u32 = 250;

/// How long the page stays as it is when somebody answers: drawing the call takes as long as opening devices, on the same thread, and
/// whoever calls waits for the devices. Nobody sees so short a time.
const DEVICES_FIRST: Duration = Duration::from_millis(60);

/// How long it is said that something was copied.
const COPIED_SAID_FOR: Duration = Duration::from_secs(8);

/// What the page gives.
pub(crate) struct RingPage {
    pub(crate) place: RingPlace,
    pub(crate) view: RwSignal<DirectView>,
    pub(crate) call_view: Store<CallView>,
    pub(crate) call_line: CallLine,
    pub(crate) events: RingEvents,
    pub(crate) received: UnboundedReceiver<RingEvent>,
}

struct Ringing {
    place: RingPlace,
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
    opened: BTreeMap<RingId, Opened>,
    /// Whether a ring was answered with the camera, where that was said.
    chosen_video: BTreeMap<RingId, bool>,
    /// Calls of this page whose other end has a name in the history.
    noted: Vec<RingId>,
    /// Who was in the room before the one came who was rung into it last.
    there_before: Vec<ParticipantId>,
    book: ShownBook,
    name: String,
    problem: Option<DialProblem>,
    /// What was wrong with what was typed to ring somebody into the call.
    adding_problem: Option<DialProblem>,
    identity_notice: Option<IdentityNotice>,
    noted_at: Duration,
    /// Until when nothing new is drawn.
    drawn_from: Duration,
    sounding: Option<Sounding>,
    is_silenced: bool,
    notifier: Notifier,
    talk: Option<Talk>,
    /// Whether the session of calls is here or on its way.
    is_session_fetched: bool,
    /// Whom the address of the page leads to, until they are called.
    to_call: Option<Dialled>,
    /// The ring that was answered on the page before.
    taken_over: Option<RingNote>,
    /// The call that the page before was in, if it was in one.
    resumed: Option<RingId>,
    /// The call that the next page would be in.
    kept_call: Option<KeptCall>,
    /// A ring that was declined on its notification before this page had it.
    to_decline: Option<RingId>,
    _timer: Interval,
    /// Counts while there is a ring.
    ticker: Option<Ticker>,
    _network: Option<EventListener>,
    _visibility: Option<EventListener>,
    _wish: Option<EventListener>,
}

/// An invitation, and the key of whoever has sealed it: by another key it is another one.
struct Opened {
    by: PublicKey,
    invitation: CallInvitation,
}

/// Runs the page's device, for as long as there is the page.
pub(crate) fn start(ring_page: RingPage) {
    let RingPage { place, view, call_view, call_line, events, mut received } = ring_page;
    spawn_local(async move {
        let (Some(keys), Some(id)) = (key_store::own_keys().await, random_id()) else {
            return view.update(|view| view.is_unsupported = true);
        };
        call_identity::tell_server();
        let resumable = match place {
            RingPlace::Own => ongoing::of_page_before(keys.public()).await,
            RingPlace::OverRoom | RingPlace::OverPage => None,
        };
        let id = resumable.as_ref().map_or(DeviceId::new(id), |resumable| resumable.note.device);
        let mut ringing = Ringing::new(id, keys, (place, view), (call_view, call_line), events);
        match resumable {
            Some(resumable) => ringing.resume(resumable),
            None if place == RingPlace::Own => ringing.take_over(),
            None => {}
        }
        ringing.begin_push();
        ringing.input(RingInput::Command(RingCommand::Attach));
        ringing.show_book(web::document().is_some_and(|page| !page.hidden()));
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
        (place, view): (RingPlace, RwSignal<DirectView>),
        (call_view, call_line): (Store<CallView>, CallLine),
        events: RingEvents,
    ) -> Self {
        let (ticks, network, seen) = (events.clone(), events.clone(), events.clone());
        let visibility = web::document().map(|document| {
            let page = document.clone();
            EventListener::new(&document, "visibilitychange", move |_| {
                _ = seen.unbounded_send(RingEvent::Seen(!page.hidden()));
            })
        });
        let network = web::window().map(|window| {
            EventListener::new(&window, "online", move |_| {
                _ = network.unbounded_send(RingEvent::NetworkChanged);
            })
        });
        Self {
            place,
            device: RingDevice::new(id, keys.public().clone(), (js_sys::Math::random() * 1e15) as u64),
            id,
            keys,
            socket: None,
            sockets_made: 0,
            view,
            call_view,
            call_line,
            opened: BTreeMap::new(),
            chosen_video: BTreeMap::new(),
            noted: Vec::new(),
            there_before: Vec::new(),
            book: ShownBook::default(),
            name: remember::read(remember::NAME).unwrap_or_default(),
            problem: page::is_dialled_wrongly().then_some(DialProblem::NoCallId),
            adding_problem: None,
            identity_notice: None,
            noted_at: Duration::ZERO,
            drawn_from: Duration::ZERO,
            sounding: None,
            is_silenced: false,
            notifier: Notifier::begin(&events),
            talk: None,
            is_session_fetched: false,
            to_call: page::dialled(),
            taken_over: None,
            resumed: None,
            kept_call: None,
            ticker: None,
            to_decline: None,
            _timer: Interval::new(TICK_MILLIS, move || _ = ticks.unbounded_send(RingEvent::Tick)),
            _network: network,
            _visibility: visibility,
            _wish: push::watch(&events),
            events,
        }
    }

    fn handle(&mut self, event: RingEvent) {
        match event {
            RingEvent::Command(DirectCommand::Answer { ring, with_video })
                if self.place != RingPlace::Own =>
            {
                self.answer_there(ring, with_video);
            }
            RingEvent::Command(command) => self.command(command),
            RingEvent::Activity(activity) => {
                self.input(RingInput::Command(RingCommand::SetActivity { activity }));
            }
            RingEvent::Text { socket, text } => {
                if self.is_current(socket)
                    && let Ok(event) = protocol::RingEvent::parse(&text)
                {
                    self.input(RingInput::Server(Box::new(event)));
                    self.call_by_address();
                    self.decline_what_was_pressed();
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
                if does && self.connects_beforehand(ring) {
                    self.input(RingInput::Command(RingCommand::ConnectBeforehand { ring }));
                }
            }
            RingEvent::Noted(notice) => {
                self.identity_notice = Some(notice);
                self.noted_at = clock::now();
            }
            RingEvent::Seen(is_seen) => self.show_book(is_seen),
            RingEvent::Pressed { ring, what, caller } => self.pressed(ring, what, caller),
            RingEvent::Push(input) => self.input(*input),
            RingEvent::Tick => self.tick(),
        }
    }

    /// What is kept is read where somebody sees it: what was shown of missed calls is not new any more.
    fn show_book(&mut self, is_seen: bool) {
        let is_shown = is_seen && page::is_direct();
        self.input(RingInput::Command(RingCommand::ShowBook { is_shown }));
    }

    /// Connecting tells one's addresses: who calls has been talked with before, and is the same. Another page than the one that answers would
    /// do it in vain.
    fn connects_beforehand(&self, ring: RingId) -> bool {
        let views = self.device.views();
        let view = views.iter().find(|view| view.ring == ring && view.side == RingSide::Callee);
        let is_known = |view: &RingView| view.key.as_ref().is_some_and(|key| peers::is_known(view.peer, key));
        self.place == RingPlace::Own && view.is_some_and(is_known)
    }

    fn is_current(&self, socket: SocketNumber) -> bool {
        self.socket.as_ref().is_some_and(|current| current.number() == socket)
    }

    fn tick(&mut self) {
        if self.identity_notice.is_some_and(IdentityNotice::is_of_copying)
            && clock::now().saturating_sub(self.noted_at) >= COPIED_SAID_FOR
        {
            self.identity_notice = None;
        }
        if self.device.poll_timeout().is_some_and(|due| due <= clock::now()) {
            self.device.handle_timeout(clock::now());
            self.carry_out();
        }
        let views = self.device.views();
        if let Some(talk) = &mut self.talk
            && let Some(reason) = talk.ends_because(&views)
        {
            if talk.is_beforehand() {
                // Who is not in the room beforehand goes there with the answer.
                self.talk = None;
            } else {
                self.input(RingInput::Command(RingCommand::HangUp { reason }));
            }
        }
        self.remember_peer();
        self.remember_added();
    }

    fn input(&mut self, input: RingInput) {
        self.device.handle_input(clock::now(), input);
        self.carry_out();
    }
}
