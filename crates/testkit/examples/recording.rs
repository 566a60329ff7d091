//! Writes two recordings of one meeting into a folder, as a server would, from real pictures and sound made by ffmpeg: one sealed end to end, one in the
//! clear. For the tests of the player: `cargo run -p testkit --example recording -- FOLDER`. Needs ffmpeg with libvpx and libopus: `VERANDA_FFMPEG`, or
//! `ffmpeg` on the PATH.
//!
//! Ada flashes and beeps in the first fifth of each second; the right half of her picture has a grey that says which second it is. Bob shares a screen from
//! the fourth to the ninth second. Cleo refused. Of Dora the box with the key is missing where it is sealed. There are two parts of twelve seconds.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a generator that cannot go on ends"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use protocol::{
    ChatId, DisplayName, Envelope, LeaveReason, ParticipantId, Role, RoomCode, Source, Switch, Timestamp,
};
use record::webm::{Block, Codec, Frame, Head, Protection, Reader, ReaderEvent, TrackFormat, Writer};
use record::{
    Consent, FileName, KeyBox, KeyId, LoggedEvent, Manifest, Part, Person, RecordedEvent, RecordingId,
    TrackFile,
};
use seal::{Author, ChatSeal, FrameSealer, RoomSecret, SenderKey, Tag};
use uuid::Uuid;

/// How long a part is, in milliseconds.
const LASTED: u64 = 12_000;

const BEGAN: Timestamp = Timestamp(1_782_000_000_000);

const ROOM: &str = "kfm-pqxz-wtr";

const ADA: u128 = 1;
const BOB: u128 = 2;
const CLEO: u128 = 3;
const DORA: u128 = 4;

/// What ffmpeg is asked for, by name.
const MEDIA: [(&str, &[&str]); 6] = [
    (
        "ada-camera",
        &[
            "-f",
            "lavfi",
            "-i",
            "color=black:s=320x180:r=25:d=12,geq=lum='if(lt(X,W/2),if(lt(mod(T,1),0.2),235,16),16+18*floor(T))':cb=128:cr=128",
            "-c:v",
            "libvpx",
            "-b:v",
            "300k",
            "-g",
            "50",
            "-deadline",
            "realtime",
        ],
    ),
    (
        "ada-microphone",
        &[
            "-f",
            "lavfi",
            "-i",
            "aevalsrc='if(lt(mod(t,1),0.2),0.5*sin(2*PI*880*t),0)':s=48000:d=12",
            "-c:a",
            "libopus",
            "-b:a",
            "32k",
        ],
    ),
    (
        "bob-camera",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x180:r=15:d=12",
            "-c:v",
            "libvpx",
            "-b:v",
            "300k",
            "-g",
            "60",
            "-deadline",
            "realtime",
        ],
    ),
    (
        "bob-microphone",
        &["-f", "lavfi", "-i", "anoisesrc=a=0.02:r=48000:d=12", "-c:a", "libopus", "-b:a", "24k"],
    ),
    (
        "bob-screen",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc=s=640x400:r=5:d=5",
            "-c:v",
            "libvpx",
            "-b:v",
            "300k",
            "-g",
            "25",
            "-deadline",
            "realtime",
        ],
    ),
    (
        "dora-camera",
        &[
            "-f",
            "lavfi",
            "-i",
            "color=0x3c5f8f:s=320x180:r=5:d=12",
            "-c:v",
            "libvpx",
            "-b:v",
            "60k",
            "-g",
            "10",
            "-deadline",
            "realtime",
        ],
    ),
];

struct Track {
    who: u128,
    source: Source,
    media: &'static str,
    began_ms: u64,
    ended_ms: u64,
}

fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).expect("a folder"));
    std::fs::create_dir_all(&folder).unwrap();
    let media: BTreeMap<_, _> =
        MEDIA.iter().map(|(name, arguments)| (*name, encode(&folder, name, arguments))).collect();
    let secret = RoomSecret::new(*b"only for a test!");
    let sealed = RecordingId(Uuid::from_u128(0x5ea1_ed00));
    let clear = RecordingId(Uuid::from_u128(0xc1ea_0000));
    write(&folder, sealed, &media, Some(&secret));
    write(&folder, clear, &media, None);
    println!(r#"{{"sealed":"{sealed}","clear":"{clear}","key":"{}"}}"#, secret.to_text());
}

