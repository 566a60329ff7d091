//! One part of a recording: packets, facts and keys in, files out. It has a folder and is told the time; whoever drives it decides when what was
//! written has to be durable, and when it is over. Any error ends it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use protocol::{
    Consent, KeyId, MediaKey, MediaState, ParticipantId, RecordingKey, RecordingState, RoomCode, Source,
    Timestamp,
};
use record::webm::{Codec, Protection};
use record::{
    FileName, KeyBox, KeyBoxes, LoggedEvent, Manifest, Packet, Part as ManifestPart, Person, RecordedEvent,
    Recorder, SenderReport, TrackEffect, TrackFile,
};
use room::RecordedFact;
use sfu::{ClockReport, RecordedCodec, RecordedPacket};

use super::files::{self, GrowingFile};

/// A publication gets another file for another codec no oftener than this: a page that changes it with each packet has few files.
const NEW_FILE_EVERY: Duration = Duration::from_secs(5);

/// Events of one part at the most: as many as are read.
const MOST_EVENTS: u64 = 1_000_000;

/// Files of tracks that one participant has at the most. Raising it lets fewer people use up what all have: [`Manifest::MOST_TRACKS`].
const MOST_TRACKS_EACH: usize = 500;

/// Boxes of one participant in a part at the most, for the same reason: [`KeyBoxes::MOST`].
const MOST_KEYS_EACH: usize = 1_024;

/// So many bytes of a manifest are left for what is still to be said when a recording ends because of its length.
const MANIFEST_RESERVE: usize = 512 * 1024;

/// A part that is being recorded.
pub(super) struct Part {
    folder: PathBuf,
    zero: Instant,
    /// The latest time that the recorder was told.
    now: Duration,
    protection: Protection,
    manifest: Manifest,
    is_manifest_durable: bool,
    recorder: Recorder,
    consenting: BTreeSet<ParticipantId>,
    media: BTreeMap<ParticipantId, MediaState>,
    tracks: BTreeMap<MediaKey, OpenTrack>,
    /// How many files of tracks were named.
    files: u32,
    events: GrowingFile,
    logged: u64,
    keys: Option<GrowingFile>,
    kept_keys: BTreeMap<ParticipantId, BTreeSet<KeyId>>,
    /// Those of whom something is left out from now on, and the log has said so.
    left_out: BTreeSet<ParticipantId>,
    /// Those whose boxes are not durable yet.
    pending_keys: Vec<(ParticipantId, KeyId)>,
    wanted: BTreeSet<MediaKey>,
    counts: Counts,
}

/// What a part has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Bytes that its files have.
    pub(super) bytes: u64,
    /// Frames that came and are in no file.
    pub(super) frames_left_out: u64,
}

struct OpenTrack {
    codec: Codec,
    since: Duration,
    report: Option<(u32, ClockReport)>,
    /// Once it has a frame, with its place in the manifest.
    file: Option<(GrowingFile, usize)>,
}

impl Part {
    /// Begins the first part of a recording, or another one; what a crash has left of those before is made whole.
    pub(super) fn begin(
        recordings: &Path,
        room: RoomCode,
        state: &RecordingState,
        (zero, began): (Instant, Timestamp),
        beat: &dyn Fn(),
    ) -> io::Result<Self> {
        let folder = files::folder_of(recordings, state.id);
        files::make_folder(&folder)?;
        let mut manifest = files::repair(&folder, beat)?.unwrap_or_else(|| Manifest {
            version: Manifest::VERSION,
            recording: state.id,
            room,
            key: state.key.clone(),
            people: Vec::new(),
            parts: Vec::new(),
        });
        if manifest.parts.len() >= Manifest::MOST_PARTS {
            return Err(io::Error::other("the recording has as many parts as it can have"));
        }
        let number = u32::try_from(manifest.parts.len() + 1).unwrap_or(u32::MAX);
        let protection = if state.key.is_some() { Protection::Sealed } else { Protection::Plaintext };
        let events = file_name(number, "events.jsonl")?;
        let keys = match protection {
            Protection::Sealed => Some(file_name(number, "keys.jsonl")?),
            Protection::Plaintext => None,
        };
        let [events_file, keys_file] = [Some(&events), keys.as_ref()]
            .map(|name| name.map(|name| GrowingFile::create(&folder, name)).transpose());
        manifest.parts.push(ManifestPart {
            number,
            began,
            lasted_ms: None,
            events: events.clone(),
            keys,
            tracks: Vec::new(),
        });
        files::write_manifest(&folder, &manifest)?;
        let missing = || io::Error::other("a part without events");
        Ok(Self {
            counts: Counts { bytes: files::size(&folder), frames_left_out: 0 },
            folder,
            zero,
            now: Duration::ZERO,
            protection,
            manifest,
            is_manifest_durable: true,
            recorder: Recorder::new(began),
            consenting: BTreeSet::new(),
            media: BTreeMap::new(),
            tracks: BTreeMap::new(),
            files: 0,
            events: events_file?.ok_or_else(missing)?,
            logged: 0,
            keys: keys_file?,
            kept_keys: BTreeMap::new(),
            left_out: BTreeSet::new(),
            pending_keys: Vec::new(),
            wanted: BTreeSet::new(),
        })
    }

