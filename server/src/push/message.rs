//! What a push says: that somebody rings, or has rung. The service worker can act on it without opening anything: names are sealed and are not
//! in it. All have one length, so that the push service cannot tell which it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::{CallId, PublicKey, PushKey, PushSubscription, RingId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use storage::Digest;
use web_push_native::{Auth, p256};

/// The length of every message before it is encrypted, in bytes: more than the longest, which has 86. Spaces at its end mean nothing in JSON.
const PADDED: usize = 128;

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Somebody rings.
    Ring,
    /// Somebody has rung in vain.
    Missed,
    /// Somebody has rung, and it was answered or declined.
    Over,
}

/// What a push says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) ring: RingId,
    /// The ID of whoever rings.
    pub(super) caller: CallId,
}

/// A message and the browser that it is for, as the outbox keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Posting {
    /// The browser.
    pub(super) subscription: String,
    /// Whose it was when the ring came.
    pub(super) owner: PublicKey,
    pub(super) message: Message,
}

impl Message {
    /// Encrypted for a browser (RFC 8291). `None` when its keys are none.
    pub(super) fn encrypted(&self, to: &PushSubscription) -> Option<Vec<u8>> {
        let mut text = serde_json::to_vec(self).ok()?;
        text.resize(text.len().max(PADDED), b' ');
        let auth = URL_SAFE_NO_PAD.decode(to.auth.as_str()).ok()?;
        let auth = Auth::from_exact_iter(auth)?;
        web_push_native::encrypt(text, &point(&to.p256dh)?, &auth).ok()
    }

    /// By this a push service replaces a message about a ring that it still has with a later one (RFC 8030 §5.4): at most 32 characters of
    /// base64url. It is another one for each browser, so that it does not tell a push service which ones are one person's.
    pub(super) fn topic(&self, subscription: &Digest) -> String {
        let digest = Sha256::new()
            .chain_update(b"veranda/push-topic")
            .chain_update(subscription.0.as_bytes())
            .chain_update(self.ring.to_string().as_bytes())
            .finalize();
        URL_SAFE_NO_PAD.encode(&digest[..16])
    }
}

/// Whether a key is one that can be encrypted for: a point on the curve.
pub(super) fn is_key(key: &PushKey) -> bool {
    point(key).is_some()
}

fn point(key: &PushKey) -> Option<p256::PublicKey> {
    p256::PublicKey::from_sec1_bytes(&URL_SAFE_NO_PAD.decode(key.as_str()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_is_longer_than_the_length_of_all() {
        for kind in [Kind::Ring, Kind::Missed, Kind::Over] {
            let ring = "00000000-0000-4000-8000-000000000001".parse().unwrap();
            let text = serde_json::to_string(&Message { kind, ring, caller: CallId::nth(1) }).unwrap();
            assert!(text.len() <= 86, "{text}");
        }
    }

    #[test]
    fn a_topic_is_of_one_ring_and_one_browser() {
        let topic = |ring: &str, kind, browser: &str| {
            let message = Message { kind, ring: ring.parse().unwrap(), caller: CallId::nth(1) };
            message.topic(&Digest(browser.to_owned()))
        };
        let [one, two] = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"];
        let first = topic(one, Kind::Ring, "a");
        assert_eq!(first, topic(one, Kind::Missed, "a"));
        assert!(first != topic(two, Kind::Ring, "a") && first != topic(one, Kind::Ring, "b"));
        assert!(first.len() <= 32 && !first.contains(['+', '/', '=']));
    }

    #[test]
    fn a_key_that_is_no_point_is_none() {
        let key = |bytes: [u8; 65]| PushKey::new(URL_SAFE_NO_PAD.encode(bytes)).unwrap();
        assert!(!is_key(&key([4; 65])) && !is_key(&key([0; 65])));
    }
}
