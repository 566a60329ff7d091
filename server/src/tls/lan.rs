//! Certificates for a local network, where no public authority gives any: the server has an authority of its own, which is made once and kept,
//! and which vouches for whatever addresses the machine has now. Whoever has told their device to trust it is not asked again when an
//! address changes; everybody else is asked once a certificate, as with one that is signed by itself.
//!
//! Whoever trusts the authority trusts whoever has its key. So it may vouch for nothing but what a local network has (name constraints,
//! RFC 5280 §4.2.1.10): a stolen key opens no website.

use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use ipnet::IpNet;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData as _,
};
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::machine::Machine;
use super::self_signed::{DAY, GOOD_BEFORE, GOOD_FOR, serves};
use super::{CertificateEnd, Shown, read};
use crate::clock;
use crate::config::Config;
use crate::tls_name::TlsName;
use crate::tokens::write_secret;

/// How long the authority is good: people trust it by hand.
const AUTHORITY_GOOD_FOR: Duration = DAY.saturating_mul(3650);

/// Names below these mean something in one network only (RFC 6761, 6762, 8375, and the one that ICANN has reserved).
const LOCAL_NAMES: [&str; 4] = ["localhost", "local", "home.arpa", "internal"];

pub(super) fn open(config: &Config, end: &Arc<CertificateEnd>) -> anyhow::Result<Arc<Shown>> {
    let shown = certified(&config.storage.data, &Machine::this(), clock::system_time())?;
    let fingerprint = authority_fingerprint(&config.storage.data);
    tracing::info!(file = %authority_file(&config.storage.data).display(), fingerprint, "devices that trust this file are not asked about the certificate");
    Ok(Shown::new(shown, end))
}

/// Where the authority's certificate is, which is no secret.
pub fn authority_file(data: &Path) -> PathBuf {
    data.join("tls/authority.crt")
}

