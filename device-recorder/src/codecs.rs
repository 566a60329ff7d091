//! What web-sys has no stable name for (W3C WebCodecs).

use js_sys::{Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::OffscreenCanvas;

#[wasm_bindgen]
extern "C" {
    pub(crate) type VideoFrame;
    #[wasm_bindgen(constructor, catch)]
    fn new(canvas: &OffscreenCanvas, options: &JsValue) -> Result<VideoFrame, JsValue>;
    #[wasm_bindgen(method, getter, structural, js_name = displayWidth)]
    pub(crate) fn width(this: &VideoFrame) -> u32;
    #[wasm_bindgen(method, getter, structural, js_name = displayHeight)]
    pub(crate) fn height(this: &VideoFrame) -> u32;
    #[wasm_bindgen(method, structural)]
    pub(crate) fn close(this: &VideoFrame);

    pub(crate) type VideoEncoder;
    #[wasm_bindgen(constructor, catch)]
    pub(crate) fn new(init: &JsValue) -> Result<VideoEncoder, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    pub(crate) fn configure(this: &VideoEncoder, config: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn encode(this: &VideoEncoder, frame: &VideoFrame, options: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, structural)]
    pub(crate) fn flush(this: &VideoEncoder) -> Promise;
    #[wasm_bindgen(method, getter, structural, js_name = encodeQueueSize)]
    pub(crate) fn queued(this: &VideoEncoder) -> u32;

    pub(crate) type AudioData;
    #[wasm_bindgen(constructor, catch)]
    pub(crate) fn new(init: &JsValue) -> Result<AudioData, JsValue>;
    #[wasm_bindgen(method, structural)]
    pub(crate) fn close(this: &AudioData);

    pub(crate) type AudioEncoder;
    #[wasm_bindgen(constructor, catch)]
    pub(crate) fn new(init: &JsValue) -> Result<AudioEncoder, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    pub(crate) fn configure(this: &AudioEncoder, config: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    pub(crate) fn encode(this: &AudioEncoder, data: &AudioData) -> Result<(), JsValue>;
    #[wasm_bindgen(method, structural)]
    pub(crate) fn flush(this: &AudioEncoder) -> Promise;

    /// EncodedVideoChunk or EncodedAudioChunk.
    pub(crate) type Chunk;
    #[wasm_bindgen(method, getter, structural, js_name = type)]
    pub(crate) fn kind(this: &Chunk) -> String;
    /// In microseconds.
    #[wasm_bindgen(method, getter, structural)]
    pub(crate) fn timestamp(this: &Chunk) -> f64;
    #[wasm_bindgen(method, getter, structural, js_name = byteLength)]
    fn length(this: &Chunk) -> u32;
    #[wasm_bindgen(method, structural, js_name = copyTo)]
    fn copy_to(this: &Chunk, buffer: &Uint8Array);
}

impl VideoFrame {
    /// What is on the canvas, at a moment in microseconds.
    pub(crate) fn of_canvas(canvas: &OffscreenCanvas, timestamp: f64) -> Result<Self, JsValue> {
        Self::new(canvas, &object(&[("timestamp", timestamp.into()), ("alpha", "discard".into())]))
    }
}

impl VideoEncoder {
    /// Encodes a picture, as one with which decoding can begin where that is wanted.
    pub(crate) fn encode_frame(&self, frame: &VideoFrame, as_key: bool) -> Result<(), JsValue> {
        self.encode(frame, &object(&[("keyFrame", as_key.into())]))
    }
}

impl Chunk {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let bytes = Uint8Array::new_with_length(self.length());
        self.copy_to(&bytes);
        bytes.to_vec()
    }
}

/// An object with these fields.
pub(crate) fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}
