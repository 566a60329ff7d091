//! What a program or a host changes over REST is kept in the audit log, once it is done.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures::future::ready;
use futures::stream;
use protocol::RoomCode;

use crate::audit::{self, Deed};
use crate::{AppState, languages, tasks};

/// Who asks, as it comes out while the request is dealt with. Comes as an extension of those that are to be kept.
#[derive(Clone, Default)]
pub(super) struct AuditTrail(Arc<Mutex<Trail>>);

#[derive(Default)]
struct Trail {
    /// The state, and the id of the key.
    actor: Option<(AppState, String)>,
    room: Option<RoomCode>,
    subject: Option<String>,
    /// What it came to, where that is another thing than what was asked for.
    action: Option<&'static str>,
}

impl AuditTrail {
    /// It is this one.
    pub(super) fn by(&self, state: &AppState, actor: String) {
        self.trail().actor = Some((state.clone(), actor));
    }

    /// It is about this room.
    pub(super) fn about(&self, room: RoomCode) {
        self.trail().room = Some(room);
    }

    /// Somebody without a key made this one for themself.
    pub(super) fn made(&self, state: &AppState, key: String) {
        let mut trail = self.trail();
        trail.actor.get_or_insert_with(|| (state.clone(), key.clone()));
        trail.subject = Some(key);
    }

    /// It is about what has this id.
    pub(super) fn to(&self, subject: String) {
        self.trail().subject = Some(subject);
    }

    /// Nothing was done: it was so before, or there was nobody to do it to.
    pub(super) fn is_nothing(&self) {
        self.trail().actor = None;
    }

    /// It has come to this.
    pub(super) fn is(&self, action: &'static str) {
        self.trail().action = Some(action);
    }

    fn trail(&self) -> MutexGuard<'_, Trail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps that an action was done, if it was, and by somebody with a key; also when whoever asked for it has hung up. Until the whole request is
/// there nothing is done.
pub(super) async fn keep(action: &'static str, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    // It is as long as the router lets it be.
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => {
            let refused = stream::once(ready(Err::<Bytes, _>(error.into_inner())));
            return next.run(Request::from_parts(parts, Body::from_stream(refused))).await;
        }
    };
    let trail = AuditTrail::default();
    parts.extensions.insert(trail.clone());
    let request = Request::from_parts(parts, Body::from(body));
    let language = languages::spoken();
    tasks::to_the_end(languages::speaking(language, async move {
        let response = next.run(request).await;
        let Trail { actor, room, subject, action: came_to } = std::mem::take(&mut *trail.trail());
        if let Some((state, actor)) = actor.filter(|_| response.status().is_success()) {
            let action = came_to.unwrap_or(action);
            let deed = Deed { actor: &actor, action, room, subject: subject.as_deref() };
            audit::note(&*state.storage, state.clock.wall(), deed).await;
        }
        response
    }))
    .await
}
