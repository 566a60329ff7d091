//! A certificate that the server makes for itself, at its first start: encrypted, but nobody vouches for it. Browsers ask once
//! whether to trust it. For a local network, where no authority gives any.
//!
//! It is kept for as long as it can be, because people have to accept each new one: an interface that comes up is no reason for
//! another, a name that people use and that it lacks is.

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use super::machine::Machine;
use super::{CertificateEnd, Shown, read};
use crate::clock;
use crate::config::Config;
use crate::tls_name::TlsName;
use crate::tokens::write_secret;

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Browsers of some phones refuse certificates that are good for more than 825 days, others for more than 398.
pub(super) const GOOD_FOR: Duration = DAY.saturating_mul(390);

/// A new one is made when the old one has been good for so long, at the next start.
const RENEWED_AFTER: Duration = DAY.saturating_mul(300);

/// From when it is good. Clocks of clients may be behind.
pub(super) const GOOD_BEFORE: Duration = DAY;

pub(super) fn open(config: &Config, end: &Arc<CertificateEnd>) -> anyhow::Result<Arc<Shown>> {
    let certified = certified(config, &Machine::this(), clock::system_time())?;
    if let Some(first) = certified.cert.first() {
        let digest = Sha256::digest(first.as_ref());
        let fingerprint = digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
        tracing::info!(fingerprint, "self-signed certificate; browsers will warn");
    }
    Ok(Shown::new(certified, end))
}

/// The certificate that is kept, or a new one where that is none, too old, or lacks a name.
fn certified(config: &Config, machine: &Machine, now: SystemTime) -> anyhow::Result<CertifiedKey> {
    let folder = config.storage.data.join("tls");
    let [certificate, key] = ["self-signed.crt", "self-signed.key"].map(|name| folder.join(name));
    let needed = needed(config, machine);
    if let Ok(kept) = read(&certificate, &key)
        && kept.cert.first().is_some_and(|first| serves(first, &needed, now))
    {
        return Ok(kept);
    }
    fs::create_dir_all(&folder)?;
    let (certificate_pem, key_pem) = make(&needed.into_iter().chain(others(machine)).collect(), now)?;
    write_secret(&key, key_pem.as_bytes())?;
    fs::write(&certificate, certificate_pem)?;
    read(&certificate, &key)
}

/// What people use, so that a certificate without it is replaced. Whoever has given names uses those; otherwise it is the
/// machine's name and one address: those of bridges and tunnels come and go, and those of IPv6 change by the day (RFC 8981).
fn needed(config: &Config, machine: &Machine) -> BTreeSet<TlsName> {
    let told = config.media.addresses.iter().map(|address| TlsName::from(*address));
    let given: BTreeSet<_> = config.tls.names.iter().cloned().chain(told).collect();
    if !given.is_empty() {
        return given;
    }
    machine.name().into_iter().chain(machine.primary.map(TlsName::from)).collect()
}

/// What a new certificate has besides, because it costs nothing.
fn others(machine: &Machine) -> impl Iterator<Item = TlsName> {
    let lasting = machine.addresses.iter().filter(|address| match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(address) => !address.is_unicast_link_local(),
    });
    let addresses = lasting.map(|address| TlsName::from(*address));
    [TlsName::Dns("localhost".to_owned())].into_iter().chain(machine.name()).chain(addresses)
}

/// Whether a certificate has all these names, and is young enough.
pub(super) fn serves(certificate: &[u8], needed: &BTreeSet<TlsName>, now: SystemTime) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return false };
    let from = u64::try_from(certificate.validity().not_before.timestamp()).unwrap_or(0);
    let age = now.duration_since(SystemTime::UNIX_EPOCH + Duration::from_secs(from) + GOOD_BEFORE);
    // One from the future was made by a clock that was wrong.
    let is_young = age.map_or_else(|error| error.duration() < GOOD_BEFORE, |age| age < RENEWED_AFTER);
    is_young && needed.is_subset(&names_in(&certificate))
}

/// The names in the first certificate of a file; none when there is none.
pub(super) fn names_in_file(file: &Path) -> Vec<TlsName> {
    let Ok(mut chain) = CertificateDer::pem_file_iter(file) else { return Vec::new() };
    let Some(Ok(first)) = chain.next() else { return Vec::new() };
    let Ok((_, certificate)) = X509Certificate::from_der(&first) else { return Vec::new() };
    names_in(&certificate).into_iter().collect()
}

fn names_in(certificate: &X509Certificate<'_>) -> BTreeSet<TlsName> {
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|extension| &extension.value.general_names);
    let read = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => name.parse().ok(),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)).ok().map(TlsName::from)
        }
        GeneralName::OtherName(..)
        | GeneralName::RFC822Name(_)
        | GeneralName::X400Address(_)
        | GeneralName::DirectoryName(_)
        | GeneralName::EDIPartyName(_)
        | GeneralName::URI(_)
        | GeneralName::RegisteredID(_)
        | GeneralName::Invalid(..) => None,
    };
    names.filter_map(read).collect()
}

