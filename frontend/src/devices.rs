//! Which devices there are. Browsers name them only once one of their kind has been used.

use app::state::{Device, Devices};
use call::{NamedDevice, Page, Sound};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::Array;
use protocol::Source;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AudioContext, HtmlMediaElement, MediaDeviceInfo, MediaDeviceKind};

use crate::event::{Event, Events};
use crate::{remember, web};

/// Where the chosen speaker is remembered.
const CHOSEN_SPEAKER: &str = "veranda.speaker";

/// Reports when a device is plugged in or out, until it is dropped.
pub(crate) fn watch(events: &Events) -> Option<EventListener> {
    let events = events.clone();
    let devices = web::media_devices()?;
    Some(EventListener::new(&devices, "devicechange", move |_| {
        _ = events.unbounded_send(Event::DevicesChanged);
    }))
}

/// Reports the list of devices, with those in use selected.
pub(crate) fn list(page: &Page, events: &Events) {
    report(page, events, false);
}

/// The same, with no other reason than that it may have changed.
pub(crate) fn poll(page: &Page, events: &Events) {
    report(page, events, true);
}

fn report(page: &Page, events: &Events, is_poll: bool) {
    let events = events.clone();
    let selected = Selected {
        microphone: page.selected_device(Source::Microphone).map(ToOwned::to_owned),
        camera: page.selected_device(Source::Camera).map(ToOwned::to_owned),
        speaker: remember::read(CHOSEN_SPEAKER),
    };
    spawn_local(async move {
        if let Some(devices) = enumerate(&selected).await {
            _ = events.unbounded_send(Event::Devices { devices, is_poll });
        }
    });
}

/// The devices of each source that is captured from one.
pub(crate) fn named(devices: &Devices) -> [(Source, Vec<NamedDevice>); 2] {
    let named = |devices: &[Device]| {
        let named = devices.iter().map(|one| NamedDevice { id: one.id.clone(), label: one.label.clone() });
        named.collect()
    };
    [(Source::Microphone, named(&devices.microphones)), (Source::Camera, named(&devices.cameras))]
}

/// Remembers a choice; [`use_speaker`] follows it.
pub(crate) fn choose_speaker(id: &str) {
    remember::write(CHOSEN_SPEAKER, id);
}

struct Selected {
    microphone: Option<String>,
    camera: Option<String>,
    speaker: Option<String>,
}

/// Plays an element's sound through the chosen speaker, where the browser lets a page choose.
pub(crate) fn use_speaker(element: &HtmlMediaElement) {
    if let Some(id) = remember::read(CHOSEN_SPEAKER) {
        ignore_rejection(web::call_if_present(element, "setSinkId", &id.into()));
    }
}

/// Plays two soft tones.
pub(crate) fn play_test_sound() -> Option<()> {
    play(&[(523.25, 0.0), (659.25, 0.35)], 0.2)
}

/// Says that somebody has come, rising, or gone, falling.
pub(crate) fn play_sound(sound: Sound) -> Option<()> {
    match sound {
        Sound::Joined => play(&[(587.33, 0.0), (880.0, 0.12)], 0.06),
        Sound::Left => play(&[(587.33, 0.0), (440.0, 0.12)], 0.06),
    }
}

/// When the longest of these sounds is over.
const PLAYED_AFTER_MILLIS: u32 = 1_000;

/// Plays tones of 0.3 s, each from its second on.
fn play(tones: &[(f32, f64)], volume: f32) -> Option<()> {
    let context = AudioContext::new().ok()?;
    if let Some(id) = remember::read(CHOSEN_SPEAKER) {
        ignore_rejection(web::call_if_present(&context, "setSinkId", &id.into()));
    }
    let loudness = context.create_gain().ok()?;
    loudness.gain().set_value(volume);
    loudness.connect_with_audio_node(&context.destination()).ok()?;
    for &(hertz, begins) in tones {
        let tone = context.create_oscillator().ok()?;
        tone.frequency().set_value(hertz);
        tone.connect_with_audio_node(&loudness).ok()?;
        tone.start_with_when(context.current_time() + begins).ok()?;
        tone.stop_with_when(context.current_time() + begins + 0.3).ok()?;
    }
    // A browser keeps a context, and what it plays to, until it is closed.
    Timeout::new(PLAYED_AFTER_MILLIS, move || _ = context.close()).forget();
    Some(())
}

async fn enumerate(chosen: &Selected) -> Option<Devices> {
    let promise = web::media_devices()?.enumerate_devices().ok()?;
    let list: Array = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    let mut devices = Devices::default();
    for info in list.iter().filter_map(|info| info.dyn_into::<MediaDeviceInfo>().ok()) {
        // Without a permission there is neither an id nor a name, and so nothing to choose.
        if info.device_id().is_empty() || info.label().is_empty() {
            continue;
        }
        let (list, chosen) = match info.kind() {
            MediaDeviceKind::Audioinput => (&mut devices.microphones, &chosen.microphone),
            MediaDeviceKind::Videoinput => (&mut devices.cameras, &chosen.camera),
            MediaDeviceKind::Audiooutput => (&mut devices.speakers, &chosen.speaker),
            _ => continue,
        };
        let selected = chosen.as_ref().is_some_and(|chosen| *chosen == info.device_id());
        list.push(Device { id: info.device_id(), label: info.label(), selected });
    }
    Some(devices)
}

/// A speaker that is gone leaves the sound where it was.
fn ignore_rejection(promise: Option<wasm_bindgen::JsValue>) {
    if let Some(promise) = promise.and_then(|value| value.dyn_into::<js_sys::Promise>().ok()) {
        spawn_local(async move { _ = JsFuture::from(promise).await });
    }
}
