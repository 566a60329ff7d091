//! The build that this server has the pages of, and its files, which are kept for seven days after a newer one has started: a page that
//! was opened before an upgrade opens every part of itself after it.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use app::language::{self, Language};
use app::plain::{BuildFiles, Cdn, SPLIT_MANIFEST};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use protocol::Timestamp;
use sha2::{Digest as _, Sha256};
use storage::{BuildFile, Storage, StorageError};

use crate::embedded;
use crate::page_files::{FOLDERS, PageFiles};

/// How long the files of a build are kept after a newer one has started.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How many builds that were replaced are kept at the most, whatever their age.
pub(crate) const MOST_KEPT: u32 = 8;

/// The build that this server has the pages of, as it was when the server started. Its address stands for exactly these contents: a file
/// that was replaced since is of another build.
#[derive(Clone, Debug)]
pub(crate) struct Build {
    /// Says which files it has: another file, or another content, is another id.
    id: Arc<str>,
    files: PageFiles,
    /// The files, by their paths.
    hashed: Arc<BTreeMap<String, Hashed>>,
    named: BuildFiles,
    kept: Arc<AtomicBool>,
}

/// A file as it was hashed.
#[derive(Debug)]
struct Hashed {
    /// `None` where nobody can replace it.
    state: Option<FileState>,
    digest: [u8; 32],
}

/// By what a file is known to be the same without being read.
#[derive(Debug, PartialEq, Eq)]
struct FileState {
    bytes: u64,
    /// Not every system tells.
    modified: Option<SystemTime>,
}

impl FileState {
    fn of(metadata: &Metadata) -> Self {
        Self { bytes: metadata.len(), modified: metadata.modified().ok() }
    }
}

/// Why a build is not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeepError {
    /// The database's fault.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The disk's fault, or that of whoever has deleted the file.
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, std::io::Error),
    /// Somebody has replaced it.
    #[error("{0} was replaced after the server had started")]
    Replaced(String),
    /// The server stops.
    #[error("the files were not read to the end")]
    Stopped,
}

impl Build {
    /// The build of these files. What cannot be read is no part of it: [`crate::config_check`] says when there is nothing.
    pub(crate) fn of(files: PageFiles) -> Self {
        let mut hashed = BTreeMap::new();
        for path in files.paths(&FOLDERS) {
            match hash(&files, &path) {
                Ok(file) => _ = hashed.insert(path, file),
                Err(error) => tracing::warn!(%path, %error, "a file of the page cannot be read"),
            }
        }
        let mut digest = Sha256::new();
        let of_page = hashed.iter().map(|(path, file)| (path.clone(), file.digest));
        for (path, content) in of_page.chain(digest_of_languages()) {
            digest.update(path.as_bytes());
            digest.update([0]);
            digest.update(content);
        }
        let id: String = hex(&digest.finalize()).chars().take(16).collect();
        let named = named(&files, root(&id));
        Self { id: id.into(), files, hashed: hashed.into(), named, kept: Arc::default() }
    }

    /// The same, with its modules from elsewhere where `base` names a place.
    pub(crate) fn with_cdn(self, base: &str) -> Self {
        let modules =
            self.hashed.iter().filter(|(path, _)| path.starts_with("pkg/") && path.ends_with(".wasm"));
        let integrity = modules.map(|(path, file)| (path.clone(), integrity(file.digest))).collect();
        match cdn(base, &integrity) {
            Some(cdn) => Self { named: self.named.with_cdn(cdn), ..self },
            None => self,
        }
    }

    /// What it is told apart by.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Whether an address is of this build.
    pub(crate) fn is(&self, id: &str) -> bool {
        *self.id == *id
    }

    /// Where its files are.
    pub(crate) fn files(&self) -> &PageFiles {
        &self.files
    }

    /// Its files, as documents name them.
    pub(crate) fn named(&self) -> &BuildFiles {
        &self.named
    }

