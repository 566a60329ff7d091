//! One way of frames through the worker (W3C WebRTC Encoded Transform).

use std::rc::Rc;

use js_sys::{ArrayBuffer, Function, Object, Promise, Reflect, Uint8Array};
use protocol::MediaKind;
use seal::{Direction, Pipe};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::WritableStream;

use crate::Shared;
use crate::keyframes::Keyframes;
use crate::state::Passage;

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
    pub(crate) type Transformer;
    #[wasm_bindgen(method, getter, structural)]
    fn options(this: &Transformer) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn readable(this: &Transformer) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn writable(this: &Transformer) -> WritableStream;
}

/// Leads the frames of a transformer through the worker, as its options say.
pub(crate) fn start(state: &Shared, transformer: &Transformer) {
    let options = transformer.options().as_string().unwrap_or_default();
    let Ok(pipe) = serde_json::from_str::<Pipe>(&options) else { return };
    if let Direction::Open { expected } = pipe.direction {
        state.borrow_mut().expect_at_first(pipe.number, expected);
    }
    let Ok(writer) = transformer.writable().get_writer() else { return };
    let state = Rc::clone(state);
    let asking = transformer.clone();
    let mut keyframes = Keyframes::default();
    let write = Closure::<dyn FnMut(Frame) -> JsValue>::new(move |frame: Frame| {
        let data = Uint8Array::new(&frame.data()).to_vec();
        let mut state = state.borrow_mut();
        let passage = match pipe.direction {
            Direction::Seal { source } => state.seal(source, &data),
            Direction::Open { .. } => state.open(pipe.number, &data),
        };
        let opens_video = pipe.kind == MediaKind::Video && matches!(pipe.direction, Direction::Open { .. });
        if opens_video && keyframes.are_needed(passage, &data, js_sys::Date::now()) {
            call(&asking, "sendKeyFrameRequest", &JsValue::UNDEFINED);
        }
        if passage != Passage::Passes {
            return JsValue::UNDEFINED;
        }
        frame.set_data(&Uint8Array::from(state.passed()).buffer());
        writer.write_with_chunk(&frame).into()
    });
    // One pipe, and the other end written to by hand: a TransformStream between two pipes costs twice as much a frame.
    let sink = Object::new();
    _ = Reflect::set(&sink, &"write".into(), &write.into_js_value());
    if let Ok(sink) = WritableStream::new_with_underlying_sink(&sink) {
        call(&transformer.readable(), "pipeTo", &sink);
    }
}

/// Calls a method that some browsers lack. That its promise fails means only that its link is gone.
fn call(object: &JsValue, method: &str, argument: &JsValue) {
    let function = Reflect::get(object, &method.into()).and_then(JsCast::dyn_into::<Function>);
    let Ok(Ok(promise)) = function.map(|function| function.call1(object, argument)) else { return };
    if let Ok(promise) = promise.dyn_into::<Promise>() {
        spawn_local(async move { _ = wasm_bindgen_futures::JsFuture::from(promise).await });
    }
}
