//! What a connection's statistics say (W3C WebRTC Statistics §8).

use call::{StatsRecord, StatsValue};
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
        if let Some(index) = mids.iter().position(|one| one.is_some() && *one == mid) {
            counts[index] =
                number("keyFramesDecoded").or_else(|| number("framesDecoded")).unwrap_or(0.0) as u32;
        }
    }
    counts
}

/// Frames decoded, in all sections.
pub(crate) fn frames_decoded(statistics: &JsValue) -> u32 {
    let decoded =
        |entry: &JsValue| field(entry, "framesDecoded").and_then(|value| value.as_f64()).unwrap_or(0.0);
    videos(statistics, "inbound-rtp").iter().map(decoded).sum::<f64>() as u32
}

/// Frames and packets of pictures that were sent, in all sections.
#[cfg(test)]
pub(crate) fn video_sent(statistics: &JsValue) -> (u32, u32) {
    let sections = videos(statistics, "outbound-rtp");
    let all = |name: &str| {
        let of = |entry: &JsValue| field(entry, name).and_then(|value| value.as_f64()).unwrap_or(0.0);
        sections.iter().map(of).sum::<f64>() as u32
    };
    (all("framesSent"), all("packetsSent"))
}

/// What the call's statistics are computed from.
pub(crate) fn records(statistics: &JsValue) -> Vec<StatsRecord> {
    let record = |entry: &JsValue| {
        StatsRecord::read(|name| {
            let Some(value) = field(entry, name) else { return StatsValue::Missing };
            match (value.as_f64(), value.as_bool()) {
                (Some(number), _) => StatsValue::Number(number),
                (None, Some(is_so)) => StatsValue::Boolean(is_so),
                (None, None) => value.as_string().map_or(StatsValue::Missing, StatsValue::Text),
            }
        })
    };
    entries(statistics).iter().filter_map(record).collect()
}

/// What the other end of the chosen path is: `host`, `srflx`, `prflx` or `relay`.
pub(crate) fn kind_of_peer(statistics: &JsValue) -> Option<String> {
    let [_, remote] = selected(statistics)?;
    text(&remote, "candidateType")
}

/// The candidates of the chosen path: our own, and the other end's.
fn selected(statistics: &JsValue) -> Option<[JsValue; 2]> {
    let entries = entries(statistics);
    let find = |id: &str| entries.iter().find(|entry| text(entry, "id").as_deref() == Some(id));
    let of_type =
        |kind: &'static str| entries.iter().filter(move |entry| text(entry, "type").as_deref() == Some(kind));
    let chosen = of_type("transport").find_map(|transport| text(transport, "selectedCandidatePairId"));
    let pair = match chosen {
        Some(id) => find(&id)?,
        // Firefox marks the pair itself.
        None => of_type("candidate-pair")
            .find(|pair| field(pair, "selected").is_some_and(|selected| selected.is_truthy()))?,
    };
    let end = |name: &str| text(pair, name).and_then(|id| find(&id).cloned());
    Some([end("localCandidateId")?, end("remoteCandidateId")?])
}

/// What the chosen path is thought to carry of what is sent, in bits per second. `None` where the browser does not say it.
pub(crate) fn carried(statistics: &JsValue) -> Option<f64> {
    let estimates = entries(statistics)
        .into_iter()
        .filter(|entry| text(entry, "type").as_deref() == Some("candidate-pair"));
    let estimates = estimates.filter_map(|entry| field(&entry, "availableOutgoingBitrate")?.as_f64());
    estimates.reduce(f64::max)
}

/// Whether any picture is sent smaller or less often than it should be, because the line carries no more.
pub(crate) fn is_short_of_bandwidth(statistics: &JsValue) -> bool {
    let limits = |entry: &JsValue| text(entry, "qualityLimitationReason").as_deref() == Some("bandwidth");
    videos(statistics, "outbound-rtp").iter().any(limits)
}

/// The entries of this type that are about pictures.
fn videos(statistics: &JsValue, kind: &str) -> Vec<JsValue> {
    let is_meant = |entry: &JsValue| {
        text(entry, "type").as_deref() == Some(kind) && text(entry, "kind").as_deref() == Some("video")
    };
    entries(statistics).into_iter().filter(is_meant).collect()
}

fn entries(statistics: &JsValue) -> Vec<JsValue> {
    let values = web::call(statistics, "values", &[]).unwrap_or_default();
    let Ok(Some(entries)) = js_sys::try_iter(&values) else { return Vec::new() };
    entries.flatten().collect()
}

fn field(entry: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(entry, &name.into()).ok()
}

fn text(entry: &JsValue, name: &str) -> Option<String> {
    field(entry, name).and_then(|value| value.as_string())
}