    /// Whether the build has a file at this path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.hashed.contains_key(path)
    }

    /// Whether a file, and its compressed form, are still as they were when the server started: the same size, and not written since.
    pub(crate) async fn is_still_there(&self, path: &str) -> bool {
        self.is_unchanged(path).await && self.is_unchanged(&format!("{path}{COMPRESSED}")).await
    }

    async fn is_unchanged(&self, path: &str) -> bool {
        let PageFiles::Folder(site) = &self.files else { return true };
        let now = tokio::fs::metadata(site.join(path)).await.ok();
        let now = now.filter(Metadata::is_file).map(|metadata| FileState::of(&metadata));
        now.as_ref() == self.hashed.get(path).and_then(|file| file.state.as_ref())
    }

    /// Every file with its content, which is what was hashed.
    fn read(&self) -> Result<Vec<BuildFile>, KeepError> {
        let of_page = self.hashed.iter().map(|(path, file)| {
            let content = self
                .files
                .read(path)
                .map_err(|error| KeepError::Unreadable(path.clone(), error))?
                .into_owned();
            let digest = sha256(&content);
            let is_same = digest == file.digest;
            let file = BuildFile { path: path.clone(), digest: hex(&digest), content };
            if is_same { Ok(file) } else { Err(KeepError::Replaced(file.path)) }
        });
        let languages = languages().map(|(path, text)| {
            let content = text.as_bytes().to_vec();
            Ok(BuildFile { path, digest: hex(&sha256(&content)), content })
        });
        of_page.chain(languages).collect()
    }

    async fn keep(&self, storage: &dyn Storage, wall: Timestamp) -> Result<(), KeepError> {
        // By the time that decides when it is forgotten; zero would say that nothing has replaced what this one replaces.
        let today = storage.retention_time(wall, Duration::ZERO).await?;
        if storage.start_build(&self.id, today.max(Timestamp(1))).await? {
            return Ok(());
        }
        let build = self.clone();
        let files =
            tokio::task::spawn_blocking(move || build.read()).await.map_err(|_| KeepError::Stopped)??;
        Ok(storage.keep_build(&self.id, &files).await?)
    }
}

/// Keeps this build's files, if they are not kept yet. A server whose storage does not take them goes on without: then pages of this build
/// have to be loaded anew after the next upgrade.
pub(crate) async fn keep(build: Build, storage: Arc<dyn Storage>, wall: Timestamp) {
    if build.kept.load(Ordering::Relaxed) {
        return;
    }
    match build.keep(&*storage, wall).await {
        Ok(()) => build.kept.store(true, Ordering::Relaxed),
        Err(error) => {
            tracing::warn!(%error, "the page's files could not be kept: pages that are open now will need a reload after the next upgrade");
        }
    }
}

/// Behind the path of a file stands this for its compressed form.
pub(crate) const COMPRESSED: &str = ".br";

fn hash(files: &PageFiles, path: &str) -> std::io::Result<Hashed> {
    // Before it is read: what is written meanwhile is another state.
    let state = match files {
        PageFiles::Inside => {
            let inside = embedded::file(path).ok_or(std::io::ErrorKind::NotFound)?;
            return Ok(Hashed { state: None, digest: inside.digest });
        }
        PageFiles::Folder(site) => FileState::of(&std::fs::metadata(site.join(path))?),
    };
    Ok(Hashed { state: Some(state), digest: sha256(&files.read(path)?) })
}

/// What stands before the paths of a build's files.
pub(crate) fn root(id: &str) -> String {
    format!("/builds/{id}")
}

fn named(files: &PageFiles, root: String) -> BuildFiles {
    let manifest = files.read(SPLIT_MANIFEST).ok();
    BuildFiles::new(root.clone(), manifest.as_deref()).unwrap_or_else(|error| {
        tracing::error!(%error, "{SPLIT_MANIFEST} is not what the build makes: the page's parts are fetched late");
        BuildFiles::without_modules(root)
    })
}

