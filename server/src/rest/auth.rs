//! Who may do something to a room: the bearer of a host's key or of an access token of a host (RFC 6750).

use axum::http::{HeaderMap, StatusCode, header};
use protocol::{Credential, Role, RoomCode};

use super::{ProblemResponse, problem};
use crate::{AppState, entrance};

/// Lets only hosts of a room pass. 401 without a key, 403 with one that is not a host's.
pub(super) async fn require_host(
    state: &AppState,
    headers: &HeaderMap,
    room: RoomCode,
) -> Result<(), ProblemResponse> {
    let Some(credential) = bearer(headers) else { return Err(ProblemResponse::unauthorized()) };
    let role = entrance::role_of_credential(state, room, &credential).await;
    match role.map_err(|error| ProblemResponse::storage(&error))? {
        Some(Role::Host) => Ok(()),
        Some(Role::CoHost | Role::Guest) | None => {
            let sentence = "the key is not that of a host of this room";
            Err(problem(StatusCode::FORBIDDEN, "credential_refused", sentence))
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<Credential> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Credential::new(token.trim().to_owned()).ok())?
}
