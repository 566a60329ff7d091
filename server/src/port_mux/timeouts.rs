//! How long the other end of a connection may take.

use std::time::Duration;

/// How long connections may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Until they have said their first word, TLS included.
    pub says_what_within: Duration,
    /// And then until the first request is there, its head included.
    pub asks_within: Duration,
    /// From the end of one request of HTTP/1 to the next, its head included. Proxies keep connections to us for a minute, and
    /// should be the ones who close them.
    pub asks_again_within: Duration,
    /// Until a request is read to its end and answered; the answer may be taken as slowly as the line is. Longer than a slow
    /// line needs for the largest body, and than a password takes to be checked on a busy server.
    pub answered_within: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            says_what_within: Duration::from_secs(10),
            asks_within: Duration::from_secs(30),
            asks_again_within: Duration::from_secs(75),
            answered_within: Duration::from_secs(30),
        }
    }
}