/// The SHA-256 of the authority's certificate, as browsers show it: what whoever is about to trust it compares.
pub fn authority_fingerprint(data: &Path) -> Option<String> {
    let certificate = CertificateDer::from_pem_file(authority_file(data)).ok()?;
    let digest = Sha256::digest(certificate.as_ref());
    Some(digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"))
}

/// The address at which others in this network reach the machine.
pub fn address() -> Option<IpAddr> {
    primary(&Machine::this())
}

/// The one by which it reaches the internet; where there is none, some other.
fn primary(machine: &Machine) -> Option<IpAddr> {
    let reachable = |address: &IpAddr| is_local(*address) && !address.is_loopback();
    let others = machine.addresses.iter().copied().filter(IpAddr::is_ipv4);
    machine.primary.into_iter().chain(others).find(reachable)
}

/// The certificate that is kept, or a new one where it is none of this authority's, too old, or lacks what people use.
fn certified(data: &Path, machine: &Machine, now: SystemTime) -> anyhow::Result<CertifiedKey> {
    let folder = data.join("tls");
    let authority = Authority::open(data, now)?;
    let [certificate, key] = ["lan.crt", "lan.key"].map(|name| folder.join(name));
    let needed: BTreeSet<_> = primary(machine).map(TlsName::from).into_iter().collect();
    if let Ok(kept) = read(&certificate, &key)
        && kept.cert.first().is_some_and(|first| serves(first, &needed, now))
        && kept.cert.get(1) == Some(&authority.certificate)
    {
        return Ok(kept);
    }
    let (certificate_pem, key_pem) = authority.certify(&names(machine), now)?;
    write_secret(&key, key_pem.as_bytes())?;
    fs::write(&certificate, certificate_pem)?;
    read(&certificate, &key)
}

/// What the machine is called in its own networks.
fn names(machine: &Machine) -> BTreeSet<TlsName> {
    let addresses = machine.addresses.iter().chain(&machine.primary).copied();
    let addresses = addresses.filter(|address| is_local(*address)).map(TlsName::from);
    let host = machine.host.split('.').next().unwrap_or_default();
    let host = format!("{host}.local").parse::<TlsName>().ok();
    addresses.chain(host).chain([TlsName::Dns("localhost".to_owned())]).collect()
}

/// The networks whose addresses mean something in one place only (RFC 1918, 3927, 4193, 6598).
fn local_networks() -> impl Iterator<Item = IpNet> {
    let v4 = [
        ([10, 0, 0, 0], 8),
        ([172, 16, 0, 0], 12),
        ([192, 168, 0, 0], 16),
        ([169, 254, 0, 0], 16),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
    ];
    let v4 = v4.map(|(network, bits)| (IpAddr::from(Ipv4Addr::from(network)), bits));
    let v6 = [("fc00::", 7), ("::1", 128)].map(|(network, bits)| (network.parse::<Ipv6Addr>().ok(), bits));
    let v6 = v6.into_iter().filter_map(|(network, bits)| Some((IpAddr::from(network?), bits)));
    v4.into_iter().chain(v6).filter_map(|(network, bits)| IpNet::new(network, bits).ok())
}

fn is_local(address: IpAddr) -> bool {
    local_networks().any(|network| network.contains(&address))
}

/// Vouches for this machine.
struct Authority {
    certificate: CertificateDer<'static>,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// The one that is kept; a new one where there is none.
    fn open(data: &Path, now: SystemTime) -> anyhow::Result<Self> {
        let (certificate, key) = (authority_file(data), data.join("tls/authority.key"));
        // One that cannot be read just now is no reason to have everybody trust another.
        if let (Some(pem), Some(secret)) = (kept(&certificate)?, kept(&key)?) {
            if let (Ok(first), Ok(pair)) =
                (CertificateDer::from_pem_slice(pem.as_bytes()), KeyPair::from_pem(&secret))
                && vouches(&first, &pair, now)
            {
                return Ok(Self {
                    certificate: first,
                    pem,
                    issuer: Issuer::new(authority(&pair, now), pair),
                });
            }
            tracing::warn!(
                "the authority of the local network can vouch for nothing: devices have to trust a new one"
            );
        }
        fs::create_dir_all(data.join("tls"))?;
        let pair = KeyPair::generate()?;
        let params = authority(&pair, now);
        let made = params.self_signed(&pair)?;
        write_secret(&key, pair.serialize_pem().as_bytes())?;
        fs::write(&certificate, made.pem())?;
        let (pem, certificate) = (made.pem(), made.der().clone());
        Ok(Self { certificate, pem, issuer: Issuer::new(params, pair) })
    }

    /// A certificate for these names with the authority's behind it, and its key, as PEM.
    fn certify(&self, names: &BTreeSet<TlsName>, now: SystemTime) -> anyhow::Result<(String, String)> {
        let mut asked = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        asked.distinguished_name = DistinguishedName::new();
        asked.distinguished_name.push(DnType::CommonName, "Veranda");
        asked.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        asked.use_authority_key_identifier_extension = true;
        asked.not_before = (now - GOOD_BEFORE).into();
        asked.not_after = (now + GOOD_FOR).into();
        let pair = KeyPair::generate()?;
        let made = asked.signed_by(&pair, &self.issuer)?;
        Ok((made.pem() + &self.pem, pair.serialize_pem()))
    }
}

/// The content of a file, if there is one.
fn kept(file: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

/// Whether certificate and key belong together, and the certificate is good now: one that was made while the clock was wrong is not.
fn vouches(certificate: &CertificateDer<'_>, pair: &KeyPair, now: SystemTime) -> bool {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return false };
    let Ok(now) = now.duration_since(SystemTime::UNIX_EPOCH) else { return false };
    let [begins, ends] = [parsed.validity().not_before, parsed.validity().not_after]
        .map(|time| u64::try_from(time.timestamp()).unwrap_or_default());
    (begins..ends).contains(&now.as_secs()) && parsed.public_key().raw == pair.subject_public_key_info()
}

/// What the authority says of itself. Its name has its key in it, so that those of two servers are never taken for each other.
fn authority(pair: &KeyPair, now: SystemTime) -> CertificateParams {
    let key = Sha256::digest(pair.der_bytes());
    let key: String = key.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("Veranda, local network ({key})"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    // For servers alone: neither mail nor programs.
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let names = LOCAL_NAMES.map(|name| GeneralSubtree::DnsName(name.to_owned()));
    let addresses = local_networks().map(|network| GeneralSubtree::IpAddress(subnet(network)));
    let permitted_subtrees = names.into_iter().chain(addresses).collect();
    params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    params.not_before = (now - GOOD_BEFORE).into();
    params.not_after = (now + AUTHORITY_GOOD_FOR).into();
    params
}

fn subnet(network: IpNet) -> CidrSubnet {
    match network {
        IpNet::V4(network) => CidrSubnet::V4(network.network().octets(), network.netmask().octets()),
        IpNet::V6(network) => CidrSubnet::V6(network.network().octets(), network.netmask().octets()),
    }
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::RootCertStore;
    use tokio_rustls::rustls::client::WebPkiServerVerifier;
    use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
    use tokio_rustls::rustls::pki_types::{ServerName, UnixTime};

    use super::super::provider;
    use super::*;

    fn machine(address: &str) -> Machine {
        let address = address.parse().unwrap();
        Machine {
            host: "veranda-box.example.org".to_owned(),
            addresses: vec![address],
            primary: Some(address),
        }
    }

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + DAY.saturating_mul(20_000)
    }

    /// Whether a device that trusts the authority takes a server for what it is called.
    fn trusts(authority: &CertificateDer<'static>, shown: &CertifiedKey, name: &str) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone()).unwrap();
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider()).build().unwrap();
        let at = UnixTime::since_unix_epoch(now().duration_since(SystemTime::UNIX_EPOCH).unwrap());
        let name = ServerName::try_from(name.to_owned()).unwrap();
        verifier.verify_server_cert(&shown.cert[0], &shown.cert[1..], &name, &[], at).is_ok()
    }

    #[test]
    fn whoever_trusts_the_authority_trusts_the_server_at_its_next_address_too() {
        let data = tempfile::tempdir().unwrap();
        let first = certified(data.path(), &machine("192.168.1.5"), now()).unwrap();
        let authority = CertificateDer::from_pem_file(authority_file(data.path())).unwrap();
        for name in ["192.168.1.5", "localhost", "veranda-box.local"] {
            assert!(trusts(&authority, &first, name), "{name}");
        }
        assert!(!trusts(&authority, &first, "10.0.0.9"));
        let same = certified(data.path(), &machine("192.168.1.5"), now()).unwrap();
        assert_eq!(same.cert, first.cert, "nobody is asked again for nothing");
        let moved = certified(data.path(), &machine("10.0.0.9"), now()).unwrap();
        assert!(trusts(&authority, &moved, "10.0.0.9"));
        let elsewhere = tempfile::tempdir().unwrap();
        let other = certified(elsewhere.path(), &machine("10.0.0.9"), now()).unwrap();
        assert!(!trusts(&authority, &other, "10.0.0.9"), "another server's");
    }

    #[test]
    fn a_stolen_authority_vouches_for_nothing_but_local_networks() {
        let data = tempfile::tempdir().unwrap();
        let authority = Authority::open(data.path(), now()).unwrap();
        for (name, is_local) in [
            ("10.1.2.3", true),
            ("nas.local", true),
            ("8.8.8.8", false),
            ("bank.example", false),
            ("2001:db8::1", false),
        ] {
            let names = [name.parse::<TlsName>().unwrap()].into();
            let (chain, key) = authority.certify(&names, now()).unwrap();
            let [chain_file, key_file] = ["c", "k"].map(|file| data.path().join(file));
            fs::write(&chain_file, chain).unwrap();
            fs::write(&key_file, key).unwrap();
            let shown = read(&chain_file, &key_file).unwrap();
            assert_eq!(trusts(&authority.certificate, &shown, name), is_local, "{name}");
        }
    }

    #[test]
    fn public_addresses_are_not_in_it_and_a_broken_authority_is_replaced_with_what_it_has_signed() {
        let data = tempfile::tempdir().unwrap();
        let mut at = machine("192.168.1.5");
        at.addresses.push("203.0.113.7".parse().unwrap());
        assert!(!names(&at).contains(&"203.0.113.7".parse().unwrap()));
        at.primary = Some("203.0.113.7".parse().unwrap());
        assert_eq!(primary(&at), Some("192.168.1.5".parse().unwrap()));
        let first = certified(data.path(), &at, now()).unwrap();
        fs::write(data.path().join("tls/authority.key"), "").unwrap();
        let second = certified(data.path(), &at, now()).unwrap();
        assert_ne!(second.cert, first.cert);
        let authority = CertificateDer::from_pem_file(authority_file(data.path())).unwrap();
        assert!(trusts(&authority, &second, "192.168.1.5"));
    }

    #[test]
    fn an_authority_of_a_wrong_clock_or_another_key_is_replaced_and_one_that_cannot_be_read_is_not() {
        let data = tempfile::tempdir().unwrap();
        let certificate = authority_file(data.path());
        let at = machine("192.168.1.5");
        certified(data.path(), &at, SystemTime::UNIX_EPOCH + DAY.saturating_mul(3)).unwrap();
        let early = fs::read(&certificate).unwrap();
        let shown = certified(data.path(), &at, now()).unwrap();
        let authority = CertificateDer::from_pem_file(&certificate).unwrap();
        assert!(trusts(&authority, &shown, "192.168.1.5"));
        assert_ne!(fs::read(&certificate).unwrap(), early);
        fs::write(data.path().join("tls/authority.key"), KeyPair::generate().unwrap().serialize_pem())
            .unwrap();
        let shown = certified(data.path(), &at, now()).unwrap();
        let authority = CertificateDer::from_pem_file(&certificate).unwrap();
        assert!(trusts(&authority, &shown, "192.168.1.5"));
        fs::remove_file(&certificate).unwrap();
        fs::create_dir(&certificate).unwrap();
        assert!(certified(data.path(), &at, now()).is_err());
    }
}
