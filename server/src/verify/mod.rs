//! `veranda verify`: fetches what a server serves, and compares it with what this program has, or with a list. What that is worth, and what it
//! is not, is in docs/verify.md.

mod document;
mod fetch;
mod hash_list;

use std::path::Path;

use axum::http::{HeaderMap, StatusCode, Uri, header};

use crate::builds::sha256;
pub use fetch::FetchError;
use fetch::{Client, Coding};
pub use hash_list::{BadList, HashList};

/// Pages that every server has. What one says may differ from server to server; what it runs may not.
const PAGES: [&str; 5] = ["/", "/new", "/rooms", "/connection-test", "/call"];

/// Something that is served and is not as the list says.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its path.
    pub path: String,
    /// What is different about it.
    pub why: String,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// How many files were fetched.
    pub files: usize,
    /// How many pages were fetched.
    pub pages: usize,
    /// In the order of the paths.
    pub differences: Vec<Difference>,
}

/// Fetches all that is in the list, and the pages that load it: those of every server, and the one that the address names. `root` vouches for
/// the server's certificate where no public authority does, as PEM.
///
/// # Errors
///
/// When the server cannot be asked. What it answers wrongly is a difference.
pub async fn verify(address: &Uri, list: &HashList, root: Option<&Path>) -> Result<Report, FetchError> {
    let client = Client::new(address, root)?;
    let mut report = Report::default();
    for path in PAGES.into_iter().chain(Some(address.path()).filter(|path| !PAGES.contains(path))) {
        let answer = client.get(path, Coding::Identity).await?;
        report.pages += 1;
        if let Err(why) = page(path, answer.status, &answer.headers, &answer.body, list) {
            report.differences.push(Difference { path: path.to_owned(), why });
        }
    }
    if report.differences.iter().any(|one| one.why.starts_with(OTHER_BUILD)) {
        // None of its files is there then, which says nothing more.
        return Ok(report);
    }
    for (path, digest) in list.entries() {
        report.files += 1;
        // As browsers ask, and as those do who look for themselves: a server may answer them differently.
        for coding in [Coding::Brotli, Coding::Identity] {
            let answer = client.get(path, coding).await?;
            if let Err(why) = file(answer.status, answer.decoded().as_deref(), *digest) {
                report.differences.push(Difference { path: path.clone(), why });
                break;
            }
        }
    }
    Ok(report)
}

/// What a difference begins with that makes all others unnecessary.
const OTHER_BUILD: &str = "it is of another build";

fn page(
    path: &str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    list: &HashList,
) -> Result<(), String> {
    if status.is_redirection() {
        let to = headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        return Err(format!("it leads to {to:?}: verify that address"));
    }
    // What is read is what browsers read: this kind of text, not packed, and with nothing said beside it.
    let kinds: Vec<_> = headers.get_all(header::CONTENT_TYPE).iter().collect();
    if kinds != ["text/html; charset=utf-8"] {
        return Err(format!("it is another kind of text: {kinds:?}"));
    }
    let said = [header::CONTENT_ENCODING, header::REFRESH, header::LINK];
    if let Some(header) = said.into_iter().find(|header| headers.contains_key(header)) {
        return Err(format!("it has the header {header}"));
    }
    let html = std::str::from_utf8(body).map_err(|_| "it is no text".to_owned())?;
    let root = document::root(html).ok_or_else(|| format!("it is no page of Veranda (status {status})"))?;
    if root != list.root() {
        let served = root.strip_prefix("/builds/").unwrap_or(root);
        return Err(format!("{OTHER_BUILD}: {served:?}, and the list is of {:?}", list.build()));
    }
    let policies: Vec<_> = headers.get_all(header::CONTENT_SECURITY_POLICY).iter().collect();
    let [policy] = policies[..] else {
        return Err(format!("{path} has {} security policies", policies.len()));
    };
    document::check(html, policy.to_str().unwrap_or_default(), list)
}

fn file(status: StatusCode, content: Option<&[u8]>, digest: [u8; 32]) -> Result<(), String> {
    if status != StatusCode::OK {
        return Err(format!("it is not there (status {status})"));
    }
    match content {
        Some(content) if sha256(content) == digest => Ok(()),
        Some(_) => Err("its content is another one".to_owned()),
        None => Err("it is compressed in a way that was not asked for".to_owned()),
    }
}
