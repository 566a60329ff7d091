//! Every endpoint, with what its description says.

use axum::http::StatusCode;
use axum::routing::{delete, get, patch, post};
use protocol::{
    CallResource, CalleeKey, ConnectionTest, CreateCallRequest, CreateTokenRequest, CreatedCall, CreatedRoom,
    CreatedToken, CredentialResource, Participant, RecordingInfo, RecordingMix, RecordingPatch, RoomCode,
    RoomResource, RoomSettingsPatch, Scope, TurnOffRequest, ValidateRoomResponse,
};

use super::endpoint::Endpoint;
use super::{
    call_ids, calls, connection_test, create_room, create_token, credentials, list_rooms, participants,
    recording_archive, recordings, room, validate_room,
};

const ROOMS: &str = "/api/v1/rooms";
const ROOM: &str = "/api/v1/rooms/{code}";
const CALLS: &str = "/api/v1/calls";
const CALL: &str = "/api/v1/calls/{id}";
const ETAG: (&str, &str) = ("ETag", "The version of the room's rules, for `If-Match` and `If-None-Match`.");

/// The whole interface.
pub(super) fn all() -> Vec<Endpoint> {
    let mut all = Vec::from(of_rooms());
    all.extend(of_one_room());
    all.extend(of_credentials());
    all.extend(of_participants());
    all.extend(of_calls());
    all.extend(of_recordings());
    all.extend(of_films());
    all.push(of_archive());
    all.push(of_connections());
    all
}

fn of_recordings() -> [Endpoint; 6] {
    const RECORDING: &str = "/api/v1/recordings/{id}";
    let unknown = StatusCode::NOT_FOUND;
    let open = "Who has the id can read it. Where the room's frames are not sealed end to end, what opens the room has to be \
                shown, too, as a bearer; a page of this server's own shows what its browser holds.";
    [
        Endpoint::new(
            "get",
            "/api/v1/rooms/{code}/recordings",
            "listRecordings",
            "List a room's recordings",
            get(recordings::list_recordings),
        )
        .about("Those on the server, the newest first, at most 200.")
        .scope(Scope::RoomsRead)
        .answers::<Vec<RecordingInfo>>(StatusCode::OK),
        Endpoint::new("get", RECORDING, "readRecording", "Get a recording", get(recordings::read_recording))
            .about(open)
            .answers::<RecordingInfo>(StatusCode::OK)
            .may_refuse_with(unknown)
            .may_refuse_with(StatusCode::UNAUTHORIZED),
        Endpoint::new(
            "patch",
            RECORDING,
            "nameRecording",
            "Name a recording",
            patch(recordings::name_recording),
        )
        .scope(Scope::RoomsWrite)
        .audited("recording.named")
        .body::<RecordingPatch>()
        .answers::<RecordingInfo>(StatusCode::OK),
        Endpoint::new(
            "delete",
            RECORDING,
            "deleteRecording",
            "Delete a recording",
            delete(recordings::delete_recording),
        )
        .about("Its files are gone for ever. One that goes on is not deleted.")
        .scope(Scope::RoomsWrite)
        .audited("recording.deleted")
        .may_refuse_with(StatusCode::CONFLICT),
        Endpoint::new(
            "get",
            "/api/v1/recordings/{id}/manifest",
            "readManifest",
            "Get the manifest of a recording",
            get(recordings::read_manifest),
        )
        .about("Who published what and when, in which files, and who consented.")
        .answers::<serde_json::Value>(StatusCode::OK)
        .may_refuse_with(unknown)
        .may_refuse_with(StatusCode::UNAUTHORIZED),
        Endpoint::new(
            "get",
            "/api/v1/recordings/{id}/files/{name}",
            "readRecordingFile",
            "Get a file of a recording",
            get(recordings::read_file),
        )
        .about("One that the manifest names, whole or in ranges (RFC 9110 §14). It grows while the recording goes on.")
        .header::<String>("Range", "Which bytes, such as `bytes=0-65535`; 206 then.")
        .answers::<serde_json::Value>(StatusCode::OK)
        .may_refuse_with(unknown)
        .may_refuse_with(StatusCode::UNAUTHORIZED)
        .may_refuse_with(StatusCode::RANGE_NOT_SATISFIABLE),
    ]
}

