//! Microphone and camera: asks the browser for them, holds what it gives, and tells apart why it does not. Which is used is decided in
//! `call::Page`.

use std::collections::BTreeMap;

use call::{Attempt, CaptureFault, CaptureRequest, NamedDevice};
use gloo_events::EventListener;
use js_sys::{Promise, Reflect};
use protocol::{MediaKind, Source};
use view::PageNotice;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DomException, MediaStream, MediaStreamConstraints, MediaStreamTrack};

use crate::event::{Event, Events, FreshTrack};
use crate::levels::Meter;
use crate::web::object;
use crate::{remember, screens, web};

/// What is captured. A track that is dropped from here is stopped, and its device is free.
#[derive(Default)]
pub(crate) struct Captures {
    in_use: BTreeMap<Source, Capture>,
    /// The sound of what is shared, until the call asks for it.
    offered: Option<FreshTrack>,
    /// What has come, until it is known whether anybody waits for it.
    came: BTreeMap<(Source, Attempt), Capture>,
}

/// One device that delivers.
pub(crate) struct Capture {
    track: MediaStreamTrack,
    /// Report the end of the track, that it brings nothing though it goes on, and that it shows another tab or page; detached before the
    /// track is stopped on purpose.
    _watched: [EventListener; 3],
}

impl Captures {
    pub(crate) fn track(&self, source: Source) -> Option<&MediaStreamTrack> {
        self.in_use.get(&source).map(|capture| &capture.track)
    }

    /// Takes what has come. Returns which device it is, where the browser says so; a screen is none.
    pub(crate) fn take(
        &mut self,
        source: Source,
        attempt: Attempt,
        track: MediaStreamTrack,
        events: &Events,
    ) -> Option<NamedDevice> {
        let device = device_of(&track).filter(|_| !source.is_shared());
        let ends = events.clone();
        let ended = EventListener::new(&track, "ended", move |_| {
            _ = ends.unbounded_send(Event::CaptureEnded { source, attempt });
        });
        let changes = events.clone();
        let changed = EventListener::new(&track, "capturehandlechange", move |_| {
            _ = changes.unbounded_send(Event::SharedPageChanged);
        });
        let events = events.clone();
        let muted = EventListener::new(&track, "mute", move |_| {
            let notice = match source {
                Source::Screen => PageNotice::ShareIsStill,
                Source::Microphone => PageNotice::MicrophoneMutedBySystem,
                Source::Camera | Source::ScreenAudio => return,
            };
            _ = events.unbounded_send(Event::Say(notice));
        });
        self.came.insert((source, attempt), Capture { track, _watched: [ended, muted, changed] });
        device
    }

    /// What has come takes the place of what was in use.
    pub(crate) fn make_use_of(&mut self, source: Source, attempt: Attempt) {
        if let Some(capture) = self.came.remove(&(source, attempt)) {
            self.in_use.insert(source, capture);
        }
    }

    /// Keeps the sound of what is shared for when the call asks for it.
    pub(crate) fn offer(&mut self, sound: FreshTrack) {
        self.offered = Some(sound);
    }

    /// Why the sound of what is shared may not be sent any more, if it may not.
    pub(crate) fn refuses_shared_sound(&self) -> Option<PageNotice> {
        screens::refusal(
            self.track(Source::Screen)?,
            self.track(Source::ScreenAudio).or(self.offered.as_ref().and_then(FreshTrack::track))?,
        )
    }

    /// Asks for several devices with one question; when that is refused, for each by itself, so that a missing camera does not cost
    /// the microphone. A screen is a question of its own, and its sound comes with it.
    pub(crate) fn start(&mut self, requests: Vec<CaptureRequest>, events: &Events) {
        let (screens, devices): (Vec<_>, Vec<_>) =
            requests.into_iter().partition(|request| request.source.is_shared());
        for request in screens {
            let CaptureRequest { source, attempt, .. } = request;
            if source == Source::Screen {
                screens::ask(attempt, events.clone());
            } else if let Some(track) = self.offered.take() {
                _ = events.unbounded_send(Event::Captured { source, attempt, track });
            } else {
                report_failure(&[request], CaptureFault::NotFound, events);
            }
        }
        if !devices.is_empty() {
            ask_for(devices, events.clone());
        }
    }

    pub(crate) fn let_go(&mut self, source: Source, attempt: Attempt) {
        self.came.remove(&(source, attempt));
    }

    pub(crate) fn stop(&mut self, source: Source) {
        self.in_use.remove(&source);
        if source.is_shared() {
            self.offered = None;
        }
    }

