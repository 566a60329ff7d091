//! A decoder of the browser's (W3C `WebCodecs`): frames go in, pictures or sound come out. web-sys has no stable names for it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Array, Function, Reflect, Uint8Array};
use protocol::MediaKind;
use record::webm::{Codec, FrameKind, Head};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use crate::web;

/// Decodes one track, until it is dropped.
pub(super) struct Decoder {
    object: JsValue,
    chunk: Function,
    has_failed: Rc<Cell<bool>>,
    _output: Closure<dyn FnMut(JsValue)>,
    _error: Closure<dyn FnMut(JsValue)>,
}

/// Whether this browser has decoders for pages.
pub(super) fn is_supported() -> bool {
    ["VideoDecoder", "AudioDecoder"].into_iter().all(|name| class(name).is_some())
}

impl Decoder {
    /// Starts one; `None` where the browser cannot. What it makes comes to `output`, which closes it.
    pub(super) fn start(head: &Head, output: impl FnMut(JsValue) + 'static) -> Option<Self> {
        let (decoder, chunk) = match head.format.codec.kind() {
            MediaKind::Video => ("VideoDecoder", "EncodedVideoChunk"),
            MediaKind::Audio => ("AudioDecoder", "EncodedAudioChunk"),
        };
        let has_failed = Rc::new(Cell::new(false));
        let failed = Rc::clone(&has_failed);
        let output = Closure::<dyn FnMut(JsValue)>::new(output);
        let error = Closure::<dyn FnMut(JsValue)>::new(move |_| failed.set(true));
        let callbacks =
            web::object(&[("output", output.as_ref().clone()), ("error", error.as_ref().clone())]);
        let object = Reflect::construct(&class(decoder)?, &Array::of1(&callbacks)).ok()?;
        web::call(&object, "configure", &[&configuration(head)])?;
        Some(Self { object, chunk: class(chunk)?, has_failed, _output: output, _error: error })
    }

    /// Takes a frame. False when the decoder has given up.
    pub(super) fn decode(&self, at: Duration, kind: FrameKind, bytes: &[u8]) -> bool {
        if self.has_failed.get() {
            return false;
        }
        let kind = match kind {
            FrameKind::Key => "key",
            FrameKind::Delta => "delta",
        };
        let chunk = web::object(&[
            ("type", kind.into()),
            ("timestamp", (at.as_micros() as f64).into()),
            ("data", Uint8Array::from(bytes).into()),
        ]);
        let chunk = Reflect::construct(&self.chunk, &Array::of1(&chunk)).ok();
        chunk.and_then(|chunk| web::call(&self.object, "decode", &[&chunk])).is_some()
    }

    /// Whether it could not decode what it was given.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.get()
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // One that has failed is closed already, and says so.
        _ = web::call(&self.object, "close", &[]);
    }
}

/// A number of an object.
pub(super) fn number(object: &JsValue, name: &str) -> f64 {
    Reflect::get(object, &name.into()).ok().and_then(|value| value.as_f64()).unwrap_or_default()
}

/// When something that a decoder made is due.
pub(super) fn timestamp(decoded: &JsValue) -> Duration {
    Duration::from_micros(number(decoded, "timestamp").max(0.0) as u64)
}

/// What a decoder made is freed.
pub(super) fn close(decoded: &JsValue) {
    _ = web::call(decoded, "close", &[]);
}

fn class(name: &str) -> Option<Function> {
    Reflect::get(&js_sys::global(), &name.into()).ok()?.dyn_into().ok()
}

fn configuration(head: &Head) -> JsValue {
    let codec = match head.format.codec {
        Codec::Opus => "opus",
        Codec::Vp8 => "vp8",
        Codec::Vp9 => "vp09.00.41.08",
        Codec::Av1 => "av01.0.08M.08",
        Codec::H264 => "avc1.42E01F",
    };
    let configuration = match head.format.codec.kind() {
        MediaKind::Audio => web::object(&[
            ("codec", codec.into()),
            ("sampleRate", 48_000.into()),
            ("numberOfChannels", 2.into()),
        ]),
        MediaKind::Video => web::object(&[("codec", codec.into()), ("optimizeForLatency", true.into())]),
    };
    let needs_private =
        matches!(head.format.codec, Codec::H264 | Codec::Av1) && !head.format.private.is_empty();
    if needs_private {
        _ = Reflect::set(&configuration, &"description".into(), &Uint8Array::from(&head.format.private[..]));
    }
    configuration.into()
}
