//! From the engine's snapshot to the page's view. The one file that converts: what the call adds has to be taken apart here, or it
//! does not compile.

use app::state::{
    CallView, ChatLineView, KeptRecordingView, LinkFigures, ParticipantView, PathView, PublicationFigures,
    ReactionView, RecordingView, RoomSecrecy, StageView,
};
use call::{
    Call, Carried, ChatLine, ChatText, Graph, LinkStatistics, Page, PublicationStatistics, RecordingSnapshot,
    RemoteParticipant, SecretOrigin, ShownReaction, Snapshot, StageSnapshot,
};
use protocol::{
    ChatTarget, DisplayName, MediaState, Participant, ParticipantId, PeerRef, Presence, Source, Timestamp,
};
use view::{Addressee, KeptRecording, KeyWarnings, LinkPath, Numbered, Phase};

use crate::media::Media;
use crate::shown::Shown;
use crate::web;

/// Everything that the page shows.
pub(crate) fn view(call: &Call, page: &Page, shown: &Shown, media: &Media) -> CallView {
    let Snapshot {
        phase,
        signalling,
        you,
        name,
        speaking,
        room,
        settings,
        has_password,
        waiting,
        asked_for,
        publications,
        uplink_is_weak,
        topology,
        lacks_secret,
        encryption,
        key_warnings,
        host_inside,
        recording,
        stage,
        participants,
    } = call.snapshot();
    let settings = settings.unwrap_or_default();
    let named = settings.name.clone().or_else(|| room.and_then(|room| room.name));
    let (me, role, hand, forbidden) = you.map_or_else(Default::default, |you| {
        (Some(you.id), you.role, you.hand.map(|hand| hand.0), you.forbidden)
    });
    CallView {
        phase,
        ready: true,
        engine_missing: false,
        signalling,
        me,
        name: name.map_or_else(|| shown.remembered_name.clone(), |name| name.to_string()),
        room_name: named.map(|name| name.to_string()),
        role,
        hand,
        forbidden,
        starts_local: settings.starts_at.map(web::local_moment).unwrap_or_default(),
        ends_local: settings.ends_at.map(web::local_moment).unwrap_or_default(),
        link: shown.link(),
        host_link: shown.host_link.clone(),
        settings,
        has_password,
        waiting,
        asked_for,
        recording: recording.map(recording_view),
        chat: shown.chat.clone(),
        has_more_chat: call.has_more_chat(),
        unread: page.unread(),
        reactions: page.reactions().cloned().map(reaction).collect(),
        microphone: publications.of(Source::Microphone),
        camera: publications.of(Source::Camera),
        screen: publications.of(Source::Screen),
        failures: publications.failures(),
        uplink_is_weak,
        can_share: crate::screens::can_be_shared(),
        speaking,
        talks_while_muted: page.talks_while_muted(),
        began_millis: shown.began.millis(),
        preferences: shown.preferences,
        level: if phase == Phase::Preparing { shown.level } else { 0 },
        devices: shown.devices.clone(),
        people_inside: shown.people_inside.clone(),
        paths: paths(shown, media, &participants),
        statistics: statistics(shown, media, &participants),
        participants: participants.into_iter().map(|one| participant(one, media)).collect(),
        stage: stage_view(stage),
        topology,
        encryption,
        lobby_encryption: shown.lobby_encryption,
        secrecy: secrecy(call, shown, media, (lacks_secret, key_warnings, host_inside)),
        device_recording: page.device_recording(),
        kept_recordings: page.kept_recordings().iter().map(kept_recording).collect(),
        notices: page.notices().to_vec(),
        refusal: page.refusal().cloned(),
        unsent: page.unsent().cloned(),
    }
}

fn secrecy(
    call: &Call,
    shown: &Shown,
    media: &Media,
    (lacks_secret, warnings, host_inside): (bool, KeyWarnings, bool),
) -> RoomSecrecy {
    RoomSecrecy {
        supported: media.sealing().is_some(),
        lacks_secret,
        warnings,
        takes_another: matches!(call.secret_origin(), SecretOrigin::Granted | SecretOrigin::Provisional),
        host_inside,
        phrase: shown.phrase.words(),
    }
}

fn recording_view(recording: RecordingSnapshot) -> RecordingView {
    let RecordingSnapshot { id, started_by, answer } = recording;
    RecordingView { id, started_by: started_by.map(|name| name.to_string()), answer }
}

fn stage_view(stage: StageSnapshot) -> StageView {
    let StageSnapshot { layout, pins, mode, shows_self, corner } = stage;
    StageView { layout, pins, mode, shows_self, corner }
}

fn participant(other: RemoteParticipant, played: &Media) -> ParticipantView {
    let RemoteParticipant { participant, link, speaking, secrecy, paused, unverified, key_changed } = other;
    let Participant { id, name, role, media, hand, presence, forbidden, key: _, recorded } = participant;
    let MediaState { microphone, camera, screen, screen_audio, recording } = media;
    let volume = |source| played.sounds.volume(id.publication(source));
    ParticipantView {
        id,
        name: name.to_string(),
        role,
        hand: hand.map(|hand| hand.0),
        away: presence == Presence::Away,
        forbidden,
        microphone: microphone.is_on(),
        camera: camera.is_on(),
        records: recording.is_on(),
        shares: screen.is_on(),
        shares_sound: screen_audio.is_on(),
        volume: volume(Source::Microphone),
        screen_volume: volume(Source::ScreenAudio),
        speaking,
        link,
        secrecy,
        paused: paused.contains(&Source::Camera),
        screen_paused: paused.contains(&Source::Screen),
        unverified,
        key_changed,
        recorded,
    }
}

