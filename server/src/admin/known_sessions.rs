//! Whom the database has confirmed lately: while it does not answer, they still see how the server is.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::Timestamp;
use storage::Digest;

/// How long a session counts that the database has confirmed. Raising it shows more of a long failure; it also lets those look on who were signed
/// out by `veranda admin-link --revoke` just before.
const KNOWN_FOR: Duration = Duration::from_secs(60 * 60);

/// Sessions, with when each was confirmed last.
#[derive(Default)]
pub(crate) struct KnownSessions(Mutex<HashMap<Digest, Timestamp>>);

impl KnownSessions {
    /// The database has confirmed it.
    pub(super) fn note(&self, session: &Digest, now: Timestamp) {
        let mut known = self.known();
        known.retain(|_, confirmed| now < confirmed.after(KNOWN_FOR));
        known.insert(session.clone(), now);
    }

    /// It has ended, or never was one.
    pub(super) fn forget(&self, session: &Digest) {
        self.known().remove(session);
    }

    /// Whether the database has confirmed it lately.
    pub(super) fn has(&self, session: &Digest, now: Timestamp) -> bool {
        self.known().get(session).is_some_and(|confirmed| now < confirmed.after(KNOWN_FOR))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Digest, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest;

    #[test]
    fn a_session_counts_for_a_time_after_it_was_confirmed_and_not_once_it_has_ended() {
        let (known, session, now) = (KnownSessions::default(), digest::of("a"), Timestamp(1_000));
        assert!(!known.has(&session, now));
        known.note(&session, now);
        let end = now.after(KNOWN_FOR);
        assert!(known.has(&session, Timestamp(end.0 - 1)) && !known.has(&session, end));
        known.note(&digest::of("b"), end);
        assert_eq!(known.known().len(), 1, "what counts no more is not kept");
        known.note(&session, end);
        known.forget(&session);
        assert!(!known.has(&session, end));
    }
}