/// The languages, by their paths.
fn languages() -> impl Iterator<Item = (String, &'static str)> {
    Language::ALL.into_iter().map(|language| (path_of(language), language::data(language)))
}

/// What a content is told apart by.
pub(crate) fn sha256(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

/// The languages, by their paths, as they are told apart.
pub(crate) fn digest_of_languages() -> impl Iterator<Item = (String, [u8; 32])> {
    languages().map(|(path, text)| (path, sha256(text.as_bytes())))
}

/// Where a language is, below the address of its build.
fn path_of(language: Language) -> String {
    format!("languages/{}.json", language.tag())
}

/// The language that is at a path.
pub(crate) fn language_of(path: &str) -> Option<Language> {
    Language::ALL.into_iter().find(|language| path_of(*language) == path)
}

/// As browsers check it (Subresource Integrity §3.3).
pub(crate) fn integrity(digest: [u8; 32]) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(digest))
}

/// Where modules come from; `None` where that is the server itself.
pub(crate) fn cdn(base: &str, integrity: &BTreeMap<String, String>) -> Option<Cdn> {
    (!base.is_empty()).then(|| Cdn::new(base, integrity))
}

/// As text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use storage::SqlStorage;

    use super::*;

    fn of(site: &Path) -> Build {
        Build::of(PageFiles::of(site))
    }

    fn write(site: &Path, path: &str, content: &str) {
        let path = site.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    #[test]
    fn another_content_is_another_build_and_the_same_is_the_same() {
        let site = tempfile::tempdir().unwrap();
        let write = |path: &str, content: &str| write(site.path(), path, content);
        write("pkg/a.js", "a");
        write("worker/start.js", "b");
        let first = of(site.path()).id().to_owned();
        assert_eq!(of(site.path()).id(), first);
        write("favicon.svg", "of no build");
        assert_eq!(of(site.path()).id(), first);
        write("worker/start.js", "c");
        let second = of(site.path()).id().to_owned();
        assert_ne!(second, first);
        write("pkg/new.wasm", "");
        assert_ne!(of(site.path()).id(), second);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_is_a_link_to_one_elsewhere_is_one_of_the_build() {
        let (site, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(elsewhere.path(), "a.js", "a");
        std::fs::create_dir(site.path().join("pkg")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("a.js"), site.path().join("pkg/a.js")).unwrap();
        let build = of(site.path());
        assert!(build.has("pkg/a.js") && build.is_still_there("pkg/a.js").await);
    }

    #[tokio::test]
    async fn nothing_but_what_was_hashed_is_kept_and_that_is_tried_again() {
        let (site, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let storage: Arc<dyn Storage> = Arc::new(SqlStorage::sqlite(data.path()).await.unwrap());
        write(site.path(), "pkg/a.js", "a");
        write(site.path(), "pkg/b.js", "b");
        let build = of(site.path());
        let keep = async || {
            keep(build.clone(), Arc::clone(&storage), Timestamp(0)).await;
            storage.file_of_build(&build.id, "pkg/a.js").await.unwrap().is_some()
        };
        write(site.path(), "pkg/b.js", "another");
        assert!(!keep().await, "one was replaced");
        std::fs::remove_file(site.path().join("pkg/b.js")).unwrap();
        assert!(!keep().await, "one is missing");
        write(site.path(), "pkg/b.js", "b");
        assert!(keep().await);
        // One that replaces it at the beginning of time has replaced it all the same.
        write(site.path(), "pkg/b.js", "newer");
        super::keep(of(site.path()), Arc::clone(&storage), Timestamp(0)).await;
        assert_eq!(storage.forget_builds(Timestamp(0), 0).await.unwrap(), 1);
        assert!(storage.file_of_build(&build.id, "pkg/a.js").await.unwrap().is_none());
    }
}
