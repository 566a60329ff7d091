//! What this browser remembers between calls: the name and the chosen devices. Never sent anywhere.

use web_sys::Storage;

/// The person's name.
pub(crate) const NAME: &str = "veranda.name";

pub(crate) fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Forgets quietly where the browser keeps nothing, as in a private window.
pub(crate) fn write(key: &str, value: &str) {
    if let Some(storage) = storage() {
        _ = storage.set_item(key, value);
    }
}

pub(crate) fn forget(key: &str) {
    if let Some(storage) = storage() {
        _ = storage.remove_item(key);
    }
}

fn storage() -> Option<Storage> {
    crate::web::window()?.local_storage().ok().flatten()
}
