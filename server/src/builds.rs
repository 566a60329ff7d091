//! The build that this server has the pages of, and its files, which are kept for seven days after a newer one has started: a page that
//! was opened before an upgrade opens every part of itself after it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::language::{self, Language};
use protocol::Timestamp;
use sha2::{Digest as _, Sha256};
use storage::{BuildFile, Storage};
use walkdir::WalkDir;

/// How long the files of a build are kept after a newer one has started.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How many builds that were replaced are kept at the most, whatever their age.
pub(crate) const MOST_KEPT: u32 = 8;

/// The folders of the site whose files belong to a build.
pub(crate) const FOLDERS: [&str; 2] = ["pkg", "worker"];

/// The build that this server has the pages of.
#[derive(Clone, Debug)]
pub(crate) struct Build {
    /// Says which files it has: another file, or another content, is another id.
    id: Arc<str>,
    site: Arc<Path>,
}

impl Build {
    /// The build in a site's folder. What cannot be read is left out: [`crate::config_check`] says when there is nothing.
    pub(crate) fn of(site: &Path) -> Self {
        let mut digest = Sha256::new();
        for (path, content) in files(site) {
            digest.update(path.as_bytes());
            digest.update([0]);
            digest.update(Sha256::digest(&content));
        }
        let id: String = hex(&digest.finalize()).chars().take(16).collect();
        Self { id: id.into(), site: site.into() }
    }

    /// Whether an address is of this build.
    pub(crate) fn is(&self, id: &str) -> bool {
        *self.id == *id
    }

    /// The folder that has its files.
    pub(crate) fn site(&self) -> &Path {
        &self.site
    }

    /// What stands before the paths of its files.
    pub(crate) fn root(&self) -> String {
        format!("/builds/{}", self.id)
    }
}

/// Keeps this build's files. A server whose storage does not take them goes on without: then pages of this build have to be loaded anew after the next upgrade.
pub(crate) async fn keep(build: Build, storage: Arc<dyn Storage>, now: Timestamp) {
    let Build { id, site } = build;
    let kept = async {
        if storage.start_build(&id, now).await? {
            return Ok(());
        }
        let read = tokio::task::spawn_blocking(move || build_files(&site)).await;
        storage.keep_build(&id, &read.unwrap_or_default()).await
    };
    if let Err(error) = kept.await {
        tracing::warn!(%error, "the page's files could not be kept: pages that are open now will need a reload after the next upgrade");
    }
}

/// Every file of a build by its path, in order.
fn files(site: &Path) -> impl Iterator<Item = (String, Vec<u8>)> {
    let walked =
        FOLDERS.map(|folder| WalkDir::new(site.join(folder)).sort_by_file_name()).into_iter().flatten();
    let site = site.to_owned();
    let on_disk =
        walked.filter_map(Result::ok).filter(|entry| entry.file_type().is_file()).filter_map(move |entry| {
            let path = entry.path().strip_prefix(&site).ok()?.to_str()?.to_owned();
            Some((path, std::fs::read(entry.path()).ok()?))
        });
    let languages =
        Language::ALL.into_iter().map(|language| (path_of(language), language::data(language).into_bytes()));
    on_disk.chain(languages)
}

fn build_files(site: &Path) -> Vec<BuildFile> {
    let file = |(path, content): (String, Vec<u8>)| BuildFile {
        path,
        digest: hex(&Sha256::digest(&content)),
        content,
    };
    files(site).map(file).collect()
}

/// Where a language is, below the address of its build.
fn path_of(language: Language) -> String {
    format!("languages/{}.json", language.tag())
}

/// The language that is at a path.
pub(crate) fn language_of(path: &str) -> Option<Language> {
    Language::ALL.into_iter().find(|language| path_of(*language) == path)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_content_is_another_build_and_the_same_is_the_same() {
        let site = tempfile::tempdir().unwrap();
        let write = |path: &str, content: &str| {
            let path = site.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        };
        write("pkg/a.js", "a");
        write("worker/start.js", "b");
        let first = Build::of(site.path()).root();
        assert_eq!(Build::of(site.path()).root(), first);
        write("favicon.svg", "of no build");
        assert_eq!(Build::of(site.path()).root(), first);
        write("worker/start.js", "c");
        let second = Build::of(site.path()).root();
        assert_ne!(second, first);
        write("pkg/new.wasm", "");
        assert_ne!(Build::of(site.path()).root(), second);
    }
}
