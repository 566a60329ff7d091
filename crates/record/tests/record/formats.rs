//! Manifest, event log and key boxes: read as they were written, and refused where an enemy wrote them.

use protocol::{
    ChatId, DisplayName, Envelope, HandNumber, LeaveReason, ParticipantId, Reaction, Role, RoomCode, Source,
    Switch, Timestamp,
};
use record::webm::{Codec, Protection};
use record::{
    Consent, EventReader, FileName, KeyBox, KeyBoxes, KeyId, LineError, LoggedEvent, Manifest, ManifestError,
    Part, Person, RecordedEvent, RecordingId, SealedKey, TrackFile,
};
use uuid::Uuid;

fn ada() -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(7))
}

fn name(text: &str) -> FileName {
    FileName::new(text.to_owned()).unwrap()
}

fn manifest() -> Manifest {
    let track = |number: u32, source: Source, codec| TrackFile {
        file: name(&format!("1-{number}.webm")),
        participant: ada(),
        source,
        codec,
        protection: Protection::Sealed,
        began_ms: 1_200,
        ended_ms: Some(60_000),
    };
    let tracks = vec![track(1, Source::Microphone, Codec::Opus), track(2, Source::Camera, Codec::Vp8)];
    let part = Part {
        number: 1,
        began: Timestamp(1_782_000_000_000),
        lasted_ms: None,
        events: name("1.events"),
        keys: Some(name("1.keys")),
        tracks,
    };
    let person = Person { id: ada(), name: DisplayName::parse("Ada").unwrap(), consent: Consent::Given };
    Manifest {
        version: Manifest::VERSION,
        recording: RecordingId(Uuid::from_u128(9)),
        room: RoomCode::parse("kfm-pqxz-wtr").unwrap(),
        key: None,
        people: vec![person],
        parts: vec![part],
    }
}

#[test]
fn a_manifest_is_read_as_it_was_written() {
    assert_eq!(Manifest::read(&manifest().to_bytes()).unwrap(), manifest());
}

