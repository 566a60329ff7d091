//! Ten minutes of a call in virtual time: flash and beep, bad lines, clocks that are off, mutes, changes of size, and lies.

use std::time::Duration;

use crate::common::{
    Arriving, CAMERA, Driver, Line, MICROPHONE, Network, Owned, millis, picture, told, vp8_packets,
};
use record::SenderReport;
use record::webm::{Block, Codec, FrameKind, Protection};

/// What is wrong with a sender.
#[derive(Clone, Copy, Debug)]
struct Sender {
    seed: u64,
    /// Its wall clock against the server's, and the clock of its sound against that, in millionths.
    wall_ppm: i64,
    sound_ppm: i64,
    /// Whether its sound's timestamps stand still while it is muted.
    sound_stands_still: bool,
    has_reports: bool,
    loss: u32,
}

const TEN_MINUTES: u64 = 600_000_000;
const MUTE: std::ops::Range<u64> = 200_000_000..220_000_000;

fn scaled(micros: u64, ppm: i64) -> u64 {
    (i128::from(micros) + i128::from(micros) * i128::from(ppm) / 1_000_000) as u64
}

/// A wall clock of 2026, in the format of NTP.
fn ntp(micros: u64) -> u64 {
    let seconds = 3_990_000_000 + micros / 1_000_000;
    (seconds << 32) | (((micros % 1_000_000) << 32) / 1_000_000)
}

struct Playing {
    sender: Sender,
    network: Network,
    driver: Driver,
    camera: (u16, u32),
    microphone: (u16, u32),
    /// How much of the sound's clock was lost while it stood still.
    stood: u64,
    key_at: u64,
}

impl Playing {
    fn new(sender: Sender) -> Self {
        let network = Network::new(Line { loss: sender.loss, delay: 30, jitter: 40 }, sender.seed);
        let mut driver = Driver::new();
        driver.begin(CAMERA, Codec::Vp8, Protection::Plaintext);
        driver.begin(MICROPHONE, Codec::Opus, Protection::Plaintext);
        Self { sender, network, driver, camera: (65_000, 0), microphone: (3, 0), stood: 0, key_at: 0 }
    }

    /// Wraps after two minutes.
    fn picture_clock(&self, micros: u64) -> u32 {
        (u64::from(u32::MAX) - 90_000 * 120 + scaled(micros, self.sender.wall_ppm) * 9 / 100) as u32
    }

    fn sound_clock(&self, micros: u64) -> u32 {
        let wall = scaled(micros - self.stood, self.sender.wall_ppm);
        (77_777 + scaled(wall, self.sender.sound_ppm) * 48 / 1_000) as u32
    }

    fn send_picture(&mut self, at: u64) {
        let width = [640, 320, 1_280, 640]
            [[100, 300, 450].iter().filter(|second| at >= **second * 1_000_000).count()];
        let was = [640, 320, 1_280, 640]
            [[100, 300, 450].iter().filter(|second| at >= **second * 1_000_000 + 33_333).count()];
        let is_key = at >= self.key_at || width != was;
        if is_key {
            self.key_at = u64::MAX;
        }
        let (sequence, number) = &mut self.camera;
        let size = if is_key { 4_000 } else { 1_500 };
        let frame = picture(is_key, width, at, *number, size);
        let mut next = *sequence;
        let number_sent = *number as u16;
        *number += 1;
        let timestamp = self.picture_clock(at);
        let packets = vp8_packets(&frame, number_sent, 0xca, &mut next, timestamp);
        self.camera.0 = next;
        // Encoding takes long; without reports nobody can know.
        let encoding = if self.sender.has_reports { 120_000 } else { 12_000 };
        for packet in packets {
            self.network.send(at + encoding, Arriving::Packet(CAMERA, packet));
        }
    }

    fn send_sound(&mut self, at: u64) {
        let (sequence, number) = self.microphone;
        let payload = [&at.to_be_bytes()[..], &number.to_be_bytes(), &[0x78; 40]].concat();
        let timestamp = self.sound_clock(at);
        let packet = Owned { ssrc: 0x51, sequence, timestamp, marker: false, payload };
        self.microphone = (sequence.wrapping_add(1), number + 1);
        self.network.send(at + 1_000, Arriving::Packet(MICROPHONE, packet));
    }

    fn report(&mut self, at: u64, of_sound: bool) {
        let (key, ssrc) = if of_sound { (MICROPHONE, 0x51) } else { (CAMERA, 0xca) };
        let timestamp = if of_sound { self.sound_clock(at) } else { self.picture_clock(at) };
        let ntp = ntp(scaled(at, self.sender.wall_ppm));
        self.network
            .send(at, Arriving::Report(key, SenderReport { arrival: Duration::ZERO, ssrc, ntp, timestamp }));
    }

