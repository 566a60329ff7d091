//! What is told to str0m, and how: a transport is made, candidates and errors are translated.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use srtp::KeySlot;
use str0m::config::DtlsCert;
use str0m::net::{Protocol, TcpType};
use str0m::{Candidate, Rtc, RtcError};

use crate::{Address, Transport};

/// A transport that waits to be offered something, and where the keys of its handshake will be.
pub(crate) fn rtc(now: Instant, certificate: &DtlsCert) -> Option<(Rtc, KeySlot)> {
    let build = |provider| {
        Rtc::builder()
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_crypto_provider(provider)
            .set_dtls_cert(certificate.clone())
            .set_dtls_version(str0m::config::DtlsVersion::Auto)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .enable_h264(true)
            .enable_vp9(true)
            .enable_av1(true)
            .build(now)
    };
    let (rtc, keys) = catch_unwind(AssertUnwindSafe(|| srtp::tapped(build))).ok()?;
    Some((rtc, keys?))
}

pub(crate) fn candidate(address: &Address) -> Option<Candidate> {
    match address.transport {
        Transport::Udp => Candidate::builder().udp().host(address.address).build().ok(),
        Transport::Tcp => {
            Candidate::builder().tcp().host(address.address).tcptype(TcpType::Passive).build().ok()
        }
    }
}

pub(crate) fn protocol(transport: Transport) -> Protocol {
    match transport {
        Transport::Udp => Protocol::Udp,
        Transport::Tcp => Protocol::Tcp,
    }
}

/// What an error is about; its text can hold addresses.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others are rare")]
pub(crate) fn kind_of(error: &RtcError) -> &'static str {
    match error {
        RtcError::RemoteSdp(_) => "description",
        RtcError::Dtls(_) => "DTLS",
        RtcError::Net(_) => "datagram",
        RtcError::Ice(_) => "ICE",
        _ => "other",
    }
}
