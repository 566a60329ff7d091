//! Files: valid at every moment, whole again after any cut, and read without trust.

use std::time::Duration;

use protocol::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use record::FileEffect;
use record::webm::{
    Block, Codec, Cues, Frame, FrameKind, Head, Protection, Reader, ReaderEvent, RepairError, Repairer,
    TrackFormat, VideoSize, Writer,
};

const BEGAN: Timestamp = Timestamp(1_782_000_000_000);

#[derive(Debug, Default)]
struct Read {
    head: Option<Head>,
    blocks: Vec<Block>,
    cues: Option<Cues>,
    is_damaged: bool,
}

/// Reads a file in pieces of so many bytes.
fn read(file: &[u8], piece: usize) -> Read {
    let (mut reader, mut read) = (Reader::new(), Read::default());
    for bytes in file.chunks(piece.max(1)) {
        reader.push(bytes);
        loop {
            match reader.poll() {
                Ok(Some(ReaderEvent::Head(head))) => read.head = Some(*head),
                Ok(Some(ReaderEvent::Block(block))) => read.blocks.push(block),
                Ok(Some(ReaderEvent::Cues(cues))) => read.cues = Some(cues),
                Ok(None) => break,
                Err(_) => {
                    read.is_damaged = true;
                    return read;
                }
            }
        }
    }
    read
}

fn video() -> TrackFormat {
    TrackFormat::video(Codec::Vp8, Protection::Plaintext, VideoSize { width: 640, height: 360 })
}

/// A file of so many frames, one each forty milliseconds; a keyframe every 25.
fn written(format: TrackFormat, frames: u64, finish: bool, size: usize) -> (Vec<u8>, Vec<Block>) {
    let (mut writer, mut file, mut blocks) = (Writer::new(format, BEGAN), Vec::new(), Vec::new());
    for number in 0..frames {
        let now = Duration::from_millis(5_000 + number * 40);
        let kind = if number.is_multiple_of(25) { FrameKind::Key } else { FrameKind::Delta };
        let bytes = vec![number as u8; size + number as usize % 7];
        writer.handle_timeout(now);
        assert!(writer.write(now, Frame { time: now, kind, bytes: &bytes }));
        blocks.push(Block { time: Duration::from_millis(number * 40), kind, bytes });
        drain(&mut writer, &mut file);
    }
    if finish {
        writer.finish();
    }
    drain(&mut writer, &mut file);
    (file, blocks)
}

fn drain(writer: &mut Writer, file: &mut Vec<u8>) {
    while let Some(effect) = writer.poll_effect() {
        effect.apply(file);
    }
}

fn repaired(file: &[u8]) -> Result<Vec<u8>, RepairError> {
    let mut repairer = Repairer::new();
    for piece in file.chunks(777) {
        repairer.push(piece);
    }
    let mut whole = file.to_vec();
    for effect in repairer.finish()?.effects {
        effect.apply(&mut whole);
    }
    Ok(whole)
}

#[test]
fn a_finished_file_is_read_as_it_was_written_in_pieces_of_any_size() {
    let (file, blocks) = written(video(), 200, true, 30);
    for piece in [1, 2, 7, 100, file.len()] {
        let read = read(&file, piece);
        let head = read.head.unwrap();
        assert_eq!(head.format, video());
        assert_eq!(head.duration, Some(Duration::from_millis(199 * 40 + 33)));
        assert_eq!(head.begins, Some(BEGAN.after(Duration::from_secs(5))));
        assert!(!read.is_damaged);
        assert_eq!(read.blocks, blocks);
        let cues = read.cues.unwrap();
        assert_eq!(
            cues.iter().map(|cue| cue.time.as_millis()).collect::<Vec<_>>(),
            (0..8).map(|n| n * 1_000).collect::<Vec<_>>()
        );
        for cue in cues.iter() {
            assert_eq!(file[cue.offset as usize..][..4], [0x1f, 0x43, 0xb6, 0x75]);
        }
    }
}

#[test]
fn every_format_says_what_it_is() {
    let formats = [
        TrackFormat { private: Vec::new(), ..TrackFormat::opus(Protection::Sealed) },
        TrackFormat::video(Codec::Vp9, Protection::Sealed, VideoSize { width: 1, height: 9_999 }),
        TrackFormat {
            private: vec![1, 2, 3],
            ..TrackFormat::video(Codec::H264, Protection::Plaintext, VideoSize { width: 8, height: 8 })
        },
        TrackFormat {
            private: vec![0x81],
            ..TrackFormat::video(Codec::Av1, Protection::Plaintext, VideoSize { width: 8, height: 8 })
        },
    ];
    for format in formats {
        let (file, _) = written(format.clone(), 3, true, 10);
        let head = read(&file, 64).head.unwrap();
        assert_eq!(
            (head.format.codec, head.format.protection, head.format.size),
            (format.codec, format.protection, format.size)
        );
        if format.codec == Codec::Opus {
            assert!(head.format.private.starts_with(b"OpusHead\x01\x02"));
        } else {
            assert_eq!(head.format.private, format.private);
        }
    }
}

