//! The words for people who visit a page: what has happened comes here as an enum with data; a sentence leaves as a whole, with its
//! arguments in it. The texts themselves stand in `languages/`, a file a language; here is which of them is said when. What
//! operators and developers read stands where it belongs: in the doctor, the settings, the log and the documentation of the interface.

/// A text that says the same whatever happens, in the language that is spoken. In a `view!` it stands without being called, so that
/// it follows the language.
pub(crate) type Text = fn() -> &'static str;

#[cfg(feature = "ssr")]
pub(crate) mod admin;
pub(crate) mod call;
pub(crate) mod chat;
pub(crate) mod connection;
pub(crate) mod device_recording;
pub(crate) mod devices;
pub(crate) mod direct;
#[cfg(feature = "ssr")]
pub mod documents;
pub(crate) mod history;
pub(crate) mod host;
pub(crate) mod identity;
pub(crate) mod invite;
pub(crate) mod joining;
pub(crate) mod key;
pub mod language;
#[cfg(feature = "ssr")]
pub(crate) mod moment;
pub(crate) mod name;
pub(crate) mod notice;
pub(crate) mod people;
#[cfg(feature = "ssr")]
pub(crate) mod plain;
pub(crate) mod player;
pub(crate) mod push;
pub(crate) mod recording;
pub(crate) mod refusal;
pub mod ring_notice;
pub(crate) mod room;
pub(crate) mod settings;
pub(crate) mod shortcuts;
pub(crate) mod statistics;

/// What `app/build.rs` makes of `languages/en.toml`.
mod words {
    include!(concat!(env!("OUT_DIR"), "/words.rs"));
}

pub(crate) use words::common::*;

/// Several things in a sentence: `Ada, Bob and Cleo`.
fn list(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [first, others @ .., last] => {
            let first =
                others.iter().fold(first.clone(), |first, next| words::common::list_more(&first, next));
            words::common::list_end(&first, last)
        }
    }
}

/// Sentences one behind the other.
fn sentences(all: impl IntoIterator<Item = &'static str>) -> String {
    all.into_iter().collect::<Vec<_>>().join(SENTENCE_GAP())
}
