//! What this browser remembers between calls: the name and the chosen devices, which are never sent anywhere; and what
//! this tab remembers of a call: its session.

use call::SecretOrigin;
use protocol::{RoomCode, Source, Switch};
use seal::{KeyDigest, RoomSecret};
use view::{Preference, Preferences};
use web_sys::Storage;

/// The person's name.
pub(crate) const NAME: &str = "veranda.name";

/// The secret of a room that this browser has been in, and whether it is as good as one from a link.
pub(crate) fn secret(room: RoomCode) -> Option<(RoomSecret, SecretOrigin)> {
    let text = read(&secret_key(room))?;
    let (text, origin) = match text.split_once(' ') {
        Some((text, GRANTED)) => (text, SecretOrigin::Granted),
        Some((text, DRAWN)) => (text, SecretOrigin::Provisional),
        Some(_) => return None,
        None => (&*text, SecretOrigin::Remembered),
    };
    Some((RoomSecret::parse(text)?, origin))
}

pub(crate) fn remember_secret(room: RoomCode, secret: &RoomSecret, origin: SecretOrigin) {
    let text = secret.to_text();
    let text = match origin {
        SecretOrigin::Link | SecretOrigin::Remembered | SecretOrigin::Maker => text,
        SecretOrigin::Granted => format!("{text} {GRANTED}"),
        SecretOrigin::Provisional => format!("{text} {DRAWN}"),
    };
    write(&secret_key(room), &text);
}

/// Keys to which this browser has passed the secret of a room on, without their owners having been made sure of.
pub(crate) fn passed_on(room: RoomCode) -> Vec<KeyDigest> {
    let read: Option<Vec<Vec<u8>>> =
        read(&passed_on_key(room)).and_then(|text| serde_json::from_str(&text).ok());
    read.unwrap_or_default().iter().filter_map(|bytes| KeyDigest::from_bytes(bytes)).collect()
}

pub(crate) fn remember_passed_on(room: RoomCode, keys: &[KeyDigest]) {
    let bytes: Vec<_> = keys.iter().map(KeyDigest::as_bytes).collect();
    if let Ok(text) = serde_json::to_string(&bytes) {
        write(&passed_on_key(room), &text);
    }
}

/// After a secret that came through the server.
const GRANTED: &str = "granted";

/// After a secret that this browser drew, because it came with the bare code.
const DRAWN: &str = "drawn";

fn passed_on_key(room: RoomCode) -> String {
    format!("veranda.passed-on.{room}")
}

fn secret_key(room: RoomCode) -> String {
    format!("veranda.secret.{room}")
}

pub(crate) fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Forgets quietly where the browser keeps nothing, as in a private window.
pub(crate) fn write(key: &str, value: &str) {
    if let Some(storage) = storage() {
        _ = storage.set_item(key, value);
    }
}

/// Whether the person wanted a source on when they chose last, in whatever room.
pub(crate) fn switch(source: Source) -> Option<Switch> {
    to_switch(&read(&format!("veranda.{}.on", name_of(source)))?)
}

pub(crate) fn remember_switch(source: Source, to: Switch) {
    write(&format!("veranda.{}.on", name_of(source)), from_switch(to));
}

fn name_of(source: Source) -> &'static str {
    match source {
        Source::Microphone => "microphone",
        Source::Camera => "camera",
        Source::Screen => "screen",
        Source::ScreenAudio => "screen_audio",
    }
}

fn to_switch(text: &str) -> Option<Switch> {
    match text {
        "on" => Some(Switch::On),
        "off" => Some(Switch::Off),
        _ => None,
    }
}

fn from_switch(switch: Switch) -> &'static str {
    if switch.is_on() { "on" } else { "off" }
}

pub(crate) fn forget(key: &str) {
    if let Some(storage) = storage() {
        _ = storage.remove_item(key);
    }
}

/// What the person wants of every call.
pub(crate) fn preferences() -> Preferences {
    let wanted =
        |what| read(preference_key(what)).and_then(|text| to_switch(&text)).is_none_or(Switch::is_on);
    Preference::ALL.into_iter().fold(Preferences::default(), |all, what| all.with(what, wanted(what)))
}

