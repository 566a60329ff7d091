//! One visit to a room's page: owns the call and every JavaScript object that belongs to it, and runs the loop over
//! [`Event`]. What the call wants done is done here; leaving drops the objects, and with them devices and connections.

mod commands;
mod entrance;
mod outputs;
mod recording;

use app::state::{CallView, Devices};
use call::{
    Call, Command, ConnectionState, Input, LinkEvent, LinkKey, Page, PageInput, Phase, Size, StageInput,
    Switches,
};
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use gloo_events::EventListener;
use gloo_timers::callback::{Interval, Timeout};
use protocol::{
    DisplayName, ParticipantId, RoomCode, RoomEncryption, RoomFrame, RoomKeyId, RoomMessage, ServerMessage,
    Source, Switch,
};
use reactive_stores::Store;
use view::PageNotice;
use wasm_bindgen_futures::spawn_local;

use crate::capture::Captures;
use crate::device_list::Listed;
use crate::event::{Event, Events, FreshTrack, LinkNumber, SocketNumber};
use crate::identity::refuse;
use crate::join_times::{JoinStep, JoinTimes};
use crate::levels::Meter;
use crate::media::Media;
use crate::muted::{self, MutedMicrophone};
use crate::permissions::Permissions;
use crate::presence::Presence;
use crate::shown::Shown;
use crate::socket::Socket;
use crate::stage_size::StageSize;
use crate::{capture, clock, device_recording, devices, page, publish, remember, screens, web};

/// How often levels are measured and timeouts looked at. A syllable lasts about this long.
const TICK_MILLIS: u32 = 125;

/// How often it is looked whether links are short of bandwidth, in ticks.
const UPLINK_EVERY: u32 = 24;

/// How often it is looked what links count, in ticks: whoever wants to know sees the last two minutes.
const STATISTICS_EVERY: u32 = 16;

/// How long what has happened may wait to be drawn: one frame.
const PUBLISH_AFTER_MILLIS: u32 = 16;

/// The same where links are opened. Drawing a call keeps the browser from negotiating for about as long as a negotiation
/// takes, and there is nothing to see before it is over.
const LINKS_FIRST_MILLIS: u32 = 60;

pub(crate) use entrance::{Entrance, RingEntrance, RingStage, Visit};

struct Session {
    code: RoomCode,
    entrance: Entrance,
    call: Call,
    page: Page,
    events: Events,
    socket: Option<Socket>,
    sockets_made: u32,
    media: Media,
    captures: Captures,
    meter: Option<Meter>,
    muted: Option<MutedMicrophone>,
    /// Counts the ticks, for what need not be looked at so often.
    ticks: u32,
    presence: Option<Presence>,
    stage_size: Option<StageSize>,
    recordings: recording::Recordings,
    shown: Shown,
    join_times: JoinTimes,
    view: Store<CallView>,
    /// The page is to be brought up to date when this rings.
    to_publish: Option<Timeout>,
    _timer: Interval,
    _devices: Option<EventListener>,
    _permissions: Permissions,
    _page: Vec<EventListener>,
}

/// Runs a session, until it is told that it ends, if it ever is.
pub(crate) fn start(
    visit: Visit,
    view: Store<CallView>,
    events: Events,
    mut received: UnboundedReceiver<Event>,
) {
    let Some(call) = visit.call() else { return refuse(view) };
    let mut session = Session::new(visit, call, view, events);
    spawn_local(async move {
        screens::mark_tab();
        session.load();
        while let Some(event) = received.next().await
            && session.handle_all(event, &mut received)
        {
            session.page_input(PageInput::AskForDevices);
        }
        app::state::publish(view, CallView { ready: true, ..CallView::default() });
    });
}

