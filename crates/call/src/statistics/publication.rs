//! The figures of one publication on one link.

use super::figures;
use super::flow::Flow;
use super::history::History;
use super::section::Carried;

/// The figures of one publication on one link. What is not known is `None`; every number is finite and not negative.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicationStatistics {
    /// What they are of.
    pub of: Carried,
    /// Bits a second of all layers: payloads without RTP headers, what is sent again included (`bytesSent`, `bytesReceived`).
    pub bits: Option<f64>,
    /// How many packets were lost of those that were sent, from 0 to 1. Of what is sent, as the other end has last reported
    /// (`RTCRemoteInboundRtpStreamStats.fractionLost`); of what is received, in the last interval (`packetsLost`, `packetsReceived`).
    pub loss: Option<f64>,
    /// Of what is sent, to the other end and back, in seconds (`RTCRemoteInboundRtpStreamStats.roundTripTime`).
    pub round_trip: Option<f64>,
    /// How unevenly packets arrive, here or at the other end, in seconds (`RTCReceivedRtpStreamStats.jitter`).
    pub jitter: Option<f64>,
    /// The codec, as `VP8` or `Opus` (`RTCCodecStats.mimeType`).
    pub codec: Option<String>,
    /// Width and height of the largest layer that is sent, in pixels.
    pub size: Option<(u32, u32)>,
    /// Frames a second of the largest layer that is sent.
    pub frames: Option<f64>,
    /// What keeps a browser from sending more.
    pub limitation: Option<QualityLimitation>,
    /// How a stream is layered in itself, as `L1T3` (`RTCOutboundRtpStreamStats.scalabilityMode`).
    pub scalability: Option<String>,
    /// The layers of what is sent in several sizes, smallest first; empty where there is one stream only.
    pub layers: Vec<LayerStatistics>,
    /// The last two minutes.
    pub history: History,
}

/// The figures of one layer that is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerStatistics {
    /// Its identification (RFC 8851).
    pub rid: Option<String>,
    /// Width and height in pixels.
    pub size: Option<(u32, u32)>,
    /// Frames a second.
    pub frames: Option<f64>,
    /// Bits a second; 0 while it is switched off.
    pub bits: Option<f64>,
    /// Whether it is sent: neither switched off nor, in the last interval, without a byte.
    pub active: bool,
}

/// What keeps a browser from sending more (`RTCQualityLimitationReason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QualityLimitation {
    /// The network carries no more.
    Bandwidth,
    /// The processor encodes no more.
    Cpu,
    /// Something else.
    Other,
}

impl PublicationStatistics {
    /// What the streams of a publication say together. `now` is when none of them says when it was looked at, in milliseconds since 1970.
    pub(super) fn new(of: Carried, mut flows: Vec<Flow<'_>>, mut history: History, now: Option<f64>) -> Self {
        flows.sort_by_key(rank);
        let bits = flows.iter().filter_map(Flow::bits).reduce(|sum, bits| sum + bits);
        let loss = loss(&flows);
        if let Some(at) = flows.iter().filter_map(|flow| flow.at).reduce(f64::max).or(now) {
            history.push(at, bits, loss);
        }
        Self {
            of,
            bits,
            loss,
            round_trip: of_largest(&flows, Flow::round_trip),
            jitter: of_largest(&flows, Flow::jitter),
            codec: of_largest(&flows, Flow::codec),
            size: of_largest(&flows, Flow::size),
            frames: of_largest(&flows, Flow::frames),
            limitation: of_largest(&flows, limitation),
            scalability: of_largest(&flows, |flow| figures::name(flow.record.scalability_mode.as_deref()?)),
            layers: layers(of, &flows),
            history,
        }
    }
}

/// The order of layers, smallest first. Layers of a screen differ in frames and not in size, so that names go before sizes: quarter, half
/// and full. What has no size yet comes last.
fn rank(flow: &Flow<'_>) -> (u8, u64) {
    let by_name = match flow.record.rid.as_deref() {
        Some("q") => 0,
        Some("h") => 1,
        Some("f") => 2,
        Some(_) | None => 3,
    };
    let area = flow.size().map(|(width, height)| u64::from(width) * u64::from(height));
    (by_name, area.unwrap_or(u64::MAX))
}

/// A figure of the largest layer that has it and is sent; where none is sent, of the largest that has it.
fn of_largest<'a, T>(flows: &[Flow<'a>], figure: impl Fn(&Flow<'a>) -> Option<T>) -> Option<T> {
    let mut sent = flows.iter().rev().filter(|flow| flow.is_active());
    sent.find_map(&figure).or_else(|| flows.iter().rev().find_map(&figure))
}

/// The loss of all streams together: each counts as much as it has packets.
fn loss(flows: &[Flow<'_>]) -> Option<f64> {
    let known = || flows.iter().filter_map(|flow| Some((flow.loss()?, flow.weight())));
    let weight: f64 = known().map(|(_, weight)| weight).sum();
    let lost: f64 = known().map(|(loss, weight)| loss * weight).sum();
    (weight > 0.0).then(|| (lost / weight).min(1.0))
}

fn limitation(flow: &Flow<'_>) -> Option<QualityLimitation> {
    match flow.record.quality_limitation_reason.as_deref()? {
        "bandwidth" => Some(QualityLimitation::Bandwidth),
        "cpu" => Some(QualityLimitation::Cpu),
        "other" => Some(QualityLimitation::Other),
        _ => None,
    }
}

fn layers(of: Carried, flows: &[Flow<'_>]) -> Vec<LayerStatistics> {
    let is_layered = match of {
        Carried::Sent(_) => flows.len() > 1 || flows.iter().any(|flow| flow.record.rid.is_some()),
        Carried::Received(_) => false,
    };
    let layer = |flow: &Flow<'_>| LayerStatistics {
        rid: flow.record.rid.as_deref().and_then(figures::name),
        size: flow.size(),
        frames: flow.frames(),
        bits: flow.bits(),
        active: flow.is_active(),
    };
    flows.iter().filter(|_| is_layered).map(layer).collect()
}
