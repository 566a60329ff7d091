//! What two ends of a link say to each other to set it up; the server passes it on unread.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Source;
use crate::limits::{MAX_CANDIDATE_BYTES, MAX_MID_BYTES, MAX_SDP_BYTES};

/// Counts the signals of one sender on one link, from 0.
///
/// The receiver takes signals in this order, whatever order they arrive in, and drops what it has had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SignalNumber(pub u32);

impl SignalNumber {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// One step of a negotiation (JSEP, RFC 9429; trickle ICE, RFC 8838).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(!try_from))]
#[serde(tag = "kind", rename_all = "snake_case", try_from = "RawSignal")]
pub enum Signal {
    /// A description that asks for an answer.
    Offer {
        /// The description.
        sdp: Sdp,
        /// What its sections carry that are somebody's publications. A section that is not named here carries none of the
        /// sender's: it is a slot, or what the other end has added.
        #[serde(default, skip_serializing_if = "SectionMap::is_empty")]
        sections: SectionMap,
    },
    /// The answer to the last offer.
    Answer {
        /// The description.
        sdp: Sdp,
    },
    /// A way to reach the sender.
    Candidate {
        /// The candidate.
        candidate: IceCandidate,
    },
    /// No more candidates for the last description (RFC 8838 §8.2).
    EndOfCandidates,
}

/// Which media section of a description carries which source, by the section's `mid` (RFC 9143): each source in one section at
/// the most, each section with one source, a `mid` of at most [`MAX_MID_BYTES`] bytes.
///
/// Between two participants a section carries the same source both ways.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "BTreeMap<String, Source>", into = "BTreeMap<String, Source>")]
#[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, Source>"))]
pub struct SectionMap(BTreeMap<String, Source>);

/// What is no map of sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SectionMapError {
    /// A name is too long.
    #[error("the name of a section is longer than {MAX_MID_BYTES} bytes")]
    MidTooLong,
    /// Two sections say that they carry the same.
    #[error("two sections carry the same source")]
    SourceTwice,
}

impl SectionMap {
    /// Wraps a map from `mid` to source.
    ///
    /// # Errors
    ///
    /// When a source is in it twice, or a `mid` is longer than [`MAX_MID_BYTES`].
    pub fn new(sections: BTreeMap<String, Source>) -> Result<Self, SectionMapError> {
        if sections.keys().any(|mid| mid.len() > MAX_MID_BYTES) {
            return Err(SectionMapError::MidTooLong);
        }
        let mut sources: Vec<_> = sections.values().collect();
        sources.sort_unstable();
        let is_twice = sources.windows(2).any(|pair| pair[0] == pair[1]);
        if is_twice { Err(SectionMapError::SourceTwice) } else { Ok(Self(sections)) }
    }

    /// What a section carries.
    pub fn source_of(&self, mid: &str) -> Option<Source> {
        self.0.get(mid).copied()
    }

    /// The section that carries a source.
    pub fn section_of(&self, source: Source) -> Option<&str> {
        self.0.iter().find(|(_, one)| **one == source).map(|(mid, _)| mid.as_str())
    }

    /// Every section and its source.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Source)> {
        self.0.iter().map(|(mid, source)| (mid.as_str(), *source))
    }

    /// Whether no section carries anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<BTreeMap<String, Source>> for SectionMap {
    type Error = SectionMapError;

    fn try_from(sections: BTreeMap<String, Source>) -> Result<Self, SectionMapError> {
        Self::new(sections)
    }
}

impl From<SectionMap> for BTreeMap<String, Source> {
    fn from(sections: SectionMap) -> Self {
        sections.0
    }
}

/// A session description (RFC 8866), at most [`MAX_SDP_BYTES`] bytes. Holds addresses, so it has no plain `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(with = "String"))]
pub struct Sdp(String);

impl Sdp {
    /// Wraps a description.
    ///
    /// # Errors
    ///
    /// When it is longer than [`MAX_SDP_BYTES`].
    pub fn new(text: String) -> Result<Self, TooLong> {
        if text.len() > MAX_SDP_BYTES {
            Err(TooLong("session description", MAX_SDP_BYTES))
        } else {
            Ok(Self(text))
        }
    }

    /// The description as it stands.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One ICE candidate as a browser gives it (`RTCIceCandidateInit`). Holds an address, so it has no plain `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "RawIceCandidate")]
pub struct IceCandidate {
    /// The candidate line (RFC 8839 §5.1), at most [`MAX_CANDIDATE_BYTES`] bytes.
    pub candidate: String,
    /// The media section it belongs to, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// The media section it belongs to, by place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdp_m_line_index: Option<u16>,
    /// The user fragment of the description it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

/// A part of a signal is longer than it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {0} is longer than {1} bytes")]
pub struct TooLong(&'static str, usize);

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "IceCandidate"))]
struct RawIceCandidate {
    candidate: String,
    sdp_mid: Option<String>,
    sdp_m_line_index: Option<u16>,
    username_fragment: Option<String>,
}

