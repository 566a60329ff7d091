//! Two neighbouring versions run side by side while a cluster is upgraded: pages of the one speak with nodes of the other, both ways.
//! `tests/before` has what the version before said, and how it reads what it is told (its schema). `RECORD_BEFORE=1 cargo test -p protocol
//! --features schema --test neighbours` writes both anew, once a version is made.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use protocol::{OpeningFrame, RingEvent, RingFrame, RoomFrame, ServerFrame};
use serde_json::{Value, json};

/// Messages and values that the version before does not know, and what keeps them from it. Empty when a version was just made.
const NEW: [(&str, &str); 5] = [
    (
        "start_recording",
        "a page says it that shows the button, to the node that it joined; another one ends the connection, and it resumes",
    ),
    ("stop_recording", "said only of a recording that this version started"),
    ("answer_recording", "the same"),
    ("keep_recording_keys", "the same"),
    ("recording", "a page that was opened before passes it over: it has not consented, and is not recorded"),
];

/// Messages in which a reader refuses a field that it does not know, so that a program that has mistyped one is told. Whoever adds a field to
/// one of these waits a version until it is said.
const STRICT: [&str; 1] = ["moderate"];

/// Whose message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Opening,
    Room,
    Ring,
    Server,
    Event,
}

const DIRECTIONS: [(Direction, &str); 5] = [
    (Direction::Opening, "opening"),
    (Direction::Room, "room"),
    (Direction::Ring, "ring"),
    (Direction::Server, "server"),
    (Direction::Event, "event"),
];

impl Direction {
    /// As this version says it again, if it reads it.
    fn read(self, text: &str) -> Result<Value, serde_json::Error> {
        match self {
            Self::Opening => serde_json::to_value(OpeningFrame::parse(text)?),
            Self::Room => serde_json::to_value(RoomFrame::parse(text)?),
            Self::Ring => serde_json::to_value(RingFrame::parse(text)?),
            Self::Server => serde_json::to_value(ServerFrame::parse(text)?),
            Self::Event => serde_json::to_value(RingEvent::parse(text)?),
        }
    }
}

#[test]
fn what_the_version_before_said_is_read() {
    let before = recorded();
    let messages = before["messages"].as_array().unwrap();
    assert!(messages.len() > 80, "only {}", messages.len());
    for message in messages {
        let (direction, text) = (direction(&message["direction"]), message["message"].to_string());
        let read = direction.read(&text);
        let again = read.unwrap_or_else(|error| {
            panic!("{direction:?} of {} is not read any more: {error}: {text}", before["version"])
        });
        // Nothing of it was passed over that this version would say otherwise.
        assert!(has_all_of(&again, &message["message"]), "{text} is now {again}");
    }
}

#[test]
fn what_is_said_now_the_version_before_reads() {
    let schema = jsonschema::validator_for(&recorded()["schema"]).unwrap();
    let mut kinds = BTreeSet::new();
    for (direction, message) in said_now() {
        let kind = message["type"].as_str().unwrap_or_default().to_owned();
        kinds.insert(kind.clone());
        if NEW.iter().any(|(new, _)| *new == kind) {
            continue;
        }
        for said in [message.clone(), direction.read(&message.to_string()).unwrap()] {
            let errors: Vec<_> = schema.iter_errors(&said).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "the version before does not read {said}: {errors:?}");
        }
    }
    assert!(kinds.len() > 60, "{kinds:?}");
    assert!(NEW.iter().all(|(new, _)| kinds.contains(*new)), "{NEW:?} are said");
}

