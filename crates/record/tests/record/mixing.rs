//! A film of everybody, made by ffmpeg as it is told: who is where and when, what is heard, how long it is.

use std::process::Command;
use std::time::Duration;

use protocol::{DisplayName, ParticipantId, RoomCode, Source, Timestamp};
use record::webm::{Codec, Frame, Protection, TrackFormat, VideoSize, Writer};
use record::{Consent, FileName, Manifest, MixError, MixPlan, Part, Person, RecordingId, TrackFile};
use uuid::Uuid;

use crate::common::read;
use crate::decoders::{Folder, ffmpeg, run, text};

fn who(number: u128) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(number))
}

fn name(text: &str) -> FileName {
    FileName::new(text.to_owned()).unwrap()
}

fn track(file: &str, person: u128, source: Source, (began_ms, ended_ms): (u64, u64)) -> TrackFile {
    let codec = if matches!(source, Source::Microphone) { Codec::Opus } else { Codec::Vp8 };
    TrackFile {
        file: name(file),
        participant: who(person),
        source,
        codec,
        protection: Protection::Plaintext,
        began_ms,
        ended_ms: Some(ended_ms),
    }
}

fn part(number: u32, lasted_ms: u64, tracks: Vec<TrackFile>) -> Part {
    let began = Timestamp(1_782_000_000_000 + u64::from(number) * 60_000);
    Part {
        number,
        began,
        lasted_ms: Some(lasted_ms),
        events: name(&format!("{number}.events")),
        keys: None,
        tracks,
    }
}

fn manifest(people: u128, parts: Vec<Part>) -> Manifest {
    let person = |number| Person {
        id: who(number),
        name: DisplayName::parse("Ada").unwrap(),
        consent: Consent::Given,
    };
    Manifest {
        version: Manifest::VERSION,
        recording: RecordingId(Uuid::from_u128(9)),
        room: RoomCode::parse("kfm-pqxz-wtr").unwrap(),
        key: None,
        people: (1..=people).map(person).collect(),
        parts,
    }
}

/// So many seconds of one colour, in a size, as a browser would encode them.
fn coloured(folder: &Folder, colour: &str, size: &str, seconds: u32) -> Vec<u8> {
    let path = folder.file(&format!("{colour}-{size}.webm"));
    let source = format!("color=c={colour}:size={size}:rate=25:duration={seconds}");
    let encoding = ["-c:v", "libvpx", "-deadline", "realtime", "-g", "25", "-auto-alt-ref", "0"];
    let said = run(&[&["-f", "lavfi", "-i", &source], &encoding[..], &[text(&path)]].concat());
    assert_eq!(said, "");
    std::fs::read(&path).unwrap()
}

/// One track whose picture changes its size on the way.
fn growing(folder: &Folder, colour: &str) -> Vec<u8> {
    let size = VideoSize { width: 320, height: 180 };
    let format = TrackFormat::video(Codec::Vp8, Protection::Plaintext, size);
    let (mut writer, mut file) = (Writer::new(format, Timestamp(1_782_000_000_000)), Vec::new());
    let sizes = ["320x180", "640x360"];
    for (number, size) in sizes.into_iter().enumerate() {
        let (_, blocks) = read(&coloured(folder, colour, size, 2));
        for block in blocks {
            let time = Duration::from_secs(2 * number as u64) + block.time;
            writer.handle_timeout(time);
            assert!(writer.write(time, Frame { time, kind: block.kind, bytes: &block.bytes }));
        }
    }
    writer.finish();
    while let Some(effect) = writer.poll_effect() {
        effect.apply(&mut file);
    }
    file
}

