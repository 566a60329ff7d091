//! A certificate from an authority (ACME, RFC 8555), Let's Encrypt unless told otherwise, and a new one when a third of its time
//! is left. The authority sees by a handshake on our own port that the names lead here (TLS-ALPN-01, RFC 8737), so nothing else
//! has to be open. Until the first certificate is there, handshakes end with an alert: a certificate that nobody vouches for
//! would teach people to click warnings away.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures::StreamExt as _;
use rustls_acme::{AcmeConfig, AcmeState, EventError, EventOk, ResolvesServerCertAcme};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::acme_files::AcmeFiles;
use super::{CertificateEnd, acme_trouble, provider};
use crate::config::Config;
use crate::tasks;

/// What connections need of it.
pub(super) struct Certified {
    /// For clients.
    pub(super) shown: Arc<ResolvesServerCertAcme>,
    /// For the authority.
    pub(super) challenged: Arc<ServerConfig>,
}

/// After the first refusal nothing is asked for so long, then twice as long, and so on up to the second figure. The library alone
/// would ask five times in half a minute, which is as often as Let's Encrypt lets a name fail in an hour.
const PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

type State = AcmeState<std::io::Error>;

/// Begins to ask for a certificate, or takes the one that was kept.
pub(super) fn open(config: &Config, end: &Arc<CertificateEnd>) -> anyhow::Result<Certified> {
    let names: Vec<_> = config.tls.names.iter().map(ToString::to_string).collect();
    let asked = &config.tls.acme;
    let mut acme = AcmeConfig::new(&names).directory(&asked.directory);
    if !asked.root.as_os_str().is_empty() {
        acme = acme.client_tls_config(trusting(&asked.root).context("[tls.acme] root")?);
    }
    if !asked.contact.is_empty() {
        let address = asked.contact.strip_prefix("mailto:").unwrap_or(&asked.contact);
        acme = acme.contact_push(format!("mailto:{address}"));
    }
    let state = acme.cache(AcmeFiles::open(&config.storage.data, Arc::clone(end))?).state();
    let shown = state.resolver();
    let challenged = state.challenge_rustls_config_with_provider(provider());
    tracing::info!(authority = asked.directory, "certificates for {} are asked for", names.join(", "));
    tasks::spawn(keep(state, names.join(", ")));
    Ok(Certified { shown, challenged })
}

/// Trusts one authority, and no other.
fn trusting(root: &Path) -> anyhow::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(root).context(root.display().to_string())? {
        roots.add(certificate.context(root.display().to_string())?)?;
    }
    anyhow::ensure!(!roots.is_empty(), "there is no certificate in {}", root.display());
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Asks, and asks anew, until the server stops.
async fn keep(mut state: State, names: String) {
    let mut pause = PAUSE;
    while let Some(event) = state.next().await {
        match event {
            Ok(event) => {
                say(&event, &names);
                pause = PAUSE;
            }
            Err(EventError::Order(error)) => {
                let trouble = acme_trouble::of_order(&error);
                tracing::error!(again_in = ?pause, "no new certificate for {names}: {trouble}");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) => tracing::error!(%error, "the certificate for {names} cannot be kept or read"),
        }
    }
}

fn say(event: &EventOk, names: &str) {
    match event {
        EventOk::DeployedCachedCert => tracing::info!("the certificate for {names} is the one that was kept"),
        EventOk::DeployedNewCert => tracing::info!("there is a new certificate for {names}"),
        EventOk::CertCacheStore | EventOk::AccountCacheStore => {}
    }
}