/// The frames of a file that ffmpeg makes.
fn encode(folder: &Path, name: &str, arguments: &[&str]) -> (Head, Vec<Block>) {
    let ffmpeg = std::env::var_os("VERANDA_FFMPEG").unwrap_or_else(|| "ffmpeg".into());
    let file = folder.join(format!("{name}.webm"));
    let status = Command::new(ffmpeg)
        .args(["-hide_banner", "-nostdin", "-y", "-v", "error"])
        .args(arguments)
        .args(["-f", "webm"])
        .arg(&file)
        .status()
        .expect("ffmpeg is needed: scripts/setup.sh ffmpeg");
    assert!(status.success(), "{name}");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let (mut reader, mut head, mut blocks) = (Reader::new(), None, Vec::new());
    reader.push(&bytes);
    while let Some(event) = reader.poll().unwrap() {
        match event {
            ReaderEvent::Head(found) => head = Some(*found),
            ReaderEvent::Block(block) => blocks.push(block),
            ReaderEvent::Cues(_) => {}
        }
    }
    (head.unwrap(), blocks)
}

fn id(who: u128) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(who))
}

fn tracks(part: u32) -> Vec<Track> {
    let track = |who, source, media, began_ms, ended_ms| Track { who, source, media, began_ms, ended_ms };
    let mut tracks = vec![
        track(ADA, Source::Camera, "ada-camera", 0, LASTED),
        track(ADA, Source::Microphone, "ada-microphone", 0, LASTED),
        track(BOB, Source::Camera, "bob-camera", 0, LASTED),
        track(BOB, Source::Microphone, "bob-microphone", 0, LASTED),
    ];
    if part == 1 {
        tracks.push(track(BOB, Source::Screen, "bob-screen", 4_000, 9_000));
        tracks.push(track(DORA, Source::Camera, "dora-camera", 0, LASTED));
    }
    tracks
}

fn write(
    folder: &Path,
    recording: RecordingId,
    media: &BTreeMap<&str, (Head, Vec<Block>)>,
    secret: Option<&RoomSecret>,
) {
    let folder = folder.join(recording.to_string());
    std::fs::create_dir_all(&folder).unwrap();
    let room = RoomCode::parse(ROOM).unwrap();
    let mut sealers: BTreeMap<u128, FrameSealer> = BTreeMap::new();
    let mut parts = Vec::new();
    for number in 1..=2_u32 {
        let name = |rest: &str| FileName::new(format!("part-{number:04}-{rest}")).unwrap();
        let (events_file, keys_file) = (name("events.jsonl"), name("keys.jsonl"));
        if let Some(secret) = secret {
            let seal = secret.recording_key(&room, recording);
            let mut lines = Vec::new();
            for who in [ADA, BOB, DORA] {
                // Each part has another epoch.
                let key =
                    SenderKey::new(Tag::new(who as u32), number as u16, [who as u8 * 16 + number as u8; 16]);
                sealers.entry(who).or_default().set_key(&key);
                let sealed =
                    seal.seal_sender_key(id(who), &key, [who as u8 * 16 + number as u8; 12]).unwrap();
                if who != DORA {
                    let key = KeyId::new(key.id()).unwrap();
                    lines.extend(KeyBox { participant: id(who), key, sealed }.to_line());
                }
            }
            std::fs::write(folder.join(keys_file.as_str()), lines).unwrap();
        }
        let mut files = Vec::new();
        for (index, track) in tracks(number).into_iter().enumerate() {
            let file = name(&format!("track-{:04}.webm", index + 1));
            let (head, blocks) = &media[track.media];
            let sealer = secret.and_then(|_| sealers.get_mut(&track.who));
            // Every other file is as a crash leaves it: without cues, and of no known length.
            let bytes = file_of(head, blocks, track.source, track.began_ms, sealer, index % 2 == 0);
            std::fs::write(folder.join(file.as_str()), bytes).unwrap();
            files.push(TrackFile {
                file,
                participant: id(track.who),
                source: track.source,
                codec: head.format.codec,
                protection: if secret.is_some() { Protection::Sealed } else { Protection::Plaintext },
                began_ms: track.began_ms,
                ended_ms: Some(track.ended_ms),
            });
        }
        let events = events(number, secret.map(|secret| ChatSeal::new(room, secret.clone())).as_ref());
        let lines: Vec<u8> = events.iter().filter_map(LoggedEvent::to_line).flatten().collect();
        std::fs::write(folder.join(events_file.as_str()), lines).unwrap();
        parts.push(Part {
            number,
            began: Timestamp(BEGAN.0 + u64::from(number - 1) * 60_000),
            lasted_ms: Some(LASTED),
            events: events_file,
            keys: secret.map(|_| keys_file),
            tracks: files,
        });
    }
    let person =
        |who, name: &str, consent| Person { id: id(who), name: DisplayName::parse(name).unwrap(), consent };
    let manifest = Manifest {
        version: Manifest::VERSION,
        recording,
        room,
        key: secret.and_then(|secret| secret.id(&room)),
        people: vec![
            person(ADA, "Ada Lovelace", Consent::Given),
            person(BOB, "Bob Marsh", Consent::Given),
            person(CLEO, "Cleo Okafor", Consent::Refused),
            person(DORA, "Dora Lind", Consent::TakenBack),
        ],
        parts,
    };
    std::fs::write(folder.join("manifest.json"), manifest.to_bytes()).unwrap();
}

