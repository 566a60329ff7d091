//! One record of `getStats()`, as far as it is read. It has no field for an address, a port, a URL or a user name fragment.

/// What a JavaScript object has under a name.
#[derive(Clone, Debug, PartialEq)]
pub enum StatsValue {
    /// Nothing, or what is none of the others.
    Missing,
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
    /// `true` or `false`.
    Boolean(bool),
}

/// What a record is about (`RTCStatsType`, W3C WebRTC Statistics §6.1). Of other types nothing is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatsType {
    /// A stream that is sent (`RTCOutboundRtpStreamStats`).
    OutboundRtp,
    /// A stream that is received (`RTCInboundRtpStreamStats`).
    InboundRtp,
    /// What the other end says of a stream that is sent to it (`RTCRemoteInboundRtpStreamStats`).
    RemoteInboundRtp,
    /// A codec (`RTCCodecStats`).
    Codec,
    /// A transport (`RTCTransportStats`).
    Transport,
    /// A pair of candidates (`RTCIceCandidatePairStats`).
    CandidatePair,
    /// A candidate of this end or of the other (`RTCIceCandidateStats`).
    Candidate,
}

/// One record of `getStats()`. Fields are as the browser gives them, in the units of W3C WebRTC Statistics: they are doubted where they
/// are used.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the dictionaries named above say what each field is")]
pub struct StatsRecord {
    /// `RTCStats.id`.
    pub id: String,
    /// `RTCStats.type`.
    pub stats_type: StatsType,
    /// `RTCStats.timestamp`, in milliseconds since 1970.
    pub timestamp: Option<f64>,
    pub ssrc: Option<u32>,
    pub mid: Option<String>,
    pub rid: Option<String>,
    pub codec_id: Option<String>,
    pub local_id: Option<String>,
    pub remote_id: Option<String>,
    pub mime_type: Option<String>,
    pub bytes_sent: Option<f64>,
    pub bytes_received: Option<f64>,
    pub packets_sent: Option<f64>,
    pub packets_received: Option<f64>,
    pub packets_lost: Option<f64>,
    pub retransmitted_packets_sent: Option<f64>,
    /// A share, from 0 to 1.
    pub fraction_lost: Option<f64>,
    /// In seconds.
    pub round_trip_time: Option<f64>,
    /// In seconds.
    pub current_round_trip_time: Option<f64>,
    /// In seconds.
    pub jitter: Option<f64>,
    pub frame_width: Option<f64>,
    pub frame_height: Option<f64>,
    pub frames_per_second: Option<f64>,
    pub frames_sent: Option<f64>,
    pub frames_encoded: Option<f64>,
    pub frames_decoded: Option<f64>,
    pub quality_limitation_reason: Option<String>,
    pub scalability_mode: Option<String>,
    pub active: Option<bool>,
    pub selected_candidate_pair_id: Option<String>,
    pub local_candidate_id: Option<String>,
    pub remote_candidate_id: Option<String>,
    pub candidate_type: Option<String>,
    pub protocol: Option<String>,
    pub relay_protocol: Option<String>,
    pub state: Option<String>,
    pub nominated: Option<bool>,
    /// Firefox's mark of the selected pair.
    pub selected: Option<bool>,
}

impl StatsType {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "outbound-rtp" => Self::OutboundRtp,
            "inbound-rtp" => Self::InboundRtp,
            "remote-inbound-rtp" => Self::RemoteInboundRtp,
            "codec" => Self::Codec,
            "transport" => Self::Transport,
            "candidate-pair" => Self::CandidatePair,
            "local-candidate" | "remote-candidate" => Self::Candidate,
            _ => return None,
        })
    }
}

