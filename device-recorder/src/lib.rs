//! The worker that records a call on this device: draws what the page says is seen, encodes it with the sound that comes, and writes it into the
//! browser's own storage as it grows. A WebAssembly module of its own, fetched when somebody records. Decides nothing, and keeps nothing in memory.

mod canvas;
mod codecs;
mod disk;
mod film;
mod recorder;
mod sound_clock;

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;
use js_sys::{Array, Function, Reflect};
use record::on_device::{DeviceFault, DeviceOrder, DeviceReport};
use record::webm::Repairer;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    DedicatedWorkerGlobalScope, MessageEvent, MessagePort, ReadableStream, ReadableStreamDefaultReader,
};

use crate::codecs::VideoFrame;
use crate::disk::Disk;
use crate::film::Film;
use crate::recorder::{PICTURE_EVERY, Recorder};

/// The recording, while one goes on.
type Shared = Rc<RefCell<Option<Recorder>>>;

thread_local! {
    /// They last as long as the worker.
    static LISTENERS: RefCell<Vec<EventListener>> = const { RefCell::new(Vec::new()) };
}

/// Runs the worker. Called by its script; `early` is what came before the code was there.
#[wasm_bindgen]
pub fn work(early: &Array) {
    console_error_panic_hook::set_once();
    let recording = Shared::default();
    for event in early.iter() {
        happened(&recording, event.unchecked_ref());
    }
    let listener = EventListener::new(&scope(), "message", move |event| {
        happened(&recording, event.unchecked_ref());
    });
    LISTENERS.with_borrow_mut(|kept| kept.push(listener));
}

/// A message of the page has an order, or something that cannot be written down.
fn happened(recording: &Shared, message: &MessageEvent) {
    let data = message.data();
    if let Some(order) = data.as_string() {
        if let Ok(order) = serde_json::from_str(&order) {
            obey(recording, order);
        }
        return;
    }
    let field = |name: &str| Reflect::get(&data, &name.into()).ok().filter(JsValue::is_object);
    let source = Reflect::get(&data, &"source".into()).ok().and_then(|source| source.as_f64());
    let source = source.unwrap_or_default() as u32;
    if let Some(stream) = field("pictures") {
        read_pictures(recording, source, stream.unchecked_ref());
    } else if let Some(picture) = field("picture") {
        take_picture(recording, source, picture.unchecked_into());
    } else if let Some(port) = field("sound") {
        hear(recording, port.unchecked_ref());
    }
}

fn obey(recording: &Shared, order: DeviceOrder) {
    match order {
        DeviceOrder::Begin { file, width, height, began_millis, asks_for_pictures } => {
            let recording = Rc::clone(recording);
            spawn_local(async move {
                let begun = begin(&recording, &file, (width, height), began_millis).await;
                match begun {
                    Ok(()) => run(&recording, asks_for_pictures),
                    Err(_) => report(&DeviceReport::Ended {
                        length: 0,
                        is_cut: false,
                        fault: Some(DeviceFault::Failed),
                    }),
                }
            });
        }
        DeviceOrder::Draw(scene) => {
            if let Some(recorder) = &mut *recording.borrow_mut() {
                recorder.show(scene);
            }
        }
        DeviceOrder::Forget { source } => {
            if let Some(recorder) = &mut *recording.borrow_mut() {
                recorder.forget(source);
            }
        }
        DeviceOrder::Finish => finish(recording, None),
        DeviceOrder::Repair { file } => spawn_local(async move {
            let repaired = repair(&file).await.unwrap_or(false);
            report(if repaired { &DeviceReport::Repaired } else { &DeviceReport::NotRepaired });
        }),
    }
}

async fn begin(
    recording: &Shared,
    file: &str,
    (width, height): (u16, u16),
    began_millis: u64,
) -> Result<(), JsValue> {
    let film = Film::new(Disk::open(file).await?, width, height, began_millis);
    *recording.borrow_mut() = Some(Recorder::new(film, width, height)?);
    report(&DeviceReport::Began);
    Ok(())
}

/// Ticks for as long as there is a recording.
fn run(recording: &Shared, asks_for_pictures: bool) {
    let recording = Rc::clone(recording);
    let tick = Closure::<dyn FnMut()>::new(move || {
        let fault = match &mut *recording.borrow_mut() {
            Some(recorder) => recorder.tick(),
            None => return,
        };
        if asks_for_pictures {
            report(&DeviceReport::PicturesWanted);
        }
        if fault.is_some() {
            finish(&recording, fault);
        }
    });
    let every = scope().set_interval_with_callback_and_timeout_and_arguments_0(
        tick.as_ref().unchecked_ref::<Function>(),
        PICTURE_EVERY,
    );
    if every.is_ok() {
        // The worker ends with its recording.
        tick.into_js_value();
    }
}

fn finish(recording: &Shared, fault: Option<DeviceFault>) {
    let Some(recorder) = recording.borrow_mut().take() else { return };
    spawn_local(async move {
        let (length, is_whole, failed) = recorder.finish().await;
        report(&DeviceReport::Ended { length, is_cut: !is_whole, fault: fault.or(failed) });
    });
}

async fn repair(file: &str) -> Result<bool, JsValue> {
    let mut disk = Disk::open(file).await?;
    let mut repairer = Repairer::of_film();
    disk.read(|piece| repairer.push(piece))?;
    let Ok(repaired) = repairer.finish() else { return Ok(false) };
    let is_done = repaired.effects.iter().all(|effect| disk.apply(effect).is_ok());
    Ok(is_done && disk.flush().is_ok())
}

fn take_picture(recording: &Shared, source: u32, frame: VideoFrame) {
    match &mut *recording.borrow_mut() {
        Some(recorder) => recorder.picture(source, frame),
        None => frame.close(),
    }
}

/// Takes the pictures of a stream (W3C MediaStreamTrack Insertable Media Processing) until it ends.
fn read_pictures(recording: &Shared, source: u32, stream: &ReadableStream) {
    let Ok(reader) = ReadableStreamDefaultReader::new(stream) else { return };
    let recording = Rc::clone(recording);
    spawn_local(async move {
        while let Ok(read) = JsFuture::from(reader.read()).await {
            let field = |name: &str| Reflect::get(&read, &name.into()).unwrap_or_default();
            if field("done").is_truthy() {
                return;
            }
            take_picture(&recording, source, field("value").unchecked_into());
        }
    });
}

fn hear(recording: &Shared, port: &MessagePort) {
    let recording = Rc::clone(recording);
    let listener = EventListener::new(port, "message", move |event| {
        if let Some(recorder) = &mut *recording.borrow_mut() {
            recorder.sound(event.unchecked_ref::<MessageEvent>().data().unchecked_ref());
        }
    });
    port.start();
    LISTENERS.with_borrow_mut(|kept| kept.push(listener));
}

/// Milliseconds that only ever grow.
fn clock() -> f64 {
    scope().performance().map_or(0.0, |clock| clock.now())
}

fn report(report: &DeviceReport) {
    if let Ok(text) = serde_json::to_string(report) {
        _ = scope().post_message(&text.into());
    }
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}