fn file_of(
    head: &Head,
    blocks: &[Block],
    source: Source,
    began: u64,
    mut sealer: Option<&mut FrameSealer>,
    is_finished: bool,
) -> Vec<u8> {
    assert_eq!(
        head.format.codec,
        if source.kind() == protocol::MediaKind::Audio { Codec::Opus } else { Codec::Vp8 }
    );
    let protection = if sealer.is_some() { Protection::Sealed } else { Protection::Plaintext };
    let mut writer =
        Writer::new(TrackFormat { protection, private: Vec::new(), ..head.format.clone() }, BEGAN);
    let (mut file, mut last) = (Vec::new(), std::time::Duration::ZERO);
    for block in blocks {
        let mut bytes = block.bytes.clone();
        if let Some(sealer) = &mut sealer {
            assert!(sealer.seal(source, &block.bytes, &mut bytes));
        }
        last = std::time::Duration::from_millis(began) + block.time;
        assert!(writer.write(last, Frame { time: last, kind: block.kind, bytes: &bytes }));
    }
    if is_finished {
        writer.finish();
    } else {
        writer.handle_timeout(last + std::time::Duration::from_secs(10));
    }
    while let Some(effect) = writer.poll_effect() {
        effect.apply(&mut file);
    }
    file
}

fn events(part: u32, seal: Option<&ChatSeal>) -> Vec<LoggedEvent> {
    let at = |at_ms: u64, event| LoggedEvent { at_ms, event };
    let joined = |who, name: &str, role| RecordedEvent::Joined {
        participant: id(who),
        name: DisplayName::parse(name).unwrap(),
        role,
    };
    let media = |who, source, switch| RecordedEvent::Media { participant: id(who), source, switch };
    let speaks = |who: Option<u128>| RecordedEvent::Speaker { participant: who.map(id) };
    let chat = |who, number: u128, text: &str| {
        let message = ChatId(Uuid::from_u128(u128::from(part) * 100 + number));
        let clear = || Envelope::new(Envelope::TEXT, text.to_owned()).ok();
        let nonce = [(u128::from(part) * 100 + number) as u8; 12];
        let sealed = |seal: &ChatSeal| seal.seal(Author { message, from: id(who) }, nonce, text);
        RecordedEvent::Chat {
            participant: id(who),
            id: message,
            envelope: seal.map_or_else(clear, sealed).unwrap(),
        }
    };
    let caption = |who, lasted_ms, text: &str| RecordedEvent::Caption {
        participant: id(who),
        lasted_ms,
        envelope: Envelope::new(Envelope::TEXT, text.to_owned()).unwrap(),
    };
    let mut events = vec![
        at(0, joined(ADA, "Ada Lovelace", Role::Host)),
        at(0, joined(BOB, "Bob Marsh", Role::Guest)),
        at(0, joined(CLEO, "Cleo Okafor", Role::Guest)),
        at(0, media(ADA, Source::Camera, Switch::On)),
        at(0, media(BOB, Source::Camera, Switch::On)),
        at(500, speaks(Some(ADA))),
        at(3_000, speaks(Some(BOB))),
        at(8_000, speaks(Some(ADA))),
        at(11_000, speaks(None)),
    ];
    if part == 1 {
        events.extend([
            at(0, joined(DORA, "Dora Lind", Role::Guest)),
            at(1_000, chat(BOB, 1, "Here is the programme.")),
            at(4_000, media(BOB, Source::Screen, Switch::On)),
            at(6_500, chat(ADA, 2, "How many apples do we expect?")),
            at(9_000, media(BOB, Source::Screen, Switch::Off)),
            at(11_500, RecordedEvent::Left { participant: id(DORA), reason: LeaveReason::Left }),
        ]);
    } else {
        events.push(at(5_000, chat(ADA, 1, "See you next week.")));
    }
    if seal.is_none() {
        events.extend([
            at(2_500, caption(ADA, 2_000, "I can be there at nine.")),
            at(
                7_500,
                caption(BOB, 4_000, "In October we press the apples, and the readings move to Tuesdays."),
            ),
        ]);
    }
    events
}
