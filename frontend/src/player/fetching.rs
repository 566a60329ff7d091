//! Bytes of the files of a recording.

use std::time::Duration;

use gloo_net::http::{Request, Response};
use gloo_timers::future::sleep;
use js_sys::{Promise, Reflect, Uint8Array};
use record::{FileName, RecordingId};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use crate::web;

/// How often something is asked for that does not come, and how long is waited before, in seconds.
const PAUSES: [u64; 3] = [0, 1, 3];

/// What came.
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    /// How long the whole file is, where the server says so.
    pub(super) total: Option<u64>,
}

/// Why nothing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FetchError {
    /// There is none, or none for this page.
    Missing,
    /// It is for those who show a credential of the room.
    NeedsCredential,
    /// The server was not reached, or could not answer.
    Unreachable,
}

/// What stands before everything of a recording.
pub(super) fn base(recording: RecordingId) -> String {
    format!("/api/v1/recordings/{recording}")
}

/// A file's bytes from `from` up to `until`; fewer where it ends.
pub(super) async fn range(
    recording: RecordingId,
    file: &FileName,
    from: u64,
    until: u64,
) -> Result<Piece, FetchError> {
    let address = format!("{}/files/{}", base(recording), file.as_str());
    let mut error = FetchError::Unreachable;
    for pause in PAUSES {
        if pause > 0 {
            sleep(Duration::from_secs(pause)).await;
        }
        let request =
            Request::get(&address).header("range", &format!("bytes={from}-{}", until.saturating_sub(1)));
        match request.send().await {
            Ok(response) if response.status() == 416 => return Ok(Piece { bytes: Vec::new(), total: None }),
            Ok(response) if response.ok() => match piece(&response, from, until).await {
                Some(piece) => return Ok(piece),
                None => error = FetchError::Unreachable,
            },
            Ok(response) if is_final(response.status()) => return Err(refusal(response.status())),
            Ok(_) | Err(_) => error = FetchError::Unreachable,
        }
    }
    Err(error)
}

/// A small text, but no more than so many bytes of it.
pub(super) async fn text(address: &str, most: u64) -> Result<Vec<u8>, FetchError> {
    match Request::get(address).send().await {
        Ok(response) if response.ok() => body(&response, most).await.ok_or(FetchError::Unreachable),
        Ok(response) if is_final(response.status()) => Err(refusal(response.status())),
        Ok(_) | Err(_) => Err(FetchError::Unreachable),
    }
}

fn refusal(status: u16) -> FetchError {
    if status == 401 { FetchError::NeedsCredential } else { FetchError::Missing }
}

/// What an answer holds, up to so many bytes: what is behind them is not read.
async fn body(response: &Response, most: u64) -> Option<Vec<u8>> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    let Some(stream) = response.body() else { return Some(bytes) };
    let reader = web::call(&stream, "getReader", &[])?;
    while bytes.len() < most {
        let read = web::call(&reader, "read", &[])?.dyn_into::<Promise>().ok()?;
        let read = JsFuture::from(read).await.ok()?;
        if Reflect::get(&read, &"done".into()).ok()?.is_truthy() {
            return Some(bytes);
        }
        let piece = Reflect::get(&read, &"value".into()).ok()?.dyn_into::<Uint8Array>().ok()?;
        bytes.extend(piece.to_vec());
    }
    bytes.truncate(most);
    _ = web::call(&reader, "cancel", &[]);
    Some(bytes)
}

fn is_final(status: u16) -> bool {
    (400..500).contains(&status) && status != 429
}

async fn piece(response: &Response, from: u64, until: u64) -> Option<Piece> {
    let total =
        response.headers().get("content-range").and_then(|range| range.rsplit('/').next()?.parse().ok());
    // A server that knows no ranges sends all of it.
    let is_whole = response.status() == 200;
    let mut bytes = body(response, if is_whole { until } else { until.saturating_sub(from) }).await?;
    if is_whole {
        let at = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX).min(bytes.len());
        bytes = bytes.get(at(from)..at(until))?.to_vec();
    }
    Some(Piece { bytes, total })
}
