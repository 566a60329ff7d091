//! What is fetched before anything is played: the manifest, the event logs, the boxes with keys.

use std::sync::Arc;
use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use protocol::{ParticipantId, Source};
use record::playback::{Chronicle, Playback, Spans, Timeline};
use record::{EventReader, FileName, KeyBoxes, LoggedEvent, Manifest, ManifestError, RecordingId};
use seal::{Author, ChatSeal, RoomSecret};
use serde::Deserialize;
use view::{RecordedLine, RecordedMeeting, RecordedPerson, RecordedTrack, RecordingFault, SpeakingLane};

use super::decoder;
use super::fetching::{self, FetchError};
use super::opening::Keys;
use crate::{page, web};

/// Everything that is known before playing.
pub(super) struct Loaded {
    pub(super) id: RecordingId,
    pub(super) manifest: Arc<Manifest>,
    pub(super) timeline: Timeline,
    pub(super) chronicle: Chronicle,
    pub(super) keys: Option<Arc<Keys>>,
    pub(super) meeting: RecordedMeeting,
}

/// What the server says of a recording besides.
#[derive(Default, Deserialize)]
struct Info {
    #[serde(default)]
    name: Option<String>,
}

/// No event log of a part is read further, in bytes.
const MOST_LOG: u64 = 64 << 20;

/// No file of keys is.
const MOST_KEYS: u64 = 24 << 20;

/// So much is read before the page may do something else.
const AT_ONCE: usize = 128 * 1024;

/// Fetches it.
pub(super) async fn load() -> Result<Loaded, RecordingFault> {
    if !decoder::is_supported() {
        return Err(RecordingFault::NoDecoder);
    }
    let id = id_of_page().ok_or(RecordingFault::NotFound)?;
    let manifest = fetching::text(&format!("{}/manifest", fetching::base(id))).await.map_err(fault)?;
    let manifest = Manifest::read(&manifest).map_err(|error| match error {
        ManifestError::Version(_) => RecordingFault::Newer,
        ManifestError::TooLong | ManifestError::Unreadable(_) | ManifestError::Contradiction(_) => {
            RecordingFault::Damaged
        }
    })?;
    let info = fetching::text(&fetching::base(id)).await.ok();
    let info: Info = info.and_then(|info| serde_json::from_slice(&info).ok()).unwrap_or_default();
    let secret = secret(&manifest)?;
    let (mut logs, mut boxes) = (Vec::new(), Vec::new());
    for part in &manifest.parts {
        logs.push(events(id, &part.events).await?);
        boxes.push(match &part.keys {
            Some(file) => key_boxes(id, file).await?,
            None => KeyBoxes::new(),
        });
    }
    let heard: Vec<_> =
        logs.iter().map(|log| log.iter().map(LoggedEvent::at).max().unwrap_or_default()).collect();
    let timeline = Timeline::new(&manifest, &heard);
    let chronicle = Chronicle::new(&timeline, logs);
    let meeting = meeting(&manifest, &timeline, &chronicle, secret.as_ref(), info.name.unwrap_or_default());
    let keys = secret
        .map(|secret| Arc::new(Keys::new(secret.recording_key(&manifest.room, manifest.recording), boxes)));
    Ok(Loaded { id, manifest: Arc::new(manifest), timeline, chronicle, keys, meeting })
}

fn id_of_page() -> Option<RecordingId> {
    let path = web::window()?.location().pathname().ok()?;
    path.strip_prefix("/recordings/")?.trim_end_matches('/').parse().ok()
}

fn fault(error: FetchError) -> RecordingFault {
    match error {
        FetchError::Missing => RecordingFault::NotFound,
        FetchError::Unreachable => RecordingFault::Unreachable,
    }
}

/// The secret that the link carries, where one is needed.
fn secret(manifest: &Manifest) -> Result<Option<RoomSecret>, RecordingFault> {
    let Some(wanted) = &manifest.key else { return Ok(None) };
    let (secret, _) = page::secret().ok_or(RecordingFault::NoKey)?;
    if secret.id(&manifest.room).as_ref() == Some(wanted) {
        Ok(Some(secret))
    } else {
        Err(RecordingFault::OtherKey)
    }
}

/// A file of lines. One that is not there has none.
async fn lines(id: RecordingId, file: &FileName, most: u64) -> Result<Vec<u8>, RecordingFault> {
    match fetching::range(id, file, 0, most).await {
        Ok(piece) => Ok(piece.bytes),
        Err(FetchError::Missing) => Ok(Vec::new()),
        Err(FetchError::Unreachable) => Err(RecordingFault::Unreachable),
    }
}

