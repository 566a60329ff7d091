//! What the call and the page want done.

use call::{Command, Input, LinkCommand, LinkKey, Output, PageEffect, PageInput, Phase, Sound};
use protocol::{ServerFrame, Source, Switch};
use view::Preference;

use super::Session;
use crate::device_recording::files;
use crate::event::{Event, SocketNumber};
use crate::levels::Meter;
use crate::muted::MutedMicrophone;
use crate::sealing::Sealing;
use crate::socket::{Socket, SocketNews};
use crate::{capture, clock, devices, page, remember, screens};

/// People, with oneself, in a call in which it is heard who comes and goes.
const SMALL_CALL: usize = 8;

impl Session {
    pub(super) fn carry_out(&mut self) {
        while let Some(output) = self.call.poll_output() {
            match output {
                Output::OpenSocket => self.open_socket(),
                Output::Open(frame) => {
                    if let Some(socket) = &self.socket {
                        socket.send(&frame);
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
                Output::Protect(protection) => self.seal(|sealing| sealing.protect(protection)),
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
                    if self.entrance.is_page() {
                        page::set_secret(&secret, origin);
                        remember::remember_secret(self.code, &secret, origin);
                    }
                }
                Output::RememberPassedOn(keys) => remember::remember_passed_on(self.code, &keys),
                Output::StartCapture(source) => self.page_input(PageInput::Capture(source)),
                Output::RememberSwitch { source, to, by } => {
                    self.page_input(PageInput::Switched { source, to, by });
                }
                Output::StopCapture(source) => self.page_input(PageInput::StopCapture(source)),
                Output::Link { link, command } => self.link_command(link, command),
                Output::Show { key, via } => self.media.show(key, via),
                Output::PlaySlots { link, played } => self.media.sounds.play_slots(link, &played),
                Output::Notify(notice) => self.page_input(PageInput::Notify(notice)),
            }
        }
    }

    fn seal(&self, order: impl FnOnce(&Sealing)) {
        if let Some(sealing) = self.media.sealing() {
            order(sealing);
        }
    }

    pub(super) fn page_input(&mut self, input: PageInput) {
        self.page.handle_input(clock::now(), input);
        while let Some(effect) = self.page.poll_effect() {
            match effect {
                PageEffect::Begin(switches) => self.input(Input::Command(Command::Begin { switches })),
                PageEffect::Join(name) => self.input(Input::Command(Command::Rejoin { name })),
                PageEffect::Captured(source) => self.input(Input::Captured(source)),
                PageEffect::CaptureFailed(source, fault) => {
                    self.input(Input::CaptureFailed { source, fault });
                }
                PageEffect::TryAgain(source) => {
                    self.input(Input::Command(Command::Switch { source, to: Switch::On }));
                }
                PageEffect::Capture(requests) => self.captures.start(requests, &self.events),
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
                PageEffect::ListDevices => devices::list(&self.events),
                PageEffect::RememberDevice(source, device) => {
                    capture::remember_device(source, device.as_deref());
                }
                PageEffect::PlayThrough(speaker) => self.media.sounds.play_through(speaker),
                PageEffect::RememberSpeaker(speaker) => devices::remember_speaker(speaker.as_deref()),
                PageEffect::RememberInTab(source, to) => {
                    remember::tab::remember_switch(self.code, source, to);
                }
                PageEffect::RememberInBrowser(source, to) => remember::remember_switch(source, to),
                PageEffect::TellRecording(to) => self.tell_recording(to),
                PageEffect::StartRecording => self.start_recording(),
                PageEffect::FinishRecording => self.finish_recording(),
                PageEffect::SaveRecording { file, is_cut } => files::save(file, is_cut, self.events.clone()),
                PageEffect::DeleteRecording { file } => files::delete(file),
                PageEffect::Sound(sound) => self.play(sound),
            }
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
            _ = devices::play_sound(sound, self.media.sounds.speaker());
        }
    }

    fn open_socket(&mut self) {
        if self.call.snapshot().phase != Phase::Joined {
            self.media.videos.forget_others();
            self.media.sounds.forget_others();
        }
        self.presence = None;
        self.sockets_made += 1;
        let socket = SocketNumber(self.sockets_made);
        let events = self.events.clone();
        self.socket = Socket::open(socket, move |news| {
            let event = match news {
                SocketNews::Text(text) => ServerFrame::parse(&text)
                    .ok()
                    .map(|frame| Event::Server { socket, frame: Box::new(frame) }),
                SocketNews::Closed => Some(Event::SocketClosed { socket }),
            };
            if let Some(event) = event {
                _ = events.unbounded_send(event);
            }
        });
        self.input(if self.socket.is_some() { Input::SocketOpened } else { Input::SocketClosed });
    }

    fn link_command(&mut self, link: LinkKey, command: LinkCommand) {
        let sent = self.call.sent();
        if let Some(event) = self.media.command(link, command, (&self.captures, &sent)) {
            self.input(Input::Link { link, event });
        }
    }

    fn captures_changed(&mut self, source: Source) {
        let track = self.captures.track(source);
        match source {
            Source::Microphone => self.meter = track.and_then(Meter::new),
            Source::Camera => self.media.videos.own(source, track),
            // One's own screen is before one's eyes.
            Source::Screen => self.hint_screen(),
            Source::ScreenAudio => {}
        }
    }

    pub(super) fn hint_screen(&self) {
        if let Some(screen) = self.captures.track(Source::Screen) {
            screens::hint(screen, self.shown.preferences.has(Preference::SharpText));
        }
    }
}
