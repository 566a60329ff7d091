//! What a file holds: one track of one codec.

use mkv_element::prelude::{
    Audio, Channels, CodecDelay, CodecId, CodecPrivate, ContentEncAlgo, ContentEncoding,
    ContentEncodingScope, ContentEncodingType, ContentEncodings, ContentEncryption, FlagLacing, PixelHeight,
    PixelWidth, SamplingFrequency, SeekPreRoll, TrackEntry, TrackNumber, TrackType, TrackUid, Video,
};
use protocol::MediaKind;
use serde::{Deserialize, Serialize};

/// What frames are encoded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// Sound (RFC 6716).
    Opus,
    /// Pictures (RFC 6386).
    Vp8,
    /// Pictures.
    Vp9,
    /// Pictures. WebM allows it; it needs the configuration of its first keyframe.
    Av1,
    /// Pictures. Not in WebM: the file is Matroska, and ends in `.mkv`.
    H264,
}

/// Whether frames can be decoded by whoever has the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// Frames are as the codec made them.
    Plaintext,
    /// Frames are sealed end to end in the SFrame format (RFC 9605), behind what of a picture stays clear.
    Sealed,
}

/// The size of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoSize {
    /// From 1 on; VP8 has at the most 16,383.
    pub width: u16,
    /// The same.
    pub height: u16,
}

/// What a file says about its only track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackFormat {
    /// Of the frames.
    pub codec: Codec,
    /// Whether they are sealed.
    pub protection: Protection,
    /// Of the first picture. Later ones say their own.
    pub size: Option<VideoSize>,
    /// The codec's configuration, where there is one: `avcC` of H.264, `av1C` of AV1 (RFC 9559 §5.1.4.1.22). That of Opus is made here.
    pub private: Vec<u8>,
}

/// Samples at 48 kHz that a decoder of Opus throws away first: what libopus has (RFC 7845 §5.1).
const OPUS_PRE_SKIP: u16 = 312;

/// What of Opus is decoded before what is played after a seek, in nanoseconds (RFC 7845 §4.6).
const OPUS_PRE_ROLL: u64 = 80_000_000;

/// Browsers send sound in two channels when it is in stereo; what has one is decoded into two alike.
const OPUS_CHANNELS: u8 = 2;

/// `ContentEncodingType` and `ContentEncAlgo` of RFC 9559 §5.1.4.1.31: encrypted, with AES.
const ENCRYPTION: u64 = 1;
const AES: u64 = 5;

impl Codec {
    /// Sound or pictures.
    #[must_use]
    pub const fn kind(self) -> MediaKind {
        match self {
            Self::Opus => MediaKind::Audio,
            Self::Vp8 | Self::Vp9 | Self::Av1 | Self::H264 => MediaKind::Video,
        }
    }

    /// Of its RTP clock, in hertz (RFC 7587 §4.1; of every video codec here 90 kHz).
    #[must_use]
    pub const fn clock_rate(self) -> u32 {
        match self.kind() {
            MediaKind::Audio => 48_000,
            MediaKind::Video => 90_000,
        }
    }

    /// How names of files with it end.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Opus | Self::Vp8 | Self::Vp9 | Self::Av1 => "webm",
            Self::H264 => "mkv",
        }
    }

    /// What the file says it is (RFC 9559 §5.1.1, `DocType`).
    pub(crate) const fn doc_type(self) -> &'static str {
        match self {
            Self::Opus | Self::Vp8 | Self::Vp9 | Self::Av1 => "webm",
            Self::H264 => "matroska",
        }
    }

    const ALL: [Self; 5] = [Self::Opus, Self::Vp8, Self::Vp9, Self::Av1, Self::H264];

    /// What the file says its frames are. Sealed ones have names of their own: decoders pass over the mark of encryption, and make noise of them.
    const fn id(self, protection: Protection) -> &'static str {
        match (self, protection) {
            (Self::Opus, Protection::Plaintext) => "A_OPUS",
            (Self::Opus, Protection::Sealed) => "A_SFRAME/OPUS",
            (Self::Vp8, Protection::Plaintext) => "V_VP8",
            (Self::Vp8, Protection::Sealed) => "V_SFRAME/VP8",
            (Self::Vp9, Protection::Plaintext) => "V_VP9",
            (Self::Vp9, Protection::Sealed) => "V_SFRAME/VP9",
            (Self::Av1, Protection::Plaintext) => "V_AV1",
            (Self::Av1, Protection::Sealed) => "V_SFRAME/AV1",
            (Self::H264, Protection::Plaintext) => "V_MPEG4/ISO/AVC",
            (Self::H264, Protection::Sealed) => "V_SFRAME/AVC",
        }
    }

    /// Whoever reads does without the name of sealed frames: files from before it have the mark alone.
    fn of_id(id: &str) -> Option<Self> {
        let has_id = |codec: &Self| {
            [Protection::Plaintext, Protection::Sealed].iter().any(|protection| codec.id(*protection) == id)
        };
        Self::ALL.into_iter().find(has_id)
    }
}

