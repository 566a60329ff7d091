//! Where the page's files are: inside the program, or, while developing, in a folder.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeDir;
use walkdir::WalkDir;

use crate::embedded::{self, Embedded};

/// The place of a site's files; a clone is another handle to the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageFiles {
    /// In the program, as it was built.
    Inside,
    /// In a folder, which somebody may change.
    Folder(Arc<Path>),
}

/// The folders of the site whose files belong to a build.
pub(crate) const FOLDERS: [&str; 2] = ["pkg", "worker"];

/// The folder that the build makes, for programs with nothing inside.
const USUAL_FOLDER: &str = "target/site";

impl PageFiles {
    /// What `[server] site` stands for: what is inside where it is empty.
    pub(crate) fn of(site: &Path) -> Self {
        match site.as_os_str().is_empty() {
            true if embedded::IS_THERE => Self::Inside,
            true => Self::Folder(Path::new(USUAL_FOLDER).into()),
            false => Self::Folder(site.into()),
        }
    }

    /// The paths of the files in these folders.
    pub(crate) fn paths(&self, folders: &[&str]) -> Vec<String> {
        match self {
            Self::Inside => {
                embedded::paths().filter(|path| is_in(path, folders)).map(str::to_owned).collect()
            }
            Self::Folder(site) => folders.iter().flat_map(|folder| paths_in(site, folder)).collect(),
        }
    }

    /// Whether there is such a file.
    pub(crate) fn has(&self, path: &str) -> bool {
        match self {
            Self::Inside => embedded::content(path).is_some(),
            Self::Folder(site) => site.join(path).is_file(),
        }
    }

    /// The content of a file.
    pub(crate) fn read(&self, path: &str) -> io::Result<Cow<'static, [u8]>> {
        match self {
            Self::Inside => {
                embedded::content(path).map(Cow::Borrowed).ok_or_else(|| io::ErrorKind::NotFound.into())
            }
            Self::Folder(site) => std::fs::read(site.join(path)).map(Cow::Owned),
        }
    }

    /// A file that is not as the one inside the program, where there is a page inside. Neither is as the other then: what the server renders
    /// is for the one inside.
    pub(crate) fn first_that_is_not_inside(&self) -> Option<String> {
        if !embedded::IS_THERE {
            return None;
        }
        let mut paths = self.paths(&FOLDERS);
        paths.extend(Self::Inside.paths(&FOLDERS));
        // The worker of pushes stays for long where it was once installed.
        paths.push("sw.js".to_owned());
        paths.sort();
        paths.into_iter().find(|path| self.read(path).ok().as_deref() != embedded::content(path))
    }

    /// Answers a request for a file, compressed where the client takes that and the build has compressed it.
    pub(crate) async fn serve(&self, path: &str, mut asked: Parts) -> Response {
        let Ok(uri) = format!("/{path}").parse() else { return StatusCode::NOT_FOUND.into_response() };
        asked.uri = uri;
        let served = match self {
            Self::Inside => return serve_inside(path, asked).await,
            Self::Folder(site) => {
                let request = Request::from_parts(asked, Body::empty());
                ServeDir::new(site).precompressed_br().try_call(request).await
            }
        };
        served.map_or_else(|error| unreadable(&error), |response| response.map(Body::new))
    }
}

/// Files inside have no date; what tells whether a browser's copy is still the same is their content (RFC 9110 §8.8.3, §13.1.2).
async fn serve_inside(path: &str, mut asked: Parts) -> Response {
    let tag = embedded::tag(path).and_then(|tag| HeaderValue::from_str(&tag).ok());
    let known = asked.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_same = |tag: &HeaderValue| {
        known.is_some_and(|known| known.split(',').any(|one| one.trim().as_bytes() == tag.as_bytes()))
    };
    if let Some(tag) = tag.clone().filter(is_same) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    // A part of what somebody has of another build is no part of this one.
    if asked.headers.contains_key(header::IF_RANGE) {
        asked.headers.remove(header::RANGE);
    }
    for by_date in [header::IF_MODIFIED_SINCE, header::IF_UNMODIFIED_SINCE, header::IF_NONE_MATCH] {
        asked.headers.remove(by_date);
    }
    let mut files = ServeDir::with_backend("", Embedded).precompressed_br();
    let served = files.try_call(Request::from_parts(asked, Body::empty())).await;
    let mut response = served.map_or_else(|error| unreadable(&error), |response| response.map(Body::new));
    let headers = response.headers_mut();
    headers.remove(header::LAST_MODIFIED);
    headers.remove(header::ETAG);
    if let Some(tag) = tag {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// As `ServeDir` itself answers, which says of some errors what they were.
fn unreadable(error: &io::Error) -> Response {
    if matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied
    ) {
        return StatusCode::NOT_FOUND.into_response();
    }
    tracing::error!(%error, "a file of the page could not be read");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn is_in(path: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
}

/// The paths of the files in a folder of a site, below the site. Those that no client is sent are no part of it: cargo-leptos compresses
/// with gzip too, and says what types the script has.
fn paths_in(site: &Path, folder: &str) -> impl Iterator<Item = String> {
    let walked = WalkDir::new(site.join(folder)).follow_links(true);
    let files = walked.into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    let below = files.filter_map(move |entry| {
        let path: PathBuf = entry.path().strip_prefix(site).ok()?.into();
        path.into_os_string().into_string().ok()
    });
    below.filter(|path| !NEVER_SENT.iter().any(|end| path.ends_with(end)))
}

/// What the paths of files end in that stay out; `build.rs` repeats them.
const NEVER_SENT: [&str; 3] = [".gz", ".d.ts", ".d.ts.br"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_folder_is_the_one_that_the_build_makes_unless_the_page_is_inside() {
        let usual = if embedded::IS_THERE {
            PageFiles::Inside
        } else {
            PageFiles::Folder(Path::new("target/site").into())
        };
        assert_eq!(PageFiles::of(Path::new("")), usual);
        assert_eq!(PageFiles::of(Path::new("a")), PageFiles::Folder(Path::new("a").into()));
    }

    #[test]
    fn what_no_client_is_sent_is_no_part_of_a_build() {
        let site = tempfile::tempdir().unwrap();
        std::fs::create_dir(site.path().join("pkg")).unwrap();
        for name in ["a.js", "a.js.br", "a.js.gz", "a.d.ts", "a.d.ts.br"] {
            std::fs::write(site.path().join("pkg").join(name), name).unwrap();
        }
        let mut paths = PageFiles::of(site.path()).paths(&["pkg", "worker"]);
        paths.sort();
        assert_eq!(paths, ["pkg/a.js", "pkg/a.js.br"]);
    }
}
