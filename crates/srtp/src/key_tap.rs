//! The keys of a transport's handshake. str0m keeps them to itself and has no hook for them, but lets its cryptography be exchanged: the
//! DTLS of a transport that is built by [`tapped`] is a [`KeyTap`], which passes everything on and puts the keys into a slot.
//!
//! The DTLS providers of str0m are `'static` and are not told for whom they make an instance. The slot therefore finds its owner by a
//! variable of the thread, which is set only while [`tapped`] runs: outside of it nothing is noted, and two instances within it are an error.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use str0m::config::{DtlsCert, DtlsVersion};
use str0m::crypto::dtls::{DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, ProtocolVersion};
use str0m::crypto::{CryptoError, CryptoProvider, from_feature_flags};

use crate::Keys;

/// Where the keys of one transport appear once its handshake is done, to be taken once.
#[derive(Clone, Debug, Default)]
pub struct KeySlot(Arc<Mutex<Slot>>);

#[derive(Debug, Default)]
enum Slot {
    #[default]
    Awaited,
    Here(Keys),
    Taken,
}

impl KeySlot {
    /// The keys, the first time that they are asked for.
    pub fn take(&self) -> Option<Keys> {
        let mut slot = self.0.lock().ok()?;
        if !matches!(*slot, Slot::Here(_)) {
            return None;
        }
        match std::mem::replace(&mut *slot, Slot::Taken) {
            Slot::Here(keys) => Some(keys),
            Slot::Awaited | Slot::Taken => None,
        }
    }

    /// A second handshake on the same transport does not happen: restarts of ICE keep the first. Its keys would not be taken.
    fn put(&self, keys: Keys) {
        if let Ok(mut slot) = self.0.lock()
            && matches!(*slot, Slot::Awaited)
        {
            *slot = Slot::Here(keys);
        }
    }
}

thread_local! {
    /// The slots of DTLS instances that were made since [`tapped`] began.
    static MADE: RefCell<Option<Vec<KeySlot>>> = const { RefCell::new(None) };
}

/// Builds a transport with the cryptography that it is given. `None` as slot when it made no DTLS instance, or more than one.
pub fn tapped<T>(build: impl FnOnce(Arc<CryptoProvider>) -> T) -> (T, Option<KeySlot>) {
    static TAPPING: Tapping = Tapping;
    MADE.set(Some(Vec::new()));
    let built = build(Arc::new(CryptoProvider { dtls_provider: &TAPPING, ..from_feature_flags() }));
    let made = MADE.take().unwrap_or_default();
    let slot = <[KeySlot; 1]>::try_from(made).ok().map(|[slot]| slot);
    (built, slot)
}

#[derive(Debug)]
struct Tapping;

impl DtlsProvider for Tapping {
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
        let slot = KeySlot::default();
        MADE.with_borrow_mut(|made| made.as_mut().map(|made| made.push(slot.clone())));
        Ok(Box::new(KeyTap { handshake, slot }))
    }
}

#[derive(Debug)]
struct KeyTap {
    handshake: Box<dyn DtlsInstance>,
    slot: KeySlot,
}

impl DtlsInstance for KeyTap {
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
            self.slot.put(Keys::new(*profile, material.to_vec(), is_client));
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

#[cfg(test)]
mod tests {
    use str0m::crypto::dtls::SrtpProfile;

    use super::*;

    #[test]
    fn a_slot_gives_its_keys_once_and_takes_no_others() {
        let slot = KeySlot::default();
        let keys = |first: u8| Keys::new(SrtpProfile::AEAD_AES_128_GCM, vec![first; 56], true);
        assert!(slot.take().is_none());
        slot.put(keys(1));
        slot.put(keys(2));
        assert_eq!(slot.take().map(|keys| keys.material[0]), Some(1));
        slot.put(keys(3));
        assert!(slot.take().is_none());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a transport begins at a moment")]
    fn a_slot_belongs_to_the_one_transport_that_was_built() {
        let now = Instant::now();
        let build = |provider| str0m::Rtc::builder().set_crypto_provider(provider).build(now);
        let (_first, slot) = tapped(build);
        assert!(slot.is_some());
        let (_two, slot) = tapped(|provider: Arc<CryptoProvider>| [build(provider.clone()), build(provider)]);
        assert!(slot.is_none(), "it would not be known whose it is");
        assert!(tapped(|_| ()).1.is_none());
    }
}