/// What a version adds to a message, its neighbour passes over.
#[test]
fn a_field_that_nobody_knows_is_passed_over() {
    let schema = jsonschema::validator_for(&recorded()["schema"]).unwrap();
    let mut refused = BTreeSet::new();
    for (direction, message) in said_now() {
        let kind = message["type"].as_str().unwrap().to_owned();
        let mut later = message.clone();
        // In every object of it.
        add_everywhere(&mut later);
        let is_new = NEW.iter().any(|(new, _)| *new == kind);
        if direction.read(&later.to_string()).is_err() || !is_new && !schema.is_valid(&later) {
            refused.insert(kind);
        }
    }
    let strict: BTreeSet<_> = STRICT.into_iter().map(str::to_owned).collect();
    assert_eq!(refused, strict);
}

/// A value that a reader does not know, nobody can pass over: the message is none. A server ends the connection as *malformed*, a page passes the
/// message over.
#[test]
fn a_message_that_nobody_knows_is_none() {
    for (direction, _) in DIRECTIONS {
        assert!(direction.read(r#"{"type":"of_a_later_version"}"#).is_err());
    }
}

/// Every message that is in the document and among the seeds of the fuzzer.
fn said_now() -> Vec<(Direction, Value)> {
    let document = std::fs::read_to_string(path("../../../../docs/protocol.md")).unwrap();
    let examples = document.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut texts: Vec<_> = examples.map(str::to_owned).collect();
    for target in ["client_messages", "server_messages"] {
        let files = std::fs::read_dir(path("../../../../fuzz/seeds").join(target)).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            texts.extend(std::fs::read_to_string(file).unwrap().lines().map(str::to_owned));
        }
    }
    let known = |text: String| {
        let of = |(direction, _): &(Direction, &str)| direction.read(&text).is_ok();
        let direction = DIRECTIONS.iter().find(|direction| of(direction));
        let (direction, _) = direction.unwrap_or_else(|| panic!("nobody's: {text}"));
        (*direction, serde_json::from_str(&text).unwrap())
    };
    texts.into_iter().map(known).collect()
}

fn recorded() -> Value {
    let file = path("messages.json");
    if let Ok(version) = std::env::var("RECORD_BEFORE") {
        let schema = std::fs::read_to_string(path("../../../../docs/protocol.schema.json")).unwrap();
        let mut schema: Value = serde_json::from_str(&schema).unwrap();
        without_words(&mut schema);
        let name = |of: Direction| DIRECTIONS.iter().find(|(direction, _)| *direction == of).unwrap().1;
        let messages: Vec<_> = said_now()
            .into_iter()
            .map(|(direction, message)| json!({ "direction": name(direction), "message": message }))
            .collect();
        let recorded = json!({ "version": version, "messages": messages, "schema": schema });
        std::fs::write(&file, recorded.to_string() + "\n").unwrap();
    }
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn direction(name: &Value) -> Direction {
    DIRECTIONS.iter().find(|(_, known)| name == known).unwrap().0
}

/// Whether everything that stands in `before` stands in `now`, where there may be more. What stands for nothing may be left out.
fn has_all_of(now: &Value, before: &Value) -> bool {
    let is_nothing = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => false,
    };
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => before.iter().all(|(key, value)| {
            now.get(key).map_or_else(|| is_nothing(value), |said| has_all_of(said, value))
        }),
        (Value::Array(now), Value::Array(before)) => {
            now.len() == before.len() && now.iter().zip(before).all(|(now, before)| has_all_of(now, before))
        }
        (now, before) => now == before,
    }
}

fn add_everywhere(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // The sections of an offer are a map: what stands there is no field.
            fields
                .iter_mut()
                .filter(|(name, _)| *name != "sections")
                .for_each(|(_, value)| add_everywhere(value));
            // An object of one field with an object or a text in it may be an enum, which has no place for another.
            if fields.len() != 1 {
                fields.insert("of_a_later_version".to_owned(), json!({ "a": [1] }));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(add_everywhere),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A schema without what is for people.
fn without_words(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.retain(|name, value| name != "description" || !value.is_string());
            fields.values_mut().for_each(without_words);
        }
        Value::Array(list) => list.iter_mut().for_each(without_words),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/before").join(name)
}