/// What is in the middle of a cell of two columns and two rows at a moment: red, green, blue.
fn colour(folder: &Folder, film: &str, at: &str, (column, row): (u32, u32)) -> [u8; 3] {
    let crop = format!("crop=8:8:{}:{},scale=1:1", 320 + 640 * column, 180 + 360 * row);
    let output = Command::new(ffmpeg())
        .args(["-v", "error", "-nostdin", "-ss", at, "-i", text(&folder.file(film))])
        .args(["-frames:v", "1", "-vf", &crop, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"])
        .output()
        .unwrap();
    output.stdout.try_into().unwrap()
}

/// The level of a tone in a second of the film, in decibels below full scale.
fn tone(folder: &Folder, film: &str, hertz: u32, at: &str) -> f64 {
    let filter = format!("bandpass=f={hertz}:width_type=h:w=60,volumedetect");
    let output = Command::new(ffmpeg())
        .args(["-hide_banner", "-nostdin", "-ss", at, "-t", "1", "-i", text(&folder.file(film))])
        .args(["-vn", "-af", &filter, "-f", "null", "-"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let level = said.split("max_volume: ").nth(1).and_then(|rest| rest.split(' ').next());
    level.unwrap_or_else(|| panic!("{said}")).parse().unwrap()
}

#[test]
fn a_film_shows_everybody_where_and_when_they_were_there() {
    let folder = Folder::new("mixing");
    let write = |file: &str, bytes: Vec<u8>| std::fs::write(folder.file(file), bytes).unwrap();
    write("1-1.webm", growing(&folder, "red"));
    write("1-2.webm", coloured(&folder, "lime", "320x180", 2));
    write("1-4.webm", coloured(&folder, "blue", "180x320", 2));
    write("2-1.webm", coloured(&folder, "white", "320x180", 2));
    let sound = folder.file("1-3.webm");
    let said = run(&["-f", "lavfi", "-i", "sine=frequency=880:duration=2", "-c:a", "libopus", text(&sound)]);
    assert_eq!(said, "");
    let first = vec![
        track("1-1.webm", 1, Source::Camera, (0, 4_000)),
        track("1-2.webm", 2, Source::Camera, (1_000, 3_000)),
        track("1-3.webm", 2, Source::Microphone, (2_000, 4_000)),
        track("1-4.webm", 3, Source::Screen, (1_500, 3_500)),
    ];
    let second = vec![track("2-1.webm", 1, Source::Camera, (0, 2_000))];
    let manifest = manifest(3, vec![part(1, 4_000, first), part(2, 2_000, second)]);
    assert_eq!(Manifest::read(&manifest.to_bytes()).unwrap(), manifest);

    let plan = MixPlan::of(&manifest).unwrap();
    assert_eq!(plan.duration(), Duration::from_secs(6));
    let output = Command::new(ffmpeg())
        .current_dir(folder.file("").as_path())
        .args(plan.arguments("film.webm"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("out_time_us=") && said.contains("progress=end"), "{said}");

    let is_close = |found: [u8; 3], wanted: [u8; 3]| {
        assert!(
            found.iter().zip(wanted).all(|(one, other)| one.abs_diff(other) < 40),
            "{found:?}, {wanted:?}"
        );
    };
    let (red, lime, blue, white, nobody) = ([254, 0, 0], [0, 254, 0], [0, 0, 254], [254; 3], [16, 19, 24]);
    let at = |moment: &str, cell: (u32, u32)| colour(&folder, "film.webm", moment, cell);
    is_close(at("0.5", (0, 0)), red);
    is_close(at("0.5", (1, 0)), nobody);
    is_close(at("2.5", (0, 0)), red);
    is_close(at("2.5", (1, 0)), lime);
    is_close(at("2.5", (0, 1)), blue);
    is_close(at("3.7", (0, 0)), red);
    is_close(at("3.7", (1, 0)), nobody);
    is_close(at("3.7", (0, 1)), nobody);
    is_close(at("5.0", (0, 0)), white);
    assert!(tone(&folder, "film.webm", 880, "0.5") < -60.0, "nobody says anything yet");
    assert!(tone(&folder, "film.webm", 880, "2.5") > -40.0);
    assert!(tone(&folder, "film.webm", 880, "4.7") < -60.0);
}

#[test]
fn cells_are_used_again_and_who_finds_none_is_heard() {
    let seventeen = (0..17_u64).map(|number| {
        track(&format!("1-{number}.webm"), u128::from(number) + 1, Source::Camera, (number * 10, 9_000))
    });
    let after = track("1-99.webm", 1, Source::Camera, (9_500, 9_900));
    let voice = track("1-98.webm", 17, Source::Microphone, (0, 9_900));
    let plan =
        MixPlan::of(&manifest(17, vec![part(1, 10_000, seventeen.chain([after, voice]).collect())])).unwrap();
    let words = plan.arguments("film.webm");
    let inputs: Vec<_> = words.iter().filter(|word| word.starts_with("file:1-")).collect();
    assert_eq!(inputs.len(), 18, "{inputs:?}");
    assert!(
        !inputs.contains(&&"file:1-16.webm".to_owned()) && inputs.contains(&&"file:1-98.webm".to_owned())
    );
    let graph = &words[words.iter().position(|word| word == "-filter_complex").unwrap() + 1];
    assert!(
        graph.contains("[under16][seen16]overlay=x=0:y=0:eof_action=pass:enable='between(t,9.500,9.900)'"),
        "{graph}"
    );
    assert!(graph.contains("[under15][seen15]overlay=x=960:y=540:"), "four rows of four: {graph}");
}

#[test]
fn there_is_no_film_of_what_is_sealed_empty_or_endless() {
    let camera = |number: u64| track(&format!("1-{number}.webm"), 1, Source::Camera, (0, 1_000));
    let mut sealed = manifest(1, vec![part(1, 1_000, vec![camera(1)])]);
    assert!(MixPlan::of(&sealed).is_ok());
    sealed.parts[0].tracks[0].protection = Protection::Sealed;
    assert_eq!(MixPlan::of(&sealed), Err(MixError::Sealed));
    assert_eq!(MixPlan::of(&manifest(1, vec![part(1, 1_000, vec![])])), Err(MixError::Empty));
    assert_eq!(MixPlan::of(&manifest(1, vec![])), Err(MixError::Empty));
    let many = (0..301).map(camera).collect();
    assert_eq!(MixPlan::of(&manifest(1, vec![part(1, 1_000, many)])), Err(MixError::TooManyTracks));
}