impl TrackFormat {
    /// Sound in Opus.
    #[must_use]
    pub const fn opus(protection: Protection) -> Self {
        Self { codec: Codec::Opus, protection, size: None, private: Vec::new() }
    }

    /// Pictures of a codec without configuration.
    #[must_use]
    pub const fn video(codec: Codec, protection: Protection, size: VideoSize) -> Self {
        Self { codec, protection, size: Some(size), private: Vec::new() }
    }

    pub(crate) fn entry(&self, number: u8) -> TrackEntry {
        let mut entry = TrackEntry {
            track_number: TrackNumber(u64::from(number)),
            track_uid: TrackUid(u64::from(number)),
            flag_lacing: FlagLacing(0),
            codec_id: CodecId(self.codec.id(self.protection).to_owned()),
            codec_private: (!self.private.is_empty()).then(|| CodecPrivate(self.private.clone().into())),
            content_encodings: (self.protection == Protection::Sealed).then(sealed),
            ..TrackEntry::default()
        };
        match self.codec.kind() {
            MediaKind::Video => {
                let size = self.size.unwrap_or(VideoSize { width: 1, height: 1 });
                entry.track_type = TrackType(VIDEO);
                entry.video = Some(Video {
                    pixel_width: PixelWidth(u64::from(size.width)),
                    pixel_height: PixelHeight(u64::from(size.height)),
                    ..Video::default()
                });
            }
            MediaKind::Audio => {
                entry.track_type = TrackType(AUDIO);
                entry.codec_private = Some(CodecPrivate(opus_head().into()));
                entry.codec_delay = CodecDelay(u64::from(OPUS_PRE_SKIP) * 1_000_000_000 / 48_000);
                entry.seek_pre_roll = SeekPreRoll(OPUS_PRE_ROLL);
                entry.audio = Some(Audio {
                    sampling_frequency: SamplingFrequency(48_000.0),
                    channels: Channels(u64::from(OPUS_CHANNELS)),
                    ..Audio::default()
                });
            }
        }
        entry
    }

    /// What an entry says, if it is of a track that can be played here.
    pub(crate) fn of_entry(entry: &TrackEntry) -> Option<Self> {
        let codec = Codec::of_id(entry.codec_id.trim_end_matches('\0'))?;
        let side = |pixels: u64| u16::try_from(pixels).ok().filter(|pixels| *pixels > 0);
        let size = entry.video.as_ref().and_then(|video| {
            Some(VideoSize { width: side(*video.pixel_width)?, height: side(*video.pixel_height)? })
        });
        let protection = match &entry.content_encodings {
            Some(encodings) if !encodings.content_encoding.is_empty() => Protection::Sealed,
            Some(_) | None => Protection::Plaintext,
        };
        let private = entry.codec_private.as_ref().map(|private| private.to_vec()).unwrap_or_default();
        Some(Self { codec, protection, size, private })
    }
}

/// The number of the only track, or of the first of two.
pub(crate) const TRACK_NUMBER: u8 = 1;

/// `TrackType` of RFC 9559 §5.1.4.1.3.
const VIDEO: u64 = 1;
const AUDIO: u64 = 2;

/// The identification header of Opus (RFC 7845 §5.1), which is its configuration in Matroska.
fn opus_head() -> Vec<u8> {
    let mut head = b"OpusHead".to_vec();
    head.extend([1, OPUS_CHANNELS]);
    head.extend(OPUS_PRE_SKIP.to_le_bytes());
    head.extend(48_000_u32.to_le_bytes());
    // Output gain of zero, and the mapping of up to two channels.
    head.extend([0, 0, 0]);
    head
}

/// Says that frames are encrypted, so that nothing takes them for pictures.
fn sealed() -> ContentEncodings {
    let encryption =
        ContentEncryption { content_enc_algo: ContentEncAlgo(AES), ..ContentEncryption::default() };
    let encoding = ContentEncoding {
        content_encoding_scope: ContentEncodingScope(1),
        content_encoding_type: ContentEncodingType(ENCRYPTION),
        content_encryption: Some(encryption),
        ..ContentEncoding::default()
    };
    ContentEncodings { content_encoding: vec![encoding], ..ContentEncodings::default() }
}
