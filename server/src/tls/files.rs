//! A certificate in files that somebody else keeps, such as certbot: read again when they change.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use super::{CertificateEnd, Shown, read};
use crate::config::TlsConfig;
use crate::tasks;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(30);

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

pub(super) fn open(config: &TlsConfig, end: &Arc<CertificateEnd>) -> anyhow::Result<Arc<Shown>> {
    let files = Files { certificate: config.certificate.clone(), key: config.key.clone() };
    anyhow::ensure!(
        !files.certificate.as_os_str().is_empty() && !files.key.as_os_str().is_empty(),
        "mode = \"files\" needs certificate and key, two files"
    );
    let changed = files.changed();
    let shown = Shown::new(read(&files.certificate, &files.key)?, end);
    tasks::spawn(watch(files, changed, Arc::downgrade(&shown)));
    Ok(shown)
}

impl Files {
    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key]
            .map(|file| std::fs::metadata(file).and_then(|about| about.modified()).ok())
    }
}

async fn watch(files: Files, mut known: [Option<SystemTime>; 2], shown: Weak<Shown>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(shown) = shown.upgrade() else { return };
        let changed = files.changed();
        if changed == known {
            continue;
        }
        match read(&files.certificate, &files.key) {
            Ok(key) => {
                shown.exchange(key);
                known = changed;
                tracing::info!("the certificate was read again");
            }
            // Between two writes they do not belong together; the next look may find more.
            Err(error) => {
                tracing::warn!(%error, "the certificate has changed and cannot be used; the old one is shown");
            }
        }
    }
}
