//! `GET /api/v1/recordings/{id}/archive`: everything of a recording in one file, as it is kept.

use std::io;
use std::path::PathBuf;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use protocol::RecordingId;
use record::Manifest;
use tar::Header;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use super::ProblemResponse;
use super::recordings::{goes_on, readable, unreadable, unstored};
use crate::AppState;
use crate::http_client::HttpClient;

/// Everything in an archive stands in blocks of so many bytes (POSIX.1, `pax`, ustar).
const BLOCK: u64 = 512;

/// What an archive ends with.
const END: [u8; 1_024] = [0; 1_024];

/// One of its files.
struct Entry {
    name: String,
    length: u64,
    content: Content,
}

enum Content {
    Here(Bytes),
    At(PathBuf),
}

/// `GET`.
pub(crate) async fn read_archive(
    State(state): State<AppState>,
    caller: HttpClient,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, ProblemResponse> {
    let record = readable(&state, &caller, &headers, &id).await?;
    let Some(ended) = record.ended_at else { return Err(goes_on()) };
    let manifest = state.recordings.manifest(record.id).await.map_err(|error| unreadable(&error))?;
    let manifest = manifest.ok_or_else(ProblemResponse::recording_unknown)?;
    let entries = entries(&state, record.id, &manifest).await.map_err(|error| unreadable(&error))?;
    let blocks = entries.iter().map(|entry| BLOCK + entry.length.next_multiple_of(BLOCK)).sum::<u64>();
    let seconds = ended.0 / 1_000;
    let files = stream::iter(entries).then(move |entry| read(entry, seconds)).try_flatten();
    let all = files.chain(stream::iter([Ok(Bytes::from_static(&END))]));
    let told = [
        (header::CONTENT_TYPE, "application/x-tar".to_owned()),
        (header::CONTENT_LENGTH, (blocks + END.len() as u64).to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"recording-{}.tar\"", record.id)),
    ];
    Ok(unstored((told, Body::from_stream(all)).into_response()))
}

/// The manifest, and each file that it names and that is there.
async fn entries(state: &AppState, id: RecordingId, manifest: &Manifest) -> io::Result<Vec<Entry>> {
    let bytes = Bytes::from(manifest.to_bytes());
    let length = bytes.len() as u64;
    let mut entries = vec![Entry { name: "manifest.json".to_owned(), length, content: Content::Here(bytes) }];
    for part in &manifest.parts {
        let tracks = part.tracks.iter().map(|track| &track.file);
        for name in [&part.events].into_iter().chain(&part.keys).chain(tracks) {
            let Some(path) = state.recordings.file(id, name.as_str()).await? else { continue };
            let length = tokio::fs::metadata(&path).await?.len();
            entries.push(Entry { name: name.as_str().to_owned(), length, content: Content::At(path) });
        }
    }
    Ok(entries)
}

/// A header, the file, and what fills up its last block.
async fn read(
    entry: Entry,
    seconds: u64,
) -> io::Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>> {
    let Entry { name, length, content } = entry;
    let mut header = Header::new_gnu();
    header.set_path(&name)?;
    header.set_size(length);
    header.set_mode(0o644);
    header.set_mtime(seconds);
    header.set_cksum();
    let front = Bytes::copy_from_slice(header.as_bytes());
    let content = match content {
        Content::Here(bytes) => stream::iter([Ok(bytes)]).left_stream(),
        Content::At(path) => ReaderStream::new(File::open(path).await?.take(length)).right_stream(),
    };
    let filling = usize::try_from(length.next_multiple_of(BLOCK) - length).unwrap_or_default();
    let filling = Bytes::from(vec![0; filling]);
    Ok(stream::iter([Ok(front)]).chain(content).chain(stream::iter([Ok(filling)])))
}
