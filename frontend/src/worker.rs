//! The inside of the worker through which every media frame goes: seals what is sent, opens what comes, and drops what is
//! from nobody it should be from. Knows nothing of calls.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use gloo_events::EventListener;
use js_sys::{Array, ArrayBuffer, Promise, Reflect, Uint8Array};
use protocol::ParticipantId;
use seal::{FrameOpener, FrameSealer, Media, OpenError, SenderKey};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{EventTarget, MessageEvent, WritableStream};

use crate::web;

/// What the page tells the worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Seal with this key from now on.
    SetOwnKey { key: Vec<u8> },
    /// Open what somebody sends with this key, too.
    SetKeyOf { participant: ParticipantId, key: Vec<u8> },
    /// Open nothing of theirs.
    ForgetKeysOf { participant: ParticipantId },
    /// Play only what is from this person where a pipe ends.
    Expect { pipe: u32, expected: Expected },
}

/// One way of frames through the worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pipe {
    pub(crate) number: u32,
    pub(crate) media: Media,
    pub(crate) direction: Direction,
}

/// What is done with the frames.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Direction {
    /// They leave sealed.
    Seal,
    /// They leave open.
    Open {
        /// If they are from here.
        expected: Expected,
    },
}

/// From whom frames may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Expected {
    /// Anybody who is in the call.
    Anybody,
    /// One person.
    Only {
        /// Who.
        id: ParticipantId,
    },
    /// Nobody: the slot is empty.
    Nobody,
}

#[wasm_bindgen]
extern "C" {
    /// RTCEncodedVideoFrame or RTCEncodedAudioFrame.
    type Frame;
    #[wasm_bindgen(method, getter, structural)]
    fn data(this: &Frame) -> ArrayBuffer;
    #[wasm_bindgen(method, setter, structural)]
    fn set_data(this: &Frame, data: &ArrayBuffer);

    /// RTCRtpScriptTransformer.
    #[derive(Clone)]
    type Transformer;
    #[wasm_bindgen(method, getter, structural)]
    fn options(this: &Transformer) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn readable(this: &Transformer) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn writable(this: &Transformer) -> WritableStream;
}

/// What became of a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passage {
    /// It goes on.
    Passes,
    /// It was there before, and nothing is missing without it.
    Repeated,
    /// It is missing.
    Refused,
}

/// How long after asking for a keyframe it is not asked for again, in milliseconds.
const KEYFRAME_EVERY: f64 = 300.0;

#[derive(Default)]
struct State {
    sealer: FrameSealer,
    opener: FrameOpener,
    /// From whom the frames of each opening pipe may be.
    expected: BTreeMap<u32, Expected>,
    /// Reused for every frame.
    buffer: Vec<u8>,
}

type Shared = Rc<RefCell<State>>;

thread_local! {
    /// They last as long as the worker.
    static LISTENERS: RefCell<Vec<EventListener>> = const { RefCell::new(Vec::new()) };
}

/// Runs the worker. `early` is what came before the code was there.
pub(crate) fn run(early: &Array) {
    let state = Shared::default();
    for event in early.iter() {
        happened(&state, &event);
    }
    let scope: EventTarget = js_sys::global().unchecked_into();
    let listen = |name: &'static str| {
        let state = Rc::clone(&state);
        EventListener::new(&scope, name, move |event| happened(&state, event))
    };
    let listeners = ["message", "rtctransform"].map(listen);
    LISTENERS.with_borrow_mut(|kept| kept.extend(listeners));
}

fn happened(state: &Shared, event: &JsValue) {
    if let Ok(transformer) = Reflect::get(event, &"transformer".into())
        && transformer.is_object()
    {
        return start_pipe(state, transformer.unchecked_ref());
    }
    let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
    if let Some(Ok(order)) = text.map(|text| serde_json::from_str(&text)) {
        state.borrow_mut().obey(order);
    }
}

impl State {
    fn obey(&mut self, order: Order) {
        match order {
            Order::SetOwnKey { key } => {
                if let Some(key) = SenderKey::from_bytes(&key) {
                    self.sealer.set_key(&key);
                }
            }
            Order::SetKeyOf { participant, key } => {
                if let Some(key) = SenderKey::from_bytes(&key) {
                    self.opener.add_key(participant, key);
                }
            }
            Order::ForgetKeysOf { participant } => self.opener.forget(participant),
            Order::Expect { pipe, expected } => _ = self.expected.insert(pipe, expected),
        }
    }

