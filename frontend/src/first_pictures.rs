//! How a camera begins over the first connection of a direct call. A browser that knows nothing of a line yet takes it for a slow one: it drops the first
//! pictures until they are small enough, and sends what it has encoded of them slowly. So they are small from the beginning, and whole as soon as the line
//! is known to carry that.

use std::time::Duration;

use gloo_timers::future::sleep;
use js_sys::Reflect;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{RtcPeerConnection, RtcRtpTransceiver};

use crate::sections::change_encodings;
use crate::stats;

/// By how much they are smaller. A camera of 1280 × 720 gives the size to which Chromium drops by itself at the 300 kbit/s from which it starts.
const SMALLER: f64 = 2.0;

/// How often it is looked what the line carries.
const LOOK_EVERY: Duration = Duration::from_millis(600);

/// After so many looks they are whole whatever it carries: the browser has its own measures by then. Raising it keeps pictures small for longer where the line is
/// weak, or is taken for weak because little was sent.
const LOOKS: usize = 8;

/// What a line has to carry for whole pictures, in bits per second. The first of them is a key frame: with less, it would stand still for long.
const ENOUGH: f64 = 700_000.0;

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