    /// What a participant publishes is kept from now on.
    pub(super) fn consented(&mut self, participant: ParticipantId) {
        if self.manifest.people.iter().any(|person| person.id == participant) {
            self.consenting.insert(participant);
        }
    }

    /// Nothing more of a participant is kept. What came before is finished.
    pub(super) fn no_longer(&mut self, participant: ParticipantId) -> io::Result<()> {
        self.consenting.remove(&participant);
        self.sync_keys()?;
        for key in
            self.tracks.keys().filter(|key| key.participant == participant).copied().collect::<Vec<_>>()
        {
            self.end(key)?;
        }
        Ok(())
    }

    /// Takes boxes, each once. Frames sealed by these keys are written only once they are durable: [`Self::sync_keys`]. Whoever brings more than
    /// anybody needs has none of the rest kept; when all together have, the recording ends.
    pub(super) fn keep_keys(
        &mut self,
        participant: ParticipantId,
        keys: Vec<RecordingKey>,
    ) -> io::Result<()> {
        let Some(file) = self.keys.as_mut().filter(|_| self.consenting.contains(&participant)) else {
            return Ok(());
        };
        let mut all: usize = self.kept_keys.values().map(BTreeSet::len).sum();
        let theirs = self.kept_keys.entry(participant).or_default();
        for RecordingKey { key, sealed } in keys {
            if theirs.contains(&key) {
                continue;
            }
            if theirs.len() >= MOST_KEYS_EACH {
                if self.left_out.insert(participant) {
                    tracing::warn!(%participant, "somebody has brought as many keys for a recording as one person can");
                }
                break;
            }
            if all >= KeyBoxes::MOST {
                return Err(io::Error::other("the recording has as many keys as it can have"));
            }
            let line = KeyBox { participant, key, sealed }.to_line();
            file.append(&line)?;
            self.counts.bytes += line.len() as u64;
            theirs.insert(key);
            all += 1;
            self.pending_keys.push((participant, key));
        }
        Ok(())
    }

    /// Makes boxes durable, and writes the frames that waited for them.
    pub(super) fn sync_keys(&mut self) -> io::Result<()> {
        let Some(file) = self.keys.as_mut().filter(|_| !self.pending_keys.is_empty()) else { return Ok(()) };
        file.sync()?;
        for (participant, key) in self.pending_keys.drain(..) {
            self.recorder.handle_key_kept(self.now, participant, key);
        }
        self.carry_out()
    }

    /// Notes what happened.
    pub(super) fn log(&mut self, now: Instant, fact: RecordedFact) -> io::Result<()> {
        match fact {
            RecordedFact::Joined { participant, name, role } => {
                self.know(Person { id: participant, name: name.clone(), consent: Consent::NotAnswered });
                self.write_event(now, RecordedEvent::Joined { participant, name, role })
            }
            RecordedFact::Left { participant, reason } => {
                self.media.remove(&participant);
                self.write_event(now, RecordedEvent::Left { participant, reason })
            }
            RecordedFact::Media { participant, media } => self.log_media(now, participant, media),
            RecordedFact::Hand { participant, hand } => {
                self.write_event(now, RecordedEvent::Hand { participant, hand })
            }
            RecordedFact::Reacted { participant, reaction } => {
                self.write_event(now, RecordedEvent::Reacted { participant, reaction })
            }
            RecordedFact::Chat(entry) => self.write_event(
                now,
                RecordedEvent::Chat { participant: entry.from, id: entry.id, envelope: entry.envelope },
            ),
            RecordedFact::Consent { participant, consent } => {
                if let Some(person) = self.manifest.people.iter_mut().find(|one| one.id == participant) {
                    person.consent = consent;
                    self.is_manifest_durable = false;
                }
                self.write_event(now, RecordedEvent::Consent { participant, consent })
            }
        }
    }