impl StatsRecord {
    /// Reads a record from what it has under a name of the standard. A value that is of another type than the standard says counts as
    /// missing. `None` for a record without an id, or of a type of which nothing is read.
    pub fn read(field: impl Fn(&'static str) -> StatsValue) -> Option<Self> {
        let stats_type = StatsType::named(&field("type").text()?)?;
        Some(Self::with_fields(field("id").text()?, stats_type, field))
    }

    /// A record that says nothing beyond what it is of.
    pub fn new(id: String, stats_type: StatsType) -> Self {
        Self::with_fields(id, stats_type, |_| StatsValue::Missing)
    }

    fn with_fields(id: String, stats_type: StatsType, field: impl Fn(&'static str) -> StatsValue) -> Self {
        let number = |name| field(name).number();
        let text = |name| field(name).text();
        let boolean = |name| field(name).boolean();
        Self {
            id,
            stats_type,
            timestamp: number("timestamp"),
            ssrc: number("ssrc").and_then(ssrc),
            mid: text("mid"),
            rid: text("rid"),
            codec_id: text("codecId"),
            local_id: text("localId"),
            remote_id: text("remoteId"),
            mime_type: text("mimeType"),
            bytes_sent: number("bytesSent"),
            bytes_received: number("bytesReceived"),
            packets_sent: number("packetsSent"),
            packets_received: number("packetsReceived"),
            packets_lost: number("packetsLost"),
            retransmitted_packets_sent: number("retransmittedPacketsSent"),
            fraction_lost: number("fractionLost"),
            round_trip_time: number("roundTripTime"),
            current_round_trip_time: number("currentRoundTripTime"),
            jitter: number("jitter"),
            frame_width: number("frameWidth"),
            frame_height: number("frameHeight"),
            frames_per_second: number("framesPerSecond"),
            frames_sent: number("framesSent"),
            frames_encoded: number("framesEncoded"),
            frames_decoded: number("framesDecoded"),
            quality_limitation_reason: text("qualityLimitationReason"),
            scalability_mode: text("scalabilityMode"),
            active: boolean("active"),
            selected_candidate_pair_id: text("selectedCandidatePairId"),
            local_candidate_id: text("localCandidateId"),
            remote_candidate_id: text("remoteCandidateId"),
            candidate_type: text("candidateType"),
            protocol: text("protocol"),
            relay_protocol: text("relayProtocol"),
            state: text("state"),
            nominated: boolean("nominated"),
            selected: boolean("selected"),
        }
    }
}

impl StatsValue {
    fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Missing | Self::Text(_) | Self::Boolean(_) => None,
        }
    }

    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Missing | Self::Number(_) | Self::Boolean(_) => None,
        }
    }

    fn boolean(self) -> Option<bool> {
        match self {
            Self::Boolean(boolean) => Some(boolean),
            Self::Missing | Self::Number(_) | Self::Text(_) => None,
        }
    }
}

/// A synchronization source is a whole number of 32 bits (RFC 3550 §3).
fn ssrc(number: f64) -> Option<u32> {
    let is_one = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    is_one.then_some(number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbound(also: &[(&str, StatsValue)]) -> Option<StatsRecord> {
        StatsRecord::read(|name| match also.iter().find(|(one, _)| *one == name) {
            Some((_, value)) => value.clone(),
            None if name == "id" => StatsValue::Text("a".to_owned()),
            None if name == "type" => StatsValue::Text("outbound-rtp".to_owned()),
            None => StatsValue::Missing,
        })
    }

    #[test]
    fn a_value_of_another_type_is_missing_and_the_record_is_read() {
        let text = |text: &str| StatsValue::Text(text.to_owned());
        let record = outbound(&[
            ("bytesSent", text("12")),
            ("mid", StatsValue::Number(1.0)),
            ("active", text("true")),
            ("ssrc", StatsValue::Number(-1.5)),
            ("packetsSent", StatsValue::Number(7.0)),
        ])
        .unwrap();
        let nothing_else = StatsRecord::new("a".to_owned(), StatsType::OutboundRtp);
        assert_eq!(record, StatsRecord { packets_sent: Some(7.0), ..nothing_else });
    }

    #[test]
    fn what_has_no_id_or_is_of_no_interest_is_no_record() {
        assert_eq!(outbound(&[("id", StatsValue::Missing)]), None);
        assert_eq!(outbound(&[("type", StatsValue::Number(3.0))]), None);
        assert_eq!(outbound(&[("type", StatsValue::Text("certificate".to_owned()))]), None);
    }
}