#[test]
fn after_each_effect_the_file_can_be_played_up_to_what_was_appended() {
    let mut writer = Writer::new(video(), BEGAN);
    let (mut file, mut seen) = (Vec::new(), 0);
    for number in 0..101_u64 {
        let now = Duration::from_millis(number * 40);
        let kind = if number.is_multiple_of(30) { FrameKind::Key } else { FrameKind::Delta };
        writer.handle_timeout(now);
        writer.write(now, Frame { time: now, kind, bytes: &[1; 50] });
        if number == 100 {
            writer.finish();
        }
        while let Some(effect) = writer.poll_effect() {
            effect.apply(&mut file);
            let read = read(&file, 1_000);
            assert!(!read.is_damaged, "{effect:?}");
            assert!(read.blocks.len() >= seen && (read.head.is_some() || read.blocks.is_empty()));
            seen = read.blocks.len();
        }
        let missing = number + 1 - seen as u64;
        assert!(missing <= 25, "a fragment is a second at the most, but {missing} frames are missing");
    }
    assert_eq!(seen, 101);
}

#[test]
fn a_fragment_is_handed_out_each_second_even_when_nothing_comes_after_it() {
    let mut writer = Writer::new(video(), BEGAN);
    assert_eq!(writer.poll_timeout(), None);
    let now = Duration::from_secs(3);
    writer.write(now, Frame { time: now, kind: FrameKind::Key, bytes: &[1; 50] });
    let mut file = Vec::new();
    drain(&mut writer, &mut file);
    assert!(read(&file, 100).blocks.is_empty());
    let due = writer.poll_timeout().unwrap();
    assert!(due - now <= Duration::from_secs(1));
    writer.handle_timeout(due);
    drain(&mut writer, &mut file);
    assert_eq!(read(&file, 100).blocks.len(), 1);
    assert_eq!(writer.poll_timeout(), None);
}

#[test]
fn times_only_go_forward_and_frames_that_are_none_are_left_out() {
    let mut writer = Writer::new(video(), BEGAN);
    let at = Duration::from_millis;
    let delta = Frame { time: at(0), kind: FrameKind::Delta, bytes: &[1] };
    assert!(!writer.write(at(0), delta), "nothing can be decoded with it");
    assert!(!writer.write(at(0), Frame { kind: FrameKind::Key, bytes: &[], ..delta }));
    let huge = vec![0; record::webm::MAX_FRAME_BYTES + 1];
    assert!(!writer.write(at(0), Frame { kind: FrameKind::Key, bytes: &huge, ..delta }));
    assert!(writer.write(at(0), Frame { time: at(700), kind: FrameKind::Key, bytes: &[2] }));
    for time in [at(700), at(3), at(703), Duration::MAX] {
        assert!(writer.write(at(1), Frame { time, kind: FrameKind::Delta, bytes: &[3] }));
    }
    writer.finish();
    assert!(!writer.write(at(2), delta));
    let mut file = Vec::new();
    drain(&mut writer, &mut file);
    let times: Vec<_> = read(&file, 100).blocks.iter().map(|block| block.time.as_millis()).collect();
    assert_eq!(times[..4], [0, 1, 2, 3]);
    assert_eq!(times.len(), 5);
}

#[test]
fn a_file_without_a_frame_stays_empty() {
    let mut writer = Writer::new(video(), BEGAN);
    writer.finish();
    assert_eq!(writer.poll_effect(), None);
    assert!(matches!(repaired(&[]), Err(RepairError::Empty)));
}

#[test]
fn a_file_cut_at_any_byte_is_whole_again_with_every_block_before_the_cut() {
    for (format, finished) in
        [(video(), true), (video(), false), (TrackFormat::opus(Protection::Sealed), true)]
    {
        let (file, _) = written(format, 80, finished, 20);
        let mut empty = 0;
        for cut in 0..=file.len() {
            let before = read(&file[..cut], 4_096);
            match repaired(&file[..cut]) {
                Err(RepairError::Empty) => {
                    assert!(before.blocks.is_empty(), "cut at {cut}");
                    empty += 1;
                }
                Err(error) => panic!("cut at {cut}: {error}"),
                Ok(whole) => {
                    let after = read(&whole, 333);
                    assert!(!after.is_damaged, "cut at {cut}");
                    assert_eq!(after.blocks, before.blocks, "cut at {cut}");
                    let head = after.head.unwrap();
                    let last = after.blocks.last().unwrap().time;
                    assert!(
                        head.duration.unwrap() > last
                            && head.duration.unwrap() < last + Duration::from_millis(40)
                    );
                    let cues = after.cues.unwrap();
                    assert!(!cues.is_empty() && head.cues.is_some(), "cut at {cut}");
                    assert_eq!(repaired(&whole).unwrap(), whole, "repaired twice it is the same");
                }
            }
        }
        assert!(empty < 500, "{empty} cuts left nothing");
        let whole = repaired(&file).unwrap();
        assert!(!finished || whole == file, "what is whole stays as it is");
    }
}