    fn know(&mut self, person: Person) {
        let people = &mut self.manifest.people;
        let is_full = people.len() >= Manifest::MOST_PEOPLE;
        match people.iter_mut().find(|one| one.id == person.id) {
            Some(known) => known.name = person.name,
            // Of whoever has no place nothing is kept.
            None if is_full => return,
            None => people.push(person),
        }
        self.is_manifest_durable = false;
    }

    fn log_media(&mut self, now: Instant, participant: ParticipantId, media: MediaState) -> io::Result<()> {
        let before = self.media.insert(participant, media).unwrap_or_default();
        for source in Source::ALL {
            let switch = media.of(source);
            if switch != before.of(source) {
                self.write_event(now, RecordedEvent::Media { participant, source, switch })?;
            }
        }
        Ok(())
    }

    fn write_event(&mut self, now: Instant, event: RecordedEvent) -> io::Result<()> {
        let at = now.saturating_duration_since(self.zero).as_millis();
        let at_ms = u64::try_from(at).unwrap_or(u64::MAX);
        let line = LoggedEvent { at_ms, event }.to_line().filter(|_| self.logged < MOST_EVENTS);
        let Some(line) = line else { return Ok(()) };
        self.logged += 1;
        self.counts.bytes += line.len() as u64;
        self.events.append(&line)
    }

    /// Takes a packet. Of whoever has not consented nothing is kept.
    pub(super) fn take(&mut self, packet: &RecordedPacket) -> io::Result<()> {
        let key = packet.who.participant.publication(packet.source);
        let codec = codec(packet.codec);
        if !self.consenting.contains(&key.participant) || codec.kind() != key.source.kind() {
            return Ok(());
        }
        self.pass(packet.came);
        let arrival = self.now;
        match self.tracks.get(&key).map(|open| (open.codec, open.since)) {
            Some((before, _)) if before == codec => {}
            Some((_, since)) if arrival < since + NEW_FILE_EVERY => return Ok(()),
            Some(_) | None if self.has_most_tracks(key.participant) => return Ok(()),
            Some(_) | None => self.open(key, codec)?,
        }
        let &RecordedPacket { ssrc, sequence, timestamp, marker, report, .. } = packet;
        let packet = Packet { arrival, ssrc, sequence, timestamp, marker, payload: &packet.payload };
        self.recorder.handle_packet(key, &packet);
        if let Some(open) = self.tracks.get_mut(&key) {
            open.report = report.map(|report| (ssrc, report)).or(open.report);
            // One that comes before the first frame tells only then.
            if let Some((ssrc, ClockReport { ntp, timestamp })) = open.report {
                let report = SenderReport { arrival, ssrc, ntp, timestamp };
                self.recorder.handle_sender_report(key, &report);
            }
        }
        self.carry_out()
    }

    fn has_most_tracks(&mut self, participant: ParticipantId) -> bool {
        let tracks = self.manifest.parts.iter().flat_map(|part| &part.tracks);
        let is_full = tracks.filter(|track| track.participant == participant).count() >= MOST_TRACKS_EACH;
        if is_full && self.left_out.insert(participant) {
            tracing::warn!(%participant, "somebody has as many tracks in a recording as one person can");
        }
        is_full
    }

    /// Does what is due.
    pub(super) fn advance(&mut self, now: Instant) -> io::Result<()> {
        self.pass(now);
        if self.recorder.poll_timeout().is_some_and(|due| due <= self.now) {
            self.recorder.handle_timeout(self.now);
        }
        self.carry_out()
    }

