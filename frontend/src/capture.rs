//! Microphone and camera: asks the browser for them and tells apart why it does not give them.

use std::collections::BTreeMap;

use call::{Attempt, CaptureFault, Chooser, Verdict};
use gloo_events::EventListener;
use js_sys::Reflect;
use protocol::{MediaKind, Source};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DomException, MediaStream, MediaStreamConstraints, MediaStreamTrack};

use crate::event::{Event, Events};
use crate::web::object;
use crate::{remember, web};

/// What is captured now, and what is to be. A track that is dropped from here is stopped, and its device is free.
pub(crate) struct Captures {
    tracks: BTreeMap<Source, Capture>,
    choosers: BTreeMap<Source, Chooser>,
}

struct Capture {
    track: MediaStreamTrack,
    /// Reports the end of the track; detached before the track is stopped on purpose.
    _ended: EventListener,
}

/// One source to be captured.
struct Wanted {
    source: Source,
    attempt: Attempt,
    /// The chosen device.
    device: Option<String>,
}

impl Captures {
    /// Captures nothing yet; knows what was chosen in earlier visits.
    pub(crate) fn new() -> Self {
        let chooser = |source| (source, Chooser::new(remember::read(chosen_device(source))));
        Self { tracks: BTreeMap::new(), choosers: Source::ALL.into_iter().map(chooser).collect() }
    }

    pub(crate) fn track(&self, source: Source) -> Option<&MediaStreamTrack> {
        self.tracks.get(&source).map(|capture| &capture.track)
    }

    /// The device that a list is to show as selected: the one in use, or else the one that will be.
    pub(crate) fn selected(&self, source: Source) -> Option<String> {
        let in_use = self.track(source).and_then(device_of);
        in_use.or_else(|| self.choosers.get(&source)?.wanted().map(ToOwned::to_owned))
    }

    /// The person chooses a device. True when it is to take the place of another one now.
    pub(crate) fn choose(&mut self, source: Source, device: &str) -> bool {
        self.chooser(source).choose(device.to_owned());
        let is_used = self.tracks.contains_key(&source);
        if !is_used {
            remember::write(chosen_device(source), device);
        }
        is_used
    }

    /// Asks for several devices with one question; when that is refused, for each by itself, so that a missing camera does
    /// not cost the microphone.
    pub(crate) fn start(&mut self, sources: &[Source], events: &Events) {
        let wanted = sources.iter().map(|&source| {
            let chooser = self.chooser(source);
            let attempt = chooser.begin();
            Wanted { source, attempt, device: chooser.wanted().map(ToOwned::to_owned) }
        });
        let (devices, screens): (Vec<_>, Vec<_>) = wanted.partition(|wanted| is_device(wanted.source));
        // There is nothing yet with which a page could choose one.
        report_failure(&screens, CaptureFault::NotFound, events);
        if !devices.is_empty() {
            ask_for(devices, events.clone());
        }
    }

    /// A device delivers. False when nobody waits for it any more, and it was let go of.
    pub(crate) fn delivered(
        &mut self,
        source: Source,
        attempt: Attempt,
        track: MediaStreamTrack,
        events: &Events,
    ) -> bool {
        match self.chooser(source).delivered(attempt, device_of(&track).as_deref()) {
            Verdict::Overtaken => {
                track.stop();
                false
            }
            Verdict::Counts { remember } => {
                if let Some(device) = remember {
                    remember::write(chosen_device(source), &device);
                }
                self.keep(source, track, events);
                true
            }
        }
    }

    /// A device does not deliver; the choice before it stands. False when nobody waits for it any more.
    pub(crate) fn failed(&mut self, source: Source, attempt: Attempt) -> bool {
        let chooser = self.chooser(source);
        let counts = chooser.failed(attempt) != Verdict::Overtaken;
        if counts {
            match chooser.kept() {
                Some(device) => remember::write(chosen_device(source), device),
                None => remember::forget(chosen_device(source)),
            }
        }
        counts
    }

    pub(crate) fn stop(&mut self, source: Source) {
        self.chooser(source).stop();
        self.tracks.remove(&source);
    }

    /// Keeps a new track in place of the one before.
    fn keep(&mut self, source: Source, track: MediaStreamTrack, events: &Events) {
        let events = events.clone();
        let ended = EventListener::new(&track, "ended", move |_| {
            _ = events.unbounded_send(Event::CaptureEnded { source });
        });
        self.tracks.insert(source, Capture { track, _ended: ended });
    }

