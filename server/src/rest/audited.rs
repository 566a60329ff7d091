//! What a program or a host changes over REST is kept in the audit log, once it is done.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use protocol::RoomCode;

use crate::AppState;
use crate::audit::{self, Deed};

/// Who asks, as it comes out while the request is dealt with. Comes as an extension of those that are to be kept.
#[derive(Clone, Default)]
pub(super) struct AuditTrail(Arc<Mutex<Trail>>);

#[derive(Default)]
struct Trail {
    /// The state, and the id of the key.
    actor: Option<(AppState, String)>,
    room: Option<RoomCode>,
}

impl AuditTrail {
    /// It is this one.
    pub(super) fn by(&self, state: &AppState, actor: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).actor = Some((state.clone(), actor));
    }

    /// It is about this room.
    pub(super) fn about(&self, room: RoomCode) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).room = Some(room);
    }
}

/// Keeps that an action was done, if it was, and by somebody with a key.
pub(super) async fn keep(action: &'static str, mut request: Request, next: Next) -> Response {
    let trail = AuditTrail::default();
    request.extensions_mut().insert(trail.clone());
    let response = next.run(request).await;
    let Trail { actor, room } = std::mem::take(&mut *trail.0.lock().unwrap_or_else(PoisonError::into_inner));
    if let Some((state, actor)) = actor.filter(|_| response.status().is_success()) {
        audit::note(&*state.storage, state.clock.wall(), Deed { actor: &actor, action, room }).await;
    }
    response
}
