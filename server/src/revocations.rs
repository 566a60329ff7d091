//! API keys that are taken back while people are inside by what was minted below them: `veranda api-key revoke` works beside the
//! server, on its database, and tells it nothing.

use std::collections::{BTreeMap, HashSet};
use std::sync::Weak;
use std::time::Duration;

use storage::{Storage, StorageError};

use crate::digest::id_of;
use crate::rooms::{RoomEvent, Rooms};

/// How often the keys are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Where keys are read, and where people are inside by what was minted below them.
pub(crate) trait Rooted: Send + Sync {
    fn storage(&self) -> &dyn Storage;
    fn rooms(&self) -> &Rooms;
}

/// Puts those out who came by what was minted below a key, as long as there is a server.
pub(crate) async fn watch<S: Rooted>(state: Weak<S>) {
    // What was taken back before the server began has let nobody in.
    let mut known: Option<HashSet<String>> = None;
    loop {
        let Some(state) = state.upgrade() else { return };
        if let Err(error) = look(&*state, &mut known).await {
            tracing::warn!(%error, "API keys that were taken back could not be looked for");
        }
        drop(state);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn look<S: Rooted>(state: &S, known: &mut Option<HashSet<String>>) -> Result<(), StorageError> {
    let keys = state.storage().api_keys().await?;
    let revoked: HashSet<_> =
        keys.into_iter().filter(|key| key.revoked_at.is_some()).map(|key| key.id).collect();
    let Some(before) = known else {
        *known = Some(revoked);
        return Ok(());
    };
    for key in revoked {
        if before.contains(&key) {
            continue;
        }
        let mut rooms = BTreeMap::<_, Vec<_>>::new();
        for (room, digest) in state.storage().keys_of_api_key(&key).await? {
            rooms.entry(room).or_default().push(id_of(&digest));
        }
        for (room, credentials) in rooms {
            state.rooms().tell_running(room, RoomEvent::Revoked { credentials }).await;
        }
        before.insert(key);
    }
    Ok(())
}
