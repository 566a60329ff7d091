//! One visit to a room's page: owns the call and every JavaScript object that belongs to it, and runs the loop over
//! [`Event`]. What the call wants done is done here; leaving drops the objects, and with them devices and connections.

use app::state::{CallCommand, CallView, DeviceKind, Devices};
use call::{
    Bound, Call, Command, Input, LinkCommand, LinkEvent, LinkKey, Output, Page, PageEffect, PageInput, Phase,
    Sound, Switches, Typed, schedule,
};
use call::{Size, StageInput};
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use gloo_events::EventListener;
use gloo_timers::callback::{Interval, Timeout};
use protocol::{
    ChatId, ChatTarget, DisplayName, Moderation, ParticipantId, RoomCode, RoomKeyId, RoomSettingsPatch,
    ServerMessage, Source, Timestamp,
};
use reactive_stores::Store;
use view::{Copied, PageNotice, Preference, Refusal};
use wasm_bindgen_futures::spawn_local;

use crate::capture::Captures;
use crate::event::{Event, Events, LinkNumber, SocketNumber};
use crate::identity::{new_call, random_id, refuse};
use crate::levels::Meter;
use crate::media::Media;
use crate::muted::{self, MutedMicrophone};
use crate::presence::Presence;
use crate::sealing::Sealing;
use crate::shown::Shown;
use crate::socket::Socket;
use crate::stage_size::StageSize;
use crate::{calendar, capture, clock, devices, host_link, page, publish, remember, web};

/// How often levels are measured and timeouts looked at. A syllable lasts about this long.
const TICK_MILLIS: u32 = 125;

/// How often it is looked whether links are short of bandwidth, in ticks.
const UPLINK_EVERY: u32 = 24;

/// How often it is looked by which path links go, while somebody wants to know, in ticks.
const PATHS_EVERY: u32 = 12;

/// People, with oneself, in a call in which it is heard who comes and goes.
const SMALL_CALL: usize = 8;

/// How long what has happened may wait to be drawn: one frame.
const PUBLISH_AFTER_MILLIS: u32 = 16;

/// The same where links are opened. Drawing a call keeps the browser from negotiating for about as long as a negotiation
/// takes, and there is nothing to see before it is over.
const LINKS_FIRST_MILLIS: u32 = 60;

struct Session {
    code: RoomCode,
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
    shown: Shown,
    view: Store<CallView>,
    /// The page is to be brought up to date when this rings.
    to_publish: Option<Timeout>,
    _timer: Interval,
    _devices: Option<EventListener>,
    _page: Vec<EventListener>,
}

/// Runs the session of a room's page, in which this name has been typed or remembered so far.
pub(crate) fn start(
    code: RoomCode,
    name: String,
    view: Store<CallView>,
    events: Events,
    mut received: UnboundedReceiver<Event>,
) {
    let Some(call) = new_call(code) else { return refuse(view) };
    let mut session = Session::new(code, call, name, view, events);
    spawn_local(async move {
        session.load();
        while let Some(event) = received.next().await {
            session.handle(event);
            while let Ok(event) = received.try_recv() {
                session.handle(event);
            }
            session.page_input(PageInput::AskForDevices);
        }
    });
}

impl Session {
    fn new(
        code: RoomCode,
        call: Call,
        remembered_name: String,
        view: Store<CallView>,
        events: Events,
    ) -> Self {
        let ticks = events.clone();
        let shown = Shown { remembered_name, preferences: remember::preferences(), ..Shown::default() };
        Self {
            code,
            call,
            page: Page::default(),
            socket: None,
            sockets_made: 0,
            media: Media::new(events.clone()),
            captures: Captures::default(),
            meter: None,
            muted: None,
            ticks: 0,
            presence: None,
            stage_size: None,
            shown,
            view,
            to_publish: None,
            _timer: Interval::new(TICK_MILLIS, move || _ = ticks.unbounded_send(Event::Tick)),
            _devices: devices::watch(&events),
            _page: page::watch(code, &events),
            events,
        }
    }

    /// What was chosen and what was left in earlier visits; whoever was in the call goes back into it.
    fn load(&mut self) {
        for (source, device) in capture::chosen_devices() {
            self.page_input(PageInput::ChosenBefore { source, device });
        }
        self.prepare();
        let parted = remember::tab::take_parting(self.code, js_sys::Date::now());
        let name = DisplayName::parse(&self.shown.remembered_name).ok();
        self.page_input(PageInput::Loaded { parted, was_reloaded: page::was_reloaded(), name });
    }