fn of_films() -> [Endpoint; 3] {
    const FILM: &str = "/api/v1/recordings/{id}/film";
    [
        Endpoint::new("get", FILM, "readFilm", "Get how far a film is", get(recordings::look_at_film))
            .about("Once it is complete it is the file `film.webm`.")
            .answers::<RecordingMix>(StatusCode::OK)
            .may_refuse_with(StatusCode::NOT_FOUND)
            .may_refuse_with(StatusCode::UNAUTHORIZED),
        Endpoint::new("post", FILM, "makeFilm", "Make one film of a recording", post(recordings::make_film))
            .about(
                "Everybody in one picture, all that is heard together: WebM with VP8 and Opus. Of a recording that is over and in \
                 which nothing is sealed. Few are made at once, the others wait. One that is there or on its way is not made again.",
            )
            .scope(Scope::RoomsWrite)
            .audited("recording.film.made")
            .answers::<RecordingMix>(StatusCode::ACCEPTED)
            .may_refuse_with(StatusCode::CONFLICT),
        Endpoint::new("delete", FILM, "deleteFilm", "Delete or cancel a film", delete(recordings::end_film))
            .about("The recording stays as it is.")
            .scope(Scope::RoomsWrite)
            .audited("recording.film.deleted"),
    ]
}

fn of_archive() -> Endpoint {
    Endpoint::new(
        "get",
        "/api/v1/recordings/{id}/archive",
        "readRecordingArchive",
        "Get everything of a recording in one file",
        get(recording_archive::read_archive),
    )
    .about("A tar archive of the manifest and all files, as they are kept: what is sealed stays sealed. Of a recording that goes on there is none.")
    .answers::<serde_json::Value>(StatusCode::OK)
    .may_refuse_with(StatusCode::NOT_FOUND)
    .may_refuse_with(StatusCode::UNAUTHORIZED)
    .may_refuse_with(StatusCode::CONFLICT)
}

fn of_connections() -> Endpoint {
    Endpoint::new(
        "post",
        "/api/v1/connection-test",
        "startConnectionTest",
        "Start a connection test",
        post(connection_test::start_connection_test),
    )
    .about(
        "Without any key. The answer has each way to a relay with credentials that open for a minute; with those of this \
         server's own relay nothing but the server itself is reached.",
    )
    .answers::<ConnectionTest>(StatusCode::OK)
}

fn of_rooms() -> [Endpoint; 2] {
    let idempotency = "16 to 255 visible characters, such as a UUID. A request that is sent again with the same key \
                       within 24 hours makes no second room; the answer has a new host key.";
    [
        Endpoint::new("get", ROOMS, "listRooms", "List rooms", get(list_rooms::list_rooms))
            .about(
                "The rooms that an API key has made, by code. With `listed`, and then without any key: the rooms that their \
                 hosts have listed and that are going on, those with most people first, and what stands between somebody \
                 without a link and each of them. `open` means no password, no lock and no waiting room; the key of the \
                 room's encryption is in no list, and somebody inside passes it on.",
            )
            .scope(Scope::RoomsRead)
            .query::<list_rooms::Limit>("limit", "At most so many, 1 to 200; 50 when absent.")
            .query::<RoomCode>("after", "Only rooms after this one: `next` of the page before.")
            .query::<bool>("listed", "Rooms that anybody may find, one page of them; without a value it says yes.")
            .answers::<list_rooms::RoomsAnswer>(StatusCode::OK)
            .tells("Link", "The next page, with the relation `next` (RFC 8288)."),
        Endpoint::new("post", ROOMS, "createRoom", "Create a room", post(create_room::create_room))
            .about(
                "Every rule has a default. Without any key where the server lets everybody make rooms, otherwise with \
                 an API key. The answer has the key that makes its bearer a host.",
            )
            .scope(Scope::RoomsWrite)
            .audited("room.created")
            .header::<create_room::IdempotencyKey>("Idempotency-Key", idempotency)
            .body::<RoomSettingsPatch>()
            .answers::<CreatedRoom>(StatusCode::CREATED)
            .tells("Location", "Where the room is.")
            .tells(ETAG.0, ETAG.1)
            .may_refuse_with(StatusCode::CONFLICT),
    ]
}

fn of_one_room() -> [Endpoint; 5] {
    [
        Endpoint::new("get", ROOM, "readRoom", "Get a room", get(room::read_room))
            .scope(Scope::RoomsRead)
            .header::<String>("If-None-Match", "304 when the room's rules have this version.")
            .answers::<RoomResource>(StatusCode::OK)
            .tells(ETAG.0, ETAG.1)
            .may_refuse_with(StatusCode::NOT_MODIFIED),
        Endpoint::new("patch", ROOM, "changeRoom", "Update a room's settings", patch(room::change_room))
            .about("What is absent stays, `null` takes away (JSON merge patch, RFC 7396). People inside see it at once.")
            .scope(Scope::RoomsWrite)
            .audited("settings.changed")
            .header::<String>("If-Match", "Changes nothing when the room's rules have another version.")
            .body::<RoomSettingsPatch>()
            .answers::<RoomResource>(StatusCode::OK)
            .tells(ETAG.0, ETAG.1)
            .may_refuse_with(StatusCode::PRECONDITION_FAILED),
        Endpoint::new("delete", ROOM, "deleteRoom", "Delete a room", delete(room::delete_room))
            .about("The room, its chat and its links are gone for ever; whoever is inside is told.")
            .scope(Scope::RoomsWrite)
            .audited("room.deleted"),
        Endpoint::new(
            "post",
            "/api/v1/rooms/{code}/validate",
            "validateRoom",
            "Check whether a room can be joined",
            post(validate_room::validate_room),
        )
        .about("Answers 200 also when there is no such room.")
        .answers::<ValidateRoomResponse>(StatusCode::OK),
        Endpoint::new(
            "post",
            "/api/v1/rooms/{code}/tokens",
            "createToken",
            "Make an invitation or an access token",
            post(create_token::create_token),
        )
        .about(
            "An invitation stands in a link and can be counted. An access token (JWT) is for programs that send their own \
             users into a room; it has the room, the role, the name and the end in it. Neither lasts longer than the key or \
             token that it is made with, and both go when that is taken back.",
        )
        .scope(Scope::TokensWrite)
            .audited("credential.created")
        .body::<CreateTokenRequest>()
        .answers::<CreatedToken>(StatusCode::CREATED)
        .may_refuse_with(StatusCode::CONFLICT),
    ]
}

