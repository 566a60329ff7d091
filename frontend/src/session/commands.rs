//! What the page asks for.

use app::state::CallCommand;
use call::{Bound, Command, Input, PageInput, Switches, Typed, schedule};
use protocol::{ChatId, ChatTarget, Moderation, RoomSettingsPatch, Source, Timestamp};
use view::{Copied, DeviceKind, PageNotice, Refusal};
use wasm_bindgen_futures::spawn_local;

use super::Session;
use crate::event::{Event, Events};
use crate::identity::random_id;
use crate::stage_size::StageSize;
use crate::{calendar, devices, host_link, remember, web};

impl Session {
    pub(super) fn command(&mut self, command: CallCommand) {
        match command {
            CallCommand::Switch { source, on } => {
                self.input(Input::Command(Command::Switch { source, to: on.into() }));
            }
            CallCommand::Join { name, password } => {
                remember::write(remember::NAME, name.as_str());
                self.input(Input::Command(Command::Join { name, password }));
            }
            CallCommand::Begin { microphone, camera } => {
                let switches = Switches { microphone: microphone.into(), camera: camera.into() };
                self.input(Input::Command(Command::Begin { switches }));
            }
            CallCommand::GoAhead { microphone, camera } => {
                let switches = Switches { microphone: microphone.into(), camera: camera.into() };
                self.input(Input::Command(Command::GoAhead { switches }));
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
            CallCommand::AcceptTransport => self.input(Input::Command(Command::AcceptTransport)),
            CallCommand::DeclineAsking => self.input(Input::Command(Command::DeclineAsking)),
            CallCommand::StartRecording => self.input(Input::Command(Command::StartRecording)),
            CallCommand::StopRecording => self.input(Input::Command(Command::StopRecording)),
            CallCommand::BeRecorded { recorded } => {
                self.input(Input::Command(Command::BeRecorded { recorded: recorded.into() }));
            }
            CallCommand::CopyText { text, what } => copy(self.events.clone(), text, what),
            CallCommand::LookAtPhrase { open } => self.shown.phrase.look(open),
            CallCommand::LookAtStatistics { open } => {
                self.shown.are_statistics_looked_at = open;
                self.media.look_at_statistics();
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
                self.hint_screen();
            }
            CallCommand::Talk { on } => self.input(Input::Command(Command::Talk { to: on.into() })),
            CallCommand::StayMuted => {
                self.page_input(PageInput::StayMuted);
                self.listen_while_muted();
            }
            CallCommand::SetVolume { key, percent } => self.media.sounds.set_volume(key, percent),
            CallCommand::Record(command) => self.recording_command(command),
            CallCommand::Leave => self.input(Input::Command(Command::Leave)),
            CallCommand::Prepare => self.prepare(),
            CallCommand::SelectDevice { kind, id } => self.select_device(kind, id),
            CallCommand::TestSpeaker => _ = devices::play_test_sound(self.media.sounds.speaker()),
            CallCommand::CopyLink => copy(self.events.clone(), self.shown.link(), Copied::Link),
            CallCommand::ShowVideo { element, participant, source } => {
                self.media.videos.element((participant, source), element);
            }
        }
    }

    fn select_device(&mut self, kind: DeviceKind, device: String) {
        let source = match kind {
            DeviceKind::Microphone => Source::Microphone,
            DeviceKind::Camera => Source::Camera,
            DeviceKind::Speaker => return self.page_input(PageInput::ChooseSpeaker { device }),
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
}

fn copy(events: Events, text: String, what: Copied) {
    spawn_local(async move {
        let copied = web::copy(&text).await;
        let notice = copied.map_or(PageNotice::NotCopied, |()| PageNotice::Copied(what));
        _ = events.unbounded_send(Event::Say(notice));
    });
}
