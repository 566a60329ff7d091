//! What is fetched before anything is played: the manifest, the event logs, the boxes with keys.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use protocol::{ParticipantId, Source};
use record::playback::{Chronicle, Playback, Spans, Timeline};
use record::{EventReader, FileName, KeyBoxes, LoggedEvent, Manifest, ManifestError, RecordingId};
use seal::{Author, ChatSeal, RoomSecret};
use serde::Deserialize;
use view::{
    RecordedLine, RecordedMeeting, RecordedPerson, RecordedTrack, RecordingFault, Sealing, SpeakingLane,
};

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

/// Of the event logs of all parts no more is read, in bytes.
const MOST_LOG: u64 = 64 << 20;

/// No more of the files of keys.
const MOST_KEYS: u64 = 24 << 20;

/// No more events are kept of all parts.
const MOST_EVENTS: usize = 200_000;

/// What the server says of a recording is no longer, in bytes.
const MOST_INFO: u64 = 64 * 1024;

/// So much is read before the page may do something else.
const AT_ONCE: usize = 128 * 1024;

/// Fetches it.
pub(super) async fn load() -> Result<Loaded, RecordingFault> {
    if !decoder::is_supported() {
        return Err(RecordingFault::NoDecoder);
    }
    let id = id_of_page().ok_or(RecordingFault::NotFound)?;
    let manifest =
        fetching::text(&format!("{}/manifest", fetching::base(id)), Manifest::MOST_BYTES as u64 + 1)
            .await
            .map_err(fault)?;
    let manifest = Manifest::read(&manifest).map_err(|error| match error {
        ManifestError::Version(_) => RecordingFault::Newer,
        ManifestError::TooLong | ManifestError::Unreadable(_) | ManifestError::Contradiction(_) => {
            RecordingFault::Damaged
        }
    })?;
    let info = fetching::text(&fetching::base(id), MOST_INFO).await.ok();
    let info: Info = info.and_then(|info| serde_json::from_slice(&info).ok()).unwrap_or_default();
    let secret = secret(&manifest)?;
    let (mut logs, mut boxes) = (Vec::new(), Vec::new());
    let mut budget = Budget { log: MOST_LOG, keys: MOST_KEYS, events: MOST_EVENTS };
    for part in &manifest.parts {
        logs.push(events(id, &part.events, &mut budget).await?);
        boxes.push(match &part.keys {
            Some(file) => key_boxes(id, file, &mut budget).await?,
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
        FetchError::NeedsCredential => RecordingFault::NeedsCredential,
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

/// What may still be read of all parts together: bytes of event logs and of keys, and events.
struct Budget {
    log: u64,
    keys: u64,
    events: usize,
}

/// A file of lines. One that is not there has none.
async fn lines(id: RecordingId, file: &FileName, left: &mut u64) -> Result<Vec<u8>, RecordingFault> {
    if *left == 0 {
        return Ok(Vec::new());
    }
    match fetching::range(id, file, 0, *left).await {
        Ok(piece) => {
            *left = left.saturating_sub(piece.bytes.len() as u64);
            Ok(piece.bytes)
        }
        Err(FetchError::Missing) => Ok(Vec::new()),
        Err(error @ (FetchError::Unreachable | FetchError::NeedsCredential)) => Err(fault(error)),
    }
}

/// Lines of a later version, and damaged ones, are passed over.
async fn events(
    id: RecordingId,
    file: &FileName,
    budget: &mut Budget,
) -> Result<Vec<LoggedEvent>, RecordingFault> {
    let bytes = lines(id, file, &mut budget.log).await?;
    let (mut reader, mut events) = (EventReader::new(), Vec::new());
    for piece in bytes.chunks(AT_ONCE) {
        reader.push(piece);
        let left = budget.events.saturating_sub(events.len());
        events.extend(std::iter::from_fn(|| reader.poll()).filter_map(Result::ok).take(left));
        TimeoutFuture::new(0).await;
    }
    budget.events = budget.events.saturating_sub(events.len());
    Ok(events)
}

async fn key_boxes(
    id: RecordingId,
    file: &FileName,
    budget: &mut Budget,
) -> Result<KeyBoxes, RecordingFault> {
    let bytes = lines(id, file, &mut budget.keys).await?;
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
    let names = names(manifest);
    let name = |id: ParticipantId| names.get(&id).cloned().unwrap_or_default();
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
        sealing: sealing(manifest),
        people: people.collect(),
        lanes: lanes.map(|(id, lane)| SpeakingLane { id, name: name(id), spans: spans(&lane) }).collect(),
        shares: spans(&chronicle.shares(duration)),
        chat_marks: marks.as_slice().iter().map(|mark| millis(mark.from)).collect(),
        chat: chat(manifest, chronicle, secret, &name),
        transcript: transcript(manifest, chronicle, &name),
        tracks: tracks.collect(),
    }
}

fn began(manifest: &Manifest) -> String {
    let Some(part) = manifest.parts.first() else { return String::new() };
    let began = js_sys::Date::new(&(part.began.0 as f64).into());
    [web::local_date(&began), web::local_time(&began)].join(", ")
}

/// Under which name everybody was there.
fn names(manifest: &Manifest) -> BTreeMap<ParticipantId, String> {
    manifest.people.iter().map(|person| (person.id, person.name.as_str().to_owned())).collect()
}

/// A link with a key promises that what it leads to is sealed.
fn sealing(manifest: &Manifest) -> Sealing {
    match &manifest.key {
        Some(_) => Sealing::Sealed,
        None if page::secret().is_some() => Sealing::ClearDespiteKey,
        None => Sealing::Clear,
    }
}

/// In a sealed recording nothing in the clear is anybody's: it stays closed.
fn chat(
    manifest: &Manifest,
    chronicle: &Chronicle,
    secret: Option<&RoomSecret>,
    name: &impl Fn(ParticipantId) -> String,
) -> Vec<RecordedLine> {
    let seal = secret.map(|secret| ChatSeal::new(manifest.room, secret.clone()));
    let lines = chronicle.chat().map(|(at, from, message, envelope)| {
        let text = match &seal {
            Some(seal) => seal.open(Author { message, from }, envelope),
            None => envelope.text().map(str::to_owned),
        };
        RecordedLine { at: millis(at), until: millis(at), name: name(from), text }
    });
    lines.collect()
}

/// What is sealed of it has no form yet, and is left out. What is in the clear in a sealed recording stays closed.
fn transcript(
    manifest: &Manifest,
    chronicle: &Chronicle,
    name: &impl Fn(ParticipantId) -> String,
) -> Vec<RecordedLine> {
    let lines = chronicle.captions().filter_map(|(from, until, who, envelope)| {
        let text = envelope.text()?;
        let text = manifest.key.is_none().then(|| text.to_owned());
        Some(RecordedLine { at: millis(from), until: millis(until), name: name(who), text })
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