    fn chooser(&mut self, source: Source) -> &mut Chooser {
        self.choosers.entry(source).or_default()
    }
}

/// The device that a track comes from, where the browser says so.
fn device_of(track: &MediaStreamTrack) -> Option<String> {
    let settings = web::call(track, "getSettings", &[])?;
    Reflect::get(&settings, &"deviceId".into()).ok()?.as_string().filter(|id| !id.is_empty())
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.track.stop();
    }
}

fn ask_for(wanted: Vec<Wanted>, events: Events) {
    spawn_local(async move {
        if wanted.len() > 1 {
            match user_media(&wanted).await {
                Ok(stream) => return report(&stream, &wanted, &events),
                // Browsers block a site whose question is closed again and again.
                Err(CaptureFault::Dismissed) => {
                    return report_failure(&wanted, CaptureFault::Dismissed, &events);
                }
                Err(_) => {}
            }
        }
        for one in wanted.chunks(1) {
            match user_media(one).await {
                Ok(stream) => report(&stream, one, &events),
                Err(fault) => report_failure(one, fault, &events),
            }
        }
    });
}

fn report(stream: &MediaStream, wanted: &[Wanted], events: &Events) {
    for &Wanted { source, attempt, .. } in wanted {
        let tracks = match source.kind() {
            MediaKind::Audio => stream.get_audio_tracks(),
            MediaKind::Video => stream.get_video_tracks(),
        };
        let event = match tracks.get(0).dyn_into::<MediaStreamTrack>() {
            Ok(track) => Event::Captured { source, attempt, track },
            Err(_) => Event::CaptureFailed { source, attempt, fault: CaptureFault::Unknown },
        };
        _ = events.unbounded_send(event);
    }
    _ = events.unbounded_send(Event::DevicesChanged);
}

fn report_failure(wanted: &[Wanted], fault: CaptureFault, events: &Events) {
    for &Wanted { source, attempt, .. } in wanted {
        _ = events.unbounded_send(Event::CaptureFailed { source, attempt, fault });
    }
}

/// Uses the chosen devices; a chosen device that is gone is replaced by whatever there is.
async fn user_media(wanted: &[Wanted]) -> Result<MediaStream, CaptureFault> {
    match ask(wanted, Choice::Chosen).await {
        Err(CaptureFault::NotFound) => ask(wanted, Choice::Any).await,
        answer => answer,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Chosen,
    Any,
}

async fn ask(wanted: &[Wanted], choice: Choice) -> Result<MediaStream, CaptureFault> {
    let devices = web::media_devices().ok_or(CaptureFault::Insecure)?;
    let constraints = MediaStreamConstraints::new();
    for Wanted { source, device, .. } in wanted {
        let wanted = object(&self::wanted(*source));
        if choice == Choice::Chosen
            && let Some(id) = device
        {
            // A mere wish is not granted by Chromium while another device is in use.
            _ = Reflect::set(&wanted, &"deviceId".into(), &object(&[("exact", id.into())]));
        }
        match source.kind() {
            MediaKind::Audio => constraints.set_audio(&wanted),
            MediaKind::Video => constraints.set_video(&wanted),
        }
    }
    let promise = devices.get_user_media_with_constraints(&constraints).map_err(|error| fault(&error))?;
    let stream = JsFuture::from(promise).await.map_err(|error| fault(&error))?;
    stream.dyn_into().map_err(|_| CaptureFault::Unknown)
}

fn wanted(source: Source) -> Vec<(&'static str, JsValue)> {
    let ideal = |value: f64| object(&[("ideal", value.into())]).into();
    match source.kind() {
        MediaKind::Audio => vec![
            ("echoCancellation", true.into()),
            ("noiseSuppression", true.into()),
            ("autoGainControl", true.into()),
        ],
        MediaKind::Video => vec![
            ("width", ideal(1280.0)),
            ("height", ideal(720.0)),
            ("frameRate", ideal(30.0)),
            ("facingMode", "user".into()),
        ],
    }
}

/// Whether a source is a device, of which there is a list to choose from.
fn is_device(source: Source) -> bool {
    match source {
        Source::Microphone | Source::Camera => true,
        Source::Screen | Source::ScreenAudio => false,
    }
}

/// Where the chosen device of a source is remembered.
fn chosen_device(source: Source) -> &'static str {
    match source {
        Source::Microphone => "veranda.microphone",
        Source::Camera => "veranda.camera",
        Source::Screen => "veranda.screen",
        Source::ScreenAudio => "veranda.screen_audio",
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