pub(crate) fn remember_preference(what: Preference, on: bool) {
    write(preference_key(what), from_switch(on.into()));
}

fn preference_key(what: Preference) -> &'static str {
    match what {
        Preference::Sounds => "veranda.sounds",
        Preference::Shortcuts => "veranda.shortcuts",
        Preference::Mirror => "veranda.mirror",
        Preference::TalkWhileMuted => "veranda.talk-while-muted",
        Preference::SharpText => "veranda.sharp-text",
    }
}

/// What a tab remembers of a room, also when the page is loaded anew. Lost with the tab.
pub(crate) mod tab {
    use std::time::Duration;

    use protocol::{RoomCode, SessionToken, Source, Switch};
    use web_sys::Storage;

    /// The session, as long as there is one.
    pub(crate) fn session(room: RoomCode) -> Option<SessionToken> {
        let token = storage()?.get_item(&key("session", room)).ok()??;
        SessionToken::new(token).ok()
    }

    pub(crate) fn remember_session(room: RoomCode, session: Option<&SessionToken>) {
        match session {
            Some(session) => write(&key("session", room), session.expose()),
            None => forget(&key("session", room)),
        }
    }

    /// The private keys with which this tab took part in the encryption, the last one first. With them it reads what was written
    /// to it alone, and shows others that it is the same.
    pub(crate) fn private_keys(room: RoomCode) -> Vec<[u8; 32]> {
        let read = || serde_json::from_str(&storage()?.get_item(&key("keys", room)).ok()??).ok();
        read().unwrap_or_default()
    }

    pub(crate) fn remember_private_key(room: RoomCode, private: Option<[u8; 32]>) {
        let Some(private) = private else { return forget(&key("keys", room)) };
        let mut keys = private_keys(room);
        keys.retain(|known| *known != private);
        keys.insert(0, private);
        keys.truncate(KEYS_KEPT);
        if let Ok(text) = serde_json::to_string(&keys) {
            write(&key("keys", room), &text);
        }
    }

    /// How many loads of the page back a tab still reads what was written to it alone.
    const KEYS_KEPT: usize = 8;

    /// Whether a source was on in this tab's stay in the room, whoever turned it on or off.
    pub(crate) fn switch(room: RoomCode, source: Source) -> Option<Switch> {
        super::to_switch(&storage()?.get_item(&key(super::name_of(source), room)).ok()??)
    }

    pub(crate) fn remember_switch(room: RoomCode, source: Source, to: Switch) {
        write(&key(super::name_of(source), room), super::from_switch(to));
    }

    /// Notes that the page goes, if its owner is in the call.
    pub(crate) fn note_parting(room: RoomCode, now_millis: f64) {
        if session(room).is_some() {
            write(&key("parted", room), &(now_millis as u64).to_string());
        }
    }

    /// How long ago the page went in the middle of a call. Asked once.
    pub(crate) fn take_parting(room: RoomCode, now_millis: f64) -> Option<Duration> {
        let key = key("parted", room);
        let parted: u64 = storage()?.get_item(&key).ok()??.parse().ok()?;
        forget(&key);
        (now_millis as u64).checked_sub(parted).map(Duration::from_millis)
    }

    fn key(what: &str, room: RoomCode) -> String {
        format!("veranda.{what}.{room}")
    }

    pub(crate) fn read(key: &str) -> Option<String> {
        storage()?.get_item(key).ok().flatten()
    }

    pub(crate) fn write(key: &str, value: &str) {
        if let Some(storage) = storage() {
            _ = storage.set_item(key, value);
        }
    }

    pub(crate) fn forget(key: &str) {
        if let Some(storage) = storage() {
            _ = storage.remove_item(key);
        }
    }

    fn storage() -> Option<Storage> {
        crate::web::window()?.session_storage().ok().flatten()
    }
}

fn storage() -> Option<Storage> {
    crate::web::window()?.local_storage().ok().flatten()
}
