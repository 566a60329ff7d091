//! What a message weighs: at least as many bytes as it takes to write it. Estimated without writing it, because every message is
//! weighed for everybody who gets it.

use protocol::{
    ChatEntry, IceServers, Joined, Participant, RoomKeyGrant, RoomSettings, RoomSummary, ServerMessage,
    Signal, WaitingPerson,
};

/// What any message has: its type, ids, numbers, states.
const SMALL: usize = 256;

/// A person with everything but their name.
const PERSON: usize = 512;

/// Rules with everything but what people wrote into them.
const SETTINGS: usize = 1024;

pub(crate) fn weight(message: &ServerMessage) -> usize {
    SMALL
        + match message {
            ServerMessage::Joined(joined) => of_joined(joined),
            ServerMessage::Waiting { room, .. } => of_summary(room),
            ServerMessage::Resumed { session } => session.expose().len(),
            ServerMessage::ParticipantJoined { participant }
            | ServerMessage::ParticipantUpdated { participant } => of_participant(participant),
            ServerMessage::WaitingRoom { people } => people.iter().map(of_waiting).sum(),
            ServerMessage::RoomUpdated { settings, .. } => of_settings(settings),
            ServerMessage::Chat { entry } => of_entry(entry),
            ServerMessage::ChatHistory { entries, .. } => entries.iter().map(of_entry).sum(),
            ServerMessage::KeyMessage { key_message, .. } => key_message.as_str().len(),
            ServerMessage::Signal { signal, .. } => of_signal(signal),
            ServerMessage::AudioSlots { slots, .. } => slots.len() * 72,
            ServerMessage::PausedVideo { publications, .. } => publications.len() * 72,
            ServerMessage::IceServers(servers) => of_servers(servers),
            ServerMessage::Error(error) => written(&error.message),
            ServerMessage::ParticipantLeft { .. }
            | ServerMessage::TurnedOff { .. }
            | ServerMessage::AskedToTurnOn { .. }
            | ServerMessage::ChatKept { .. }
            | ServerMessage::ChatNotKept { .. }
            | ServerMessage::Recording { .. }
            | ServerMessage::Reacted { .. }
            | ServerMessage::Topology { .. }
            | ServerMessage::MigrationAborted { .. }
            | ServerMessage::WantedLayers { .. }
            | ServerMessage::SfuLinkClosed { .. }
            | ServerMessage::Pong => 0,
        }
}

fn of_joined(joined: &Joined) -> usize {
    let Joined {
        you,
        session,
        room,
        settings,
        participants,
        ice_servers,
        grant,
        recording: _,
        continued: _,
        topology: _,
        running: _,
    } = joined;
    of_participant(you)
        + session.expose().len()
        + of_summary(room)
        + of_settings(settings)
        + participants.iter().map(of_participant).sum::<usize>()
        + of_servers(ice_servers)
        + grant.as_ref().map_or(0, |RoomKeyGrant { key_message, .. }| SMALL + key_message.as_str().len())
}

fn of_participant(participant: &Participant) -> usize {
    PERSON + written(participant.name.as_str())
}

fn of_waiting(person: &WaitingPerson) -> usize {
    SMALL + written(person.name.as_str())
}

fn of_summary(room: &RoomSummary) -> usize {
    SMALL + room.name.as_ref().map_or(0, |name| written(name.as_str()))
}

fn of_settings(settings: &RoomSettings) -> usize {
    SETTINGS + settings.name.as_ref().map_or(0, |name| written(name.as_str()))
}

fn of_entry(entry: &ChatEntry) -> usize {
    SMALL + written(entry.name.as_str()) + written(entry.envelope.body())
}

fn of_servers(servers: &IceServers) -> usize {
    let of_server = |server: &protocol::IceServer| {
        let urls: usize = server.urls.iter().map(|url| url.len() + 8).sum();
        let credential = server.credential.as_ref().map_or(0, |credential| credential.expose().len());
        SMALL + urls + server.username.as_ref().map_or(0, |name| written(name)) + credential
    };
    servers.servers.iter().map(of_server).sum()
}

fn of_signal(signal: &Signal) -> usize {
    match signal {
        Signal::Offer { sdp, sections } => written(sdp.as_str()) + sections.iter().count() * 40,
        Signal::Answer { sdp } => written(sdp.as_str()),
        Signal::Candidate { candidate } => {
            let named = [&candidate.sdp_mid, &candidate.username_fragment];
            written(&candidate.candidate)
                + named.into_iter().flatten().map(|text| written(text)).sum::<usize>()
        }
        Signal::EndOfCandidates => 0,
    }
}

/// A text as JSON: of some characters two bytes, or six, are written.
fn written(text: &str) -> usize {
    let more = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 1,
        0..0x20 => 5,
        _ => 0,
    };
    text.len() + text.bytes().map(more).sum::<usize>()
}