#[test]
fn a_manifest_that_cannot_be_is_refused() {
    type Change = fn(&mut Manifest);
    let changes: [(&str, Change); 9] = [
        ("people", |one| one.people.push(one.people[0].clone())),
        ("nobody", |one| one.people.clear()),
        ("numbers", |one| one.parts[0].number = 2),
        ("numbers", |one| one.parts = vec![one.parts[0].clone(); 2]),
        ("twice", |one| one.parts[0].tracks[1].file = one.parts[0].tracks[0].file.clone()),
        ("twice", |one| one.parts[0].keys = Some(one.parts[0].events.clone())),
        ("time of a track", |one| one.parts[0].tracks[0].ended_ms = Some(3)),
        ("time of a track", |one| one.parts[0].tracks[0].began_ms = u64::MAX),
        ("codec", |one| one.parts[0].tracks[0].codec = Codec::Vp9),
    ];
    for (what, change) in changes {
        let mut bent = manifest();
        change(&mut bent);
        let error = Manifest::read(&bent.to_bytes()).unwrap_err().to_string();
        assert!(error.contains(what), "{what}: {error}");
    }
    let text = String::from_utf8(manifest().to_bytes()).unwrap();
    let later = text.replace(r#"{"version":1"#, r#"{"version":2,"what":[]"#);
    assert!(matches!(Manifest::read(later.as_bytes()), Err(ManifestError::Version(2))));
    for bent in [
        text.replace("1-1.webm", "../../etc"),
        text.replace("vp8", "mpeg"),
        text[..90].to_owned(),
        "[".repeat(100_000),
    ] {
        assert!(matches!(Manifest::read(bent.as_bytes()), Err(ManifestError::Unreadable(_))));
    }
    assert!(matches!(Manifest::read(&vec![b' '; Manifest::MOST_BYTES + 1]), Err(ManifestError::TooLong)));
}

#[test]
fn names_lead_nowhere() {
    for text in
        ["", "..", ".", "a/b", "..a", "a..b", ".a", "a.", "A", "a b", "a\\b", "%2e", "ä", &"a".repeat(81)]
    {
        assert!(FileName::new(text.to_owned()).is_err(), "{text}");
    }
    let id = RecordingId(Uuid::from_u128(0xabc));
    assert_eq!(id.to_string().parse(), Ok(id));
    for text in [
        "",
        "../",
        "..",
        "00000000000000000000000000000abc",
        "{00000000-0000-0000-0000-000000000abc}",
        "00000000-0000-0000-0000-000000000ABC",
    ] {
        assert!(text.parse::<RecordingId>().is_err(), "{text}");
    }
}

fn events() -> Vec<LoggedEvent> {
    let participant = ada();
    let envelope = Envelope::new(Envelope::SEALED, "AbC_-9".to_owned()).unwrap();
    let all = vec![
        RecordedEvent::Joined { participant, name: DisplayName::parse("Ada").unwrap(), role: Role::Host },
        RecordedEvent::Renamed { participant, name: DisplayName::parse("Ada L").unwrap() },
        RecordedEvent::Media { participant, source: Source::Screen, switch: Switch::On },
        RecordedEvent::Hand { participant, hand: Some(HandNumber(4)) },
        RecordedEvent::Hand { participant, hand: None },
        RecordedEvent::Speaker { participant: Some(participant) },
        RecordedEvent::Speaker { participant: None },
        RecordedEvent::Reacted { participant, reaction: Reaction::Heart },
        RecordedEvent::Chat { participant, id: ChatId(Uuid::from_u128(3)), envelope: envelope.clone() },
        RecordedEvent::Caption { participant, lasted_ms: 900, envelope },
        RecordedEvent::Consent { participant, consent: Consent::TakenBack },
        RecordedEvent::Left { participant, reason: LeaveReason::Left },
    ];
    (0..).zip(all).map(|(number, event)| LoggedEvent { at_ms: number * 250, event }).collect()
}

fn read(bytes: &[u8], piece: usize) -> (Vec<LoggedEvent>, Vec<LineError>) {
    let (mut reader, mut read, mut errors) = (EventReader::new(), Vec::new(), Vec::new());
    for piece in bytes.chunks(piece) {
        reader.push(piece);
        while let Some(line) = reader.poll() {
            match line {
                Ok(event) => read.push(event),
                Err(error) => errors.push(error),
            }
        }
    }
    (read, errors)
}

#[test]
fn an_event_log_is_read_as_it_was_written_up_to_where_it_was_cut() {
    let lines: Vec<_> = events().iter().map(|event| event.to_line().unwrap()).collect();
    let log = lines.concat();
    for piece in [1, 3, 1_000_000] {
        assert_eq!(read(&log, piece), (events(), Vec::new()));
    }
    for cut in 0..log.len() {
        let whole = log[..cut].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(read(&log[..cut], 64), (events()[..whole].to_vec(), Vec::new()), "cut at {cut}");
    }
}

#[test]
fn lines_that_are_none_are_passed_over_and_named() {
    let good = events()[0].to_line().unwrap();
    let long = [&vec![b'x'; 100_000][..], b"\n"].concat();
    let log = [
        &good[..],
        b"{\"at\":1,\"type\":\"later\"}\n",
        &long,
        b"\n",
        b"{\"at\":9007199254740992,\"type\":\"speaker\",\"participant\":null}\n",
        &good,
    ]
    .concat();
    for piece in [1_000, 1_000_000] {
        let (events, errors) = read(&log, piece);
        assert_eq!(events.len(), 2);
        assert!(matches!(
            &errors[..],
            [
                LineError::Unreadable { number: 2, .. },
                LineError::TooLong { number: 3, .. },
                LineError::Unreadable { number: 5, .. }
            ]
        ));
    }
}

fn key_box(id: u64, text: &str) -> KeyBox {
    KeyBox {
        participant: ada(),
        key: KeyId::new(id).unwrap(),
        sealed: SealedKey::new(text.to_owned()).unwrap(),
    }
}

#[test]
fn the_box_of_a_frame_is_that_of_its_epoch_at_its_step_or_before() {
    let epoch = |epoch: u64, step: u64| 5 << 24 | epoch << 8 | step;
    let all = [
        key_box(epoch(1, 3), "one"),
        key_box(epoch(1, 9), "two"),
        key_box(epoch(2, 0), "three"),
        key_box(epoch(1, 3), "instead"),
    ];
    let mut boxes = KeyBoxes::new();
    let file: Vec<u8> = all.iter().flat_map(KeyBox::to_line).collect();
    assert!(file.chunks(5).all(|piece| boxes.push(piece).is_empty()));
    let find =
        |id: u64| boxes.find(ada(), KeyId::new(id).unwrap()).map(|(_, sealed)| sealed.as_str().to_owned());
    assert_eq!(
        [find(epoch(1, 2)), find(epoch(1, 3)), find(epoch(1, 8)), find(epoch(1, 200))],
        [None, Some("one".into()), Some("one".into()), Some("two".into())]
    );
    assert_eq!(
        [find(epoch(2, 1)), find(epoch(3, 0)), find(6 << 24 | 1 << 8 | 9)],
        [Some("three".into()), None, None]
    );
    assert_eq!(boxes.find(ParticipantId::NIL, KeyId::new(epoch(1, 3)).unwrap()), None);
    assert_eq!(boxes.push(b"{\"participant\":1}\n").len(), 1);
    assert!(SealedKey::new("a b".to_owned()).is_err() && SealedKey::new(String::new()).is_err());
    assert!(!format!("{all:?}").contains("instead"));
}