fn of_credentials() -> [Endpoint; 2] {
    [
        Endpoint::new(
            "get",
            "/api/v1/rooms/{code}/credentials",
            "listCredentials",
            "List keys, invitations and access tokens",
            get(credentials::list_credentials),
        )
        .about(
            "Without their secrets. An API key sees all of a room that it has made; a host's key or token sees itself and \
             what was made with it.",
        )
        .scope(Scope::TokensWrite)
        .answers::<Vec<CredentialResource>>(StatusCode::OK),
        Endpoint::new(
            "delete",
            "/api/v1/rooms/{code}/credentials/{id}",
            "revokeCredential",
            "Take back a key, an invitation or an access token",
            delete(credentials::revoke_credential),
        )
        .about("Everything that was made with it goes too, and whoever is inside by any of that has to leave.")
        .scope(Scope::TokensWrite)
            .audited("credential.revoked"),
    ]
}

fn of_participants() -> [Endpoint; 3] {
    [
        Endpoint::new(
            "get",
            "/api/v1/rooms/{code}/participants",
            "listParticipants",
            "List participants",
            get(participants::list_participants),
        )
        .about("In the order in which they came.")
        .scope(Scope::ParticipantsRead)
        .answers::<Vec<Participant>>(StatusCode::OK),
        Endpoint::new(
            "delete",
            "/api/v1/rooms/{code}/participants/{id}",
            "removeParticipant",
            "Remove a participant",
            delete(participants::remove_participant),
        )
        .about("Also when they are gone already.")
        .scope(Scope::ParticipantsWrite)
        .audited("participant.removed"),
        Endpoint::new(
            "post",
            "/api/v1/rooms/{code}/participants/{id}/turn-off",
            "turnOff",
            "Turn off a participant's microphone or camera",
            post(participants::turn_off),
        )
        .about("No one can turn it on again for them.")
        .scope(Scope::ParticipantsWrite)
        .audited("participant.turned_off")
        .body::<TurnOffRequest>(),
    ]
}

fn of_calls() -> [Endpoint; 4] {
    [
        Endpoint::new(
            "get",
            "/api/v1/call-ids/{id}",
            "readCallId",
            "Get what it takes to ring a call ID",
            get(call_ids::look_up),
        )
        .about(
            "The public key to which an invitation is sealed, and what the proof answers. Every ID has a key, whether or not it is \
             somebody's.",
        )
        .scope(Scope::CallsWrite)
        .answers::<CalleeKey>(StatusCode::OK),
        Endpoint::new("post", CALLS, "createCall", "Ring a call ID", post(calls::create_call))
            .about(
                "Every page of the person called rings, for 30 seconds at the most. The program seals the room's secret and the \
                 name of the caller for the person called, so that this server learns neither, and proves that it has the \
                 caller's private key: `docs/protocol.md` has the formats and an example. The answer is the same whether or not \
                 anybody can be reached; how it goes is asked with `GET`. An identity is in one call at a time.",
            )
            .scope(Scope::CallsWrite)
            .audited("call.placed")
            .body::<CreateCallRequest>()
            .answers::<CreatedCall>(StatusCode::CREATED)
            .tells("Location", "Where the call is.")
            .may_refuse_with(StatusCode::NOT_FOUND)
            .may_refuse_with(StatusCode::CONFLICT),
        Endpoint::new("get", CALL, "readCall", "Get how a call goes", get(calls::read_call))
            .about("One that the API key has placed, as long as it is in a history: for a year at the most.")
            .scope(Scope::CallsRead)
            .answers::<CallResource>(StatusCode::OK),
        Endpoint::new("delete", CALL, "cancelCall", "Cancel a call, or hang up", delete(calls::cancel_call))
            .about("Also when it is over. One that was answered ends for the person called.")
            .scope(Scope::CallsWrite)
            .audited("call.cancelled"),
    ]
}
