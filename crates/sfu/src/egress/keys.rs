//! The keys of a peer's media, as its handshake gives them out (DTLS-SRTP, RFC 5764 §4.2). The transport keeps them to itself;
//! here its handshake is listened to, so that packets handed on can be sealed without it.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use str0m::config::{DtlsCert, DtlsVersion};
use str0m::crypto::dtls::{
    DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, ProtocolVersion, SrtpProfile,
};
use str0m::crypto::{CryptoError, CryptoProvider, from_feature_flags};

/// What a handshake gave out.
pub(crate) struct Keys {
    pub(super) profile: SrtpProfile,
    /// Both ends' keys, then both ends' salts, the client's first (RFC 5764 §4.2).
    pub(super) material: Vec<u8>,
    /// Whether this end is the client of the handshake.
    pub(super) is_client: bool,
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Keys({})", self.profile)
    }
}

/// Where the keys of one transport appear once its handshake is done, to be taken.
pub(crate) type Handover = Arc<Mutex<Option<Keys>>>;

thread_local! {
    /// Of the transport that was built last on this thread.
    static LATEST: RefCell<Option<Handover>> = const { RefCell::new(None) };
}

/// The cryptography that transports use, listened to.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    static LISTENING: Listening = Listening;
    Arc::new(CryptoProvider { dtls_provider: &LISTENING, ..from_feature_flags() })
}

/// Where the keys of the transport will be that was just built on this thread.
pub(crate) fn of_the_latest() -> Option<Handover> {
    LATEST.take()
}

#[derive(Debug)]
struct Listening;

impl DtlsProvider for Listening {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let handshake = from_feature_flags().dtls_provider.new_dtls(certificate, now, version, mtu)?;
        let keys = Handover::default();
        LATEST.set(Some(Arc::clone(&keys)));
        Ok(Box::new(Listened { handshake, keys }))
    }
}

#[derive(Debug)]
struct Listened {
    handshake: Box<dyn DtlsInstance>,
    keys: Handover,
}

impl DtlsInstance for Listened {
    fn set_active(&mut self, active: bool) {
        self.handshake.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.handshake.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        let is_client = self.handshake.is_active();
        let output = self.handshake.poll_output(buffer);
        if let DtlsOutput::KeyingMaterial(material, profile) = &output {
            let keys = Keys { profile: *profile, material: material.to_vec(), is_client };
            // A second handshake on the same transport does not happen: restarts of ICE keep the first.
            if let Ok(mut handover) = self.keys.lock() {
                *handover = Some(keys);
            }
        }
        output
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.handshake.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.handshake.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.handshake.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.handshake.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.handshake.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.handshake.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.handshake.close()
    }
}
