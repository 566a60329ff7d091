//! Real pictures and real sound, made by ffmpeg, go through packets on a bad line into files of ours, and ffmpeg decodes these without an error. Needs
//! ffmpeg with libvpx and libopus: `VERANDA_FFMPEG`, or `ffmpeg` on the PATH.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::common::{Arriving, CAMERA, Driver, Line, MICROPHONE, Network, Owned, read, vp8_packets};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use record::KeyId;
use record::webm::{Block, Codec, FrameKind, Protection, Repairer};

pub(crate) fn ffmpeg() -> PathBuf {
    std::env::var_os("VERANDA_FFMPEG").map_or_else(|| PathBuf::from("ffmpeg"), PathBuf::from)
}

/// What it says of errors; nothing when there is none.
pub(crate) fn run(arguments: &[&str]) -> String {
    let output = Command::new(ffmpeg())
        .args(["-hide_banner", "-nostdin", "-y", "-v", "error"])
        .args(arguments)
        .output();
    let output = output.expect("ffmpeg is needed: scripts/setup.sh ffmpeg");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { said } else { format!("{}: {said}", output.status) }
}

pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("veranda-record-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Four seconds of a size, with a keyframe every second.
pub(crate) fn made(folder: &Folder, size: &str) -> Vec<Block> {
    let path = folder.file(&format!("{size}.webm"));
    let source = format!("testsrc2=size={size}:rate=25:duration=4");
    let said = run(&[
        "-f",
        "lavfi",
        "-i",
        &source,
        "-c:v",
        "libvpx",
        "-deadline",
        "realtime",
        "-g",
        "25",
        "-b:v",
        "400k",
        "-auto-alt-ref",
        "0",
        text(&path),
    ]);
    assert_eq!(said, "");
    read(&std::fs::read(&path).unwrap()).1
}

pub(crate) fn made_sound(folder: &Folder) -> Vec<Block> {
    let path = folder.file("sound.webm");
    let said = run(&["-f", "lavfi", "-i", "sine=frequency=440:duration=16", "-c:a", "libopus", text(&path)]);
    assert_eq!(said, "");
    read(&std::fs::read(&path).unwrap()).1
}

pub(crate) fn assert_decodes(path: &Path) {
    assert_eq!(
        run(&["-err_detect", "explode", "-xerror", "-i", text(path), "-f", "null", "-"]),
        "",
        "{}",
        path.display()
    );
}

/// The frames that a decoder makes of a file, each by its hash.
fn pictures_in(path: &Path) -> Vec<String> {
    let output = Command::new(ffmpeg())
        .args([
            "-hide_banner",
            "-nostdin",
            "-v",
            "error",
            "-i",
            text(path),
            "-fps_mode",
            "passthrough",
            "-f",
            "framemd5",
            "-",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let hashes =
        said.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit(' ').next());
    hashes.map(str::to_owned).collect()
}

fn decoded(path: &Path) -> usize {
    pictures_in(path).len()
}

/// Sixteen seconds with three changes of size over a line of that loss.
fn recorded(folder: &Folder, loss: u32) -> Driver {
    let clips = ["320x180", "640x360", "176x144", "320x180"].map(|size| made(folder, size));
    let pictures: Vec<_> = clips.iter().flat_map(|clip| clip.iter().take(100)).collect();
    let sounds = made_sound(folder);
    assert!(pictures.len() == 400 && sounds.len() > 790, "{} and {}", pictures.len(), sounds.len());
    let mut driver = Driver::new();
    driver.begin(CAMERA, Codec::Vp8, Protection::Plaintext);
    driver.begin(MICROPHONE, Codec::Opus, Protection::Plaintext);
    let mut network = Network::new(Line { loss, delay: 20, jitter: 30 }, 3);
    let (mut sequence, mut numbers) = (65_500, (0_usize, 0_usize));
    for at in (0..16_500_000_u64).step_by(10_000) {
        if at.is_multiple_of(40_000)
            && let Some(frame) = pictures.get(numbers.0)
        {
            let timestamp = 4_294_900_000_u32.wrapping_add(numbers.0 as u32 * 3_600);
            for packet in vp8_packets(&frame.bytes, numbers.0 as u16, 1, &mut sequence, timestamp) {
                network.send(at, Arriving::Packet(CAMERA, packet));
            }
            numbers.0 += 1;
        }
        if at.is_multiple_of(20_000)
            && let Some(frame) = sounds.get(numbers.1)
        {
            let number = numbers.1 as u16;
            let packet = Owned {
                ssrc: 2,
                sequence: number,
                timestamp: u32::from(number) * 960,
                marker: false,
                payload: frame.bytes.clone(),
            };
            network.send(at, Arriving::Packet(MICROPHONE, packet));
            numbers.1 += 1;
        }
        while let Some((arrives, what)) = network.next(at) {
            driver.hear(arrives, &what);
        }
    }
    driver.advance(Duration::from_secs(18));
    driver.finish();
    assert!(loss == 0 || network.lost > 20 && network.overtook > 20);
    driver
}

#[test]
fn a_decoder_finds_every_frame_of_a_good_line_and_no_error() {
    let folder = Folder::new("good");
    let driver = recorded(&folder, 0);
    let (picture, sound) = (folder.file("picture.webm"), folder.file("sound-recorded.webm"));
    std::fs::write(&picture, &driver.tracks[&CAMERA].file).unwrap();
    std::fs::write(&sound, &driver.tracks[&MICROPHONE].file).unwrap();
    assert_decodes(&picture);
    assert_decodes(&sound);
    assert_eq!(decoded(&picture), 400);
    assert_eq!(driver.tracks[&CAMERA].resized.len(), 3);
}

#[test]
fn a_decoder_finds_no_error_in_what_a_bad_line_left() {
    let folder = Folder::new("bad");
    let driver = recorded(&folder, 5);
    let (picture, sound) = (folder.file("picture.webm"), folder.file("sound-recorded.webm"));
    std::fs::write(&picture, &driver.tracks[&CAMERA].file).unwrap();
    std::fs::write(&sound, &driver.tracks[&MICROPHONE].file).unwrap();
    assert_decodes(&picture);
    assert_decodes(&sound);
    let (_, blocks) = driver.blocks(CAMERA);
    assert!(blocks.len() > 100 && blocks.len() < 400, "{} pictures", blocks.len());
    assert!(blocks.iter().any(|block| block.kind == FrameKind::Delta));
    assert_eq!(decoded(&picture), blocks.len());
}

#[test]
fn a_decoder_finds_no_error_in_what_was_cut_and_repaired_and_can_seek_in_it() {
    let folder = Folder::new("cut");
    let driver = recorded(&folder, 0);
    let file = &driver.tracks[&CAMERA].file;
    let path = folder.file("cut.webm");
    for part in [2, 5, 8] {
        let cut = &file[..file.len() * part / 9 + part];
        let mut repairer = Repairer::new();
        repairer.push(cut);
        let mut whole = cut.to_vec();
        let repaired = repairer.finish().unwrap();
        repaired.effects.iter().for_each(|effect| effect.apply(&mut whole));
        std::fs::write(&path, &whole).unwrap();
        assert_decodes(&path);
        let blocks = read(&whole).1;
        assert_eq!(decoded(&path), blocks.len());
        let middle = format!("{:.3}", repaired.duration.as_secs_f64() / 2.0);
        assert_eq!(
            run(&["-xerror", "-ss", &middle, "-i", text(&path), "-frames:v", "1", "-f", "null", "-"]),
            ""
        );
    }
    // As a crash leaves it: without repair too it can be played.
    std::fs::write(&path, &file[..file.len() / 2]).unwrap();
    assert!(decoded(&path) > 100);
}

#[test]
fn a_decoder_makes_no_picture_of_a_sealed_file() {
    let folder = Folder::new("sealed");
    let mut noise = ChaCha20Rng::seed_from_u64(7);
    let mut driver = Driver::new();
    driver.begin(CAMERA, Codec::Vp8, Protection::Sealed);
    driver.recorder.handle_key_kept(Duration::ZERO, CAMERA.participant, KeyId::new(0).unwrap());
    let mut sequence = 0;
    let pictures = made(&folder, "320x180");
    for (number, frame) in pictures.iter().enumerate() {
        // As `crates/seal` does: what it leaves clear, the header of the first key, and what is noise for all who lack it.
        let (clear, rest) = frame.bytes.split_at(if frame.kind == FrameKind::Key { 10 } else { 3 });
        let mut sealed = [clear, &[0x00], rest, &[0; 16]].concat();
        noise.fill_bytes(&mut sealed[clear.len() + 1..]);
        for packet in vp8_packets(&sealed, number as u16, 1, &mut sequence, number as u32 * 3_600) {
            driver.hear(Duration::from_millis(number as u64 * 40), &Arriving::Packet(CAMERA, packet));
        }
    }
    driver.finish();
    let path = folder.file("sealed.webm");
    std::fs::write(&path, &driver.tracks[&CAMERA].file).unwrap();
    assert_eq!(driver.blocks(CAMERA).1.len(), pictures.len(), "all of them are there");
    let said = run(&["-err_detect", "explode", "-xerror", "-i", text(&path), "-f", "null", "-"]);
    assert!(said.contains("Unsupported encoding type"), "{said}");
    // Whatever a decoder makes of noise behind a clear tag is none of the pictures.
    let open = pictures_in(&folder.file("320x180.webm"));
    assert!(open.len() == pictures.len() && pictures_in(&path).iter().all(|noise| !open.contains(noise)));
}

/// The packets of a VP9 frame (RFC 9628 §4.2), without numbers of pictures.
fn vp9_payloads(frame: &Block) -> Vec<Vec<u8>> {
    let count = frame.bytes.len().div_ceil(1_100);
    let inter = if frame.kind == FrameKind::Key { 0 } else { 0x40 };
    let payload = |(index, chunk): (usize, &[u8])| {
        let begins = if index == 0 { 0x08 } else { 0 };
        let ends = if index + 1 == count { 0x04 } else { 0 };
        [&[inter | begins | ends][..], chunk].concat()
    };
    frame.bytes.chunks(1_100).enumerate().map(payload).collect()
}

/// The packets of a frame of H.264 (RFC 6184): parameter sets together, the rest in fragments.
fn h264_payloads(frame: &Block, configuration: &[u8]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    if frame.kind == FrameKind::Key {
        let length = |at: usize| usize::from(u16::from_be_bytes([configuration[at], configuration[at + 1]]));
        let sequence_set = &configuration[6..8 + length(6)];
        let after = 6 + sequence_set.len() + 1;
        let picture_set = &configuration[after..after + 2 + length(after)];
        payloads.push([&[0x78][..], sequence_set, picture_set].concat());
    }
    let mut rest = &frame.bytes[..];
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (unit, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        rest = after;
        if unit.len() <= 1_100 {
            payloads.push(unit.to_vec());
            continue;
        }
        let count = unit[1..].len().div_ceil(1_100);
        for (index, chunk) in unit[1..].chunks(1_100).enumerate() {
            let flags = if index == 0 { 0x80 } else { 0 } | if index + 1 == count { 0x40 } else { 0 };
            payloads.push([&[unit[0] & 0xe0 | 28, flags | unit[0] & 0x1f][..], chunk].concat());
        }
    }
    payloads
}

#[test]
fn a_decoder_finds_every_frame_of_vp9_and_h264_too() {
    let folder = Folder::new("others");
    for (codec, encoder, extra, name) in [
        (Codec::Vp9, "libvpx-vp9", "-lag-in-frames", "others.webm"),
        (Codec::H264, "libx264", "-bf", "others.mkv"),
    ] {
        let (made, path) = (folder.file(&format!("made-{name}")), folder.file(name));
        let source = "testsrc2=size=320x180:rate=25:duration=3";
        let said = run(&[
            "-f",
            "lavfi",
            "-i",
            source,
            "-c:v",
            encoder,
            "-pix_fmt",
            "yuv420p",
            "-g",
            "25",
            "-b:v",
            "900k",
            "-deadline",
            "realtime",
            extra,
            "0",
            text(&made),
        ]);
        assert!(said.lines().all(|line| line.contains("deadline") || line.contains("realtime")), "{said}");
        let (head, pictures) = read(&std::fs::read(&made).unwrap());
        let mut driver = Driver::new();
        driver.begin(CAMERA, codec, Protection::Plaintext);
        let mut sequence = 0;
        for (number, frame) in pictures.iter().enumerate() {
            let payloads = if codec == Codec::Vp9 {
                vp9_payloads(frame)
            } else {
                h264_payloads(frame, &head.format.private)
            };
            let last = payloads.len() - 1;
            for (index, payload) in payloads.into_iter().enumerate() {
                let packet = Owned {
                    ssrc: 1,
                    sequence,
                    timestamp: number as u32 * 3_600,
                    marker: index == last,
                    payload,
                };
                driver.hear(Duration::from_millis(number as u64 * 40), &Arriving::Packet(CAMERA, packet));
                sequence = sequence.wrapping_add(1);
            }
        }
        driver.advance(Duration::from_secs(5));
        driver.finish();
        std::fs::write(&path, &driver.tracks[&CAMERA].file).unwrap();
        assert_decodes(&path);
        assert_eq!(pictures_in(&path), pictures_in(&made), "{codec:?}");
        let size = driver.blocks(CAMERA).0.format.size.unwrap();
        assert_eq!((size.width, size.height), (320, 180));
        assert_eq!(pictures.len(), 75);
    }
}
