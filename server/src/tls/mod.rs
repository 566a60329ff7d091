//! TLS of the server's own: whose certificate it is, and how a connection agrees on it.

mod acme;
mod acme_files;
mod acme_trouble;
mod certificate_end;
mod files;
mod lan;
mod machine;
mod self_signed;

pub use lan::{address as lan_address, authority_file, authority_fingerprint};

use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context;
use rustls_acme::is_tls_alpn_challenge;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::server::{Acceptor, ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ServerConfig, version};
use tokio_rustls::server::TlsStream;

use crate::config::{Config, TlsMode};
use crate::tls_name::TlsName;

pub(crate) use certificate_end::CertificateEnd;

/// Agrees on TLS with clients; a clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct Tls {
    usual: Arc<ServerConfig>,
    /// For the authority, when it looks whether our names lead here (RFC 8737 §3).
    challenged: Option<Arc<ServerConfig>>,
}

/// The certificate that is shown now. It is exchanged while connections go on.
#[derive(Debug)]
pub(crate) struct Shown {
    key: RwLock<Arc<CertifiedKey>>,
    end: Arc<CertificateEnd>,
}

impl Tls {
    /// With the certificate that the configuration asks for; `None` when it asks for none.
    ///
    /// # Errors
    ///
    /// When there is no such certificate, or it cannot be made.
    pub(crate) fn open(config: &Config, end: &Arc<CertificateEnd>) -> anyhow::Result<Option<Self>> {
        let mut challenged = None;
        let shown: Arc<dyn ResolvesServerCert> = match config.tls.mode {
            TlsMode::Off => return Ok(None),
            TlsMode::SelfSigned => self_signed::open(config, end).context("cannot make a certificate")?,
            TlsMode::Files => files::open(&config.tls, end).context("cannot use the certificate of [tls]")?,
            TlsMode::Lan => lan::open(config, end).context("cannot make a certificate")?,
            TlsMode::Acme => {
                let certified = acme::open(config, end).context("cannot ask for a certificate")?;
                challenged = Some(certified.challenged);
                certified.shown
            }
        };
        let mut usual = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(shown);
        // The first of them that the client knows. Clients of relays that know HTTP too want the relay.
        usual.alpn_protocols = [&b"stun.turn"[..], b"h2", b"http/1.1"].map(<[u8]>::to_vec).to_vec();
        usual.ticketer = aws_lc_rs::Ticketer::new()?;
        Ok(Some(Self { usual: Arc::new(usual), challenged }))
    }

    /// Agrees with one client; `None` when it was the authority, which has seen what it came for.
    ///
    /// # Errors
    ///
    /// When they have nothing in common, the connection breaks, or there is no certificate yet. The client is told why.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<Option<TlsStream<S>>> {
        let greeted = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        match &self.challenged {
            Some(challenged) if is_tls_alpn_challenge(&greeted.client_hello()) => {
                greeted.into_stream(Arc::clone(challenged)).await?.shutdown().await?;
                Ok(None)
            }
            Some(_) | None => greeted.into_stream(Arc::clone(&self.usual)).await.map(Some),
        }
    }
}

impl Shown {
    /// `end` is told when it ends, and when another one does that takes its place.
    fn new(key: CertifiedKey, end: &Arc<CertificateEnd>) -> Arc<Self> {
        end.note(&key);
        Arc::new(Self { key: RwLock::new(Arc::new(key)), end: Arc::clone(end) })
    }

    fn exchange(&self, key: CertifiedKey) {
        self.end.note(&key);
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.key.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Reads a chain of certificates and its key, both as PEM (RFC 7468), and checks that they belong together.
fn read(certificate: &Path, key: &Path) -> anyhow::Result<CertifiedKey> {
    use tokio_rustls::rustls::pki_types::pem::PemObject as _;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let in_file = |file: &Path| format!("in {}", file.display());
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| in_file(certificate))?;
    anyhow::ensure!(!chain.is_empty(), "there is no certificate in {}", certificate.display());
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| in_file(key))?;
    Ok(CertifiedKey::from_der(chain, key, &provider())?)
}

/// What this server is called, as far as its certificate says so: the names in the configuration, or those in the certificate of
/// the file.
pub(crate) fn names(config: &Config) -> Vec<TlsName> {
    let in_file = match config.tls.mode {
        TlsMode::SelfSigned => self_signed::names_in_file(&config.storage.data.join("tls/self-signed.crt")),
        TlsMode::Lan => self_signed::names_in_file(&config.storage.data.join("tls/lan.crt")),
        TlsMode::Files if config.tls.names.is_empty() => self_signed::names_in_file(&config.tls.certificate),
        TlsMode::Off | TlsMode::Files | TlsMode::Acme => Vec::new(),
    };
    config.tls.names.iter().cloned().chain(in_file).collect()
}