fn kept_recording(kept: &KeptRecording) -> KeptRecordingView {
    let KeptRecording { file, began_millis, length, state } = kept.clone();
    KeptRecordingView {
        file,
        began: time_of_day(Timestamp(began_millis)),
        megabytes: length.div_ceil(1_000_000),
        state,
    }
}

fn reaction(shown: Numbered<ShownReaction>) -> ReactionView {
    let Numbered { number, what: ShownReaction { from, name, reaction } } = shown;
    ReactionView { number, from, name: name.to_string(), reaction }
}

fn paths(shown: &Shown, media: &Media, people: &[RemoteParticipant]) -> Vec<PathView> {
    let looked_at = media.statistics().links().filter(|_| shown.are_statistics_looked_at);
    looked_at.filter_map(|of| Some(path(of.link.peer, of.path?, people))).collect()
}

fn path(peer: PeerRef, path: LinkPath, people: &[RemoteParticipant]) -> PathView {
    let name_of = |id| people.iter().find(|one| one.participant.id == id);
    let with = match peer {
        PeerRef::Sfu(_) => None,
        PeerRef::Participant(id) => name_of(id).map(|one| one.participant.name.to_string()),
    };
    PathView { with, path }
}

fn statistics(shown: &Shown, media: &Media, people: &[RemoteParticipant]) -> Vec<LinkFigures> {
    if !shown.are_statistics_looked_at {
        return Vec::new();
    }
    let name_of = |id: ParticipantId| {
        let found = people.iter().find(|one| one.participant.id == id);
        found.map(|one| one.participant.name.to_string())
    };
    let links = media.statistics().links().map(|of| {
        let LinkStatistics { link, sent_bits, received_bits, round_trip, path: _, publications } = of;
        let with = match link.peer {
            PeerRef::Sfu(_) => None,
            PeerRef::Participant(id) => name_of(id),
        };
        // What has never had a bit is a section that waits.
        let used = publications.iter().filter(|one| one.history.bits().any(|(_, bits)| bits > Some(0.0)));
        let publications = used.map(|one| publication_figures(one, name_of)).collect();
        LinkFigures {
            with,
            sent: *sent_bits,
            received: *received_bits,
            round_trip: *round_trip,
            publications,
        }
    });
    links.collect()
}

fn publication_figures(
    of: &PublicationStatistics,
    name_of: impl Fn(ParticipantId) -> Option<String>,
) -> PublicationFigures {
    let (from, source) = match of.of {
        Carried::Sent(source) => (None, source),
        Carried::Received(key) => (Some(name_of(key.participant).unwrap_or_default()), key.source),
    };
    let Graph { lines, maximum } = Graph::new(of.history.bits());
    PublicationFigures {
        from,
        source,
        bits: of.bits,
        loss: of.loss,
        round_trip: of.round_trip,
        jitter: of.jitter,
        codec: of.codec.clone(),
        size: of.size,
        frames: of.frames,
        layers: of.layers.iter().map(|layer| layer.bits.filter(|_| layer.active)).collect(),
        lines,
        most: maximum,
    }
}

/// The chat as one person sees it.
pub(crate) fn chat(call: &Call, me: Option<ParticipantId>) -> Vec<ChatLineView> {
    let people = call.snapshot().participants;
    let name_of = |id: ParticipantId| {
        people.iter().find(|one| one.participant.id == id).map(|one| one.participant.name.clone())
    };
    let mut before = None;
    let lines = call.chat().iter().map(|line| {
        let continues = before.replace(line).is_some_and(|before| continues(before, line));
        chat_line(line.clone(), me, continues, name_of)
    });
    lines.collect()
}

fn chat_line(
    line: ChatLine,
    me: Option<ParticipantId>,
    continues: bool,
    name_of: impl Fn(ParticipantId) -> Option<DisplayName>,
) -> ChatLineView {
    let ChatLine { id, from, name, to, envelope: _, text, position, delivery } = line;
    ChatLineView {
        key: format!("{from}{}", id.0),
        id,
        name: name.to_string(),
        mine: Some(from) == me,
        continues,
        only_for: match to {
            ChatTarget::Everyone => None,
            ChatTarget::Participant(id) if Some(id) == me => Some(Addressee::You),
            ChatTarget::Participant(id) => Some(name_of(id).map_or(Addressee::Gone, Addressee::Present)),
        },
        text,
        time: position.map(|(_, at)| time_of_day(at)),
        delivery,
    }
}

/// Whether a message goes on from the one before, and needs neither name nor time of its own.
fn continues(before: &ChatLine, line: &ChatLine) -> bool {
    let soon = match (before.position, line.position) {
        (Some((_, before)), Some((_, now))) => now.0.saturating_sub(before.0) < TURN_MILLIS,
        (_, None) => true,
        (None, Some(_)) => false,
    };
    let is_open = |line: &ChatLine| matches!(line.text, ChatText::Open(_));
    // What is not encrypted says so with each change, also among what one person writes.
    soon && (before.from, before.to, is_open(before)) == (line.from, line.to, is_open(line))
}

/// What somebody writes within so long belongs together.
const TURN_MILLIS: u64 = 5 * 60 * 1000;

/// As this browser's owner writes it, with the day when that is another one.
fn time_of_day(at: Timestamp) -> String {
    let date = js_sys::Date::new(&(at.0 as f64).into());
    let today = js_sys::Date::new_0();
    let time = web::local_time(&date);
    if date.to_date_string() == today.to_date_string() {
        time
    } else {
        format!("{} {time}", web::local_date(&date))
    }
}
