//! The page's end of a recording on this device: hands what is seen and heard to the worker that draws, encodes and writes it. Goes on while
//! nobody looks at the page: nothing here waits for a frame to be drawn or for a timer of the page.

pub(crate) mod files;
mod mix;

use std::collections::BTreeMap;

use call::{Drawn, Size};
use gloo_events::EventListener;
use js_sys::{Array, Reflect};
use protocol::{MediaKey, ParticipantId};
use record::on_device::{DeviceFault, DeviceOrder, DeviceReport, Scene, SceneTile};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlVideoElement, MediaStreamTrack, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::device_recording::mix::Mix;
use crate::event::{Event, Events};
use crate::lock::Lock;
use crate::{page, web};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = MediaStreamTrackProcessor)]
    type TrackProcessor;
    #[wasm_bindgen(constructor, catch, js_class = "MediaStreamTrackProcessor")]
    fn new(init: &JsValue) -> Result<TrackProcessor, JsValue>;
    #[wasm_bindgen(method, getter, structural)]
    fn readable(this: &TrackProcessor) -> JsValue;

    type VideoFrame;
    #[wasm_bindgen(constructor, catch)]
    fn new(video: &HtmlVideoElement, init: &JsValue) -> Result<VideoFrame, JsValue>;
}

/// The worker's script, below the address of the build.
const SCRIPT: &str = "/worker/record.js";

/// Of the recording, in pixels: its long side and its short one.
const LONG: u16 = 1280;
const SHORT: u16 = 720;

/// Whether this browser can encode what is on a page, and write it.
pub(crate) fn is_supported() -> bool {
    let classes = ["VideoEncoder", "AudioEncoder", "VideoFrame", "OffscreenCanvas", "AudioWorkletNode"];
    classes.into_iter().all(is_there) && files::are_supported()
}

fn is_there(class: &str) -> bool {
    Reflect::has(&js_sys::global(), &class.into()).unwrap_or(false)
}

/// A recording. Ends without its end when it is dropped: what was written until then is there.
pub(crate) struct DeviceRecorder {
    worker: Worker,
    file: String,
    began_millis: u64,
    size: (u16, u16),
    /// What brings pictures, by what they are of.
    sources: BTreeMap<MediaKey, PictureSource>,
    sources_made: u32,
    drawn: Option<Scene>,
    mix: Option<Mix>,
    /// As long as it is had, no other tab takes the file for one that was left.
    lock: Option<Lock>,
    _heard: [EventListener; 2],
}

struct PictureSource {
    number: u32,
    track: MediaStreamTrack,
    /// Nobody else holds it, and it would end with its pictures.
    _processor: Option<TrackProcessor>,
}

/// Something that is seen.
pub(crate) struct Seen {
    pub(crate) at: Drawn,
    pub(crate) name: String,
    /// While there are pictures.
    pub(crate) track: Option<MediaStreamTrack>,
}

