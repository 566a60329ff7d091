//! The page's end of the worker that seals and opens media frames (W3C WebRTC Encoded Transform).

use std::cell::Cell;
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_net::http::Request;
use js_sys::Reflect;
use protocol::{MediaKey, MediaKind, ParticipantId, Source};
use seal::{Direction, Expected, Order, Pipe, Protection, SenderKey};
use view::PageNotice;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{RtcRtpTransceiver, Worker, WorkerOptions, WorkerType};

use crate::event::{Event, Events};
use crate::{page, web};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = RTCRtpScriptTransform)]
    type ScriptTransform;

    #[wasm_bindgen(constructor, catch, js_class = "RTCRtpScriptTransform")]
    fn new(worker: &Worker, options: &str) -> Result<ScriptTransform, JsValue>;
}

/// Whether this browser can seal media at all.
pub(crate) fn is_supported() -> bool {
    let has = |name: &str| Reflect::has(&js_sys::global(), &name.into()).unwrap_or(false);
    has("RTCRtpScriptTransform") && has("Worker")
}

/// Fetches the script of the worker, which the browser keeps for it. Whether it is here.
pub(crate) async fn fetch_script() -> bool {
    let Ok(response) = Request::get(&script()).send().await else { return false };
    response.ok() && response.text().await.is_ok()
}

fn script() -> String {
    format!("{}{SCRIPT}", page::root())
}

/// The worker. One for all links, so that no nonce is used twice.
#[derive(Clone)]
pub(crate) struct Sealing(Rc<Inner>);

struct Inner {
    worker: Worker,
    pipes: Cell<u32>,
    _failed: EventListener,
}

impl Sealing {
    /// Starts the worker. `None` where there can be none.
    pub(crate) fn start(events: &Events) -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&script(), &options).ok()?;
        let events = events.clone();
        let failed = EventListener::new(&worker, "error", move |_| {
            _ = events.unbounded_send(Event::Say(PageNotice::SealingFailed));
        });
        Some(Self(Rc::new(Inner { worker, pipes: Cell::new(0), _failed: failed })))
    }

    /// What may leave from now on.
    pub(crate) fn protect(&self, protection: Protection) {
        self.order(&Order::Protect { protection });
    }

    pub(crate) fn set_own_key(&self, key: &SenderKey) {
        self.order(&Order::SetOwnKey { key: key.to_bytes() });
    }

    pub(crate) fn set_key_of(&self, participant: ParticipantId, key: &SenderKey) {
        self.order(&Order::SetKeyOf { participant, key: key.to_bytes() });
    }

    pub(crate) fn forget_keys_of(&self, participant: ParticipantId) {
        self.order(&Order::ForgetKeysOf { participant });
    }

    /// Seals what a section sends.
    pub(crate) fn seal(&self, section: &RtcRtpTransceiver, source: Source) {
        let pipe = Pipe { number: 0, kind: source.kind(), direction: Direction::Seal { source } };
        if !self.attach(&section.sender(), &pipe) {
            // What it sent would be open.
            _ = web::call(section, "stop", &[]);
        }
    }

    /// Opens what a section brings, if it is of what is expected.
    pub(crate) fn open(
        &self,
        section: &RtcRtpTransceiver,
        kind: MediaKind,
        expected: Expected,
    ) -> PipeNumber {
        let number = self.0.pipes.get() + 1;
        self.0.pipes.set(number);
        let pipe = Pipe { number, kind, direction: Direction::Open { expected } };
        if !self.attach(&section.receiver(), &pipe) {
            // What it brought would be played as it is.
            _ = web::call(section, "stop", &[]);
        }
        PipeNumber(number)
    }

    /// What a pipe brings from now on.
    pub(crate) fn expect(&self, pipe: PipeNumber, publication: Option<MediaKey>) {
        self.order(&Order::Expect { pipe: pipe.0, expected: expected(publication) });
    }

    /// Leads the frames of one end of a section through the worker. What is led through it already stays so.
    fn attach(&self, end: &JsValue, pipe: &Pipe) -> bool {
        if Reflect::get(end, &"transform".into()).is_ok_and(|transform| transform.is_object()) {
            return true;
        }
        let options = serde_json::to_string(pipe).unwrap_or_default();
        let transform = ScriptTransform::new(&self.0.worker, &options);
        let set = transform.and_then(|transform| Reflect::set(end, &"transform".into(), &transform));
        set.unwrap_or(false)
    }

    fn order(&self, order: &Order) {
        if let Ok(text) = serde_json::to_string(order) {
            _ = self.0.worker.post_message(&text.into());
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// Where media comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PipeNumber(u32);

/// The worker's script, below the address of the build, which fetches the WebAssembly of `worker/`.
const SCRIPT: &str = "/worker/start.js";

/// Nothing but this publication, or nothing at all.
pub(crate) fn expected(publication: Option<MediaKey>) -> Expected {
    publication.map_or(Expected::Nothing, |key| Expected::Only { key })
}
