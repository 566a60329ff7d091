//! What is in the log of a server in which people talk and somebody misbehaves: that it happened, and nobody's name, room or address.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use server::config::{LogConfig, LogFormat};
use server::logging;
use server::traces::Traces;
use tracing::subscriber::{DefaultGuard, NoSubscriber, set_default};
use tracing::{Dispatch, Subscriber};

use crate::common::{TestServer, join_message, signal_message};
use crate::ringing_people::{ADA, BOB, id};
use crate::sessions::with;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What happens on this thread is told to a subscriber, as long as this is there.
pub(crate) struct Watched {
    _own: DefaultGuard,
    /// Where there is but one, a place in the program that another test's thread comes to first is switched off for all.
    _another: Dispatch,
}

pub(crate) fn watch(subscriber: impl Subscriber + Send + Sync + 'static) -> Watched {
    let another = Dispatch::new(NoSubscriber::new());
    Watched { _own: set_default(subscriber), _another: another }
}

#[tokio::test]
async fn a_log_for_programs_tells_what_happened_and_of_nobody() {
    let (lines, config) = (Lines::default(), LogConfig { format: LogFormat::Json, ..LogConfig::default() });
    let config = LogConfig {
        filter: "info,server=trace,room=trace,ring=trace,sfu=trace,storage=debug".to_owned(),
        ..config
    };
    let writer = lines.clone();
    let subscriber = logging::subscriber(&config, move || writer.clone(), &Traces::default()).unwrap();
    let _log = watch(subscriber);
    let server = TestServer::start().await;
    let (room, key) = server.new_room_with(json!({ "password": "sesame", "name": "Palmyra" })).await;
    let (mut zenobia, joined) =
        server.join_with(with(join_message(&room, "Zenobia"), "credential", &key)).await;
    let nobody = json!("00000000-0000-4000-8000-00000000dead");
    zenobia.say(signal_message(&nobody, "v=0")).await;
    zenobia.hear_of("error").await;
    for guess in ["open", "door"] {
        let mut eve = server.connect().await;
        eve.say(with(join_message(&room, "Eve Mallory"), "password", guess)).await;
        eve.hear_end().await;
    }
    let mut eve = server.connect().await;
    eve.say_text("Mallory says nothing that is a message").await;
    eve.hear_end().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    ada.rings(&id(1), &bob.call_id.clone()).await;
    bob.about("decline", &id(1)).await;
    ada.hears_end_of(&id(1)).await;

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let said: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let has = |message: &str| said.iter().any(|line| line["message"] == message);
    assert!(has("a connection was ended") && has("messages were refused") && has("Veranda starts"), "{text}");
    let session = joined["session"].as_str().unwrap();
    for secret in [
        &*room,
        &key,
        "Zenobia",
        "Mallory",
        "Palmyra",
        "sesame",
        "door",
        "127.0.0.1",
        session,
        &ada.call_id,
        &bob.call_id,
    ] {
        assert!(!text.contains(secret), "{secret} is in the log:\n{text}");
    }
}
