//! The connection test: tries every way to the server by itself, all at once, and tells the page of each as it ends. Its code is
//! a module of its own, which is fetched when somebody tests.

mod loopback;
mod mapping;
mod pair;
mod test_video;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use app::state::{ConnectionTestCommand, ConnectionTestHandle};
use futures::StreamExt;
use futures::future::{Either, join, join_all, select};
use futures::{SinkExt, pin_mut};
use gloo_net::http::Request;
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::{RwSignal, Set, Update};
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use protocol::{ConnectionTest, RoomFrame, RoomMessage, TestRelay};
use view::{Hop, Mapping, Ports, RelayHop, TestResults};
use wasm_bindgen_futures::spawn_local;

use crate::{clock, socket, web};
use test_video::TestVideo;

/// How long a hop may take. A way that is blocked says nothing; one that works slower than this is no way for a call.
const HOP_MILLIS: u32 = 8_000;

/// What the page and the test share; a clone is another handle to the same.
#[derive(Clone)]
struct Test {
    view: RwSignal<TestResults>,
    /// Which of the tests of this page is the last one; only that may speak.
    last: Arc<AtomicU32>,
    number: u32,
}

/// The seam for the page.
pub(crate) fn handle() -> ConnectionTestHandle {
    let view = RwSignal::new(TestResults::default());
    let last = Arc::new(AtomicU32::new(0));
    ConnectionTestHandle::new(view, move |command| match command {
        ConnectionTestCommand::Start => {
            let number = last.fetch_add(1, Ordering::Relaxed) + 1;
            let test = Test { view, last: Arc::clone(&last), number };
            view.set(TestResults::default());
            spawn_local(async move {
                if start(test.clone()).await.is_err() {
                    test.fails();
                }
            });
        }
        ConnectionTestCommand::Copy(text) => spawn_local(async move { _ = web::copy(&text).await }),
    })
}

#[wasm_split(connection_test, wasm_split_path = ::leptos::wasm_split, fallible)]
fn start(test: Test) -> Result<(), SplitLoaderError> {
    spawn_local(run(test));
    Ok(())
}

async fn run(test: Test) {
    let began = clock::now();
    let Some(plan) = within(plan()).await.flatten() else { return test.fails() };
    test.update(|view| {
        view.server = works_since(began);
        view.relays = plan.relays.iter().map(waiting).collect();
    });
    let video = TestVideo::start();
    let relays = plan.relays.iter().enumerate().map(|(index, relay)| {
        let (test, video) = (&test, &video);
        async move {
            let hop = loopback::run(&relay.ice_server, video.as_ref()).await;
            test.update(|view| {
                if let Some(one) = view.relays.get_mut(index) {
                    one.hop = hop;
                }
            });
        }
    });
    let messages = async {
        let began = clock::now();
        let hop = match within(messages()).await.flatten() {
            Some(()) => works_since(began),
            None => Hop::Fails,
        };
        test.update(|view| view.websocket = hop);
    };
    let mapping = async {
        let mapping = mapping::find(&plan).await;
        test.update(|view| view.mapping = mapping);
    };
    join(join(messages, mapping), join_all(relays)).await;
    test.finish();
}

impl Test {
    fn update(&self, change: impl FnOnce(&mut TestResults)) {
        if self.last.load(Ordering::Relaxed) == self.number {
            self.view.update(change);
        }
    }

    fn finish(&self) {
        let now = js_sys::Date::new_0();
        self.update(|view| {
            view.done = true;
            view.taken = format!("{} {}", web::local_date(&now), web::local_time(&now));
        });
    }

    fn fails(&self) {
        self.update(|view| {
            (view.server, view.websocket, view.mapping) = (Hop::Fails, Hop::Fails, Mapping::Unknown);
        });
        self.finish();
    }
}

fn waiting(relay: &TestRelay) -> RelayHop {
    let TestRelay { transport, port, last_port, owner, .. } = relay;
    RelayHop {
        transport: *transport,
        owner: *owner,
        ports: Ports { first: *port, last: *last_port },
        hop: Hop::Waiting,
    }
}

/// What the server says there is to try.
async fn plan() -> Option<ConnectionTest> {
    let response = Request::post("/api/v1/connection-test").send().await.ok()?;
    response.json().await.ok()
}

/// A message to the server and its answer. A socket that has joined nothing is refused, which is an answer too.
async fn messages() -> Option<()> {
    let mut socket = WebSocket::open(&socket::address()?).ok()?;
    let ping = RoomFrame::from(RoomMessage::Ping);
    socket.send(Message::Text(serde_json::to_string(&ping).ok()?)).await.ok()?;
    socket.next().await?.ok().map(drop)
}

/// `None` when it takes too long.
async fn within<T>(what: impl Future<Output = T>) -> Option<T> {
    pin_mut!(what);
    match select(what, TimeoutFuture::new(HOP_MILLIS)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

fn works_since(began: Duration) -> Hop {
    let took = clock::now().saturating_sub(began);
    Hop::Works(u32::try_from(took.as_millis()).unwrap_or(u32::MAX))
}