impl Session {
    fn new(visit: Visit, call: Call, view: Store<CallView>, events: Events) -> Self {
        let Visit { code, name: remembered_name, entrance } = visit;
        let ticks = events.clone();
        let preferences = remember::preferences();
        let link = entrance.link(code);
        let begins_small = !entrance.is_page();
        let shown = Shown { remembered_name, preferences, link, ..Shown::default() };
        Self {
            code,
            entrance,
            call,
            page: Page::default(),
            socket: None,
            sockets_made: 0,
            media: Media::new(events.clone(), begins_small),
            captures: Captures::default(),
            meter: None,
            muted: None,
            ticks: 0,
            presence: None,
            stage_size: None,
            recordings: recording::Recordings::default(),
            shown,
            join_times: JoinTimes::default(),
            view,
            to_publish: None,
            _timer: Interval::new(TICK_MILLIS, move || _ = ticks.unbounded_send(Event::Tick)),
            _devices: devices::watch(&events),
            _permissions: Permissions::watch(&events),
            _page: page::watch(code, &events),
            events,
        }
    }

    /// Handles what has happened so far. False once the session ends.
    fn handle_all(&mut self, first: Event, received: &mut UnboundedReceiver<Event>) -> bool {
        let mut next = Some(first);
        while let Some(event) = next {
            if matches!(event, Event::End) {
                return false;
            }
            self.handle(event);
            next = received.try_recv().ok();
        }
        true
    }

    /// What was chosen and what was left in earlier visits; whoever was in the call goes back into it.
    fn load(&mut self) {
        for (source, device) in capture::chosen_devices() {
            self.page_input(PageInput::ChosenBefore { source, device });
        }
        if let Some(device) = devices::chosen_speaker() {
            self.page_input(PageInput::SpeakerChosenBefore { device });
        }
        device_recording::files::find(self.events.clone());
        self.prepare();
        if let Entrance::Ring(ring) = &self.entrance {
            let name = ring.name.clone();
            return self.input(Input::Command(Command::Join { name, password: None }));
        }
        let parted = remember::tab::take_parting(self.code, js_sys::Date::now());
        let name = DisplayName::parse(&self.shown.remembered_name).ok();
        self.page_input(PageInput::Loaded { parted, was_reloaded: page::was_reloaded(), name });
    }

    /// Shows the choice of devices, with those on that were on. Nothing that was off is captured.
    fn prepare(&mut self) {
        let Some(call) = self.entrance.call(self.code) else { return refuse(self.view) };
        self.call = call;
        let switches = match &self.entrance {
            Entrance::Page { .. } => {
                self.presence = Some(Presence::watch(self.code, &self.events));
                Switches::at_start(|source| remember::tab::switch(self.code, source), remember::switch)
            }
            Entrance::Ring(ring) => ring.switches,
        };
        self.page_input(PageInput::Prepare(switches));
        self.page_input(PageInput::AskForDevices);
        self.publish();
    }

    /// The link carries the secret from the beginning, where it is known that this is the room's: before the first has entered,
    /// any is.
    fn found_key(&mut self, room_key: Option<&RoomKeyId>) {
        let secret = self.call.secret();
        if page::secret().is_none()
            && room_key.is_none_or(|known| secret.id(&self.code).as_ref() == Some(known))
        {
            let origin = self.call.secret_origin();
            remember::remember_secret(self.code, secret, origin);
            page::set_secret(secret, origin);
            self.input(Input::Command(Command::SecretIsInLink));
        }
    }

    /// Before somebody joins. What was on its way when they did was not shown to them.
    fn room_found(&mut self, people: Vec<String>, room_key: Option<&RoomKeyId>, encryption: RoomEncryption) {
        if self.presence.is_none() {
            return;
        }
        self.shown.people_inside = Some(people);
        self.shown.lobby_encryption = Some(encryption);
        self.entrance.show(encryption);
        self.input(Input::Command(Command::LobbyShows { encryption }));
        // Links of a room that is not end-to-end encrypted carry no secret that nobody was given.
        if encryption == RoomEncryption::EndToEnd {
            self.found_key(room_key);
        }
    }

