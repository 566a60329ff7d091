//! Screens, windows and tabs that are shared: asks the browser for one, with its sound, and says what it gives (W3C Screen Capture). Whether
//! the sound may be sent is decided in `call::SharedSound`.

use call::{Attempt, CaptureFault, SharedSound, SharedSoundVerdict, SharedSurface};
use js_sys::Reflect;
use protocol::Source;
use view::PageNotice;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DomException, MediaStream, MediaStreamTrack};

use crate::event::{Event, Events, FreshTrack};
use crate::web::{self, object};

/// By which pages of this site tell each other in the tabs that they are asked to share.
const HANDLE: &str = "veranda";

/// A larger screen is made smaller by the browser, and more frames are left out.
const MOST_WIDTH: f64 = 3840.0;
const MOST_HEIGHT: f64 = 2160.0;
const MOST_FRAMES: f64 = 30.0;

/// Whether this browser has a choice of screens; those of phones have none.
pub(crate) fn can_be_shared() -> bool {
    web::media_devices().is_some_and(|devices| {
        Reflect::get(&devices, &"getDisplayMedia".into()).is_ok_and(|method| method.is_function())
    })
}

/// Says of this tab, to pages of the same site alone, that it plays a call.
pub(crate) fn mark_tab() {
    let Some(devices) = web::media_devices() else { return };
    let Some(origin) = web::window().and_then(|window| window.location().origin().ok()) else { return };
    let origins = js_sys::Array::of1(&origin.into());
    let config = object(&[("handle", HANDLE.into()), ("permittedOrigins", origins.into())]);
    _ = web::call_if_present(&devices, "setCaptureHandleConfig", &config);
}

/// Has it encoded for letters, where what is left out on a narrow line is pictures, never their size; or for motion (W3C MediaStreamTrack
/// Content Hints).
pub(crate) fn hint(picture: &MediaStreamTrack, sharp_text: bool) {
    let hint = if sharp_text { "text" } else { "motion" };
    _ = Reflect::set(picture, &"contentHint".into(), &hint.into());
}

/// Asks for one. A press of the person has to have led here, a moment ago at the most.
pub(crate) fn ask(attempt: Attempt, events: Events) {
    spawn_local(async move {
        let event = match display_media().await {
            Ok(stream) => return given(&stream, attempt, &events),
            Err(fault) => Event::CaptureFailed { source: Source::Screen, attempt, fault },
        };
        _ = events.unbounded_send(event);
    });
}

fn given(stream: &MediaStream, attempt: Attempt, events: &Events) {
    let track = |tracks: js_sys::Array| tracks.get(0).dyn_into::<MediaStreamTrack>().ok();
    let Some(picture) = track(stream.get_video_tracks()) else {
        let fault = CaptureFault::Unknown;
        _ = events.unbounded_send(Event::CaptureFailed { source: Source::Screen, attempt, fault });
        return;
    };
    let heard = match track(stream.get_audio_tracks()) {
        None => Event::Say(PageNotice::SharedWithoutSound),
        Some(sound) => match refusal(&picture, &sound) {
            None => Event::SharedSound(FreshTrack::new(sound)),
            Some(why) => {
                sound.stop();
                Event::Say(why)
            }
        },
    };
    let track = FreshTrack::new(picture);
    _ = events.unbounded_send(Event::Captured { source: Source::Screen, attempt, track });
    _ = events.unbounded_send(heard);
}

/// Why a sound is not sent with this picture, if it is not. What is shared may become something else: its tab may go to another page, and
/// another tab may be shared in its place.
pub(crate) fn refusal(picture: &MediaStreamTrack, sound: &MediaStreamTrack) -> Option<PageNotice> {
    match described(picture, sound).verdict() {
        SharedSoundVerdict::Send => None,
        SharedSoundVerdict::IsTheCall => Some(PageNotice::SharedSoundIsTheCall),
        SharedSoundVerdict::HasTheCall => Some(PageNotice::SharedWithoutSound),
    }
}

fn described(picture: &MediaStreamTrack, sound: &MediaStreamTrack) -> SharedSound {
    let setting = |track: &MediaStreamTrack, name: &str| {
        web::call(track, "getSettings", &[]).and_then(|settings| Reflect::get(&settings, &name.into()).ok())
    };
    let surface = setting(picture, "displaySurface").and_then(|surface| surface.as_string());
    let surface = match surface.as_deref() {
        Some("browser") => SharedSurface::Tab,
        Some("window") => SharedSurface::Window,
        Some("monitor") => SharedSurface::Monitor,
        Some(_) | None => SharedSurface::Unknown,
    };
    let handle = web::call(picture, "getCaptureHandle", &[]);
    let handle = handle.and_then(|handle| Reflect::get(&handle, &"handle".into()).ok());
    SharedSound {
        surface,
        leaves_out_page: setting(sound, "restrictOwnAudio").and_then(|own| own.as_bool()).unwrap_or(false),
        is_call: handle.and_then(|handle| handle.as_string()).is_some_and(|handle| handle == HANDLE),
    }
}

async fn display_media() -> Result<MediaStream, CaptureFault> {
    let devices = web::media_devices().ok_or(CaptureFault::Insecure)?;
    let at_most = |most: f64| JsValue::from(object(&[("max", most.into())]));
    let picture = object(&[
        ("frameRate", at_most(MOST_FRAMES)),
        ("width", at_most(MOST_WIDTH)),
        ("height", at_most(MOST_HEIGHT)),
    ]);
    // What is heard of it is not a voice in a room.
    let sound = object(&[
        ("restrictOwnAudio", true.into()),
        ("echoCancellation", false.into()),
        ("noiseSuppression", false.into()),
        ("autoGainControl", false.into()),
    ]);
    let options = object(&[
        ("video", picture.into()),
        ("audio", sound.into()),
        // No hall of mirrors: this tab is not among what can be chosen.
        ("selfBrowserSurface", "exclude".into()),
        ("surfaceSwitching", "include".into()),
        ("systemAudio", "include".into()),
    ]);
    let promise = web::call(&devices, "getDisplayMedia", &[&options]).ok_or(CaptureFault::NotFound)?;
    let promise: js_sys::Promise = promise.dyn_into().map_err(|_| CaptureFault::Unknown)?;
    let stream = JsFuture::from(promise).await.map_err(|error| fault(&error))?;
    stream.dyn_into().map_err(|_| CaptureFault::Unknown)
}

/// A choice that is closed is a `NotAllowedError` like that of a system which forbids it (W3C Screen Capture §5.1).
fn fault(error: &JsValue) -> CaptureFault {
    let Some(error) = error.dyn_ref::<DomException>() else { return CaptureFault::Unknown };
    let by_system = error.message().to_ascii_lowercase().contains("system");
    match error.name().as_str() {
        "NotAllowedError" if by_system => CaptureFault::Blocked,
        "NotAllowedError" | "InvalidStateError" => CaptureFault::Dismissed,
        "NotFoundError" | "OverconstrainedError" => CaptureFault::NotFound,
        "NotReadableError" | "AbortError" => CaptureFault::InUse,
        _ => CaptureFault::Unknown,
    }
}
