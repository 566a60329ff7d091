//! Sizes and counts that both ends hold each other to.
//!
//! A client that keeps to them is never refused for size; the server checks all of them.

/// The largest number of a message, a signal or a place: 2⁵³ − 1, which every client can hold. One more than any of them is
/// still a number, so that what is counted on from there never wraps.
pub const MAX_NUMBER: u64 = (1 << 53) - 1;

/// The largest signalling message in either direction, in bytes (64 KiB).
///
/// A session description of a browser with every codec and four simulcast streams has about 12 KiB. Raising it lets one
/// client hold more of the server's memory; lowering it below 16 KiB breaks large descriptions.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// The longest session description, in bytes. Below the message size, so that the envelope fits as well.
pub const MAX_SDP_BYTES: usize = 48 * 1024;

/// The longest name of a media section, in bytes. Browsers count from 0 on (RFC 9143 §9 recommends three bytes or fewer).
pub const MAX_MID_BYTES: usize = 16;

/// The longest candidate line, in bytes. Browsers send about 150.
pub const MAX_CANDIDATE_BYTES: usize = 1024;

/// The longest display name, in Unicode scalar values.
pub const MAX_DISPLAY_NAME_CHARS: usize = 64;

/// The longest room name, in Unicode scalar values.
pub const MAX_ROOM_NAME_CHARS: usize = 80;

/// Rooms in the list of those that are open to people without their link. Raising it makes the landing page longer, which everybody loads.
pub const MAX_LISTED_ROOMS: usize = 50;

/// Messages a client may send at once before the rate below applies. A mesh of four sends about 100 while it connects.
pub const MESSAGE_BURST: u32 = 240;

/// Messages a client may send per second over a longer time.
pub const MESSAGES_PER_SECOND: u32 = 40;

/// Bytes a client may send at once before the rate below applies. Three offers with their candidates have about 50 KiB.
pub const BYTE_BURST: u32 = 512 * 1024;

/// Bytes a client may send per second over a longer time.
pub const BYTES_PER_SECOND: u32 = 64 * 1024;

/// Seconds between two pings of a client. Below the 60 s after which many proxies drop a silent connection.
pub const PING_INTERVAL_SECONDS: u64 = 20;

/// Seconds of silence after which the server gives up a connection: two pings may get lost.
pub const SILENCE_LIMIT_SECONDS: u64 = 65;

/// How many people are in a mesh at the most: each of them uploads to all others.
pub const MESH_LIMIT: u16 = 4;

/// How many people a room may take at the most.
pub const MAX_CAPACITY: u16 = 500;

/// The longest password of a room, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 128;

/// The longest key, invitation, access token or session token, in bytes.
pub const MAX_CREDENTIAL_BYTES: usize = 2048;

/// The longest body of a chat message, in bytes. About four thousand characters, and what sealing adds.
pub const MAX_ENVELOPE_BYTES: usize = 8 * 1024;

/// The longest text of a chat message, in bytes of UTF-8: sealed for everybody or for one person, it fits into
/// [`MAX_ENVELOPE_BYTES`]. Raising it beyond that has messages refused that a page has let through.
pub const MAX_CHAT_TEXT_BYTES: usize = 5_900;

/// Chat messages of one person at once before the rate below applies.
pub const CHAT_BURST: u32 = 10;

/// Chat messages of one person per second over a longer time.
pub const CHAT_PER_SECOND: u32 = 2;

/// Chat messages in one `chat_history`.
pub const CHAT_PAGE: usize = 50;

/// The longest page of chat, in bytes of its envelopes; a page has at least one message, however long that is.
pub const CHAT_PAGE_BYTES: usize = 32 * 1024;

/// Changes of a room's rules that can be made at once.
pub const SETTINGS_BURST: u32 = 20;

/// Changes of a room's rules per second after that.
pub const SETTINGS_PER_SECOND: u32 = 1;

/// What one person can decide at once about others and the room.
pub const MODERATION_BURST: u32 = 100;