    fn handle(&mut self, event: Event) {
        self.publish_soon(&event);
        self.note_step(&event);
        match event {
            Event::Command(command) => {
                self.command(command);
                self.media.sounds.play_again();
            }
            Event::Server { socket, frame } => {
                if self.socket.as_ref().is_some_and(|current| current.number() == socket) {
                    self.input(Input::Server(frame));
                    // A browser lets the timers of a page that nobody looks at ring once a minute; the server speaks more often.
                    self.do_what_is_due();
                }
            }
            Event::SocketClosed { socket } => self.socket_closed(socket),
            Event::Link { link, number, event } => self.link_event(link, number, event),
            Event::RemoteMedia { link, number } => {
                if self.media.is_current(link, number) {
                    self.media.track_came(link);
                }
            }
            Event::Statistics { link, number, records } => self.media.statistics_came(link, number, &records),
            Event::Captured { source, attempt, track } => {
                let Some(track) = track.take() else { return };
                let device = self.captures.take(source, attempt, track, &self.events);
                self.page_input(PageInput::Captured { source, attempt, device });
                self.media.sounds.play_again();
            }
            Event::SharedSound(track) => self.shared_sound(track),
            Event::SharedPageChanged => self.shared_page_changed(),
            Event::CaptureFailed { source, attempt, fault } => {
                self.page_input(PageInput::CaptureFailed { source, attempt, fault });
            }
            Event::CaptureEnded { source, attempt } => {
                if source == Source::Microphone && self.captures.track(source).is_none() {
                    self.muted = None;
                }
                self.page_input(PageInput::CaptureEnded(source, attempt));
            }
            Event::SpeakerPlays(device) => self.page_input(PageInput::SpeakerPlays(device)),
            Event::SpeakerRefused(device) => self.page_input(PageInput::SpeakerRefused(device)),
            Event::PermissionChanged { source, to } => {
                let is_inside = self.call.snapshot().phase != Phase::Preparing;
                self.page_input(PageInput::PermissionChanged { source, to, is_inside });
            }
            Event::DevicesChanged => devices::list(&self.events),
            Event::Devices { listed, is_poll } => self.devices_listed(listed, is_poll),
            Event::RoomFound { people, room_key, encryption } => {
                self.room_found(people, room_key.as_ref(), encryption);
            }
            Event::StageResized(size) => self.stage_resized(size),
            Event::Shape { whose, source, ratio } => self.shape(whose, source, ratio),
            Event::NetworkChanged => self.input(Input::NetworkChanged),
            Event::Seen(seen) => {
                self.input(Input::Command(Command::SetSeen { seen: seen.into() }));
            }
            Event::PageHidden => self.page_hidden(),
            Event::PageShown => self.socket_is_gone(),
            Event::HostLink(link) => self.shown.host_link = Some(link),
            Event::Phrase { of, words } => {
                if words.is_none() {
                    self.page_input(PageInput::Say(PageNotice::PhraseFailed));
                }
                self.shown.phrase.came(&of, words);
            }
            Event::Recording(input) => self.recording_input(input),
            Event::DeviceReport(report) => self.recording_report(&report),
            Event::RecordingSaved { file, handle } => self.recording_saved(file, handle),
            Event::End => {}
            Event::Say(notice) => self.page_input(PageInput::Say(notice)),
            Event::Tick => self.tick(),
            Event::Publish => {
                self.to_publish = None;
                self.publish();
            }
        }
    }