    /// Shows the choice of devices, with those on that were on. Nothing that was off is captured.
    fn prepare(&mut self) {
        let Some(call) = new_call(self.code) else { return refuse(self.view) };
        self.call = call;
        self.presence = Some(Presence::watch(self.code, &self.events));
        let of_tab = |source| remember::tab::switch(self.code, source);
        let switches = Switches::at_start(of_tab, remember::switch);
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
        }
    }

    fn handle(&mut self, event: Event) {
        self.publish_soon(&event);
        match event {
            Event::Command(command) => self.command(command),
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
            Event::Path { link, number, path } => self.media.path_seen(link, number, path),
            Event::Captured { source, attempt, track } => {
                let device = self.captures.take(source, attempt, track, &self.events);
                self.page_input(PageInput::Captured { source, attempt, device });
            }
            Event::CaptureFailed { source, attempt, fault } => {
                self.page_input(PageInput::CaptureFailed { source, attempt, fault });
            }
            Event::CaptureEnded { source, attempt } => {
                if source == Source::Microphone && self.captures.track(source).is_none() {
                    self.muted = None;
                }
                self.page_input(PageInput::CaptureEnded(source, attempt));
            }
            Event::DevicesChanged => devices::list(&self.page, &self.events),
            Event::Devices(devices) => {
                let revision = self.shown.devices.revision.wrapping_add(1);
                self.shown.devices = Devices { revision, ..devices };
            }
            Event::RoomFound { people, room_key } => {
                self.shown.people_inside = Some(people);
                self.found_key(room_key.as_ref());
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
            Event::Say(notice) => self.page_input(PageInput::Say(notice)),
            Event::Tick => self.tick(),
            Event::Publish => {
                self.to_publish = None;
                self.publish();
            }
        }
    }

    fn command(&mut self, command: CallCommand) {
        match command {
            CallCommand::Switch { source, on } => {
                self.input(Input::Command(Command::Switch { source, to: on.into() }));
            }
            CallCommand::Join { name, password } => {
                remember::write(remember::NAME, name.as_str());
                self.input(Input::Command(Command::Join { name, password }));
            }
            CallCommand::SetHand { up } => self.input(Input::Command(Command::SetHand { hand: up.into() })),
            CallCommand::React { reaction } => self.input(Input::Command(Command::React { reaction })),
            CallCommand::Write { to, text } => self.write(to, text),
            CallCommand::WriteAgain { id } => self.input(Input::Command(Command::WriteAgain { id })),
            CallCommand::ReadOlderChat => self.input(Input::Command(Command::ReadOlderChat)),
            CallCommand::LookAtChat { open } => self.page_input(PageInput::LookAtChat { open }),
            CallCommand::Moderate { moderation } => {
                self.input(Input::Command(Command::Moderate { moderation }));
            }
            CallCommand::SetStart { typed } => self.set_moment(Bound::Start, typed.as_deref()),
            CallCommand::SetEnd { typed } => self.set_moment(Bound::End, typed.as_deref()),
            CallCommand::MakeHostLink => host_link::make(self.code, self.events.clone()),
            CallCommand::SaveCalendar => calendar::save(self.code, self.events.clone()),
            CallCommand::DeclineAsking => self.input(Input::Command(Command::DeclineAsking)),
            CallCommand::CopyText { text, what } => copy(self.events.clone(), text, what),
            CallCommand::LookAtPhrase { open } => self.shown.phrase.look(open),
            CallCommand::LookAtPaths { open } => {
                self.shown.are_paths_looked_at = open;
                self.media.look_at_paths();
            }
            CallCommand::Verify { participant } => {
                self.input(Input::Command(Command::Verify { participant }));
            }
            CallCommand::ShareKey { participant } => {
                self.input(Input::Command(Command::ShareSecret { with: participant }));
            }
            CallCommand::ShowStage { element } => {
                self.stage_size = StageSize::observe(&element, &self.events);
            }
            CallCommand::Arrange(input) => self.input(Input::Command(Command::Stage(input))),
            CallCommand::Prefer { what, on } => {
                self.shown.preferences = self.shown.preferences.with(what, on);
                remember::remember_preference(what, on);
                self.listen_while_muted();
            }
            CallCommand::Talk { on } => self.input(Input::Command(Command::Talk { to: on.into() })),
            CallCommand::StayMuted => {
                self.page_input(PageInput::StayMuted);
                self.listen_while_muted();
            }
            CallCommand::Leave => self.input(Input::Command(Command::Leave)),
            CallCommand::Prepare => self.prepare(),
            CallCommand::SelectDevice { kind, id } => self.select_device(kind, id),
            CallCommand::TestSpeaker => _ = devices::play_test_sound(),
            CallCommand::CopyLink => copy(self.events.clone(), page::address(), Copied::Link),
            CallCommand::ShowVideo { element, participant, source } => {
                self.media.videos.element((participant, source), element, &self.events);
            }
        }
    }

    fn stage_resized(&mut self, size: Size) {
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

    fn select_device(&mut self, kind: DeviceKind, device: String) {
        let source = match kind {
            DeviceKind::Microphone => Source::Microphone,
            DeviceKind::Camera => Source::Camera,
            DeviceKind::Speaker => {
                devices::choose_speaker(&device);
                return self.media.videos.use_speaker();
            }
        };
        // What listens meanwhile is another device than the one that will be used.
        if source == Source::Microphone {
            self.muted = None;
        }
        self.page_input(PageInput::Choose { source, device });
    }

    /// Lets the room start or end when somebody typed, if that can be; else says why not.
    fn set_moment(&mut self, bound: Bound, typed: Option<&str>) {
        let typed = match typed {
            Some("") => Typed::Nothing,
            Some(local) => web::moment(local).map_or(Typed::Unreadable, Typed::Moment),
            None => Typed::Unreadable,
        };
        let settings = self.call.snapshot().settings.unwrap_or_default();
        let now = Timestamp(js_sys::Date::now() as u64);
        match schedule(bound, typed, &settings, now) {
            Ok(Some(patch)) => self.change(patch),
            Ok(None) => {}
            Err(error) => self.page_input(PageInput::Refuse(Refusal::Schedule(error))),
        }
    }

    fn change(&mut self, patch: RoomSettingsPatch) {
        let moderation = Moderation::ChangeSettings { patch: Box::new(patch) };
        self.input(Input::Command(Command::Moderate { moderation }));
    }

    fn write(&mut self, to: ChatTarget, text: String) {
        let Some(id) = random_id().map(ChatId) else {
            return self.page_input(PageInput::Say(PageNotice::NoRandomness));
        };
        self.input(Input::Command(Command::Write { id, to, text }));
    }

    /// The others see at once that the page is gone; the session stays with the tab for a while.
    fn page_hidden(&mut self) {
        self.socket = None;
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
            self.input(Input::Link { link, event });
        }
    }

    fn tick(&mut self) {
        let own = self.meter.as_ref().map(Meter::level);
        self.shown.level = own.map_or(0, |level| as_percent(level.0));
        if let Some(level) = own {
            self.input(Input::Level { participant: None, level });
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
            for link in self.call.shares_uplink() {
                self.media.look_at_uplink(link);
            }
        }
        if self.shown.are_paths_looked_at && self.ticks.is_multiple_of(PATHS_EVERY) {
            self.media.look_at_paths();
        }
        self.do_what_is_due();
    }

    fn do_what_is_due(&mut self) {
        self.page.handle_timeout(clock::now());
        if self.call.poll_timeout().is_some_and(|due| clock::now() >= due) {
            self.call.handle_timeout(clock::now());
            self.carry_out();
        }
    }

    fn input(&mut self, input: Input) {
        self.call.handle_input(clock::now(), input);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.call.poll_output() {
            match output {
                Output::OpenSocket => self.open_socket(),
                Output::Open(frame) => {
                    if let Some(socket) = &self.socket {
                        socket.send_opening(&frame);
                    }
                }
                Output::Send(frame) => {
                    if let Some(socket) = &self.socket {
                        socket.send(&frame);
                    }
                }
                Output::CloseSocket => self.socket = None,
                Output::RememberSession(session) => {
                    let key = session.as_ref().map(|_| self.call.private_key());
                    remember::tab::remember_private_key(self.code, key);
                    remember::tab::remember_session(self.code, session.as_ref());
                }
                Output::SetOwnKey(key) => self.seal(|sealing| sealing.set_own_key(&key)),
                Output::SetKeyOf { participant, key } => {
                    self.seal(|sealing| sealing.set_key_of(participant, &key));
                }
                Output::ForgetKeysOf(participant) => {
                    self.seal(|sealing| sealing.forget_keys_of(participant));
                }
                Output::ExpectInSlots { link, publications } => {
                    self.media.expect_in_slots(link, publications);
                }
                Output::KeepSecret { secret, origin } => {
                    page::set_secret(&secret, origin);
                    remember::remember_secret(self.code, &secret, origin);
                }
                Output::RememberPassedOn(keys) => remember::remember_passed_on(self.code, &keys),
                Output::StartCapture(source) => self.page_input(PageInput::Capture(source)),
                Output::RememberSwitch { source, to, by } => {
                    self.page_input(PageInput::Switched { source, to, by });
                }
                Output::StopCapture(source) => self.page_input(PageInput::StopCapture(source)),
                Output::Link { link, command } => self.link_command(link, command),
                Output::Show { key, via } => self.media.show(key, via),
                Output::PlaySlots { link, played } => self.media.videos.play_slots(link, &played),
                Output::Notify(notice) => self.page_input(PageInput::Notify(notice)),
            }
        }
    }

    fn seal(&self, order: impl FnOnce(&Sealing)) {
        if let Some(sealing) = self.media.sealing() {
            order(sealing);
        }
    }

    fn page_input(&mut self, input: PageInput) {
        self.page.handle_input(clock::now(), input);
        while let Some(effect) = self.page.poll_effect() {
            match effect {
                PageEffect::Begin(switches) => self.input(Input::Command(Command::Begin { switches })),
                PageEffect::Join(name) => self.input(Input::Command(Command::Join { name, password: None })),
                PageEffect::Captured(source) => self.input(Input::Captured(source)),
                PageEffect::CaptureFailed(source, fault) => {
                    self.input(Input::CaptureFailed { source, fault });
                }
                PageEffect::Capture(requests) => capture::start(requests, &self.events),
                PageEffect::Use(source, attempt) => {
                    self.captures.make_use_of(source, attempt);
                    if source == Source::Microphone {
                        self.muted = None;
                    }
                    self.captures_changed(source);
                }
                PageEffect::LetGo(source, attempt) => self.captures.let_go(source, attempt),
                PageEffect::Stop(source) => {
                    self.stop_capture(source);
                }
                PageEffect::ListDevices => devices::list(&self.page, &self.events),
                PageEffect::RememberDevice(source, device) => {
                    capture::remember_device(source, device.as_deref());
                }
                PageEffect::RememberInTab(source, to) => {
                    remember::tab::remember_switch(self.code, source, to);
                }
                PageEffect::RememberInBrowser(source, to) => remember::remember_switch(source, to),
                PageEffect::Sound(sound) => self.play(sound),
            }
        }
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

    fn stop_capture(&mut self, source: Source) {
        if source == Source::Microphone && self.may_listen_while_muted() {
            self.muted = self.captures.hand_over(source).and_then(MutedMicrophone::listen);
        }
        self.captures.stop(source);
        self.captures_changed(source);
    }

    /// In a crowd somebody comes and goes all the time.
    fn play(&self, sound: Sound) {
        let others = self.call.snapshot().participants.len();
        if others < SMALL_CALL && self.shown.preferences.has(Preference::Sounds) {
            _ = devices::play_sound(sound);
        }
    }

    fn open_socket(&mut self) {
        if self.call.snapshot().phase != Phase::Joined {
            self.media.videos.forget_others();
        }
        self.presence = None;
        self.sockets_made += 1;
        self.socket = Socket::open(SocketNumber(self.sockets_made), &self.events);
        self.input(if self.socket.is_some() { Input::SocketOpened } else { Input::SocketClosed });
    }

    fn link_command(&mut self, link: LinkKey, command: LinkCommand) {
        if let Some(event) = self.media.command(link, command, &self.captures) {
            self.input(Input::Link { link, event });
        }
    }

    fn captures_changed(&mut self, source: Source) {
        let track = self.captures.track(source);
        match source {
            Source::Microphone => self.meter = track.and_then(Meter::new),
            Source::Camera | Source::Screen => self.media.videos.own(source, track),
            Source::ScreenAudio => {}
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

fn copy(events: Events, text: String, what: Copied) {
    spawn_local(async move {
        let copied = web::copy(&text).await;
        let notice = copied.map_or(PageNotice::NotCopied, |()| PageNotice::Copied(what));
        _ = events.unbounded_send(Event::Say(notice));
    });
}
