//! What a person wants of every call in this browser.

pub(crate) use super::words::settings::*;
