//! How a camera begins over the first connection of a direct call. A browser that knows nothing of a line yet takes it for a slow one: it drops the first
//! pictures until they are small enough, and sends what it has encoded of them slowly. So they are small from the beginning, and whole as soon as the line
//! is known to carry that. And Chromium sends nothing of the first picture that an encoder gets, so that somebody would be seen one picture later: the
//! encoder gets one before, of nobody.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use gloo_timers::future::sleep;
use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{MediaStreamTrack, RtcPeerConnection, RtcRtpTransceiver};

use crate::sections::{change_encodings, replace_track};
use crate::{stats, web};

/// By how much they are smaller. A camera of 1280 × 720 gives the size to which Chromium drops by itself at the 300 kbit/s from which it starts.
const SMALLER: f64 = 2.0;

/// How often it is looked what the line carries.
const LOOK_EVERY: Duration = Duration::from_millis(600);

/// After so many looks they are whole whatever it carries: the browser has its own measures by then. Raising it keeps pictures small for longer where the line is
/// weak, or is taken for weak because little was sent.
const LOOKS: usize = 8;

/// What a line has to carry for whole pictures, in bits per second. The first of them is a key frame: with less, it would stand still for long.
const ENOUGH: f64 = 700_000.0;

/// The picture of nobody is black, and has so many pixels.
const WIDTH: u32 = 64;
const HEIGHT: u32 = 36;

/// How long the way of a picture to the encoder may take. The track of the picture of nobody stays in the section for so long.
const SWALLOWED_WITHIN: Duration = Duration::from_millis(100);

/// Has the encoder of a connected section swallow the picture of nobody, of which nothing is sent, where the browser can make one (Chromium). To be called
/// before the section has a track; `is_unused` says whether it still has none.
pub(crate) fn make_ready(section: &RtcRtpTransceiver, is_unused: Rc<Cell<bool>>) {
    let Some(nobody) = OnePicture::new() else { return };
    let section = section.clone();
    spawn_local(async move {
        // What is written before the section has the track is lost.
        let taken = is_unused.get().then(|| section.sender().replace_track(Some(nobody.track())));
        if let Some(taken) = taken
            && JsFuture::from(taken).await.is_ok()
        {
            nobody.write();
            sleep(SWALLOWED_WITHIN).await;
            if is_unused.get() {
                replace_track(&section, None);
            }
        }
        nobody.track().stop();
    });
}

/// A track that shows the picture of nobody once (`MediaStreamTrackGenerator`, of Chromium).
pub(crate) struct OnePicture(JsValue);

impl OnePicture {
    /// `None` where the browser has no such tracks.
    pub(crate) fn new() -> Option<Self> {
        let fields = web::object(&[("kind", "video".into())]);
        Reflect::construct(&constructor("MediaStreamTrackGenerator")?, &Array::of1(&fields)).ok().map(Self)
    }

    pub(crate) fn track(&self) -> &MediaStreamTrack {
        self.0.unchecked_ref()
    }

    pub(crate) fn write(&self) {
        let pixels = Uint8Array::new_with_length(WIDTH * HEIGHT * 3 / 2);
        let fields = web::object(&[
            ("format", "I420".into()),
            ("codedWidth", WIDTH.into()),
            ("codedHeight", HEIGHT.into()),
            ("timestamp", 0.into()),
        ]);
        let class = constructor("VideoFrame");
        let picture = class.and_then(|class| Reflect::construct(&class, &Array::of2(&pixels, &fields)).ok());
        let writable = Reflect::get(&self.0, &"writable".into()).unwrap_or_default();
        if let Some(picture) = picture
            && let Some(writer) = web::call(&writable, "getWriter", &[])
        {
            _ = web::call(&writer, "write", &[&picture]);
        }
    }
}

/// A class of the browser, where it has that.
fn constructor(class: &str) -> Option<Function> {
    Reflect::get(&js_sys::global(), &class.into()).ok()?.dyn_into().ok()
}

/// Has what the section sends begin so. To be called before it is given its track.
pub(crate) fn begin_small(connection: &RtcPeerConnection, section: &RtcRtpTransceiver) {
    scale(section, SMALLER);
    let (connection, section) = (connection.clone(), section.clone());
    spawn_local(async move {
        for _ in 0..LOOKS {
            sleep(LOOK_EVERY).await;
            // A browser that does not say it is not waited for, nor is a connection that is closed.
            let carried =
                JsFuture::from(connection.get_stats()).await.ok().and_then(|all| stats::carried(&all));
            if carried.is_none_or(|bits| bits >= ENOUGH) {
                break;
            }
        }
        scale(&section, 1.0);
    });
}

fn scale(section: &RtcRtpTransceiver, smaller: f64) {
    change_encodings(section, |_, encoding| {
        _ = Reflect::set(encoding, &"scaleResolutionDownBy".into(), &smaller.into());
    });
}