/// All fields of all kinds: read so, none of them is copied aside first.
#[derive(Deserialize)]
struct RawSignal {
    kind: SignalKind,
    sdp: Option<Sdp>,
    sections: Option<SectionMap>,
    candidate: Option<IceCandidate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum SignalKind {
    Offer,
    Answer,
    Candidate,
    EndOfCandidates,
}

/// A field is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("missing field `{0}`")]
struct Missing(&'static str);

impl TryFrom<RawSignal> for Signal {
    type Error = Missing;

    fn try_from(raw: RawSignal) -> Result<Self, Missing> {
        let RawSignal { kind, sdp, sections, candidate } = raw;
        let sdp = sdp.ok_or(Missing("sdp"));
        Ok(match kind {
            SignalKind::Offer => Self::Offer { sdp: sdp?, sections: sections.unwrap_or_default() },
            SignalKind::Answer => Self::Answer { sdp: sdp? },
            SignalKind::Candidate => Self::Candidate { candidate: candidate.ok_or(Missing("candidate"))? },
            SignalKind::EndOfCandidates => Self::EndOfCandidates,
        })
    }
}

impl TryFrom<RawIceCandidate> for IceCandidate {
    type Error = TooLong;

    fn try_from(raw: RawIceCandidate) -> Result<Self, Self::Error> {
        let RawIceCandidate { candidate, sdp_mid, sdp_m_line_index, username_fragment } = raw;
        let names =
            sdp_mid.as_ref().map_or(0, String::len) + username_fragment.as_ref().map_or(0, String::len);
        if candidate.len() + names > MAX_CANDIDATE_BYTES {
            return Err(TooLong("candidate", MAX_CANDIDATE_BYTES));
        }
        Ok(Self { candidate, sdp_mid, sdp_m_line_index, username_fragment })
    }
}

impl TryFrom<String> for Sdp {
    type Error = TooLong;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<Sdp> for String {
    fn from(sdp: Sdp) -> Self {
        sdp.0
    }
}

impl std::fmt::Debug for Sdp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sdp({} bytes)", self.0.len())
    }
}

impl std::fmt::Debug for IceCandidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IceCandidate({} bytes)", self.candidate.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_refused_when_it_is_read() {
        let sdp = format!(r#"{{"kind":"offer","sdp":"{}"}}"#, "x".repeat(MAX_SDP_BYTES + 1));
        assert!(
            serde_json::from_str::<Signal>(&sdp).unwrap_err().to_string().contains("session description")
        );
        let long = "x".repeat(MAX_CANDIDATE_BYTES + 1);
        let candidate = format!(r#"{{"kind":"candidate","candidate":{{"candidate":"{long}"}}}}"#);
        assert!(serde_json::from_str::<Signal>(&candidate).is_err());
    }

    #[test]
    fn an_offer_says_which_section_carries_what_and_nothing_twice() {
        let offer = r#"{"kind":"offer","sdp":"v=0","sections":{"0":"microphone","s":"screen_audio"}}"#;
        let Ok(Signal::Offer { sections, .. }) = serde_json::from_str(offer) else { panic!("an offer") };
        assert_eq!(sections.source_of("0"), Some(Source::Microphone));
        assert_eq!((sections.section_of(Source::ScreenAudio), sections.source_of("1")), (Some("s"), None));
        for sections in
            [r#"{"0":"camera","1":"camera"}"#, r#"{"0123456789abcdef0":"camera"}"#, r#"{"0":"window"}"#]
        {
            let offer = format!(r#"{{"kind":"offer","sdp":"v=0","sections":{sections}}}"#);
            assert!(serde_json::from_str::<Signal>(&offer).is_err(), "{offer}");
        }
        let plain = Signal::Offer { sdp: Sdp("v=0".into()), sections: SectionMap::default() };
        assert_eq!(serde_json::to_string(&plain).unwrap(), r#"{"kind":"offer","sdp":"v=0"}"#);
    }

    #[test]
    fn the_debug_form_holds_no_address() {
        let candidate = IceCandidate {
            candidate: "candidate:1 1 udp 1 192.0.2.7 9 typ host".into(),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        };
        assert!(!format!("{candidate:?}").contains("192.0.2.7"));
    }
}
