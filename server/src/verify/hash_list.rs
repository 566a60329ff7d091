//! The list of what a build serves: a line a file, its SHA-256 and its path, as `sha256sum` writes them; before them the build's name.

use std::collections::BTreeMap;
use std::fmt;

use app::plain::Cdn;

use crate::builds::{Build, COMPRESSED, cdn, digest_of_languages, hex, integrity, root, sha256};
use crate::config::Config;
use crate::page_files::{FOLDERS, PageFiles};
use crate::version::VERSION;

/// The list; every address in it belongs to one build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashList {
    build: String,
    entries: BTreeMap<String, [u8; 32]>,
}

/// A text that is no such list. Its writer's fault.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadList {
    /// The first line does not name a build.
    #[error("the first line does not say of which build it is")]
    NoBuild,
    /// A line that is no hash and no path.
    #[error("line {0} is not a hash and a path")]
    BadLine(usize),
    /// There is nothing in it.
    #[error("it names no file")]
    Empty,
}

/// What browsers load besides the build's own files.
const BESIDES: [&str; 4] = ["favicon.svg", "manifest.webmanifest", "robots.txt", "sw.js"];

/// What the first line begins with.
const TITLE: &str = "# veranda ";

impl HashList {
    /// Of the page that this program serves.
    pub fn own(config: &Config) -> Self {
        let files = PageFiles::of(&config.server.site);
        let build = Build::of(files.clone());
        let own_root = root(build.id());
        let hashed = |path: &String| Some(sha256(&files.read(path).ok()?));
        // Compressed forms are compared by what is in them.
        let own = files.paths(&FOLDERS).into_iter().filter(|path| !path.ends_with(COMPRESSED));
        let own = own.filter_map(|path| Some((format!("{own_root}/{path}"), hashed(&path)?)));
        let languages = digest_of_languages().map(|(path, digest)| (format!("{own_root}/{path}"), digest));
        let besides = files.paths(&["icons"]).into_iter().chain(BESIDES.map(str::to_owned));
        let besides = besides.filter(|path| !path.ends_with(COMPRESSED));
        let besides = besides.filter_map(|path| Some((format!("/{path}"), hashed(&path)?)));
        Self { build: build.id().to_owned(), entries: own.chain(languages).chain(besides).collect() }
    }

    /// Reads what [`fmt::Display`] has written.
    ///
    /// # Errors
    ///
    /// When it is something else.
    pub fn parse(text: &str) -> Result<Self, BadList> {
        let mut lines = text.lines().enumerate();
        let title = lines.next().and_then(|(_, line)| line.strip_prefix(TITLE)).ok_or(BadList::NoBuild)?;
        let (_, build) = title.split_once(", build ").ok_or(BadList::NoBuild)?;
        let entry = |(number, line): (usize, &str)| {
            let entry =
                line.split_once("  ").and_then(|(digest, path)| Some((path.to_owned(), unhex(digest)?)));
            entry.filter(|(path, _)| path.starts_with('/')).ok_or(BadList::BadLine(number + 1))
        };
        let entries = lines.map(entry).collect::<Result<BTreeMap<_, _>, _>>()?;
        if entries.is_empty() { Err(BadList::Empty) } else { Ok(Self { build: build.to_owned(), entries }) }
    }

    /// Which build it is of.
    pub fn build(&self) -> &str {
        &self.build
    }

    /// What stands before the paths of the build's own files.
    pub(super) fn root(&self) -> String {
        root(&self.build)
    }

    /// The paths, each with what is there.
    pub(super) fn entries(&self) -> &BTreeMap<String, [u8; 32]> {
        &self.entries
    }

    /// How a page names modules that come from elsewhere.
    pub(super) fn cdn(&self, base: &str) -> Option<Cdn> {
        let root = format!("{}/", self.root());
        let below =
            self.entries.iter().filter_map(|(path, digest)| Some((path.strip_prefix(&root)?, digest)));
        let modules = below.filter(|(path, _)| path.starts_with("pkg/") && path.ends_with(".wasm"));
        cdn(base, &modules.map(|(path, digest)| (path.to_owned(), integrity(*digest))).collect())
    }

    /// Whether a text is one of the build's languages.
    pub(super) fn has_language(&self, text: &str) -> bool {
        let (digest, folder) = (sha256(text.as_bytes()), format!("{}/languages/", self.root()));
        self.entries.iter().any(|(path, own)| path.starts_with(&folder) && *own == digest)
    }
}

impl fmt::Display for HashList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{TITLE}{VERSION}, build {}", self.build)?;
        for (path, digest) in &self.entries {
            writeln!(formatter, "{}  {path}", hex(digest))?;
        }
        Ok(())
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digit = |at: usize| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok();
    let bytes = (0..32).map(digit).collect::<Option<Vec<u8>>>()?;
    (text.len() == 64).then(|| bytes.try_into().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_was_written_is_read_and_nothing_else_is() {
        let site = tempfile::tempdir().unwrap();
        for (folder, file) in
            [("pkg", "pkg/a.js"), ("pkg", "pkg/a.js.br"), ("icons", "icons/i.svg"), ("pkg", "sw.js")]
        {
            std::fs::create_dir_all(site.path().join(folder)).unwrap();
            std::fs::write(site.path().join(file), file).unwrap();
        }
        let mut config = Config::default();
        config.server.site = site.path().to_owned();
        let list = HashList::own(&config);
        let paths: Vec<_> = list.entries().keys().map(|path| path.replace(&list.build, "id")).collect();
        let own: Vec<_> = paths.iter().filter(|path| !path.contains("languages")).collect();
        assert_eq!(own, ["/builds/id/pkg/a.js", "/icons/i.svg", "/sw.js"]);
        assert_eq!(paths.len(), 3 + 8);
        let text = list.to_string();
        assert_eq!(HashList::parse(&text), Ok(list));
        let wrong = |from: &str, to: &str| HashList::parse(&text.replacen(from, to, 1)).unwrap_err();
        assert_eq!(wrong("# veranda", "# another"), BadList::NoBuild);
        assert_eq!(wrong("  /", " /"), BadList::BadLine(2));
        assert_eq!(wrong("  /", "  https://elsewhere.example/"), BadList::BadLine(2));
        assert_eq!(HashList::parse(text.lines().next().unwrap()), Err(BadList::Empty));
    }
}
