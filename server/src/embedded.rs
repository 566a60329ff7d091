//! The page inside the program, for those built with the feature `embedded`; in others there is none.

use std::collections::BTreeMap;
use std::future::{Ready, ready};
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::services::fs::{Backend, File, Metadata};

/// Whether there is a page inside.
pub(crate) const IS_THERE: bool = cfg!(feature = "embedded");

/// Path and content of each file; made by build.rs.
#[cfg(feature = "embedded")]
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/inside.rs"));
#[cfg(not(feature = "embedded"))]
const FILES: &[(&str, &[u8])] = &[];

/// A file inside.
pub(crate) struct Inside {
    pub(crate) content: &'static [u8],
    pub(crate) digest: [u8; 32],
}

static INSIDE: LazyLock<BTreeMap<&'static str, Inside>> = LazyLock::new(|| {
    let hashed = |content| Inside { content, digest: Sha256::digest(content).into() };
    FILES.iter().map(|(path, content)| (*path, hashed(*content))).collect()
});

/// The paths of all files.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    INSIDE.keys().copied()
}

/// The file at a path.
pub(crate) fn file(path: &str) -> Option<&'static Inside> {
    INSIDE.get(path)
}

/// What a file holds.
pub(crate) fn content(path: &str) -> Option<&'static [u8]> {
    file(path).map(|file| file.content)
}

/// What a file's content is told apart by (RFC 9110 §8.8.3). Weak, because the compressed form has the same one.
pub(crate) fn tag(path: &str) -> Option<String> {
    let digest: String = file(path)?.digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Some(format!("W/\"{digest}\""))
}

/// Has `ServeDir` answer with what is inside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Embedded;

/// A file, as far as it was read.
pub(crate) struct Opened(Cursor<&'static [u8]>);

/// How large it is.
pub(crate) struct Length(u64);

impl Embedded {
    fn find(path: &Path) -> io::Result<&'static [u8]> {
        // `ServeDir` writes every path from where it stands.
        path.strip_prefix(".")
            .unwrap_or(path)
            .to_str()
            .and_then(content)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Backend for Embedded {
    type File = Opened;
    type Metadata = Length;
    type OpenFuture = Ready<io::Result<Opened>>;
    type MetadataFuture = Ready<io::Result<Length>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        ready(Self::find(&path).map(|content| Opened(Cursor::new(content))))
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        ready(Self::find(&path).map(|content| Length(content.len() as u64)))
    }
}

impl File for Opened {
    type Metadata = Length;
    type MetadataFuture<'a> = Ready<io::Result<Length>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        ready(Ok(Length(self.0.get_ref().len() as u64)))
    }
}

impl Metadata for Length {
    fn is_dir(&self) -> bool {
        false
    }

    fn modified(&self) -> io::Result<SystemTime> {
        // What it is made into is not sent: `page_files.rs` has a better tag.
        Ok(SystemTime::UNIX_EPOCH)
    }

    fn len(&self) -> u64 {
        self.0
    }
}

impl AsyncRead for Opened {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl AsyncSeek for Opened {
    fn start_seek(mut self: Pin<&mut Self>, to: io::SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.0).start_seek(to)
    }

    fn poll_complete(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.0).poll_complete(context)
    }
}
