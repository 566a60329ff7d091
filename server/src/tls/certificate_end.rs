//! When the certificate ends that is shown, for whoever is to be told in time.

use std::sync::atomic::{AtomicI64, Ordering};

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::sign::CertifiedKey;
use x509_parser::parse_x509_certificate;

/// When it ends, in seconds since 1970; 0 while there is none.
#[derive(Debug, Default)]
pub(crate) struct CertificateEnd(AtomicI64);

impl CertificateEnd {
    /// `None` while there is none.
    pub(crate) fn seconds(&self) -> Option<i64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|seconds| *seconds != 0)
    }

    /// This one is shown from now on.
    pub(super) fn note(&self, shown: &CertifiedKey) {
        if let Some(certificate) = shown.cert.first() {
            self.note_certificate(certificate);
        }
    }

    /// The same, of a certificate as PEM, with whatever else is in there.
    pub(super) fn note_pem(&self, text: &[u8]) {
        if let Some(Ok(certificate)) = CertificateDer::pem_slice_iter(text).next() {
            self.note_certificate(&certificate);
        }
    }

    fn note_certificate(&self, certificate: &CertificateDer<'_>) {
        if let Ok((_, certificate)) = parse_x509_certificate(certificate) {
            self.0.store(certificate.validity().not_after.timestamp(), Ordering::Relaxed);
        }
    }
}