/// What one person can decide per second after that.
pub const MODERATION_PER_SECOND: u32 = 2;

/// Seconds for which the seat of somebody whose connection broke is kept.
///
/// Longer lets people through longer tunnels; shorter frees the seats of those who are gone sooner.
pub const GRACE_SECONDS: u64 = 30;

/// Messages that the server keeps for somebody until they are acknowledged. Whoever misses more joins anew.
pub const MAX_UNACKNOWLEDGED: usize = 512;

/// How many people may wait to be let in.
pub const MAX_WAITING: usize = 100;

/// A client acknowledges at least after this many messages, and with every ping.
pub const ACKNOWLEDGE_EVERY: u64 = 32;

/// Video sections in which one client receives from the server's forwarding unit, at the most. With every codec a section
/// of a browser's offer has about 2 KiB, and the offer must fit into [`MAX_SDP_BYTES`].
pub const MAX_VIDEO_SLOTS: usize = 16;

/// Audio sections in which one client receives voices from the server's forwarding unit: the loudest speakers, few enough to be
/// told apart by the ear. They are the first ones.
pub const VOICE_SLOTS: usize = 4;

/// Audio sections for the sound of what is shared, after those for voices, with which it never competes.
pub const SHARED_SOUND_SLOTS: usize = 2;

/// Audio sections in which one client receives from the server's forwarding unit.
pub const AUDIO_SLOTS: usize = VOICE_SLOTS + SHARED_SOUND_SLOTS;

/// How many people a room takes when nothing else is said.
pub const DEFAULT_CAPACITY: u16 = 100;

/// The longest key message from one person to another, in characters: a key and what sealing adds.
pub const MAX_KEY_MESSAGE_BYTES: usize = 1024;

/// Key messages to one person in one `send_key_messages`: the key in use and the next one.
pub const MAX_KEY_MESSAGES_TO_ONE: usize = 2;

/// Key messages in one `send_key_messages`. More people get theirs in several messages.
pub const MAX_KEY_MESSAGES: usize = 200;

/// Days within which a room starts. One that is planned is kept until then, whoever planned it.
pub const MAX_STARTS_WITHIN_DAYS: u64 = 730;

/// Days after its start, or after now, within which a room ends, if it has an end.
pub const MAX_LASTS_DAYS: u64 = 365;

/// Seconds for which a direct call rings, on the server and by each page's own timer, counted from when it was first placed.
pub const RING_SECONDS: u64 = 30;

/// The longest invitation of a direct call, in characters: a secret, a name of [`MAX_DISPLAY_NAME_CHARS`], and what sealing adds. All that
/// Veranda's page makes have one length.
pub const MAX_INVITATION_BYTES: usize = 1024;

/// The longest sealed text of a direct call, in characters. About 1,400 bytes of text, and what sealing adds.
pub const MAX_NOTE_BYTES: usize = 2048;

/// The longest name of a time zone. The IANA database has none of more than half of it.
pub const MAX_TIME_ZONE_BYTES: usize = 64;

/// Calls in one `history`, and people in one `blocked`. Raising it beyond 30 makes pages longer than a message may be, where every call has a
/// long note.
pub const HISTORY_PAGE: usize = 20;

/// The longest address at which a push service takes messages for a browser, in bytes. Those of the browsers' makers have a few hundred.
pub const MAX_PUSH_ENDPOINT_BYTES: usize = 2048;

/// The longest box with a sender key for a recording, in characters: a key, and what sealing adds, several times over.
pub const MAX_SEALED_KEY_BYTES: usize = 512;

/// Sender keys in one `keep_recording_keys`. A page has the one in use and the next one.
pub const MAX_RECORDING_KEYS: usize = 64;

/// How often recordings of a room can be started, one after the other.
pub const RECORDING_BURST: u32 = 5;

/// Seconds until another one can be started after those.
pub const RECORDING_EVERY_SECONDS: u64 = 60;