    /// Hands over what is in use, which goes on.
    pub(crate) fn hand_over(&mut self, source: Source) -> Option<Capture> {
        self.in_use.remove(&source)
    }
}

/// What was chosen in earlier visits.
pub(crate) fn chosen_devices() -> impl Iterator<Item = (Source, String)> {
    Source::ALL.into_iter().filter_map(|source| Some((source, remember::read(chosen_device(source))?)))
}

/// Remembers for other visits which device was chosen, or that none was.
pub(crate) fn remember_device(source: Source, device: Option<&str>) {
    match device {
        Some(device) => remember::write(chosen_device(source), device),
        None => remember::forget(chosen_device(source)),
    }
}

/// The device that a track comes from, where the browser says so.
fn device_of(track: &MediaStreamTrack) -> Option<NamedDevice> {
    let settings = web::call(track, "getSettings", &[])?;
    let setting = |name: &str| Reflect::get(&settings, &name.into()).ok()?.as_string();
    let id = setting("deviceId").filter(|id| !id.is_empty())?;
    Some(NamedDevice { id, label: track.label(), group: setting("groupId").unwrap_or_default() })
}

impl Capture {
    /// How loud it is, if that can be measured.
    pub(crate) fn meter(&self) -> Option<Meter> {
        Meter::new(&self.track)
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.track.stop();
    }
}

fn ask_for(wanted: Vec<CaptureRequest>, events: Events) {
    // Before anything else runs: what is drawn next may take longer than the devices.
    let mut asked = Some(ask(&wanted, Choice::Chosen));
    spawn_local(async move {
        if wanted.len() > 1
            && let Some(asked) = asked.take()
        {
            match user_media(&wanted, asked).await {
                Ok(stream) => return report(&stream, &wanted, &events),
                // Browsers block a site whose question is closed again and again.
                Err(CaptureFault::Dismissed) => {
                    return report_failure(&wanted, CaptureFault::Dismissed, &events);
                }
                Err(_) => {}
            }
        }
        for one in wanted.chunks(1) {
            // Nobody is asked for a call that is over.
            if events.is_closed() {
                return;
            }
            let asked = asked.take().unwrap_or_else(|| ask(one, Choice::Chosen));
            match user_media(one, asked).await {
                Ok(stream) => report(&stream, one, &events),
                Err(fault) => report_failure(one, fault, &events),
            }
        }
    });
}

fn report(stream: &MediaStream, wanted: &[CaptureRequest], events: &Events) {
    for &CaptureRequest { source, attempt, .. } in wanted {
        let tracks = match source.kind() {
            MediaKind::Audio => stream.get_audio_tracks(),
            MediaKind::Video => stream.get_video_tracks(),
        };
        let event = match tracks.get(0).dyn_into::<MediaStreamTrack>() {
            Ok(track) => Event::Captured { source, attempt, track: FreshTrack::new(track) },
            Err(_) => Event::CaptureFailed { source, attempt, fault: CaptureFault::Unknown },
        };
        _ = events.unbounded_send(event);
    }
    _ = events.unbounded_send(Event::DevicesChanged);
}

fn report_failure(wanted: &[CaptureRequest], fault: CaptureFault, events: &Events) {
    for &CaptureRequest { source, attempt, .. } in wanted {
        _ = events.unbounded_send(Event::CaptureFailed { source, attempt, fault });
    }
}

/// What the browser was asked for, unless it could not be asked.
type Asked = Result<Promise, CaptureFault>;

/// What the chosen devices bring; a chosen device that is gone is replaced by whatever there is.
async fn user_media(wanted: &[CaptureRequest], asked: Asked) -> Result<MediaStream, CaptureFault> {
    match brought(asked).await {
        Err(CaptureFault::NotFound) => brought(ask(wanted, Choice::Any)).await,
        answer => answer,
    }
}

async fn brought(asked: Asked) -> Result<MediaStream, CaptureFault> {
    let stream = JsFuture::from(asked?).await.map_err(|error| fault(&error))?;
    stream.dyn_into().map_err(|_| CaptureFault::Unknown)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Chosen,
    Any,
}

fn ask(wanted: &[CaptureRequest], choice: Choice) -> Asked {
    let devices = web::media_devices().ok_or(CaptureFault::Insecure)?;
    let constraints = MediaStreamConstraints::new();
    for CaptureRequest { source, device, .. } in wanted {
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
    devices.get_user_media_with_constraints(&constraints).map_err(|error| fault(&error))
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
pub(crate) fn fault(error: &JsValue) -> CaptureFault {
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
