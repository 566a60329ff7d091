//! What a connection's statistics say (W3C WebRTC Statistics §8).

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::RtcRtpTransceiver;

use crate::web;

/// How many keyframes were decoded in each section; where a browser does not count them, how many frames.
pub(crate) fn keyframes(statistics: &JsValue, sections: &[RtcRtpTransceiver]) -> Vec<u32> {
    let mids: Vec<_> = sections.iter().map(RtcRtpTransceiver::mid).collect();
    let mut counts = vec![0; sections.len()];
    let values = web::call(statistics, "values", &[]).unwrap_or_default();
    let Ok(Some(entries)) = js_sys::try_iter(&values) else { return counts };
    for entry in entries.flatten() {
        let field = |name: &str| Reflect::get(&entry, &name.into()).ok();
        let text = |name: &str| field(name).and_then(|value| value.as_string());
        let is_video =
            text("type").as_deref() == Some("inbound-rtp") && text("kind").as_deref() == Some("video");
        let place = mids.iter().position(|mid| mid.is_some() && *mid == text("mid"));
        let number = |name: &str| field(name).and_then(|value| value.as_f64());
        if let Some(place) = place.filter(|_| is_video) {
            counts[place] =
                number("keyFramesDecoded").or_else(|| number("framesDecoded")).unwrap_or(0.0) as u32;
        }
    }
    counts
}