    fn play(mut self) -> Self {
        let (mut picture_at, mut sound_at) = (7_000, 0);
        for step in 0..TEN_MINUTES / 1_000 {
            let at = step * 1_000;
            let is_muted = MUTE.contains(&at);
            if at >= picture_at {
                picture_at += 33_333;
                if !is_muted {
                    self.send_picture(at);
                }
            }
            if at >= sound_at {
                sound_at += 20_000;
                if is_muted && self.sender.sound_stands_still {
                    self.stood += 20_000;
                } else if !is_muted {
                    self.send_sound(at);
                }
            }
            if self.sender.has_reports && !is_muted && at > 700_000 {
                if at % 1_000_000 == 250_000 {
                    self.report(at, false);
                }
                if at % 5_000_000 == 1_000_000 {
                    self.report(at, true);
                }
            }
            while let Some((arrives, what)) = self.network.next(at) {
                let asked = self.driver.tracks.get(&CAMERA).map_or(0, |track| track.asked.len());
                self.driver.hear(arrives, &what);
                if self.driver.tracks.get(&CAMERA).map_or(0, |track| track.asked.len()) > asked {
                    self.key_at = self.key_at.min(at + 60_000);
                }
            }
        }
        self.driver.advance(Duration::from_micros(TEN_MINUTES));
        self.driver.finish();
        self
    }

    /// Of each frame: when it was captured, and how much later it is played, in microseconds.
    fn distances(&self, key: protocol::MediaKey) -> Vec<(u64, i64)> {
        let origin = self.driver.tracks[&key].began.unwrap();
        let is_video = key == CAMERA;
        let of = |block: &Block| {
            let (captured, _) = told(&block.bytes, is_video);
            let played = (origin + block.time).as_micros() as i64;
            (captured, played - captured as i64)
        };
        self.driver.blocks(key).1.iter().map(of).collect()
    }

    /// The worst distance of sound and picture that were captured at the same time, in milliseconds.
    fn worst(&self) -> i64 {
        let (pictures, sounds) = (self.distances(CAMERA), self.distances(MICROPHONE));
        let mut worst = 0;
        let mut compared = 0;
        for (captured, late) in pictures {
            let index = sounds.partition_point(|(at, _)| *at < captured);
            let Some((at, sound_late)) = sounds.get(index).filter(|(at, _)| at.abs_diff(captured) < 60_000)
            else {
                continue;
            };
            _ = at;
            worst = worst.max((late - sound_late).abs());
            compared += 1;
        }
        assert!(compared > 5_000, "only {compared} were compared");
        worst / 1_000
    }
}

/// Each picture is a keyframe or follows the one before it.
fn assert_decodable(blocks: &[Block]) {
    let mut last: Option<u32> = None;
    for block in blocks {
        let (_, number) = told(&block.bytes, true);
        assert!(block.kind == FrameKind::Key || last == Some(number - 1), "{number} after {last:?}");
        assert!(block.bytes[12..].iter().skip(20).all(|byte| *byte == 0x55), "picture {number} is not whole");
        last = Some(number);
    }
}

fn assert_mute_is_a_gap(distances: &[(u64, i64)]) {
    for (captured, late) in distances {
        assert!((-50_000..250_000).contains(late), "what was captured at {captured} is played {late} later");
    }
    let widest = distances.windows(2).map(|pair| {
        let played = |(captured, late): (u64, i64)| captured as i64 + late;
        played(pair[1]) - played(pair[0])
    });
    let widest = widest.max().unwrap();
    assert!((19_500_000..21_500_000).contains(&widest), "the widest gap has {widest}");
}

#[test]
fn sound_and_picture_stay_within_forty_milliseconds_for_ten_minutes() {
    for (seed, wall_ppm, sound_ppm, sound_stands_still) in
        [(1, 100, -100, false), (2, -100, 100, true), (3, 100, 100, true), (4, 0, 0, false)]
    {
        let sender = Sender { seed, wall_ppm, sound_ppm, sound_stands_still, has_reports: true, loss: 5 };
        let played = Playing::new(sender).play();
        assert!(
            played.network.lost > 1_000 && played.network.overtook > 1_000,
            "nothing was wrong with the line"
        );
        let worst = played.worst();
        println!("{sender:?}: {worst} ms");
        assert!(worst <= 40, "{sender:?}: {worst} ms");
        let (head, blocks) = played.driver.blocks(CAMERA);
        assert_decodable(&blocks);
        println!("{} pictures, {:?}", blocks.len(), played.driver.tracks[&CAMERA].summary);
        assert!(blocks.len() > 9_500, "{} pictures", blocks.len());
        let (_, sounds) = played.driver.blocks(MICROPHONE);
        assert!(sounds.len() > 28_000, "{} frames of sound", sounds.len());
        assert_mute_is_a_gap(&played.distances(CAMERA));
        assert_mute_is_a_gap(&played.distances(MICROPHONE));
        let resized: Vec<_> = played.driver.tracks[&CAMERA].resized.iter().map(|(_, width)| *width).collect();
        assert_eq!(resized, [320, 1_280, 640]);
        assert!(head.duration.unwrap() > Duration::from_secs(595));
        let asked = &played.driver.tracks[&CAMERA].asked;
        assert!(
            asked.windows(2).all(|pair| pair[1] - pair[0] >= millis(500)),
            "asked oftener than twice a second"
        );
    }
}

