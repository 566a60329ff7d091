//! The connection test: tries every way to the server, and says what that means. On a page of its own, and beside a call.

mod lazy;
mod report;
mod results;

pub(crate) use lazy::LazyConnectionTest;
use results::Results;
