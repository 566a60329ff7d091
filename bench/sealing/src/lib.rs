//! Seals and opens one frame as the product's worker does, copies into and out of WebAssembly included. For the benchmark
//! alone; see `end2end/bench/sealing.bench.ts`.

use js_sys::{ArrayBuffer, Uint8Array};
use protocol::{ParticipantId, Source};
use seal::{Expected, FrameOpener, FrameSealer, SenderKey, Tag};
use wasm_bindgen::prelude::wasm_bindgen;

/// Two ends of a call.
#[wasm_bindgen]
pub struct Ends {
    sealer: FrameSealer,
    opener: FrameOpener,
    buffer: Vec<u8>,
}

#[wasm_bindgen]
impl Ends {
    /// Two ends that know the same key.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        let key = SenderKey::new(Tag::new(1), 0, [7; 16]);
        let (mut sealer, mut opener) = (FrameSealer::default(), FrameOpener::default());
        sealer.set_key(&key);
        opener.add_key(ParticipantId::NIL, key);
        Self { sealer, opener, buffer: Vec::new() }
    }

    /// Seals a frame of video.
    pub fn seal(&mut self, frame: &ArrayBuffer) -> ArrayBuffer {
        let frame = Uint8Array::new(frame).to_vec();
        self.sealer.seal(Source::Camera, &frame, &mut self.buffer);
        Uint8Array::from(&*self.buffer).buffer()
    }

    /// Opens a frame of video; an empty one when it does not open.
    pub fn open(&mut self, frame: &ArrayBuffer) -> ArrayBuffer {
        let frame = Uint8Array::new(frame).to_vec();
        let expected = Expected::Only { key: ParticipantId::NIL.publication(Source::Camera) };
        if self.opener.open(expected, &frame, &mut self.buffer).is_err() {
            self.buffer.clear();
        }
        Uint8Array::from(&*self.buffer).buffer()
    }
}

impl Default for Ends {
    fn default() -> Self {
        Self::new()
    }
}
