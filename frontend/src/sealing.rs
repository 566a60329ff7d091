//! The page's end of the worker that seals and opens media frames (W3C WebRTC Encoded Transform).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use call::Source;
use gloo_events::EventListener;
use js_sys::Reflect;
use protocol::ParticipantId;
use seal::{Direction, Expected, Media, Order, Pipe, SenderKey};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{RtcRtpTransceiver, Worker, WorkerOptions, WorkerType};

use crate::event::{Event, Events};
use crate::web;

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

/// The worker. One for all links, so that no nonce is used twice.
#[derive(Clone)]
pub(crate) struct Sealing(Rc<Inner>);

struct Inner {
    worker: Worker,
    pipes: Cell<u32>,
    /// Whom the video slots of the link to the server show, in their order.
    slots: RefCell<Vec<Option<ParticipantId>>>,
    _failed: EventListener,
}

impl Sealing {
    /// Starts the worker. `None` where there can be none.
    pub(crate) fn start(events: &Events) -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(SCRIPT, &options).ok()?;
        let events = events.clone();
        let failed = EventListener::new(&worker, "error", move |_| {
            let text = "Encryption could not start, so nothing is sent. Please load the page again.";
            _ = events.unbounded_send(Event::Say(text));
        });
        let (pipes, slots) = (Cell::new(0), RefCell::new(Vec::new()));
        Some(Self(Rc::new(Inner { worker, pipes, slots, _failed: failed })))
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
        let pipe = Pipe { number: 0, media: media(source), direction: Direction::Seal };
        if !self.attach(&section.sender(), &pipe) {
            // What it sent would be open.
            _ = web::call(section, "stop", &[]);
        }
    }

    /// Opens what a section brings, if it is from the person expected.
    pub(crate) fn open(&self, section: &RtcRtpTransceiver, source: Source, expected: Expected) -> PipeNumber {
        let number = self.0.pipes.get() + 1;
        self.0.pipes.set(number);
        let pipe = Pipe { number, media: media(source), direction: Direction::Open { expected } };
        self.attach(&section.receiver(), &pipe);
        PipeNumber(number)
    }

    /// Whom the slots show from now on, whatever link brings them.
    pub(crate) fn expect_in_slots(&self, slots: Vec<Option<ParticipantId>>, pipes: &[PipeNumber]) {
        for (place, pipe) in pipes.iter().enumerate() {
            let whom = slots.get(place).copied().flatten();
            self.order(&Order::Expect { pipe: pipe.0, expected: expected(whom) });
        }
        *self.0.slots.borrow_mut() = slots;
    }

    /// Whom a slot shows.
    pub(crate) fn expected_in(&self, slot: usize) -> Expected {
        expected(self.0.slots.borrow().get(slot).copied().flatten())
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

/// The worker's script, which fetches the WebAssembly of `worker/`.
const SCRIPT: &str = "/worker/start.js";

fn media(source: Source) -> Media {
    match source {
        Source::Microphone => Media::Audio,
        Source::Camera => Media::Video,
    }
}

fn expected(whom: Option<ParticipantId>) -> Expected {
    whom.map_or(Expected::Nobody, |id| Expected::Only { id })
}
