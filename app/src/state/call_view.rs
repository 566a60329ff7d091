//! A call as components see it: one store, written by the engine's side alone, read field by field.

use protocol::{
    ChatId, Consent, Forbidden, MediaKey, ParticipantId, Reaction, RecordingId, Role, RoomEncryption,
    RoomSettings, Source, Topology, WaitingPerson,
};
use reactive_stores::{Patch, Store};
use stage::{Corner, Layout, Mode};
use view::{
    Addressee, AnyNotice, ChatText, Delivery, DeviceKind, DeviceRecording, Encryption, KeptState,
    KeyWarnings, LinkPath, LinkStatus, Numbered, Phase, Preferences, Publication, Refusal, Secrecy,
    Signalling,
};

/// Everything the pages show of a call.
#[derive(Clone, Debug, Default, PartialEq, Store)]
pub struct CallView {
    /// How far the call is.
    pub phase: Phase,
    /// Whether the page is ready for input.
    pub ready: bool,
    /// Whether the engine of calls could not be fetched, and is tried again.
    pub engine_missing: bool,
    /// Whether the server is in reach.
    pub signalling: Signalling,
    /// The person's own id, once inside.
    pub me: Option<ParticipantId>,
    /// The person's name: remembered from the last time, then the one chosen.
    pub name: String,
    /// The name of the room, when it has one.
    pub room_name: Option<String>,
    /// The person's role, once inside.
    pub role: Role,
    /// The place of the person's raised hand among all.
    pub hand: Option<u64>,
    /// What a host has forbidden the person.
    pub forbidden: Forbidden,
    /// The rules of the room, once inside.
    pub settings: RoomSettings,
    /// Whether the room has a password.
    pub has_password: bool,
    /// Who asks to be let in, for those who can let them in.
    pub waiting: Vec<WaitingPerson>,
    /// The address of the room, for others.
    pub link: String,
    /// A link that makes a host, once one was made.
    pub host_link: Option<String>,
    /// When the room starts, as a field for a date and a time has it.
    pub starts_local: String,
    /// When it ends.
    pub ends_local: String,
    /// What a host asks the person to turn on.
    pub asked_for: Option<Source>,
    /// The recording on the server that goes on.
    pub recording: Option<RecordingView>,
    /// What was written, oldest first.
    #[store(key: String = |line| line.key.clone())]
    pub chat: Vec<ChatLineView>,
    /// Whether there is older chat to be read.
    pub has_more_chat: bool,
    /// Messages that came while nobody looked.
    pub unread: u32,
    /// Signs that are shown at the moment.
    pub reactions: Vec<ReactionView>,
    /// The microphone.
    pub microphone: Publication,
    /// The camera.
    pub camera: Publication,
    /// The screen, a window or a tab.
    pub screen: Publication,
    /// How often each source did not deliver, in the order of [`Source::ALL`].
    pub failures: [u32; Source::ALL.len()],
    /// Whether others see the person less well than they could, because the connection carries no more.
    pub uplink_is_weak: bool,
    /// Whether this browser has a choice of screens to share.
    pub can_share: bool,
    /// Whether the person is speaking.
    pub speaking: bool,
    /// Whether they talk and are muted, and have not done anything about it.
    pub talks_while_muted: bool,
    /// Since when the call goes on, in milliseconds since 1970, once inside.
    pub began_millis: Option<f64>,
    /// What the person wants of every call in this browser.
    pub preferences: Preferences,
    /// How loud the microphone is, from 0 to 100.
    pub level: u8,
    /// What can be chosen.
    pub devices: Devices,
    /// Who is inside, as far as somebody outside is told.
    pub people_inside: Option<Vec<String>>,
    /// The others, in the order in which they came.
    #[store(key: ParticipantId = |participant| participant.id)]
    pub participants: Vec<ParticipantView>,
    /// What is shown where.
    pub stage: StageView,
    /// How media travels.
    pub topology: Topology,
    /// By which path each link goes, while somebody looks.
    pub paths: Vec<PathView>,
    /// What each link takes, while somebody looks.
    pub statistics: Vec<LinkFigures>,
    /// Whether the call is end-to-end encrypted.
    pub encryption: Encryption,
    /// What the server has said last of the room's encryption, to somebody outside.
    pub lobby_encryption: Option<RoomEncryption>,
    /// Who can open what is sent.
    pub secrecy: RoomSecrecy,
    /// How far the recording on this device is.
    pub device_recording: DeviceRecording,
    /// What is on this device of recordings that have ended, oldest first.
    pub kept_recordings: Vec<KeptRecordingView>,
    /// The last things that are said once, oldest first.
    pub notices: Vec<Numbered<AnyNotice>>,
    /// What was refused last, and why: what a page shows of it is to be what the room says.
    pub refusal: Option<Numbered<Refusal>>,
    /// What was written last that could not be sent.
    pub unsent: Option<Numbered<String>>,
}