#[test]
fn a_repair_that_breaks_off_can_be_done_again() {
    let (file, _) = written(video(), 80, false, 20);
    let cut = &file[..file.len() - 30];
    let whole = repaired(cut).unwrap();
    let mut repairer = Repairer::new();
    repairer.push(cut);
    let effects = repairer.finish().unwrap().effects;
    for done in 0..effects.len() {
        let mut file = cut.to_vec();
        effects[..done].iter().for_each(|effect| effect.apply(&mut file));
        assert_eq!(repaired(&file).unwrap(), whole, "after {done} effects");
    }
}

#[test]
fn a_tail_of_zeros_is_dropped() {
    let (mut file, blocks) = written(video(), 80, false, 20);
    let kept = read(&file, 100).blocks;
    file.extend([0; 5_000]);
    let whole = repaired(&file).unwrap();
    assert_eq!(read(&whole, 100).blocks, kept);
    assert!(kept.len() >= 75 && kept[..] == blocks[..kept.len()]);
}

#[test]
fn the_player_seeks_by_the_cues_and_reads_no_more_than_it_needs() {
    let (file, blocks) = written(video(), 3_000, true, 200);
    let mut reader = Reader::new();
    let mut fetched = 0;
    let mut fetch = |reader: &mut Reader, bytes: usize| {
        let from = reader.wanted() as usize;
        let to = (from + bytes).min(file.len());
        reader.push(&file[from..to]);
        fetched += to - from;
    };
    fetch(&mut reader, 1_024);
    let Some(ReaderEvent::Head(head)) = reader.poll().unwrap() else { panic!("no head") };
    reader.seek(head.cues.unwrap());
    let cues = loop {
        match reader.poll().unwrap() {
            Some(ReaderEvent::Cues(cues)) => break cues,
            Some(event) => panic!("{event:?}"),
            None => fetch(&mut reader, 1_024),
        }
    };
    for millis in [0, 59_999, 60_000, 61_234, 119_999] {
        let moment = Duration::from_millis(millis);
        reader.seek(cues.before(moment).unwrap().offset);
        let mut found: Vec<Block> = Vec::new();
        while found.last().is_none_or(|last| last.time + Duration::from_millis(40) <= moment) {
            match reader.poll().unwrap() {
                Some(ReaderEvent::Block(block)) => found.push(block),
                Some(event) => panic!("{event:?}"),
                None => fetch(&mut reader, 1_024),
            }
        }
        assert_eq!(found[0].kind, FrameKind::Key);
        assert_eq!(found.last(), blocks.iter().rfind(|block| block.time <= moment));
    }
    assert!(fetched < file.len() / 10, "{fetched} of {} bytes", file.len());
}

#[test]
fn whatever_is_changed_in_a_file_nothing_panics_and_what_is_read_is_bounded() {
    let (file, _) = written(video(), 60, true, 20);
    let mut seen = [0; 2];
    for seed in 0..4_000 {
        let mut dice = ChaCha20Rng::seed_from_u64(seed);
        let mut bent = file.clone();
        for _ in 0..1 + dice.next_u32() % 4 {
            let at = dice.next_u32() as usize % bent.len();
            bent[at] = dice.next_u32() as u8;
        }
        let read = read(&bent, 1 + dice.next_u32() as usize % 900);
        seen[usize::from(read.is_damaged)] += 1;
        assert!(
            read.blocks.iter().map(|block| block.bytes.len()).sum::<usize>() <= bent.len(),
            "seed {seed}"
        );
        if let Ok(whole) = repaired(&bent) {
            assert!(whole.len() <= bent.len() + 10_000, "seed {seed}");
        }
    }
    assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
}

#[test]
fn patches_stay_inside_of_the_file() {
    let (file, _) = written(video(), 80, false, 20);
    let mut repairer = Repairer::new();
    repairer.push(&file[..file.len() - 9]);
    let mut length = file.len() as u64;
    for effect in repairer.finish().unwrap().effects {
        match effect {
            FileEffect::Truncate { length: to } => length = to,
            FileEffect::Append(bytes) => length += bytes.len() as u64,
            FileEffect::Patch { offset, bytes } => {
                assert!(offset + bytes.len() as u64 <= length && bytes.len() <= 100);
            }
        }
    }
}
