//! SRTP and SRTCP (RFC 3711, RFC 7714) for packets that a transport has not made itself, with the keys of its DTLS handshake (RFC 5764).
//!
//! What this crate is for: **no nonce is used for two contents.** Two packets under one nonce give away the difference of their contents, and
//! with AES-GCM the key of the authentication (RFC 7714 §11). A nonce is made of key, SSRC and index, so
//!
//! * an index of an SSRC is sealed once ([`SrtpSender::seal`]), and an SSRC belongs to one [`SendStream`];
//! * a report that the transport has sealed is opened and sealed again in place, once ([`SrtpSender::rewrite_rtcp`]): of the two forms one
//!   leaves the process;
//! * keys come out of a handshake once ([`KeySlot`]);
//! * the transport seals reports alone: its `write_rtp` is forbidden (`clippy.toml`) to all but clients of tests and benchmarks, which do
//!   not use this crate.
//!
//! It opens no media: the transport does. It knows no sockets and no clock.

mod key_tap;
mod keys;
mod receiver;
mod replay;
mod sender;
mod session_key;

pub use key_tap::{KeySlot, tapped};
pub use keys::Keys;
pub use receiver::SrtpReceiver;
pub use replay::ReplayWindow;
pub use sender::{SendStream, SrtpSender};
pub use str0m::crypto::dtls::SrtpProfile;

/// Why a packet was not sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SrtpError {
    /// It is shorter than what has to be in it, not encrypted, or forged.
    Unreadable,
    /// Its index was sealed or read before, or is too old to say.
    IndexUsed,
    /// Another stream has this SSRC.
    SsrcUsed,
    /// The cipher refused it.
    Cipher,
}

/// RTCP as the transport seals it, for the fuzzer. Empty where it is too short.
#[cfg(feature = "fuzzing")]
pub fn seal_rtcp_for_fuzzing(keys: &Keys, index: u32, plain: &[u8]) -> Vec<u8> {
    let session = session_key::SessionKey::derive(keys, keys.is_client, session_key::Purpose::Rtcp);
    let mut out = Vec::new();
    _ = session.map(|mut session| session.seal_rtcp(index & 0x7fff_ffff, plain, &mut out));
    out
}
