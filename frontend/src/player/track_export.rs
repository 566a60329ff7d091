//! A track as a file that any player opens: read, opened, and written anew in the clear, on this device alone.

use std::sync::Arc;
use std::time::Duration;

use js_sys::{Array, Uint8Array};
use protocol::Timestamp;
use record::webm::{Codec, Frame, Head, Protection, Reader, ReaderEvent, TrackFormat, Writer};
use record::{Manifest, RecordingId};
use view::TrackExport;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, HtmlElement};

use super::fetching;
use super::opening::{Keys, TrackOpener};
use super::player_event::{PlayerEvent, PlayerEvents};
use crate::web;

/// So much is fetched at once, in bytes.
const AT_ONCE: u64 = 1 << 20;

/// Of a file no more than this is read, in bytes; what is put together in the page's memory is no longer.
const MOST: u64 = 1 << 30;

/// What is saved, and with what.
pub(super) struct ExportOrder {
    pub(super) number: usize,
    pub(super) part: usize,
    pub(super) id: RecordingId,
    pub(super) manifest: Arc<Manifest>,
    pub(super) keys: Option<Arc<Keys>>,
}

/// Saves a track, and tells how far it is.
pub(super) fn start(order: ExportOrder, events: PlayerEvents) {
    spawn_local(async move {
        let track = order.number;
        let tell = |export| _ = events.unbounded_send(PlayerEvent::Exporting(export));
        tell(TrackExport::Under { track, percent: 0 });
        let saved = run(&order, |percent| tell(TrackExport::Under { track, percent })).await;
        tell(if saved.is_some() { TrackExport::Idle } else { TrackExport::Failed { track } });
    });
}

async fn run(order: &ExportOrder, tell: impl Fn(u8)) -> Option<()> {
    let part = order.manifest.parts.get(order.part)?;
    let before: usize = order.manifest.parts.iter().take(order.part).map(|part| part.tracks.len()).sum();
    let track = part.tracks.get(order.number.checked_sub(before)?)?;
    let key = track.participant.publication(track.source);
    let (mut reader, mut opener) = (Reader::new(), TrackOpener::default());
    let mut copy: Option<TrackCopy> = None;
    let mut read = 0_u64;
    loop {
        let from = reader.wanted();
        let until = from.checked_add(AT_ONCE)?;
        let piece = fetching::range(order.id, &track.file, from, until).await.ok()?;
        read += piece.bytes.len() as u64;
        reader.push(&piece.bytes);
        while let Some(event) = reader.poll().ok()? {
            match event {
                ReaderEvent::Head(head) => copy = Some(TrackCopy::new(&head, part.began)),
                ReaderEvent::Block(block) => {
                    let copy = copy.as_mut()?;
                    let opened = match (&order.keys, copy.is_sealed) {
                        (Some(keys), true) => opener.open(keys, order.part, key, &block.bytes).ok(),
                        (None, true) => None,
                        // In a sealed recording nothing in the clear is anybody's.
                        (Some(_), false) => return None,
                        (None, false) => Some(block.bytes),
                    };
                    if let Some(bytes) = opened {
                        copy.write(Frame { time: block.time, kind: block.kind, bytes: &bytes });
                    }
                }
                ReaderEvent::Cues(_) => {}
            }
        }
        if (piece.bytes.len() as u64) < AT_ONCE {
            break;
        }
        if read > MOST {
            return None;
        }
        if let Some(total) = piece.total.filter(|total| *total > 0) {
            tell(u8::try_from((until.min(total) * 100 / total).min(99)).unwrap_or(99));
        }
    }
    let (file, codec) = copy?.finish()?;
    let name = track.file.as_str().rsplit_once('.').map_or(track.file.as_str(), |(name, _)| name);
    save(&file, &format!("{name}.{}", codec.extension()))
}

/// The file in the clear.
struct TrackCopy {
    is_sealed: bool,
    codec: Codec,
    writer: Writer,
    file: Vec<u8>,
    frames: u64,
}

impl TrackCopy {
    fn new(head: &Head, began: Timestamp) -> Self {
        let format = TrackFormat { protection: Protection::Plaintext, ..head.format.clone() };
        let (is_sealed, codec) = (head.format.protection == Protection::Sealed, head.format.codec);
        Self { is_sealed, codec, writer: Writer::new(format, began), file: Vec::new(), frames: 0 }
    }

    fn write(&mut self, frame: Frame<'_>) {
        // The writer's clock is that of what it writes: a fragment each seven tenths of a second.
        let now: Duration = frame.time;
        self.frames += u64::from(self.writer.write(now, frame));
        self.writer.handle_timeout(now);
        self.take();
    }

    fn take(&mut self) {
        while let Some(effect) = self.writer.poll_effect() {
            effect.apply(&mut self.file);
        }
    }

    fn finish(mut self) -> Option<(Vec<u8>, Codec)> {
        self.writer.finish();
        self.take();
        (self.frames > 0).then_some((self.file, self.codec))
    }
}

/// Has the browser save a file.
fn save(file: &[u8], name: &str) -> Option<()> {
    let parts = Array::of1(&Uint8Array::from(file));
    let blob = Blob::new_with_u8_array_sequence(&parts).ok()?;
    let class = js_sys::Reflect::get(&js_sys::global(), &"URL".into()).ok()?;
    let address = web::call(&class, "createObjectURL", &[&blob])?;
    let link = web::document()?.create_element("a").ok()?;
    link.set_attribute("href", &address.as_string()?).ok()?;
    link.set_attribute("download", name).ok()?;
    link.dyn_ref::<HtmlElement>()?.click();
    // The browser has it by then.
    gloo_timers::callback::Timeout::new(60_000, move || {
        _ = web::call(&class, "revokeObjectURL", &[&address]);
    })
    .forget();
    Some(())
}
