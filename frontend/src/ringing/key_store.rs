//! The key pair of the call identity that this browser has.

use seal::KeyPair;

use crate::call_identity::KEY;
use crate::identity::random;
use crate::remember;

/// The key pair; made when there is none yet. `None` where the browser keeps nothing or gives no random numbers: an identity that the next
/// page does not have would be called in vain.
pub(crate) fn own_keys() -> Option<KeyPair> {
    if let Some(keys) = read() {
        return Some(keys);
    }
    let text = serde_json::to_string(&random::<32>()?).ok()?;
    remember::write(KEY, &text);
    // Another tab may have made one in this moment: what is kept counts.
    read()
}

fn read() -> Option<KeyPair> {
    let bytes: [u8; 32] = serde_json::from_str(&remember::read(KEY)?).ok()?;
    Some(KeyPair::new(bytes))
}
