//! Films: a picture and its sound in one file, valid at every moment and whole again after any cut.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use protocol::Timestamp;
use record::webm::{
    Codec, FilmTrack, FilmWriter, Frame, FrameKind, Protection, RepairError, Repairer, TrackFormat, VideoSize,
};

use crate::decoders::{Folder, assert_decodes, ffmpeg, made, made_sound, run, text};

fn writer() -> FilmWriter {
    let size = VideoSize { width: 320, height: 180 };
    let picture = TrackFormat::video(Codec::Vp8, Protection::Plaintext, size);
    FilmWriter::new(picture, TrackFormat::opus(Protection::Plaintext), Timestamp(1_782_000_000_000))
}

fn drain(writer: &mut FilmWriter, file: &mut Vec<u8>) {
    while let Some(effect) = writer.poll_effect() {
        effect.apply(file);
    }
}

/// Four seconds of real pictures and real sound. The sound comes later than the pictures of its time, as from an encoder that takes longer.
fn film(folder: &Folder, finish: bool) -> Vec<u8> {
    let late = Duration::from_millis(90);
    let pictures = made(folder, "320x180").into_iter().map(|block| (block.time, FilmTrack::Picture, block));
    let sound = made_sound(folder).into_iter().take_while(|block| block.time < Duration::from_secs(4));
    let sound = sound.map(|block| (block.time + late, FilmTrack::Sound, block));
    let mut frames: Vec<_> = pictures.chain(sound).collect();
    frames.sort_by_key(|(arrives, ..)| *arrives);
    let (mut writer, mut file) = (writer(), Vec::new());
    for (arrives, track, block) in frames {
        writer.handle_timeout(arrives);
        let frame = Frame { time: block.time, kind: block.kind, bytes: &block.bytes };
        assert!(writer.write(arrives, track, frame));
        drain(&mut writer, &mut file);
    }
    if finish {
        writer.finish();
        drain(&mut writer, &mut file);
    }
    file
}

fn repaired(file: &[u8]) -> Result<(Vec<u8>, Duration), RepairError> {
    let mut repairer = Repairer::of_film();
    file.chunks(999).for_each(|piece| repairer.push(piece));
    let (mut whole, repaired) = (file.to_vec(), repairer.finish()?);
    repaired.effects.iter().for_each(|effect| effect.apply(&mut whole));
    Ok((whole, repaired.duration))
}

/// What ffmpeg finds in a file: its two tracks, and for how long it plays.
fn described(path: &Path) -> String {
    let output = Command::new(ffmpeg()).args(["-hide_banner", "-i", text(path)]).output().unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_film_has_picture_sound_duration_and_places_to_begin_at() {
    let folder = Folder::new("film");
    let path = folder.file("film.webm");
    std::fs::write(&path, film(&folder, true)).unwrap();
    assert_decodes(&path);
    let said = described(&path);
    assert!(said.contains("Video: vp8") && said.contains("Audio: opus"), "{said}");
    assert!(said.contains("Duration: 00:00:0") && !said.contains("Duration: N/A"), "{said}");
    // From the third second on there is one: what is decoded from there is neither nothing nor all.
    let seek = run(&["-ss", "3", "-i", text(&path), "-frames:v", "5", "-f", "null", "-"]);
    assert_eq!(seek, "");
}

#[test]
fn a_film_that_was_cut_anywhere_is_whole_again_to_its_last_fragment() {
    let folder = Folder::new("film-cut");
    let file = film(&folder, false);
    let whole = repaired(&file).unwrap();
    assert!(whole.1 > Duration::from_secs(3), "{:?}", whole.1);
    for tenth in 1..=10 {
        let cut = file.len() * tenth / 10 - 3;
        let (bytes, duration) = repaired(&file[..cut]).unwrap();
        assert!(duration.as_millis() * 10 > 3_000 * (tenth as u128 - 1), "{tenth}: {duration:?}");
        let path = folder.file(&format!("{tenth}.webm"));
        std::fs::write(&path, bytes).unwrap();
        assert_decodes(&path);
        let said = described(&path);
        assert!(said.contains("Video: vp8") && said.contains("Audio: opus"), "{said}");
        assert!(!said.contains("Duration: N/A"), "{said}");
    }
    assert_eq!(repaired(&file[..60]), Err(RepairError::Empty));
    // A track of the server's own is none.
    assert!(repaired(&std::fs::read(folder.file("320x180.webm")).unwrap()).is_err());
}

#[test]
fn a_film_begins_with_a_picture_that_can_be_decoded() {
    let mut writer = writer();
    let frame = |kind| Frame { time: Duration::from_millis(7), kind, bytes: &[1] };
    assert!(!writer.write(Duration::ZERO, FilmTrack::Sound, frame(FrameKind::Key)));
    assert!(!writer.write(Duration::ZERO, FilmTrack::Picture, frame(FrameKind::Delta)));
    assert!(writer.write(Duration::ZERO, FilmTrack::Picture, frame(FrameKind::Key)));
    assert!(writer.write(Duration::ZERO, FilmTrack::Sound, frame(FrameKind::Key)));
    writer.finish();
    assert!(!writer.write(Duration::ZERO, FilmTrack::Picture, frame(FrameKind::Key)), "it is finished");
}