/// Lines of a later version, and damaged ones, are passed over.
async fn events(id: RecordingId, file: &FileName) -> Result<Vec<LoggedEvent>, RecordingFault> {
    let bytes = lines(id, file, MOST_LOG).await?;
    let (mut reader, mut events) = (EventReader::new(), Vec::new());
    for piece in bytes.chunks(AT_ONCE) {
        reader.push(piece);
        events.extend(std::iter::from_fn(|| reader.poll()).filter_map(Result::ok));
        TimeoutFuture::new(0).await;
    }
    Ok(events)
}

async fn key_boxes(id: RecordingId, file: &FileName) -> Result<KeyBoxes, RecordingFault> {
    let bytes = lines(id, file, MOST_KEYS).await?;
    let mut boxes = KeyBoxes::new();
    for piece in bytes.chunks(AT_ONCE) {
        _ = boxes.push(piece);
        TimeoutFuture::new(0).await;
    }
    Ok(boxes)
}

/// Milliseconds as the page has them: 49 days at the most.
pub(super) fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

fn meeting(
    manifest: &Manifest,
    timeline: &Timeline,
    chronicle: &Chronicle,
    secret: Option<&RoomSecret>,
    title: String,
) -> RecordedMeeting {
    let duration = timeline.duration();
    let name = |id: ParticipantId| name_of(manifest, id);
    let spans =
        |spans: &Spans| spans.as_slice().iter().map(|one| (millis(one.from), millis(one.until))).collect();
    let mut marks = Spans::new(duration);
    for (at, ..) in chronicle.chat() {
        marks.push(at, at);
    }
    let lanes = chronicle.speaking(duration).into_iter();
    let people = manifest.people.iter().map(|person| RecordedPerson {
        id: person.id,
        name: person.name.as_str().to_owned(),
        consent: person.consent,
    });
    let tracks = Playback::new(manifest, timeline);
    let tracks = tracks.tracks().enumerate().map(|(number, (key, part))| RecordedTrack {
        number,
        part: part + 1,
        key,
        name: name(key.participant),
    });
    RecordedMeeting {
        title,
        began: began(manifest),
        lasts: millis(duration),
        is_sealed: manifest.key.is_some(),
        people: people.collect(),
        lanes: lanes.map(|(id, lane)| SpeakingLane { id, name: name(id), spans: spans(&lane) }).collect(),
        shares: spans(&chronicle.shares(duration)),
        chat_marks: marks.as_slice().iter().map(|mark| millis(mark.from)).collect(),
        chat: chat(manifest, chronicle, secret),
        transcript: transcript(manifest, chronicle),
        tracks: tracks.collect(),
    }
}

fn began(manifest: &Manifest) -> String {
    let Some(part) = manifest.parts.first() else { return String::new() };
    let began = js_sys::Date::new(&(part.began.0 as f64).into());
    [web::local_date(&began), web::local_time(&began)].join(", ")
}

fn name_of(manifest: &Manifest, id: ParticipantId) -> String {
    let person = manifest.people.iter().find(|person| person.id == id);
    person.map(|person| person.name.as_str().to_owned()).unwrap_or_default()
}

fn chat(manifest: &Manifest, chronicle: &Chronicle, secret: Option<&RoomSecret>) -> Vec<RecordedLine> {
    let seal = secret.map(|secret| ChatSeal::new(manifest.room, secret.clone()));
    let lines = chronicle.chat().map(|(at, from, message, envelope)| {
        let opened = || seal.as_ref()?.open(Author { message, from }, envelope);
        let text = envelope.text().map(str::to_owned).or_else(opened);
        RecordedLine { at: millis(at), until: millis(at), name: name_of(manifest, from), text }
    });
    lines.collect()
}

/// What is sealed of it has no form yet, and is left out.
fn transcript(manifest: &Manifest, chronicle: &Chronicle) -> Vec<RecordedLine> {
    let lines = chronicle.captions().filter_map(|(from, until, who, envelope)| {
        let text = Some(envelope.text()?.to_owned());
        Some(RecordedLine { at: millis(from), until: millis(until), name: name_of(manifest, who), text })
    });
    let mut lines: Vec<_> = lines.collect();
    lines.sort_by_key(|line| line.at);
    lines
}

/// Whether a source has pictures of its own on the stage.
pub(super) fn is_picture(source: Source) -> bool {
    match source {
        Source::Camera | Source::Screen => true,
        Source::Microphone | Source::ScreenAudio => false,
    }
}
