//! A certificate that the server makes for itself, at its first start: encrypted, but nobody vouches for it. Browsers ask once
//! whether to trust it. For a local network, where no authority gives any.

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::{Shown, read};
use crate::clock;
use crate::config::Config;
use crate::tokens::write_secret;

/// Browsers of some phones refuse certificates that are good for more than 825 days, others for more than 398.
const GOOD_FOR: Duration = Duration::from_secs(390 * 24 * 60 * 60);

/// A new one is made when the old one has been good for so long, at the next start.
const RENEWED_AFTER: Duration = Duration::from_secs(300 * 24 * 60 * 60);

pub(super) fn open(config: &Config) -> anyhow::Result<Arc<Shown>> {
    let folder = config.storage.data.join("tls");
    let [certificate, key, about] =
        ["self-signed.crt", "self-signed.key", "self-signed.names"].map(|name| folder.join(name));
    let names = names(config);
    if !serves(&about, &names) || !certificate.exists() || !key.exists() {
        fs::create_dir_all(&folder)?;
        make(&certificate, &key, &names)?;
        fs::write(&about, names.iter().map(|name| format!("{name}\n")).collect::<String>())?;
    }
    let certified = read(&certificate, &key)?;
    if let Some(first) = certified.cert.first() {
        let digest = Sha256::digest(first.as_ref());
        let fingerprint = digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
        tracing::info!(fingerprint, "the certificate is our own; browsers ask whether to trust it");
    }
    Ok(Shown::new(certified))
}

/// What browsers may call this server.
fn names(config: &Config) -> BTreeSet<String> {
    let addresses = if_addrs::get_if_addrs().unwrap_or_default().into_iter().map(|one| one.ip());
    let lasting = addresses.filter(|address| match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(address) => !address.is_unicast_link_local(),
    });
    let told = config.media.addresses.iter().copied();
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let given = config.tls.names.iter().cloned();
    let names = given
        .chain(["localhost".to_owned(), host])
        .chain(lasting.chain(told).map(|address| address.to_string()));
    names.filter(|name| !name.is_empty()).collect()
}

/// Whether the certificate that is there has all these names, and is young enough.
fn serves(about: &Path, names: &BTreeSet<String>) -> bool {
    let Ok(text) = fs::read_to_string(about) else { return false };
    let has: BTreeSet<_> = text.lines().map(str::to_owned).collect();
    let age =
        fs::metadata(about).and_then(|about| about.modified()).ok().and_then(|made| made.elapsed().ok());
    names.is_subset(&has) && age.is_some_and(|age| age < RENEWED_AFTER)
}

fn make(certificate: &Path, key: &Path, names: &BTreeSet<String>) -> anyhow::Result<()> {
    let mut asked = rcgen::CertificateParams::new(names.iter().cloned().collect::<Vec<_>>())?;
    asked.distinguished_name = rcgen::DistinguishedName::new();
    asked.distinguished_name.push(rcgen::DnType::CommonName, "Veranda, signed by itself");
    let now = clock::system_time();
    // Clocks of clients may be behind.
    asked.not_before = (now - Duration::from_secs(24 * 60 * 60)).into();
    asked.not_after = (now + GOOD_FOR).into();
    let pair = rcgen::KeyPair::generate()?;
    let made = asked.self_signed(&pair)?;
    write_secret(key, pair.serialize_pem().as_bytes())?;
    fs::write(certificate, made.pem())?;
    Ok(())
}