/// What is shown where, and what the person has chosen of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StageView {
    /// The tiles, with their places.
    pub layout: Layout,
    /// What is pinned by hand.
    pub pins: Vec<MediaKey>,
    /// How people are to be arranged.
    pub mode: Mode,
    /// Whether the person sees themselves.
    pub shows_self: bool,
    /// Where they float over one other.
    pub corner: Corner,
}

impl Default for StageView {
    fn default() -> Self {
        Self {
            layout: Layout::default(),
            pins: Vec::new(),
            mode: Mode::default(),
            shows_self: true,
            corner: Corner::default(),
        }
    }
}

/// The recording on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingView {
    /// Which one.
    pub id: RecordingId,
    /// The name of whoever else started it, while they are here.
    pub started_by: Option<String>,
    /// What the person has answered; they are asked while they have not.
    pub answer: Consent,
}

/// What is on this device of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRecordingView {
    /// Its name in the browser's storage.
    pub file: String,
    /// When it began, as this browser's owner writes it.
    pub began: String,
    /// In megabytes.
    pub megabytes: u64,
    /// What has become of it.
    pub state: KeptState,
}

/// Who can open what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSecrecy {
    /// Whether this browser can take part in end-to-end encryption.
    pub supported: bool,
    /// The person waits, because they have come without the room's secret.
    pub lacks_secret: bool,
    /// What the person should know of the room's key.
    pub warnings: KeyWarnings,
    /// The page came without a secret of its own, and takes the room's when somebody passes it on.
    pub takes_another: bool,
    /// Somebody is inside who can let the person in, while they wait.
    pub host_inside: bool,
    /// Words to compare, while somebody looks at them.
    pub phrase: Option<String>,
}

impl Default for RoomSecrecy {
    fn default() -> Self {
        Self {
            supported: true,
            lacks_secret: false,
            host_inside: false,
            warnings: KeyWarnings::default(),
            takes_another: false,
            phrase: None,
        }
    }
}

/// The path of one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathView {
    /// The name of whoever is at the other end; `None` is the server.
    pub with: Option<String>,
    /// The chosen path.
    pub path: LinkPath,
}

/// What a link takes. What is `None` was not measured.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkFigures {
    /// The name of whoever is at the other end; `None` is the server.
    pub with: Option<String>,
    /// Bits a second.
    pub sent: Option<f64>,
    /// Bits a second.
    pub received: Option<f64>,
    /// In seconds.
    pub round_trip: Option<f64>,
    /// What goes over it.
    pub publications: Vec<PublicationFigures>,
}

/// What one publication takes on a link.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicationFigures {
    /// Whose it is by name: `None` is the person at this browser.
    pub from: Option<String>,
    /// Of which source.
    pub source: Source,
    /// Bits a second.
    pub bits: Option<f64>,
    /// From 0 to 1.
    pub loss: Option<f64>,
    /// In seconds.
    pub round_trip: Option<f64>,
    /// In seconds.
    pub jitter: Option<f64>,
    /// By name.
    pub codec: Option<String>,
    /// Width and height in pixels.
    pub size: Option<(u32, u32)>,
    /// A second.
    pub frames: Option<f64>,
    /// Bits a second of each layer that is sent, from the smallest; `None` is one that is off.
    pub layers: Vec<Option<f64>>,
    /// The bits of the last two minutes as lines: both axes from 0 to 1, time from left to right, upwards.
    pub lines: Vec<Vec<(f32, f32)>>,
    /// The most in that time, in bits a second.
    pub most: f64,
}

/// Somebody else in the call.
#[derive(Clone, Debug, PartialEq, Eq, Patch, Store)]
pub struct ParticipantView {
    /// Their id.
    #[patch(|this, new| *this = new)]
    pub id: ParticipantId,
    /// Their name.
    pub name: String,
    /// Their role.
    #[patch(|this, new| *this = new)]
    pub role: Role,
    /// The place of their raised hand among all.
    pub hand: Option<u64>,
    /// Whether the server does not reach them.
    pub away: bool,
    /// What a host has forbidden them.
    #[patch(|this, new| *this = new)]
    pub forbidden: Forbidden,
    /// Whether they send sound.
    pub microphone: bool,
    /// Whether they send video.
    pub camera: bool,
    /// Whether they record the call on their device.
    pub records: bool,
    /// Whether they share a screen.
    pub shares: bool,
    /// Whether it is heard, too.
    pub shares_sound: bool,
    /// How loud their voice is played here, in percent.
    pub volume: u8,
    /// How loud the sound of their screen is played here, in percent.
    pub screen_volume: u8,
    /// Whether they are speaking.
    pub speaking: bool,
    /// How the link to them is.
    #[patch(|this, new| *this = new)]
    pub link: LinkStatus,
    /// Who can open what they send.
    #[patch(|this, new| *this = new)]
    pub secrecy: Secrecy,
    /// Their picture is left out for now: the connection here is too slow.
    pub paused: bool,
    /// The same of their screen.
    pub screen_paused: bool,
    /// They were let in without the room's secret, and nobody at this browser has made sure of them.
    pub unverified: bool,
    /// Their key is another one than before, and nothing shows that it is theirs.
    pub key_changed: bool,
    /// What their page has answered, while the call is recorded.
    #[patch(|this, new| *this = new)]
    pub recorded: Option<Consent>,
}

