//! Where the account with an authority and its certificates are kept: files that nobody but the server's user can read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use rustls_acme::{AccountCache, CertCache};
use sha2::{Digest as _, Sha256};

use super::CertificateEnd;
use crate::tokens::write_secret;

/// The folder with them. What belongs to other names or another authority has another file, and stays.
pub(super) struct AcmeFiles {
    folder: PathBuf,
    /// Of the certificate that was read or written last, which is the one that is shown.
    end: Arc<CertificateEnd>,
}

impl AcmeFiles {
    /// In the data folder.
    ///
    /// # Errors
    ///
    /// When there is no such folder, and it cannot be made.
    pub(super) fn open(data: &Path, end: Arc<CertificateEnd>) -> io::Result<Self> {
        let folder = data.join("tls").join("acme");
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        builder.create(&folder)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        }
        Ok(Self { folder, end })
    }

    fn file(&self, kind: &str, of: &[String], directory: &str) -> PathBuf {
        let mut digest = Sha256::new();
        for part in of.iter().map(String::as_str).chain([directory]) {
            digest.update(part.as_bytes());
            digest.update([0]);
        }
        let digest: String = digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{kind}-{digest}"))
    }
}

fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl CertCache for AcmeFiles {
    type EC = io::Error;

    async fn load_cert(&self, domains: &[String], directory_url: &str) -> io::Result<Option<Vec<u8>>> {
        let kept = read(&self.file("certificate", domains, directory_url))?;
        kept.iter().for_each(|kept| self.end.note_pem(kept));
        Ok(kept)
    }

    // With its key.
    async fn store_cert(&self, domains: &[String], directory_url: &str, cert: &[u8]) -> io::Result<()> {
        self.end.note_pem(cert);
        write_secret(&self.file("certificate", domains, directory_url), cert)
    }
}

#[async_trait]
impl AccountCache for AcmeFiles {
    type EA = io::Error;

    async fn load_account(&self, contact: &[String], directory_url: &str) -> io::Result<Option<Vec<u8>>> {
        read(&self.file("account", contact, directory_url))
    }

    async fn store_account(&self, contact: &[String], directory_url: &str, account: &[u8]) -> io::Result<()> {
        write_secret(&self.file("account", contact, directory_url), account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_certificate_is_found_again_under_its_names_and_authority_alone() {
        let data = tempfile::tempdir().unwrap();
        let files = AcmeFiles::open(data.path(), Arc::default()).unwrap();
        let names = ["meet.example", "www.example"].map(str::to_owned);
        files.store_cert(&names, "https://authority.example", b"north").await.unwrap();
        let again = AcmeFiles::open(data.path(), Arc::default()).unwrap();
        let found = async |names: &[String], from: &str| again.load_cert(names, from).await.unwrap();
        assert_eq!(found(&names, "https://authority.example").await.as_deref(), Some(&b"north"[..]));
        assert_eq!(found(&names[..1], "https://authority.example").await, None);
        assert_eq!(found(&names, "https://other.example").await, None);
        assert_eq!(again.load_account(&names, "https://authority.example").await.unwrap(), None);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_can_read_keys_even_in_a_folder_that_was_open() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("tls/acme");
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        let files = AcmeFiles::open(data.path(), Arc::default()).unwrap();
        assert_eq!(mode(&folder), 0o700);
        files.store_account(&[], "https://authority.example", b"north").await.unwrap();
        files.store_cert(&[], "https://authority.example", b"north").await.unwrap();
        let kept: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().all(|file| mode(file) == 0o600));
    }
}
