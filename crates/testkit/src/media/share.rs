//! What a client shares beside camera and microphone: a screen in two layers of one size, and its sound, in sections of their own.

#![expect(clippy::disallowed_methods, reason = "a client that seals with its transport's keys alone")]

use std::time::{Duration, Instant};

use protocol::{SectionMap, Source};
use str0m::Rtc;
use str0m::change::SdpApi;
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid, Rid, Simulcast, SimulcastLayer};
use str0m::rtp::{ExtensionValues, RtpWrite, SeqNo};

/// What the payloads of a share are full of: the number of whoever sends it, with this bit set.
pub const SHARED: u8 = 0x80;

/// A screen shows so many pictures, and has so many packets of sound, in a second.
const FRAME_RATE: u32 = 15;
const SOUNDS: u32 = 50;

/// The layers: name, which of the pictures are in it, packets of each. They take 160 and 960 kbit/s.
const LAYERS: [(&str, u32, u32); 2] = [("q", 3, 4), ("h", 1, 8)];
const PAYLOAD: usize = 1_000;

/// A screen and its sound.
#[derive(Debug)]
pub(super) struct Share {
    screen: Mid,
    sound: Mid,
    number: u8,
    /// Since when something is shared.
    since: Option<Duration>,
    frames: u32,
    sounds: u32,
    keyframe_due: [bool; 2],
    /// How many layers the unit wants.
    pub(super) wanted: u8,
    pictures: [u32; 2],
    sequences: [u64; 2],
}

impl Share {
    pub(super) fn new(changes: &mut SdpApi<'_>, number: u8) -> Self {
        let mut simulcast = Simulcast::new();
        for (rid, ..) in LAYERS {
            simulcast.add_send_layer(SimulcastLayer::new(rid));
        }
        let screen = changes.add_media(MediaKind::Video, Direction::SendOnly, None, None, Some(simulcast));
        let sound = changes.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        Self {
            screen,
            sound,
            number: number | SHARED,
            since: None,
            frames: 0,
            sounds: 0,
            keyframe_due: [true; 2],
            wanted: 2,
            pictures: [0; 2],
            sequences: [1; 2],
        }
    }

    /// Which sections carry which source, those of the camera and the microphone included.
    pub(super) fn sections(&self, microphone: Mid, camera: Mid) -> SectionMap {
        let all = [
            (microphone, Source::Microphone),
            (camera, Source::Camera),
            (self.screen, Source::Screen),
            (self.sound, Source::ScreenAudio),
        ];
        let named = all.map(|(mid, source)| (mid.to_string(), source));
        SectionMap::new(named.into_iter().collect()).expect("each source is there once")
    }

    pub(super) fn is_screen(&self, mid: Mid) -> bool {
        self.screen == mid
    }

    pub(super) fn want_keyframe(&mut self, rid: Option<Rid>) {
        let layer = LAYERS.iter().position(|(name, ..)| rid == Some(Rid::from(*name)));
        self.keyframe_due[layer.expect("what was set up is there")] = true;
    }

    /// Begins to share, or ends it.
    pub(super) fn set(&mut self, since: Option<Duration>) {
        (self.since, self.frames, self.sounds) = (since, 0, 0);
        self.keyframe_due = [true; 2];
    }

    /// When the next packet is due.
    pub(super) fn due(&self) -> Option<Duration> {
        self.since.map(|since| since + (self.next_frame()).min(self.next_sound()))
    }

    fn next_frame(&self) -> Duration {
        Duration::from_secs(1) * self.frames / FRAME_RATE
    }

    fn next_sound(&self) -> Duration {
        Duration::from_secs(1) * self.sounds / SOUNDS
    }

    /// Sends what is due.
    pub(super) fn send(&mut self, rtc: &mut Rtc, now: Instant, at: Duration) {
        let Some(since) = self.since else { return };
        while since + self.next_frame() <= at {
            self.send_frame(rtc, now);
        }
        while since + self.next_sound() <= at {
            self.send_sound(rtc, now);
        }
    }

    fn send_frame(&mut self, rtc: &mut Rtc, now: Instant) {
        for (layer, (_, every, _)) in LAYERS.into_iter().enumerate().take(usize::from(self.wanted)) {
            if self.frames.is_multiple_of(every) {
                self.send_picture(rtc, now, layer);
            }
        }
        self.frames += 1;
    }

    fn send_picture(&mut self, rtc: &mut Rtc, now: Instant, layer: usize) {
        let (rid, _, packets) = LAYERS[layer];
        let is_key = std::mem::take(&mut self.keyframe_due[layer]);
        let picture = self.pictures[layer];
        self.pictures[layer] += 1;
        let Some(pt) = payload_type(rtc, Codec::Vp8) else { return };
        for packet in 0..packets {
            let begins = if packet == 0 { 0x90 } else { 0x80 };
            let mut payload =
                vec![begins, 0xe0, 0x80 | (picture >> 8) as u8 & 0x7f, picture as u8, picture as u8, 0];
            if packet == 0 {
                payload.extend([u8::from(!is_key), 0, 0]);
                if is_key {
                    payload.extend([0x9d, 0x01, 0x2a]);
                    payload.extend(1920_u16.to_le_bytes());
                    payload.extend(1080_u16.to_le_bytes());
                }
            }
            payload.resize(PAYLOAD, self.number);
            let number = SeqNo::from(self.sequences[layer]);
            self.sequences[layer] += 1;
            let write = RtpWrite::new(pt, number, self.frames * 90_000 / FRAME_RATE, now, payload);
            if let Some(stream) = rtc.direct_api().stream_tx_by_mid(self.screen, Some(Rid::from(rid))) {
                stream.write_rtp(write.marker(packet + 1 == packets).nackable(true));
            }
        }
    }

    fn send_sound(&mut self, rtc: &mut Rtc, now: Instant) {
        let Some(pt) = payload_type(rtc, Codec::Opus) else { return };
        let number = SeqNo::from(u64::from(self.sounds) + 1);
        let level = ExtensionValues {
            audio_level: Some(-30),
            voice_activity: Some(true),
            ..ExtensionValues::default()
        };
        let write = RtpWrite::new(pt, number, self.sounds.wrapping_mul(960), now, vec![self.number; 80]);
        self.sounds += 1;
        if let Some(stream) = rtc.direct_api().stream_tx_by_mid(self.sound, None) {
            stream.write_rtp(write.ext_vals(level));
        }
    }
}

fn payload_type(rtc: &Rtc, codec: Codec) -> Option<str0m::media::Pt> {
    let params = rtc.codec_config().params();
    params.iter().find(|params| params.spec().codec == codec).map(str0m::format::PayloadParams::pt)
}