/// What can be chosen before and in a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// Microphones.
    pub microphones: Vec<Device>,
    /// Cameras.
    pub cameras: Vec<Device>,
    /// Speakers; empty where the browser offers no choice.
    pub speakers: Vec<Device>,
    /// Grows each time they were looked at: a list goes back to the device in use when a choice fails.
    pub revision: u32,
}

impl Devices {
    /// Those of this kind.
    pub fn of(&self, kind: DeviceKind) -> &[Device] {
        match kind {
            DeviceKind::Microphone => &self.microphones,
            DeviceKind::Camera => &self.cameras,
            DeviceKind::Speaker => &self.speakers,
        }
    }
}

/// One device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The browser's id for it.
    pub id: String,
    /// Its name.
    pub label: String,
    /// Whether it is the one in use.
    pub selected: bool,
}

/// One chat message.
#[derive(Clone, Debug, PartialEq, Eq, Patch, Store)]
pub struct ChatLineView {
    /// Unique in the room.
    pub key: String,
    /// Its id.
    #[patch(|this, new| *this = new)]
    pub id: ChatId,
    /// Who wrote it.
    pub name: String,
    /// Whether that was the person at this browser.
    pub mine: bool,
    /// Whether it goes on from the message before: of the same person, for the same people, soon after.
    pub continues: bool,
    /// For whom it is, when not for everybody.
    #[patch(|this, new| *this = new)]
    pub only_for: Option<Addressee>,
    /// What it says.
    #[patch(|this, new| *this = new)]
    pub text: ChatText,
    /// When, as the browser writes it, once the server has it.
    pub time: Option<String>,
    /// What became of it.
    #[patch(|this, new| *this = new)]
    pub delivery: Delivery,
}

/// A reaction that somebody shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactionView {
    /// Tells two equal ones apart.
    pub number: u32,
    /// Who: `None` is the person at this browser.
    pub from: Option<ParticipantId>,
    /// What they are called.
    pub name: String,
    /// The reaction that is shown.
    pub reaction: Reaction,
}

/// How a source of the person at this browser is. What is heard of a screen goes with it.
pub(crate) fn publication_of(store: Store<CallView>, source: Source) -> Publication {
    use leptos::prelude::Get;
    match source {
        Source::Microphone => store.microphone().get(),
        Source::Camera => store.camera().get(),
        Source::Screen | Source::ScreenAudio => store.screen().get(),
    }
}

/// Brings the store up to date; only what differs is announced to components.
pub fn publish(store: Store<CallView>, new: CallView) {
    use leptos::prelude::{GetUntracked, Set};
    // What is in neither list does not compile.
    macro_rules! set_if_changed {
        ($($field:ident),*; $($apart:ident),*) => {
            let CallView { $($field,)* $($apart),* } = new;
            $(if store.$field().get_untracked() != $field { store.$field().set($field); })*
        };
    }
    set_if_changed!(
        phase,
        ready,
        engine_missing,
        signalling,
        me,
        name,
        room_name,
        role,
        hand,
        forbidden,
        settings,
        has_password,
        waiting,
        link,
        host_link,
        starts_local,
        ends_local,
        asked_for,
        recording,
        has_more_chat,
        unread,
        reactions,
        microphone,
        camera,
        screen,
        failures,
        uplink_is_weak,
        can_share,
        speaking,
        talks_while_muted,
        began_millis,
        preferences,
        level,
        devices,
        people_inside,
        topology,
        paths,
        statistics,
        encryption,
        lobby_encryption,
        secrecy,
        device_recording,
        kept_recordings,
        notices,
        refusal,
        unsent;
        chat,
        participants,
        stage
    );
    store.chat().patch(chat);
    store.participants().patch(participants);
    // Last, so that whoever it shows is known.
    if store.stage().get_untracked() != stage {
        store.stage().set(stage);
    }
}
