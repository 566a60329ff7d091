//! Tests of what only a browser can show: what it captures, what it sends in which section, what its statistics say. They run in a
//! real one with fake devices (`end2end/tests/frontend.spec.ts`).

#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for one thing, and fails without")]

mod capturing;
mod first_pictures;
mod publishing;
mod remembering;
mod statistics;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_test::wasm_bindgen_test_configure;
use web_sys::MediaStreamTrack;

use crate::capture::Captures;
use crate::event::{Event, Events};
use call::{CaptureRequest, Page, PageEffect, PageInput};
use protocol::Source;

wasm_bindgen_test_configure!(run_in_browser);

/// The longest that anything here may take.
const PATIENCE_MILLIS: u32 = 20_000;

/// What a session would hear.
struct Heard(UnboundedReceiver<Event>);

impl Heard {
    fn new() -> (Events, Self) {
        let (events, heard) = unbounded();
        (events, Self(heard))
    }

    /// The next event of a kind; what else comes meanwhile is passed over.
    async fn next<T>(&mut self, of_kind: impl Fn(Event) -> Option<T>) -> T {
        let found = async {
            loop {
                let event = self.0.next().await.expect("events go on");
                if let Some(found) = of_kind(event) {
                    return found;
                }
            }
        };
        futures::pin_mut!(found);
        match select(found, TimeoutFuture::new(PATIENCE_MILLIS)).await {
            Either::Left((found, _)) => found,
            Either::Right(_) => panic!("nothing of the kind has happened"),
        }
    }
}

/// The requests of a page that wants these sources.
fn requests(page: &mut Page, sources: &[Source]) -> Vec<CaptureRequest> {
    let now = crate::clock::now();
    for source in sources {
        page.handle_input(now, PageInput::Capture(*source));
    }
    page.handle_input(now, PageInput::AskForDevices);
    match page.poll_effect() {
        Some(PageEffect::Capture(requests)) => requests,
        other => panic!("{other:?}"),
    }
}

/// A track of a fake device.
async fn track_of(source: Source) -> MediaStreamTrack {
    let (events, mut heard) = Heard::new();
    Captures::default().start(requests(&mut Page::default(), &[source]), &events);
    heard.next(captured).await.2
}

fn captured(event: Event) -> Option<(Source, call::Attempt, MediaStreamTrack)> {
    match event {
        Event::Captured { source, attempt, track } => Some((source, attempt, track.take()?)),
        _ => None,
    }
}
