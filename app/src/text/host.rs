//! Links that make hosts, and the page where they are taken back.

pub(crate) use super::words::host::*;
