//! Microphone and camera: asks the browser for them and tells apart why it does not give them.

use std::collections::BTreeMap;

use call::{CaptureFault, Source};
use gloo_events::EventListener;
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DomException, MediaStream, MediaStreamConstraints, MediaStreamTrack};

use crate::event::{Event, Events};
use crate::web::object;
use crate::{remember, web};

/// What is captured now. A track that is dropped from here is stopped, and its device is free.
#[derive(Default)]
pub(crate) struct Captures {
    tracks: BTreeMap<Source, Capture>,
}

struct Capture {
    track: MediaStreamTrack,
    /// Reports the end of the track; detached before the track is stopped on purpose.
    _ended: EventListener,
}

impl Captures {
    pub(crate) fn track(&self, source: Source) -> Option<&MediaStreamTrack> {
        self.tracks.get(&source).map(|capture| &capture.track)
    }

    /// Keeps a new track in place of the one before.
    pub(crate) fn keep(&mut self, source: Source, track: MediaStreamTrack, events: &Events) {
        let events = events.clone();
        let ended = EventListener::new(&track, "ended", move |_| {
            _ = events.unbounded_send(Event::CaptureFailed { source, fault: CaptureFault::Ended });
        });
        self.tracks.insert(source, Capture { track, _ended: ended });
    }

    pub(crate) fn stop(&mut self, source: Source) {
        self.tracks.remove(&source);
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.track.stop();
    }
}

/// Asks for several devices with one question; when that is refused, for each by itself, so that a missing camera does
/// not cost the microphone.
pub(crate) fn start(sources: Vec<Source>, events: Events) {
    spawn_local(async move {
        if sources.len() > 1 {
            match user_media(&sources).await {
                Ok(stream) => return report(&stream, &sources, &events),
                // Browsers block a site whose question is closed again and again.
                Err(CaptureFault::Dismissed) => {
                    return report_failure(&sources, CaptureFault::Dismissed, &events);
                }
                Err(_) => {}
            }
        }
        for source in sources {
            match user_media(&[source]).await {
                Ok(stream) => report(&stream, &[source], &events),
                Err(fault) => report_failure(&[source], fault, &events),
            }
        }
    });
}

fn report(stream: &MediaStream, sources: &[Source], events: &Events) {
    for &source in sources {
        let tracks = match source {
            Source::Microphone => stream.get_audio_tracks(),
            Source::Camera => stream.get_video_tracks(),
        };
        let event = match tracks.get(0).dyn_into::<MediaStreamTrack>() {
            Ok(track) => Event::Captured { source, track },
            Err(_) => Event::CaptureFailed { source, fault: CaptureFault::Unknown },
        };
        _ = events.unbounded_send(event);
    }
    _ = events.unbounded_send(Event::DevicesChanged);
}

fn report_failure(sources: &[Source], fault: CaptureFault, events: &Events) {
    for &source in sources {
        _ = events.unbounded_send(Event::CaptureFailed { source, fault });
    }
}

/// Uses the chosen devices; a chosen device that is gone is replaced by whatever there is.
async fn user_media(sources: &[Source]) -> Result<MediaStream, CaptureFault> {
    match ask(sources, Choice::Remembered).await {
        Err(CaptureFault::NotFound) => ask(sources, Choice::Any).await,
        answer => answer,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Remembered,
    Any,
}

async fn ask(sources: &[Source], choice: Choice) -> Result<MediaStream, CaptureFault> {
    let devices = web::media_devices().ok_or(CaptureFault::Insecure)?;
    let constraints = MediaStreamConstraints::new();
    for source in sources {
        let wanted = object(&wanted(*source));
        if choice == Choice::Remembered
            && let Some(id) = remember::read(chosen_device(*source))
        {
            // A mere wish is not granted by Chromium while another device is in use.
            _ = Reflect::set(&wanted, &"deviceId".into(), &object(&[("exact", id.into())]));
        }
        match source {
            Source::Microphone => constraints.set_audio(&wanted),
            Source::Camera => constraints.set_video(&wanted),
        }
    }
    let promise = devices.get_user_media_with_constraints(&constraints).map_err(|error| fault(&error))?;
    let stream = JsFuture::from(promise).await.map_err(|error| fault(&error))?;
    stream.dyn_into().map_err(|_| CaptureFault::Unknown)
}

fn wanted(source: Source) -> Vec<(&'static str, JsValue)> {
    let ideal = |value: f64| object(&[("ideal", value.into())]).into();
    match source {
        Source::Microphone => vec![
            ("echoCancellation", true.into()),
            ("noiseSuppression", true.into()),
            ("autoGainControl", true.into()),
        ],
        Source::Camera => vec![
            ("width", ideal(1280.0)),
            ("height", ideal(720.0)),
            ("frameRate", ideal(30.0)),
            ("facingMode", "user".into()),
        ],
    }
}

/// The chosen device of a source is not to be tried again.
pub(crate) fn forget_choice(source: Source) {
    remember::forget(chosen_device(source));
}

/// Where the chosen device of a source is remembered.
pub(crate) fn chosen_device(source: Source) -> &'static str {
    match source {
        Source::Microphone => "veranda.microphone",
        Source::Camera => "veranda.camera",
    }
}

/// W3C Media Capture and Streams §10.2; browsers say "dismissed" only in the message.
fn fault(error: &JsValue) -> CaptureFault {
    let Some(error) = error.dyn_ref::<DomException>() else { return CaptureFault::Unknown };
    match error.name().as_str() {
        "NotAllowedError" if error.message().to_ascii_lowercase().contains("dismissed") => {
            CaptureFault::Dismissed
        }
        "NotAllowedError" if error.message().to_ascii_lowercase().contains("system") => CaptureFault::InUse,
        "NotAllowedError" | "SecurityError" => CaptureFault::Blocked,
        "NotFoundError" | "OverconstrainedError" => CaptureFault::NotFound,
        "NotReadableError" | "AbortError" => CaptureFault::InUse,
        _ => CaptureFault::Unknown,
    }
}
