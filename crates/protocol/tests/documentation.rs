//! `docs/protocol.md` and `docs/protocol.schema.json` say what the types say. `UPDATE_DOCS=1 cargo test -p protocol
//! --features schema` writes the schema anew; the document is written by people and held to it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use protocol::{ErrorCode, OpeningFrame, RingEvent, RingFrame, RoomFrame, ServerFrame, VERSION, limits};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Value, json};

#[test]
fn the_schema_is_that_of_the_types() {
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    let path = document("protocol.schema.json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(
        written == text,
        "docs/protocol.schema.json is not that of the types; run this test with UPDATE_DOCS=1"
    );
}

#[test]
fn the_document_names_every_message_field_and_error() {
    let text = std::fs::read_to_string(document("protocol.md")).unwrap();
    let schema = schema();
    let messages: Vec<_> = ["OpeningMessage", "RoomMessage", "RingMessage", "ServerMessage", "RingEvent"]
        .iter()
        .flat_map(|name| variants(&schema, name))
        .collect();
    assert!(messages.len() >= 12, "{messages:?}");
    for (name, fields) in messages {
        assert!(text.contains(&format!("### `{name}`")), "docs/protocol.md has no section for {name}");
        for field in fields {
            assert!(text.contains(&format!("`{field}`")), "docs/protocol.md does not name {field} of {name}");
        }
    }
    for code in constants(&schema, "ErrorCode") {
        assert!(text.contains(&format!("| `{code}` |")), "docs/protocol.md does not list the error {code}");
        let code: ErrorCode = serde_json::from_value(json!(code)).unwrap();
        if let Some(close) = code.closes_with() {
            assert!(text.contains(&format!("| {} |", close.0)), "docs/protocol.md does not list {}", close.0);
        }
    }
}

#[test]
fn no_message_has_a_field_of_the_frame_around_it() {
    let schema = schema();
    for (name, taken) in [
        ("OpeningMessage", ["id", "ack"]),
        ("RoomMessage", ["id", "ack"]),
        ("RingMessage", ["id", "ack"]),
        ("ServerMessage", ["seq", "received"]),
        ("RingEvent", ["seq", "received"]),
    ] {
        for (message, fields) in variants(&schema, name) {
            for field in taken {
                assert!(!fields.contains(field), "{field} of {message} would stand twice in its frame");
            }
        }
    }
}

#[test]
fn the_document_has_the_numbers_of_the_code() {
    let text = std::fs::read_to_string(document("protocol.md")).unwrap();
    for number in [
        format!("Version {}", VERSION.0),
        format!("{} bytes", limits::MAX_MESSAGE_BYTES),
        format!("{} bytes", limits::MAX_SDP_BYTES),
        format!("{} bytes", limits::MAX_CANDIDATE_BYTES),
        format!("{} characters", limits::MAX_DISPLAY_NAME_CHARS),
        format!("{} messages at once", limits::MESSAGE_BURST),
        format!("{} messages a second", limits::MESSAGES_PER_SECOND),
        format!("{} bytes at once", limits::BYTE_BURST),
        format!("{} bytes a second", limits::BYTES_PER_SECOND),
        format!("every {} s", limits::PING_INTERVAL_SECONDS),
        format!("{} s of silence", limits::SILENCE_LIMIT_SECONDS),
        format!("a ring after {} s", limits::RING_SECONDS),
        format!("invitation of a direct call | {} characters", limits::MAX_INVITATION_BYTES),
        format!("declines {} |", limits::MAX_NOTE_BYTES),
    ] {
        assert!(text.contains(&number), "docs/protocol.md does not say {number:?}");
    }
}

#[test]
fn every_example_of_the_document_is_a_message() {
    let text = std::fs::read_to_string(document("protocol.md")).unwrap();
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let examples: Vec<_> =
        text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 12, "only {} examples", examples.len());
    for example in examples {
        let message: Value =
            serde_json::from_str(example).unwrap_or_else(|error| panic!("{error}: {example}"));
        assert!(validator.is_valid(&message), "not in the schema: {example}");
        let as_client = as_client(example);
        let as_device = RingFrame::parse(example);
        let as_server = ServerFrame::parse(example);
        let as_event = RingEvent::parse(example);
        assert!(
            as_client.is_ok() || as_device.is_ok() || as_server.is_ok() || as_event.is_ok(),
            "{as_client:?}, {as_device:?}, {as_server:?}, {as_event:?}: {example}"
        );
    }
}

/// What is no message any more teaches the fuzzer nothing.
#[test]
fn every_seed_of_the_fuzzer_is_a_message() {
    for line in seeds("client_messages") {
        assert!(as_client(&line).is_ok(), "{line}");
    }
    for line in seeds("server_messages") {
        assert!(ServerFrame::parse(&line).is_ok(), "{line}");
    }
}

/// Reads what a client says, first or later.
fn as_client(text: &str) -> Result<(), [serde_json::Error; 2]> {
    match (OpeningFrame::parse(text), RoomFrame::parse(text)) {
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => Ok(()),
        (Err(opening), Err(room)) => Err([opening, room]),
        (Ok(opening), Ok(room)) => panic!("{opening:?} is {room:?} too"),
    }
}

fn seeds(target: &str) -> Vec<String> {
    let files = std::fs::read_dir(document("../fuzz/seeds").join(target)).unwrap();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// One schema for both directions: a frame is a client's first, one of its later ones to a room or about rings, or a server's.
fn schema() -> Value {
    #[derive(JsonSchema)]
    #[schemars(untagged)]
    #[expect(dead_code, reason = "only its schema is used")]
    enum Frame {
        Opening(OpeningFrame),
        Room(RoomFrame),
        Ring(RingFrame),
        Server(ServerFrame),
        Event(RingEvent),
    }
    let mut generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    generator.subschema_for::<protocol::OpeningMessage>();
    generator.subschema_for::<protocol::RoomMessage>();
    generator.subschema_for::<protocol::RingMessage>();
    generator.subschema_for::<protocol::ServerMessage>();
    generator.subschema_for::<RingEvent>();
    generator.into_root_schema_for::<Frame>().to_value()
}

/// The tag and the fields of each variant of a message enum.
fn variants(schema: &Value, name: &str) -> Vec<(String, BTreeSet<String>)> {
    let variants = schema["$defs"][name]["oneOf"].as_array().unwrap_or_else(|| panic!("no {name}"));
    let fields = |variant: &Value| {
        let resolved =
            variant["$ref"].as_str().map(|path| &schema["$defs"][path.rsplit('/').next().unwrap()]);
        let own = variant["properties"].as_object();
        let referred = resolved.and_then(|resolved| resolved["properties"].as_object());
        let names = own.into_iter().chain(referred).flat_map(|properties| properties.keys().cloned());
        names.collect::<BTreeSet<_>>()
    };
    variants
        .iter()
        .map(|variant| (variant["properties"]["type"]["const"].as_str().unwrap().to_owned(), fields(variant)))
        .collect()
}

fn constants(schema: &Value, name: &str) -> Vec<String> {
    let variants = schema["$defs"][name]["oneOf"].as_array().unwrap_or_else(|| panic!("no {name}"));
    let codes: Vec<_> =
        variants.iter().filter_map(|variant| variant["const"].as_str().map(str::to_owned)).collect();
    assert!(codes.len() >= 10, "{codes:?}");
    codes
}

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}