    /// Makes durable all that was written so far. An error where the manifest gets too long to be read.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if self.sync_files()? > Manifest::MOST_BYTES - MANIFEST_RESERVE {
            return Err(io::Error::other("the manifest is as long as it can be"));
        }
        Ok(())
    }

    /// Returns how long the manifest is, where it was written.
    fn sync_files(&mut self) -> io::Result<usize> {
        for (file, _) in self.tracks.values_mut().filter_map(|track| track.file.as_mut()) {
            file.sync()?;
        }
        self.events.sync()?;
        if self.is_manifest_durable {
            return Ok(0);
        }
        let length = files::write_manifest(&self.folder, &self.manifest)?;
        self.is_manifest_durable = true;
        Ok(length)
    }

    /// The part is over: all its files are finished.
    pub(super) fn finish(&mut self, now: Instant, beat: &dyn Fn()) -> io::Result<()> {
        self.sync_keys()?;
        self.pass(now);
        for key in self.tracks.keys().copied().collect::<Vec<_>>() {
            self.end(key)?;
            beat();
        }
        let lasted = u64::try_from(self.now.as_millis()).unwrap_or(u64::MAX);
        if let Some(part) = self.manifest.parts.last_mut() {
            let ended = part.tracks.iter().filter_map(|track| track.ended_ms).max();
            part.lasted_ms = Some(ended.unwrap_or(0).max(lasted));
        }
        self.is_manifest_durable = false;
        self.sync_files()?;
        Ok(())
    }

    /// The publications of which a keyframe is wanted. Told once.
    pub(super) fn wanted_keyframes(&mut self) -> BTreeSet<MediaKey> {
        std::mem::take(&mut self.wanted)
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// Time never goes back for the recorder: what came before what is known already came at the same time.
    fn pass(&mut self, now: Instant) {
        self.now = self.now.max(now.saturating_duration_since(self.zero));
    }

    fn open(&mut self, key: MediaKey, codec: Codec) -> io::Result<()> {
        self.end(key)?;
        self.recorder.begin(self.now, key, codec, self.protection);
        self.tracks.insert(key, OpenTrack { codec, since: self.now, report: None, file: None });
        Ok(())
    }

    fn end(&mut self, key: MediaKey) -> io::Result<()> {
        self.recorder.end(self.now, key);
        self.carry_out()
    }

    fn carry_out(&mut self) -> io::Result<()> {
        while let Some((key, effect)) = self.recorder.poll_effect() {
            match effect {
                TrackEffect::Began { at, .. } => self.track_began(key, at)?,
                TrackEffect::File(effect) => {
                    let file = self.tracks.get_mut(&key).and_then(|track| track.file.as_mut());
                    if let Some((file, _)) = file {
                        self.counts.bytes += file.apply(&effect)?;
                    }
                }
                TrackEffect::WantKeyframe => _ = self.wanted.insert(key),
                // Its page sends the box when it has made the key. The size of a picture is in its stream.
                TrackEffect::WantKey(_) | TrackEffect::Resized { .. } => {}
                TrackEffect::Ended(summary) => {
                    self.counts.frames_left_out += summary.left_out + summary.without_key;
                    self.track_ended(key)?;
                }
            }
        }
        Ok(())
    }

    fn track_began(&mut self, key: MediaKey, at: Duration) -> io::Result<()> {
        let all: usize = self.manifest.parts.iter().map(|part| part.tracks.len()).sum();
        let (Some(track), Some(part)) = (self.tracks.get_mut(&key), self.manifest.parts.last_mut()) else {
            return Ok(());
        };
        if all >= Manifest::MOST_TRACKS {
            return Err(io::Error::other("the recording has as many tracks as it can have"));
        }
        self.files += 1;
        let name = file_name(part.number, &format!("track-{:04}.{}", self.files, track.codec.extension()))?;
        track.file = Some((GrowingFile::create(&self.folder, &name)?, part.tracks.len()));
        part.tracks.push(TrackFile {
            file: name,
            participant: key.participant,
            source: key.source,
            codec: track.codec,
            protection: self.protection,
            began_ms: u64::try_from(at.as_millis()).unwrap_or(u64::MAX),
            ended_ms: None,
        });
        self.is_manifest_durable = false;
        Ok(())
    }

    fn track_ended(&mut self, key: MediaKey) -> io::Result<()> {
        let Some((mut file, index)) = self.tracks.remove(&key).and_then(|track| track.file) else {
            return Ok(());
        };
        file.sync()?;
        let now = u64::try_from(self.now.as_millis()).unwrap_or(u64::MAX);
        if let Some(track) = self.manifest.parts.last_mut().and_then(|part| part.tracks.get_mut(index)) {
            track.ended_ms = Some(track.began_ms.max(now));
        }
        self.is_manifest_durable = false;
        Ok(())
    }
}

fn file_name(part: u32, rest: &str) -> io::Result<FileName> {
    FileName::new(format!("part-{part:04}-{rest}")).map_err(io::Error::other)
}

fn codec(codec: RecordedCodec) -> Codec {
    match codec {
        RecordedCodec::Opus => Codec::Opus,
        RecordedCodec::Vp8 => Codec::Vp8,
        RecordedCodec::Vp9 => Codec::Vp9,
        RecordedCodec::Av1 => Codec::Av1,
        RecordedCodec::H264 => Codec::H264,
    }
}