    /// For whoever runs the server: how long it takes until people see each other.
    fn note_step(&mut self, event: &Event) {
        let step = if matches!(event, Event::Server { frame, .. } if matches!(frame.message, ServerMessage::Joined(_)))
        {
            JoinStep::Joined
        } else if matches!(event, Event::Captured { .. }) {
            JoinStep::Devices
        } else if matches!(
            event,
            Event::Link { event: LinkEvent::ConnectionState(ConnectionState::Connected), .. }
        ) {
            JoinStep::Connected
        } else if matches!(event, Event::Shape { whose: Some(_), .. }) {
            JoinStep::FirstFrame
        } else {
            return;
        };
        self.join_times.note(clock::now(), step);
    }

    fn tell_join_times(&mut self) {
        if let Some(socket) = &self.socket
            && let Some(steps) = self.join_times.take(clock::now())
        {
            let message = RoomMessage::ReportJoin { steps };
            socket.send(&RoomFrame { id: None, ack: None, message });
        }
    }

    fn devices_listed(&mut self, listed: Listed, is_poll: bool) {
        let Listed { microphones, cameras, speakers } = &listed;
        for (source, devices) in [(Source::Microphone, microphones), (Source::Camera, cameras)] {
            self.page_input(PageInput::Listed { source, devices: devices.clone() });
        }
        self.page_input(PageInput::SpeakersListed(speakers.clone()));
        // Lists are made anew with each revision: not under the hands of somebody who is just choosing.
        let revision = self.shown.devices.revision;
        let known = Devices { revision, ..listed.shown(&self.page) };
        if !is_poll || known != self.shown.devices {
            self.shown.devices = Devices { revision: revision.wrapping_add(1), ..known };
        }
    }

    /// The screen that it belongs to may be unwanted by now.
    fn shared_sound(&mut self, track: FreshTrack) {
        if self.call.snapshot().publications.of(Source::Screen).is_wanted() {
            self.captures.offer(track);
            let source = Source::ScreenAudio;
            self.input(Input::Command(Command::Switch { source, to: Switch::On }));
        }
    }

    /// What was harmless to be heard may be the call now.
    fn shared_page_changed(&mut self) {
        if let Some(why) = self.captures.refuses_shared_sound() {
            self.input(Input::Command(Command::Switch { source: Source::ScreenAudio, to: Switch::Off }));
            self.page_input(PageInput::Say(why));
        }
    }

    fn stage_resized(&mut self, size: Size) {
        self.recordings.stage = size;
        let ratio = web::window().map_or(1.0, |window| window.device_pixel_ratio()) as f32;
        self.input(Input::Command(Command::SetPixelRatio { ratio }));
        self.input(Input::Command(Command::Stage(StageInput::Window(size))));
    }

    fn shape(&mut self, whose: Option<ParticipantId>, source: Source, ratio: f32) {
        let me = self.call.snapshot().you.map(|you| you.id);
        if let Some(whose) = whose.or(me) {
            let key = whose.publication(source);
            self.input(Input::Command(Command::Stage(StageInput::Shape { key, ratio })));
        }
    }

    /// The others see at once that the page is gone; the session stays with the tab for a while. In a direct call they see somebody who comes back, until
    /// the ring is over.
    fn page_hidden(&mut self) {
        let socket = self.socket.take();
        match &self.entrance {
            Entrance::Page { .. } => socket.into_iter().for_each(Socket::leave),
            Entrance::Ring(_) => drop(socket),
        }
    }

    /// A page that comes back from the browser's memory finds its socket closed.
    fn socket_is_gone(&mut self) {
        self.socket = None;
        self.input(Input::SocketClosed);
    }

    fn socket_closed(&mut self, number: SocketNumber) {
        if self.socket.take_if(|current| current.number() == number).is_some() {
            self.input(Input::SocketClosed);
        }
    }

    fn link_event(&mut self, link: LinkKey, number: LinkNumber, event: LinkEvent) {
        if self.media.is_current(link, number) {
            if matches!(event, LinkEvent::ConnectionState(ConnectionState::Connected)) {
                self.media.connected(link);
            }
            self.input(Input::Link { link, event });
        }
    }