    fn seal(&mut self, media: Media, frame: &[u8]) -> Passage {
        if self.sealer.seal(media, frame, &mut self.buffer) { Passage::Passes } else { Passage::Refused }
    }

    fn open(&mut self, pipe: u32, media: Media, frame: &[u8]) -> Passage {
        let expected = match self.expected.get(&pipe) {
            None | Some(Expected::Nobody) => return Passage::Refused,
            Some(Expected::Anybody) => None,
            Some(Expected::Only { id }) => Some(*id),
        };
        match self.opener.open(expected, media, frame, &mut self.buffer) {
            Ok(_) => Passage::Passes,
            // Browsers and servers send packets again to find out what a line carries.
            Err(OpenError::Replayed) => Passage::Repeated,
            Err(OpenError::NotSealed | OpenError::KeyUnknown | OpenError::Forged) => Passage::Refused,
        }
    }
}

fn start_pipe(state: &Shared, transformer: &Transformer) {
    let options = transformer.options().as_string().unwrap_or_default();
    let Ok(pipe) = serde_json::from_str::<Pipe>(&options) else { return };
    if let Direction::Open { expected } = pipe.direction {
        state.borrow_mut().expected.entry(pipe.number).or_insert(expected);
    }
    let Ok(writer) = transformer.writable().get_writer() else { return };
    let state = Rc::clone(state);
    let asking = transformer.clone();
    let mut keyframes = Keyframes::default();
    let write = Closure::<dyn FnMut(Frame) -> JsValue>::new(move |frame: Frame| {
        let data = Uint8Array::new(&frame.data()).to_vec();
        let mut state = state.borrow_mut();
        let passage = match pipe.direction {
            Direction::Seal => state.seal(pipe.media, &data),
            Direction::Open { .. } => state.open(pipe.number, pipe.media, &data),
        };
        let opens_video = pipe.media == Media::Video && matches!(pipe.direction, Direction::Open { .. });
        if opens_video && keyframes.are_needed(passage, &data, js_sys::Date::now()) {
            ask_for_keyframe(&asking);
        }
        if passage != Passage::Passes {
            return JsValue::UNDEFINED;
        }
        frame.set_data(&Uint8Array::from(&*state.buffer).buffer());
        writer.write_with_chunk(&frame).into()
    });
    // One pipe, and the other end written to by hand: a TransformStream between two pipes costs twice as much a frame.
    let sink = web::object(&[("write", write.into_js_value())]);
    let Ok(sink) = WritableStream::new_with_underlying_sink(&sink) else { return };
    if let Some(end) = web::call_if_present(&transformer.readable(), "pipeTo", &sink) {
        swallow(end);
    }
}

/// After a frame that was dropped, a decoder can only go on from a keyframe, and does not know that it has to ask for one.
#[derive(Default)]
struct Keyframes {
    has_gap: bool,
    asked: f64,
}

impl Keyframes {
    fn are_needed(&mut self, passage: Passage, frame: &[u8], now: f64) -> bool {
        match passage {
            Passage::Passes => {}
            Passage::Repeated => return false,
            Passage::Refused => {
                self.has_gap = true;
                return false;
            }
        }
        // The lowest bit of the first byte is clear in keyframes (RFC 6386 §9.1).
        if frame.first().is_some_and(|first| first & 1 == 0) {
            self.has_gap = false;
        }
        if !self.has_gap || now - self.asked < KEYFRAME_EVERY {
            return false;
        }
        self.asked = now;
        true
    }
}

fn ask_for_keyframe(transformer: &Transformer) {
    if let Some(asked) = web::call_if_present(transformer, "sendKeyFrameRequest", &JsValue::UNDEFINED) {
        swallow(asked);
    }
}

/// Waits for a promise whose failure means only that its link is gone.
fn swallow(promise: JsValue) {
    if let Ok(promise) = promise.dyn_into::<Promise>() {
        spawn_local(async move { _ = wasm_bindgen_futures::JsFuture::from(promise).await });
    }
}
