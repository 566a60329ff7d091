//! Which devices there are. Browsers name them only once one of their kind has been used.

use call::{NamedDevice, Sound};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AudioContext, DomException, HtmlAudioElement, HtmlMediaElement, MediaDeviceInfo, MediaDeviceKind,
};

use crate::device_list::Listed;
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

/// Reports the list of devices.
pub(crate) fn list(events: &Events) {
    report(events, false);
}

/// The same, with no other reason than that it may have changed.
pub(crate) fn poll(events: &Events) {
    report(events, true);
}

fn report(events: &Events, is_poll: bool) {
    let events = events.clone();
    spawn_local(async move {
        if let Some(listed) = enumerate().await {
            _ = events.unbounded_send(Event::Devices { listed, is_poll });
        }
    });
}

/// The speaker that was chosen in an earlier visit.
pub(crate) fn chosen_speaker() -> Option<String> {
    remember::read(CHOSEN_SPEAKER)
}

/// Remembers for other visits which speaker was chosen, or that none was.
pub(crate) fn remember_speaker(id: Option<&str>) {
    match id {
        Some(id) => remember::write(CHOSEN_SPEAKER, id),
        None => remember::forget(CHOSEN_SPEAKER),
    }
}

/// Plays an element's sound through this speaker, where the browser lets a page choose; none is the system's default.
pub(crate) fn use_speaker(element: &HtmlMediaElement, id: Option<&str>, events: &Events) {
    let (wanted, now) = (id.unwrap_or_default(), Reflect::get(element, &"sinkId".into()));
    if now.ok().and_then(|now| now.as_string()).is_none_or(|now| now == wanted) {
        return;
    }
    let (id, events) = (wanted.to_owned(), events.clone());
    let answer = promise(web::call_if_present(element, "setSinkId", &wanted.into()));
    spawn_local(async move {
        let Some(answer) = answer else { return };
        // What has no sound yet is refused too, for another reason.
        if JsFuture::from(answer).await.is_err_and(|error| is_missing(&error)) {
            _ = events.unbounded_send(Event::SpeakerRefused(id));
        }
    });
}

/// Asks the browser whether it plays through this speaker, whether or not there is anything to play.
pub(crate) fn try_speaker(id: String, events: &Events) {
    let Ok(element) = HtmlAudioElement::new() else { return };
    let Some(answer) = promise(web::call_if_present(&element, "setSinkId", &(&id).into())) else { return };
    let events = events.clone();
    spawn_local(async move {
        _ = events.unbounded_send(match JsFuture::from(answer).await {
            Ok(_) => Event::SpeakerPlays(id),
            Err(_) => Event::SpeakerRefused(id),
        });
    });
}

/// W3C Audio Output Devices §2.
fn is_missing(error: &JsValue) -> bool {
    error.dyn_ref::<DomException>().is_some_and(|error| error.name() == "NotFoundError")
}

fn promise(value: Option<JsValue>) -> Option<Promise> {
    value.and_then(|value| value.dyn_into().ok())
}

/// Plays two soft tones.
pub(crate) fn play_test_sound(speaker: Option<&str>) -> Option<()> {
    play(&[(523.25, 0.0), (659.25, 0.35)], 0.2, speaker)
}

/// Says that somebody has come, rising, or gone, falling; or twice the same, of a recording.
pub(crate) fn play_sound(sound: Sound, speaker: Option<&str>) -> Option<()> {
    match sound {
        Sound::Joined => play(&[(587.33, 0.0), (880.0, 0.12)], 0.06, speaker),
        Sound::Left => play(&[(587.33, 0.0), (440.0, 0.12)], 0.06, speaker),
        Sound::Recording => play(&[(659.25, 0.0), (659.25, 0.2)], 0.06, speaker),
    }
}

/// When the longest of these sounds is over.
const PLAYED_AFTER_MILLIS: u32 = 1_000;

/// Plays tones of 0.3 s, each from its second on.
fn play(tones: &[(f32, f64)], volume: f32, speaker: Option<&str>) -> Option<()> {
    let context = AudioContext::new().ok()?;
    if let Some(answer) =
        speaker.and_then(|id| promise(web::call_if_present(&context, "setSinkId", &id.into())))
    {
        // A speaker that is gone leaves the sound where it was; that it is gone, elements say.
        spawn_local(async move { _ = JsFuture::from(answer).await });
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

async fn enumerate() -> Option<Listed> {
    let promise = web::media_devices()?.enumerate_devices().ok()?;
    let list: Array = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    let infos = list.iter().filter_map(|info| info.dyn_into::<MediaDeviceInfo>().ok());
    // Without a permission there is neither an id nor a name, and so nothing to choose.
    let named: Vec<_> =
        infos.filter(|info| !info.device_id().is_empty() && !info.label().is_empty()).collect();
    let of_kind = |kind| {
        let of_kind = named.iter().filter(|info| info.kind() == kind);
        of_kind
            .map(|info| NamedDevice { id: info.device_id(), label: info.label(), group: info.group_id() })
            .collect()
    };
    Some(Listed {
        microphones: of_kind(MediaDeviceKind::Audioinput),
        cameras: of_kind(MediaDeviceKind::Videoinput),
        speakers: of_kind(MediaDeviceKind::Audiooutput),
    })
}