    fn tick(&mut self) {
        let own = self.meter.as_ref().map(Meter::level);
        self.shown.level = own.map_or(0, |level| as_percent(level.0));
        if let Some(level) = own {
            self.input(Input::Level { participant: None, level });
            if self.meter.as_ref().is_some_and(Meter::measures) {
                self.page_input(PageInput::Level(level));
            }
        }
        // Once a tick, and not with each thing that happens: it asks for everything that the call shows.
        self.listen_while_muted();
        if let Some(level) = self.muted.as_ref().map(MutedMicrophone::level) {
            self.page_input(PageInput::MutedLevel(level));
        }
        for level in self.media.levels() {
            self.input(level);
        }
        self.ticks = self.ticks.wrapping_add(1);
        for link in self.call.waits_for_keyframes() {
            self.media.count_keyframes(link);
        }
        if self.ticks.is_multiple_of(UPLINK_EVERY) {
            for link in self.call.sends_over() {
                self.media.look_at_uplink(link);
            }
        }
        if let Some(every) = self.page.looks_for_devices_every(clock::now())
            && self.ticks.is_multiple_of(every.as_millis() as u32 / TICK_MILLIS)
        {
            devices::poll(&self.events);
        }
        if self.ticks.is_multiple_of(STATISTICS_EVERY) {
            self.media.look_at_statistics();
        }
        self.tell_join_times();
        self.do_what_is_due();
    }

    fn do_what_is_due(&mut self) {
        self.draw_recording();
        self.page.handle_timeout(clock::now());
        if self.call.poll_timeout().is_some_and(|due| clock::now() >= due) {
            self.call.handle_timeout(clock::now());
            self.carry_out();
        }
    }

    fn input(&mut self, input: Input) {
        // Who is rung joins long before they answer.
        if matches!(input, Input::Command(Command::Join { .. } | Command::Rejoin { .. }))
            && self.entrance.is_page()
        {
            self.join_times.begin(clock::now());
        }
        self.call.handle_input(clock::now(), input);
        self.carry_out();
    }

    fn may_listen_while_muted(&self) -> bool {
        muted::may_listen(self.call.snapshot(), &self.page, self.shown.preferences)
    }

    /// Lets go of the microphone as soon as there is no reason to keep it.
    fn listen_while_muted(&mut self) {
        if self.muted.is_some() && !self.may_listen_while_muted() {
            self.muted = None;
            self.page_input(PageInput::ListeningEnded);
        }
    }

    /// Lets the browser get on with what it was asked to do before the page is drawn anew.
    fn publish_soon(&mut self, event: &Event) {
        let opens_links = matches!(event, Event::Server { frame, .. }
            if matches!(frame.message, ServerMessage::Joined(_) | ServerMessage::ParticipantJoined { .. }));
        let pending = self.to_publish.is_some() && !opens_links;
        if pending || matches!(event, Event::Publish) {
            return;
        }
        let wait = if opens_links { LINKS_FIRST_MILLIS } else { PUBLISH_AFTER_MILLIS };
        let events = self.events.clone();
        self.to_publish = Some(Timeout::new(wait, move || _ = events.unbounded_send(Event::Publish)));
    }

    /// Brings the page up to date.
    fn publish(&mut self) {
        if self.shown.chat_revision != self.call.chat_revision() {
            self.shown.chat_revision = self.call.chat_revision();
            let me = self.call.snapshot().you.map(|you| you.id);
            self.shown.chat = publish::chat(&self.call, me);
        }
        self.shown.began.update(self.call.began());
        self.shown.phrase.update(|| self.call.safety_phrase(), &self.events);
        app::state::publish(self.view, publish::view(&self.call, &self.page, &self.shown, &self.media));
    }
}

/// Speech is quiet in linear terms; the root makes the meter move as the ear hears.
fn as_percent(level: f32) -> u8 {
    (level.sqrt() * 140.0).clamp(0.0, 100.0) as u8
}
