//! Traces to a receiver that hangs: nobody in a room notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use server::config::{Config, LimitsConfig, LogConfig, TracesConfig};
use server::logging;
use server::traces::Traces;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::common::TestServer;
use crate::logs::watch;

/// Takes connections, and never says a word. How many there were.
async fn hanging_receiver() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let came = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&came);
    #[expect(clippy::disallowed_methods, reason = "the runtime of a test ends with it")]
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            open.push(stream);
        }
    });
    (endpoint, came)
}

#[tokio::test]
async fn a_receiver_that_hangs_keeps_nobody_from_anything() {
    let (endpoint, came) = hanging_receiver().await;
    let traces = Traces::start(&TracesConfig { endpoint, ..TracesConfig::default() }).unwrap();
    let subscriber = logging::subscriber(&LogConfig::default(), std::io::sink, &traces).unwrap();
    // For this thread, which is all that the runtime of this test has.
    let _log = watch(subscriber);
    let limits = LimitsConfig { joins_at_once: 1_000, ..LimitsConfig::default() };
    let server = TestServer::traced(Config { limits, ..Config::default() }, &traces).await;
    let room = server.new_room().await;
    for round in 0..300 {
        let (mut ada, _) = server.join(&room, &format!("Ada {round}")).await;
        ada.say(json!({ "type": "report_join", "steps": { "joined": 1, "said": 2 } })).await;
        ada.say(json!({ "type": "ping" })).await;
        ada.hear_of("pong").await;
        ada.say(json!({ "type": "leave" })).await;
    }
    let asked = async {
        while came.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(30), asked).await.expect("the receiver is asked");
    let (mut bob, _) = server.join(&room, "Bob").await;
    bob.say(json!({ "type": "ping" })).await;
    bob.hear_of("pong").await;
    timeout(Duration::from_secs(20), traces.stop()).await.expect("who stops the server does not wait for it");
}

#[tokio::test]
async fn an_address_that_is_none_keeps_the_server_from_starting() {
    let config = TracesConfig { endpoint: "nowhere at all".to_owned(), ..TracesConfig::default() };
    assert!(Traces::start(&config).err().unwrap().to_string().contains("[traces] endpoint"));
    assert!(Traces::start(&TracesConfig::default()).is_ok());
}
