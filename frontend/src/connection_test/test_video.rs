//! A moving picture for tests, drawn and never shown.

use gloo_timers::callback::Interval;
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MediaStream, MediaStreamTrack};

use crate::web;

/// How often it is drawn anew, in milliseconds.
const EVERY: u32 = 100;

/// A source of pictures. It stops when it is dropped.
pub(super) struct TestVideo {
    stream: MediaStream,
    _drawing: Interval,
}

impl TestVideo {
    /// `None` where the browser draws nothing.
    pub(super) fn start() -> Option<Self> {
        let canvas = web::document()?.create_element("canvas").ok()?;
        for (name, size) in [("width", 64), ("height", 48)] {
            _ = Reflect::set(&canvas, &name.into(), &size.into());
        }
        let context = web::call(&canvas, "getContext", &[&"2d".into()])?;
        let stream: MediaStream = web::call(&canvas, "captureStream", &[&10.into()])?.dyn_into().ok()?;
        let mut drawn = 0_u32;
        let drawing = Interval::new(EVERY, move || {
            drawn = drawn.wrapping_add(1);
            let colour = if drawn.is_multiple_of(2) { "#1c6350" } else { "#f0a468" };
            _ = Reflect::set(&context, &"fillStyle".into(), &colour.into());
            let sizes = [0, 0, 64, 48].map(JsValue::from);
            _ = web::call(&context, "fillRect", &[&sizes[0], &sizes[1], &sizes[2], &sizes[3]]);
        });
        Some(Self { stream, _drawing: drawing })
    }

    pub(super) fn stream(&self) -> &MediaStream {
        &self.stream
    }

    pub(super) fn track(&self) -> Option<MediaStreamTrack> {
        let tracks: Array = self.stream.get_tracks().unchecked_into();
        tracks.get(0).dyn_into().ok()
    }
}

impl Drop for TestVideo {
    fn drop(&mut self) {
        if let Some(track) = self.track() {
            track.stop();
        }
    }
}