/// A certificate and its key, as PEM.
fn make(names: &BTreeSet<TlsName>, now: SystemTime) -> anyhow::Result<(String, String)> {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let mut asked = CertificateParams::new(names)?;
    asked.distinguished_name = DistinguishedName::new();
    asked.distinguished_name.push(DnType::CommonName, "Veranda, signed by itself");
    // Some systems take no other for a server (RFC 5280 §4.2.1.12).
    asked.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    asked.not_before = (now - GOOD_BEFORE).into();
    asked.not_after = (now + GOOD_FOR).into();
    let pair = KeyPair::generate()?;
    Ok((asked.self_signed(&pair)?.pem(), pair.serialize_pem()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Setup {
        _data: tempfile::TempDir,
        config: Config,
        machine: Machine,
        now: SystemTime,
    }

    impl Setup {
        fn new() -> Self {
            let data = tempfile::tempdir().unwrap();
            let mut config = Config::default();
            config.storage.data = data.path().to_owned();
            let machine = Machine {
                host: "veranda-box".to_owned(),
                addresses: vec!["192.168.1.5".parse().unwrap()],
                primary: Some("192.168.1.5".parse().unwrap()),
            };
            // Some day; certificates count in whole seconds.
            let now = SystemTime::UNIX_EPOCH + DAY.saturating_mul(20_000);
            Self { _data: data, config, machine, now }
        }

        fn shown(&self) -> Vec<u8> {
            certified(&self.config, &self.machine, self.now).unwrap().cert[0].to_vec()
        }

        fn name(&mut self, name: &str) {
            self.config.tls.names.push(name.parse().unwrap());
        }
    }

    fn has(certificate: &[u8], name: &str) -> bool {
        names_in(&X509Certificate::from_der(certificate).unwrap().1).contains(&name.parse().unwrap())
    }

    #[test]
    fn an_interface_that_comes_up_is_no_reason_for_people_to_accept_another_certificate() {
        let mut setup = Setup::new();
        let first = setup.shown();
        assert!(["localhost", "veranda-box", "192.168.1.5"].iter().all(|name| has(&first, name)));
        setup.machine.addresses.push("172.17.0.1".parse().unwrap());
        assert_eq!(setup.shown(), first);
        setup.machine.primary = Some("10.0.0.9".parse().unwrap());
        assert!(has(&setup.shown(), "10.0.0.9"), "where people reach it now");
    }

    #[test]
    fn whoever_gives_names_keeps_the_certificate_until_they_give_another() {
        let mut setup = Setup::new();
        setup.name("meet.example");
        setup.name("2001:db8::1");
        let first = setup.shown();
        assert!(has(&first, "meet.example") && has(&first, "2001:db8::1"));
        setup.machine.host = "elsewhere".to_owned();
        setup.machine.primary = Some("10.0.0.9".parse().unwrap());
        assert_eq!(setup.shown(), first);
        setup.name("other.example");
        assert!(has(&setup.shown(), "other.example"));
    }

    #[test]
    fn a_machine_with_a_name_that_no_certificate_can_have_starts_all_the_same() {
        let mut setup = Setup::new();
        setup.machine.host = "björns gerät".to_owned();
        let first = setup.shown();
        assert!(has(&first, "192.168.1.5"));
        assert_eq!(setup.shown(), first);
    }

    #[test]
    fn a_certificate_is_as_old_as_it_says_itself() {
        let mut setup = Setup::new();
        let made = setup.now;
        let first = setup.shown();
        setup.now = made + RENEWED_AFTER - Duration::from_secs(1);
        assert_eq!(setup.shown(), first);
        setup.now = made - GOOD_BEFORE + Duration::from_secs(1);
        assert_eq!(setup.shown(), first);
        setup.now = made - GOOD_BEFORE - Duration::from_secs(1);
        assert_ne!(setup.shown(), first, "it is not good yet");
        setup.now = made + RENEWED_AFTER;
        let second = setup.shown();
        assert_ne!(second, first);
        assert_eq!(setup.shown(), second);
    }

    #[test]
    fn it_is_for_servers_and_a_broken_file_is_replaced() {
        let setup = Setup::new();
        let first = setup.shown();
        let (_, certificate) = X509Certificate::from_der(&first).unwrap();
        assert!(certificate.extended_key_usage().unwrap().unwrap().value.server_auth);
        fs::write(setup.config.storage.data.join("tls/self-signed.key"), "").unwrap();
        assert_ne!(setup.shown(), first);
    }
}
