//! Bytes of the files of a recording.

use std::time::Duration;

use gloo_net::http::{Request, Response};
use gloo_timers::future::sleep;
use record::{FileName, RecordingId};

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
            Ok(response) if is_final(response.status()) => return Err(FetchError::Missing),
            Ok(_) | Err(_) => error = FetchError::Unreachable,
        }
    }
    Err(error)
}

/// A small text.
pub(super) async fn text(address: &str) -> Result<Vec<u8>, FetchError> {
    match Request::get(address).send().await {
        Ok(response) if response.ok() => response.binary().await.map_err(|_| FetchError::Unreachable),
        Ok(response) if is_final(response.status()) => Err(FetchError::Missing),
        Ok(_) | Err(_) => Err(FetchError::Unreachable),
    }
}

fn is_final(status: u16) -> bool {
    (400..500).contains(&status) && status != 429
}

async fn piece(response: &Response, from: u64, until: u64) -> Option<Piece> {
    let total =
        response.headers().get("content-range").and_then(|range| range.rsplit('/').next()?.parse().ok());
    let mut bytes = response.binary().await.ok()?;
    // A server that knows no ranges sends all of it.
    if response.status() == 200 {
        let at = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX).min(bytes.len());
        bytes = bytes.get(at(from)..at(until))?.to_vec();
    }
    Some(Piece { bytes, total })
}
