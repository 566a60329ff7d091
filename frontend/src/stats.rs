//! What a connection's statistics say (W3C WebRTC Statistics §8).

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::RtcRtpTransceiver;

use crate::web;

/// How many keyframes were decoded in each section; where a browser does not count them, how many frames.
pub(crate) fn keyframes(statistics: &JsValue, sections: &[RtcRtpTransceiver]) -> Vec<u32> {
    let mids: Vec<_> = sections.iter().map(RtcRtpTransceiver::mid).collect();
    let mut counts = vec![0; sections.len()];
    for entry in videos(statistics, "inbound-rtp") {
        let mid = text(&entry, "mid");
        let number = |name: &str| field(&entry, name).and_then(|value| value.as_f64());
        if let Some(place) = mids.iter().position(|one| one.is_some() && *one == mid) {
            counts[place] =
                number("keyFramesDecoded").or_else(|| number("framesDecoded")).unwrap_or(0.0) as u32;
        }
    }
    counts
}

/// Whether any picture is sent smaller or less often than it should be, because the line carries no more.
pub(crate) fn is_short_of_bandwidth(statistics: &JsValue) -> bool {
    let limits = |entry: &JsValue| text(entry, "qualityLimitationReason").as_deref() == Some("bandwidth");
    videos(statistics, "outbound-rtp").iter().any(limits)
}

/// The entries of this type that are about pictures.
fn videos(statistics: &JsValue, kind: &str) -> Vec<JsValue> {
    let values = web::call(statistics, "values", &[]).unwrap_or_default();
    let Ok(Some(entries)) = js_sys::try_iter(&values) else { return Vec::new() };
    let is_meant = |entry: &JsValue| {
        text(entry, "type").as_deref() == Some(kind) && text(entry, "kind").as_deref() == Some("video")
    };
    entries.flatten().filter(is_meant).collect()
}

fn field(entry: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(entry, &name.into()).ok()
}

fn text(entry: &JsValue, name: &str) -> Option<String> {
    field(entry, name).and_then(|value| value.as_string())
}