impl DeviceRecorder {
    /// Begins, of a stage of this size. `None` where there can be no worker.
    pub(crate) fn begin(stage: Size, events: &Events) -> Option<Self> {
        let began_millis = js_sys::Date::now() as u64;
        let file = files::new_name(began_millis);
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&format!("{}{SCRIPT}", page::root()), &options).ok()?;
        let size = if stage.height > stage.width { (SHORT, LONG) } else { (LONG, SHORT) };
        let recorder = Self {
            _heard: listen(&worker, events),
            lock: Some(Lock::ask_for(&files::lock_name(&file)).0),
            mix: Mix::begin(&worker),
            worker,
            file: file.clone(),
            began_millis,
            size,
            sources: BTreeMap::new(),
            sources_made: 0,
            drawn: None,
        };
        let asks_for_pictures = !is_there("MediaStreamTrackProcessor");
        let (width, height) = size;
        recorder.order(&DeviceOrder::Begin { file, width, height, began_millis, asks_for_pictures });
        Some(recorder)
    }

    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    pub(crate) fn began_millis(&self) -> u64 {
        self.began_millis
    }

    /// What keeps other tabs from the file, for as long as it is had.
    pub(crate) fn take_lock(&mut self) -> Option<Lock> {
        self.lock.take()
    }

    /// Of the recording, in pixels.
    pub(crate) fn size(&self) -> Size {
        Size { width: self.size.0.into(), height: self.size.1.into() }
    }

    /// Shows these from now on, and nothing else.
    pub(crate) fn show(&mut self, seen: Vec<Seen>) {
        let gone = self.sources.iter().filter(|(key, source)| {
            !seen.iter().any(|one| one.at.key == **key && one.track.as_ref() == Some(&source.track))
        });
        let gone: Vec<_> = gone.map(|(key, _)| *key).collect();
        for key in gone {
            if let Some(source) = self.sources.remove(&key) {
                self.order(&DeviceOrder::Forget { source: source.number });
            }
        }
        let tiles = seen.into_iter().map(|one| {
            let sides = |rect: call::Rect| [rect.x, rect.y, rect.width, rect.height];
            let source = one.track.map(|track| self.source(one.at.key, track));
            SceneTile { name: one.name, source, tile: sides(one.at.tile), picture: sides(one.at.picture) }
        });
        let scene = Scene { tiles: tiles.collect() };
        if self.drawn.as_ref() != Some(&scene) {
            self.order(&DeviceOrder::Draw(scene.clone()));
            self.drawn = Some(scene);
        }
    }

    /// The worker knows nothing of what is seen.
    pub(crate) fn draw_again(&mut self) {
        self.drawn = None;
    }

    /// Mixes these from now on, and nothing else.
    pub(crate) fn hear(&mut self, tracks: Vec<MediaStreamTrack>) {
        if let Some(mix) = &mut self.mix {
            mix.set(tracks);
        }
    }

    /// Hands over what is seen at this moment, where the browser gives pictures no other way.
    pub(crate) fn hand_over(&self, element: impl Fn(MediaKey) -> Option<HtmlVideoElement>) {
        for (key, source) in &self.sources {
            let init = web::object(&[("timestamp", 0.into())]);
            // A video without a picture yet is none.
            if let Some(video) = element(*key)
                && let Ok(frame) = VideoFrame::new(&video, &init)
            {
                let frame = JsValue::from(frame);
                let message = web::object(&[("source", source.number.into()), ("picture", frame.clone())]);
                _ = self.worker.post_message_with_transfer(&message, &Array::of1(&frame));
            }
        }
    }

    pub(crate) fn finish(&self) {
        self.order(&DeviceOrder::Finish);
    }

    /// The number of what brings these pictures.
    fn source(&mut self, key: MediaKey, track: MediaStreamTrack) -> u32 {
        if let Some(known) = self.sources.get(&key) {
            return known.number;
        }
        self.sources_made += 1;
        let number = self.sources_made;
        let init = web::object(&[("track", track.clone().into()), ("maxBufferSize", 1.into())]);
        let processor =
            is_there("MediaStreamTrackProcessor").then(|| TrackProcessor::new(&init).ok()).flatten();
        if let Some(processor) = &processor {
            let stream = processor.readable();
            let message = web::object(&[("source", number.into()), ("pictures", stream.clone())]);
            _ = self.worker.post_message_with_transfer(&message, &Array::of1(&stream));
        }
        self.sources.insert(key, PictureSource { number, track, _processor: processor });
        number
    }

    fn order(&self, order: &DeviceOrder) {
        post(&self.worker, order);
    }
}

impl Drop for DeviceRecorder {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// Whose tile a publication is shown in, for the person with this id.
pub(crate) fn whose(key: MediaKey, me: Option<ParticipantId>) -> Option<ParticipantId> {
    Some(key.participant).filter(|id| Some(*id) != me)
}

fn post(worker: &Worker, order: &DeviceOrder) {
    if let Ok(text) = serde_json::to_string(order) {
        _ = worker.post_message(&text.into());
    }
}

fn listen(worker: &Worker, events: &Events) -> [EventListener; 2] {
    let (reports, errors) = (events.clone(), events.clone());
    let heard = EventListener::new(worker, "message", move |event| {
        let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
        if let Some(Ok(report)) = text.map(|text| serde_json::from_str(&text)) {
            _ = reports.unbounded_send(Event::DeviceReport(report));
        }
    });
    let failed = EventListener::new(worker, "error", move |_| {
        let fault = Some(DeviceFault::Failed);
        let report = DeviceReport::Ended { length: 0, is_cut: true, fault };
        _ = errors.unbounded_send(Event::DeviceReport(report));
    });
    [heard, failed]
}
