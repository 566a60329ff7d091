//! Who may use the admin page: whoever has opened it with a link from the command line, in that browser, for some hours.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::Response;
use protocol::Timestamp;
use storage::{Digest, Storage, StorageError};

use super::page::{AdminProblem, in_time};
use crate::audit::{self, Deed};
use crate::browser::Transport;
use crate::http_client::HttpClient;
use crate::{AppState, cookies, digest, ids, origin, tasks};

/// What the secrets of links begin with.
const LINK: &str = "l";

/// And those of sessions.
const SESSION: &str = "s";

/// Who has not signed in.
const NOBODY: &str = "nobody";

/// Of several cookies of one name, so many are looked at: a parent domain may have set some.
const MOST_COOKIES: usize = 4;

/// How long a link opens the page. Raising it leaves more time to whoever finds one.
const LINK_FOR: Duration = Duration::from_secs(15 * 60);

/// How long a browser is signed in.
const SESSION_FOR: Duration = Duration::from_secs(12 * 60 * 60);

/// A browser that is signed in. A form counts only from a page of this server.
pub(super) struct Admin {
    session: Digest,
}

impl Admin {
    /// Signs the browser out.
    pub(super) async fn end(&self, state: &AppState) -> Result<(), StorageError> {
        state.admin_sessions.forget(&self.session);
        state.storage.end_admin_session(&self.session).await.map(|_| ())
    }
}

impl FromRequestParts<AppState> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let Ok(caller) = HttpClient::from_request_parts(parts, state).await;
        let found = find(state, &caller, &parts.headers, &parts.method).await;
        match found {
            Ok(admin) => Ok(admin),
            Err(problem) => Err(problem.into_page(state).await),
        }
    }
}

async fn find(
    state: &AppState,
    caller: &HttpClient,
    headers: &HeaderMap,
    method: &Method,
) -> Result<Admin, AdminProblem> {
    state.lookups.question(caller).map_err(|_| AdminProblem::Busy)?;
    if method != Method::GET && !origin::is_own(headers, &caller.site) {
        return Err(AdminProblem::Foreign);
    }
    let name = cookie_name(caller.site.transport);
    let mut shown = cookies::named(headers, name).take(MOST_COOKIES).map(digest::of).peekable();
    if shown.peek().is_none() {
        return Err(AdminProblem::SignedOut);
    }
    for session in shown {
        if is_open(state, &session, method).await? {
            return Ok(Admin { session });
        }
    }
    // One that has ended is no guess, but looks like one.
    state.lookups.guess(caller.address).await.map_err(|_| AdminProblem::Busy)?;
    Err(AdminProblem::SignedOut)
}

/// Whether a session is one. While the database does not answer, whoever it has confirmed lately may look on.
async fn is_open(state: &AppState, session: &Digest, method: &Method) -> Result<bool, StorageError> {
    let now = state.clock.wall();
    let found = in_time(state.storage.is_admin_session(session, now)).await;
    match found {
        Ok(true) => state.admin_sessions.note(session, now),
        Ok(false) => state.admin_sessions.forget(session),
        Err(_) if method == Method::GET && state.admin_sessions.has(session, now) => return Ok(true),
        Err(_) => {}
    }
    found
}

/// A new link's secret, which is kept as its digest alone.
///
/// # Errors
///
/// When it cannot be kept.
pub async fn new_link(storage: &dyn Storage, now: Timestamp) -> Result<String, StorageError> {
    let secret = ids::secret(LINK);
    storage.add_admin_link(&digest::of(&secret), now.after(LINK_FOR)).await?;
    Ok(secret)
}

/// Uses a link. The cookie of the session that it opens; `None` when it opens nothing.
pub(super) async fn open(
    state: &AppState,
    caller: &HttpClient,
    link: &str,
) -> Result<Option<HeaderValue>, AdminProblem> {
    state.lookups.question(caller).map_err(|_| AdminProblem::Busy)?;
    let secret = ids::secret(SESSION);
    let now = state.clock.wall();
    let (link, session) = (digest::of(link), digest::of(&secret));
    let opening = {
        let (state, id) = (state.clone(), digest::id_of(&session));
        async move {
            let opened =
                state.storage.open_admin_session(&link, &session, now, now.after(SESSION_FOR)).await?;
            if opened {
                let deed = Deed { subject: Some(&id), ..Deed::of(audit::ADMIN, "admin.signed_in") };
                audit::note(&*state.storage, now, deed).await;
            }
            Ok::<_, StorageError>(opened)
        }
    };
    if tasks::to_the_end(opening).await? {
        return Ok(cookie(caller.site.transport, &secret, SESSION_FOR));
    }
    state.lookups.guess(caller.address).await.map_err(|_| AdminProblem::Busy)?;
    // It may have been stolen, or used by whoever has stolen it.
    audit::note(&*state.storage, now, Deed::of(NOBODY, "admin.link_refused")).await;
    Ok(None)
}

/// What has a browser forget its session.
pub(super) fn no_cookie(caller: &HttpClient) -> Option<HeaderValue> {
    cookie(caller.site.transport, "", Duration::ZERO)
}

/// No other site can have it sent, not even by a link (RFC 6265bis §5.6.7).
fn cookie(transport: Transport, value: &str, kept: Duration) -> Option<HeaderValue> {
    let (name, kept) = (cookie_name(transport), kept.as_secs());
    let secure = if transport == Transport::Tls { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={kept}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&cookie).ok()
}

fn cookie_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Plain => "veranda-admin",
        Transport::Tls => "__Host-veranda-admin",
    }
}
