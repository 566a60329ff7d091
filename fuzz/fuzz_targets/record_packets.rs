//! Whatever a publisher sends, in whatever order and with whatever times, its file can be read to the end, holds no more than came, and is played no
//! further from when it came than is allowed; and nobody is asked for more than two keyframes a second.
//!
//! Each packet is a line of bytes: how many milliseconds later it comes (one byte), stream, flags, number and timestamp (one, one, two and four bytes),
//! the length of its payload (one byte), and that.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use protocol::{ParticipantId, Source, Timestamp};
use record::webm::{Codec, Protection, Reader};
use record::{KeyId, Packet, Recorder, SenderReport, TrackEffect};

fuzz_target!(|data: &[u8]| {
    let [choice, rest @ ..] = data else { return };
    let (codec, source) = [
        (Codec::Vp8, Source::Camera),
        (Codec::Vp9, Source::Screen),
        (Codec::H264, Source::Camera),
        (Codec::Opus, Source::Microphone),
    ][usize::from(*choice) % 4];
    let protection = if choice & 0x10 == 0 { Protection::Plaintext } else { Protection::Sealed };
    let key = ParticipantId::NIL.publication(source);
    let mut recorder = Recorder::new(Timestamp(1_782_000_000_000));
    recorder.begin(Duration::ZERO, key, codec, protection);
    recorder.handle_key_kept(Duration::ZERO, key.participant, KeyId::new(0).unwrap());
    let (mut now, mut rest, mut came) = (Duration::ZERO, rest, 0);
    let (mut file, mut asked): (Vec<u8>, Vec<Duration>) = (Vec::new(), Vec::new());
    while let [later, stream, flags, n1, n2, t1, t2, t3, t4, length, after @ ..] = rest {
        let (payload, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        now += Duration::from_millis(u64::from(*later));
        while let Some(due) = recorder.poll_timeout().filter(|due| *due <= now) {
            recorder.handle_timeout(due);
            assert!(recorder.poll_timeout().is_none_or(|next| next > due), "what was due was not done");
        }
        let (ssrc, timestamp) = (u32::from(stream % 3), u32::from_be_bytes([*t1, *t2, *t3, *t4]));
        if flags & 2 != 0 {
            let ntp = u64::from(timestamp) << 24;
            recorder.handle_sender_report(key, &SenderReport { arrival: now, ssrc, ntp, timestamp });
        }
        came += payload.len() + 4;
        let sequence = u16::from_be_bytes([*n1, *n2]);
        recorder.handle_packet(
            key,
            &Packet { arrival: now, ssrc, sequence, timestamp, marker: flags & 1 != 0, payload },
        );
        drain(&mut recorder, now, &mut file, &mut asked);
    }
    recorder.finish(now);
    drain(&mut recorder, now, &mut file, &mut asked);
    assert!(asked.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(500)));
    let mut reader = Reader::new();
    reader.push(&file);
    let mut kept = 0;
    while let Some(event) = reader.poll().expect("its own file is damaged") {
        if let record::webm::ReaderEvent::Block(block) = event {
            kept += block.bytes.len();
            assert!(block.time <= now + Duration::from_millis(900), "it is played long after the end");
        }
    }
    assert!(kept <= came + came / 2);
});

fn drain(recorder: &mut Recorder, now: Duration, file: &mut Vec<u8>, asked: &mut Vec<Duration>) {
    while let Some((_, effect)) = recorder.poll_effect() {
        match effect {
            TrackEffect::File(effect) => effect.apply(file),
            TrackEffect::WantKeyframe => asked.push(now),
            TrackEffect::Began { .. }
            | TrackEffect::Resized { .. }
            | TrackEffect::WantKey(_)
            | TrackEffect::Ended(_) => {}
        }
    }
}
