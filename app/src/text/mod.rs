//! The words for people who visit a page, and the only place that has any. What has happened comes here as an enum with data; a
//! sentence leaves as a whole, with its arguments in it. What operators and developers read stands where it belongs: in the
//! doctor, the settings, the log and the documentation of the interface.

/// Texts that say the same whatever happens. They are functions because which language they are in is found out when they are
/// called.
macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident => $text:literal;)+) => {
        $($(#[$meta])* pub(crate) fn $name() -> &'static str { $text })+
    };
}

pub(crate) mod call;
pub(crate) mod chat;
pub(crate) mod connection;
pub(crate) mod devices;
#[cfg(feature = "ssr")]
pub mod documents;
pub(crate) mod host;
pub(crate) mod invite;
pub(crate) mod joining;
pub(crate) mod key;
#[cfg(feature = "ssr")]
pub(crate) mod moment;
pub(crate) mod name;
pub(crate) mod notice;
pub(crate) mod people;
#[cfg(feature = "ssr")]
pub(crate) mod plain;
pub(crate) mod refusal;
pub(crate) mod room;

texts! {
    product => "Veranda";
    logo_leads_home => "Veranda, home";
    home => "Home";
    close => "Close";
    try_again => "Try again";
    room_name => "Room name";
    connection_test => "Connection test";
}

/// The title of a document.
pub(crate) fn title(page: &str) -> String {
    format!("{page} · Veranda")
}

/// Several things in a sentence: `Ada, Bob and Cleo`.
fn list(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}