#[test]
fn without_reports_the_least_delay_holds_the_clock() {
    let sender = Sender {
        seed: 9,
        wall_ppm: 100,
        sound_ppm: 0,
        sound_stands_still: true,
        has_reports: false,
        loss: 5,
    };
    let played = Playing::new(sender).play();
    let worst = played.worst();
    println!("{worst} ms");
    assert!(worst <= 40, "{worst} ms");
    assert_mute_is_a_gap(&played.distances(CAMERA));
}

#[test]
fn what_was_appended_is_never_older_than_two_seconds() {
    let sender =
        Sender { seed: 5, wall_ppm: 0, sound_ppm: 0, sound_stands_still: false, has_reports: true, loss: 5 };
    let mut playing = Playing::new(sender);
    let mut worst = 0;
    for step in 0..60_000_u64 {
        let at = step * 1_000;
        if step.is_multiple_of(20) {
            playing.send_sound(at);
        }
        while let Some((arrives, what)) = playing.network.next(at) {
            playing.driver.hear(arrives, &what);
        }
        playing.driver.advance(Duration::from_micros(at));
        if step % 100 == 99 && step > 2_050 {
            let (_, blocks) = playing.driver.blocks(MICROPHONE);
            let (captured, _) = told(&blocks.last().unwrap().bytes, false);
            worst = worst.max(at - captured);
        }
    }
    println!("{worst} µs");
    assert!(worst <= 2_000_000, "{worst} µs");
}

#[test]
fn timestamps_that_lie_cost_the_liar_alone_and_never_run_away() {
    let mut dice = Network::new(Line { loss: 0, delay: 0, jitter: 0 }, 8).dice;
    let mut random = move || {
        use rand_chacha::rand_core::Rng as _;
        dice.next_u32()
    };
    for lie in 0..6 {
        let mut driver = Driver::new();
        driver.begin(CAMERA, Codec::Vp8, Protection::Plaintext);
        let (mut sequence, mut now) = (0, 0);
        for number in 0..3_000_u32 {
            now = u64::from(number) * 20;
            let truth = number * 1_800;
            let timestamp = match lie {
                0 => truth.wrapping_add(1 << 30),
                1 => 7,
                2 => random(),
                3 => truth.wrapping_mul(50),
                4 => 0_u32.wrapping_sub(truth),
                _ if number.is_multiple_of(2) => truth,
                _ => truth.wrapping_add(90_000 * 3_600),
            };
            // Another size with each frame, and another stream with every hundredth.
            let frame = picture(true, 16 + (number % 999) as u16, now, number, 50);
            let ssrc = 1 + number / 100 * u32::from(lie == 2);
            for packet in vp8_packets(&frame, number as u16, ssrc, &mut sequence, timestamp) {
                driver.hear(millis(now), &Arriving::Packet(CAMERA, packet));
            }
            let report = SenderReport {
                arrival: millis(now),
                ssrc,
                ntp: u64::from(random()) << 32 | u64::from(random()),
                timestamp: random(),
            };
            driver.hear(millis(now), &Arriving::Report(CAMERA, report));
        }
        driver.advance(millis(now + 5_000));
        driver.finish();
        let origin = driver.tracks[&CAMERA].began.unwrap();
        let (_, blocks) = driver.blocks(CAMERA);
        assert!(blocks.len() > 500, "lie {lie}: {} frames", blocks.len());
        for block in &blocks {
            let (sent, number) = told(&block.bytes, true);
            let played = (origin + block.time).as_millis() as i64;
            let late = played - sent as i64;
            assert!((-2_100..=1_000).contains(&late), "lie {lie}: frame {number} is {late} ms late");
        }
    }
}

#[test]
fn of_what_is_not_recorded_nothing_is_kept() {
    let mut driver = Driver::new();
    driver.begin(MICROPHONE, Codec::Opus, Protection::Plaintext);
    let packet = |sequence: u16| {
        Arriving::Packet(
            MICROPHONE,
            Owned {
                ssrc: 1,
                sequence,
                timestamp: u32::from(sequence) * 960,
                marker: false,
                payload: vec![9; 50],
            },
        )
    };
    for sequence in 0..100 {
        driver.hear(millis(u64::from(sequence) * 20), &packet(sequence));
    }
    let mut sequence = 0;
    let [camera] = &vp8_packets(&picture(true, 640, 0, 0, 50), 0, 2, &mut sequence, 0)[..] else {
        panic!("several")
    };
    driver.hear(millis(2_000), &Arriving::Packet(CAMERA, camera.clone()));
    driver.recorder.end(millis(2_010), MICROPHONE);
    driver.carry_out();
    let length = driver.tracks[&MICROPHONE].file.len();
    for sequence in 100..200 {
        driver.hear(millis(u64::from(sequence) * 20 + 100), &packet(sequence));
    }
    driver.finish();
    assert_eq!(driver.blocks(MICROPHONE).1.len(), 100);
    assert_eq!(driver.tracks[&MICROPHONE].file.len(), length);
    assert!(!driver.tracks.contains_key(&CAMERA));
}
