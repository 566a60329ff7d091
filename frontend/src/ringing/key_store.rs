//! The key pair of the call identity that this browser has.

use seal::KeyPair;

use crate::call_identity::KEY;
use crate::identity::random;
use crate::lock::Lock;
use crate::remember;

/// One tab makes it.
const LOCK: &str = "veranda.call-identity";

/// The key pair; made when there is none yet. `None` where the browser keeps nothing or gives no random numbers: an identity that the next
/// page does not have would be called in vain.
pub(crate) async fn own_keys() -> Option<KeyPair> {
    if let Some(keys) = read() {
        return Some(keys);
    }
    // Of two tabs that are the first, the second finds the key of the other.
    let _lock = Lock::take(LOCK).await;
    if let Some(keys) = read() {
        return Some(keys);
    }
    let text = serde_json::to_string(&random::<32>()?).ok()?;
    remember::write(KEY, &text);
    read()
}

/// Keeps another key pair in place of the one that there was.
pub(crate) fn keep(keys: &KeyPair) {
    if let Ok(text) = serde_json::to_string(&keys.private()) {
        remember::write(KEY, &text);
    }
}

fn read() -> Option<KeyPair> {
    let bytes: [u8; 32] = serde_json::from_str(&remember::read(KEY)?).ok()?;
    Some(KeyPair::new(bytes))
}
