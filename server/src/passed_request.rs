//! A request about what another node owns is passed on to that node, which answers as if it had been asked itself.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cluster::{Arrival, NodeAt};
use protocol::RoomCode;
use storage::{Ownable, StorageError};

use crate::AppState;
use crate::http_client::HttpClient;
use crate::languages;
use crate::nodes::{CALLER, Cluster, LED_WITHIN, Lead, LinkError, REQUESTS, arrival_of, header_of_caller};
use crate::pages::PageProblem;
use crate::rest::ProblemResponse;

/// Between two tries of it.
type Parts = (axum::http::request::Parts, axum::body::Bytes);

/// Answers what is this node's, and passes on what is another's.
pub(crate) async fn pass_on(
    State(state): State<AppState>,
    caller: HttpClient,
    request: Request,
    next: Next,
) -> Response {
    let Some(cluster) = state.cluster.clone() else { return next.run(request).await };
    let Some(of) = owned(request.uri().path()) else { return next.run(request).await };
    // Of what there is not, nobody has to be asked: what is said then, this node says.
    if let Ownable::Room(code) = of
        && matches!(state.storage.room(code).await, Ok(None))
    {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Some(body) = whole(body).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let parts = (parts, body);
    let mut arrival = arrival_of(&caller);
    let until = state.clock.now() + LED_WITHIN;
    while state.clock.now() < until {
        match cluster.lead(of, arrival).await {
            // Kept until it is answered.
            Lead::Here(_stay) => return next.run(again(&parts)).await,
            Lead::Elsewhere(to) if !caller.is_passed_on => match ask(&cluster, &to, &caller, &parts).await {
                Ok(response) if response.status() != StatusCode::MISDIRECTED_REQUEST => return response,
                Ok(_) => arrival = Arrival::Returned { by: to.node },
                // What may have been done is not done twice.
                Err(error) if !error.is_before_sending() && !parts.0.method.is_safe() => {
                    tracing::warn!(%error, "it is not known whether a request that was passed on was carried out");
                    break;
                }
                Err(error) => {
                    tracing::warn!(%error, "a request could not be passed on");
                    arrival = Arrival::Returned { by: to.node };
                }
            },
            Lead::Elsewhere(_) | Lead::Refused(_) if caller.is_passed_on => {
                return StatusCode::MISDIRECTED_REQUEST.into_response();
            }
            Lead::Elsewhere(_) => break,
            Lead::Refused(reason) => {
                tracing::info!(?reason, "a request could not be led to a node");
                break;
            }
        }
    }
    // A database that does not answer is no other matter for whoever asks.
    let error = StorageError::Behind;
    if parts.0.uri.path().starts_with("/api/") {
        ProblemResponse::storage(&error).into_response()
    } else {
        PageProblem::Storage(error).into_response()
    }
}

/// The largest body that is passed on, in bytes: as large as any that is taken.
const BODY_BYTES: usize = 64 * 1024;

/// The body of a request that is to be passed on, whole: it may have to be sent twice.
async fn whole(body: Body) -> Option<axum::body::Bytes> {
    axum::body::to_bytes(body, BODY_BYTES).await.ok()
}

/// What a request is about, if that is owned by one node.
fn owned(path: &str) -> Option<Ownable> {
    // As the router reads it: in any spelling.
    let room = |rest: &str| RoomCode::parse_code_or_link(rest.split('/').next()?).ok();
    if path == "/api/v1/calls" || path.starts_with("/api/v1/calls/") {
        return Some(Ownable::Rings);
    }
    let rest = ["/r/", "/api/v1/rooms/", "/admin/rooms/"].iter().find_map(|prefix| path.strip_prefix(prefix));
    rest.and_then(room).map(Ownable::Room)
}

fn again((parts, body): &Parts) -> Request {
    Request::from_parts(parts.clone(), Body::from(body.clone()))
}

async fn ask(
    cluster: &Cluster,
    to: &NodeAt,
    caller: &HttpClient,
    parts: &Parts,
) -> Result<Response, LinkError> {
    let mut request = again(parts);
    let path = request.uri().path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
    *request.uri_mut() = format!("https://node{REQUESTS}{path}").parse().map_err(|_| LinkError::Down)?;
    *request.version_mut() = axum::http::Version::HTTP_2;
    let headers = request.headers_mut();
    remove_hop_by_hop(headers);
    headers.insert(CALLER, header_of_caller(caller).ok_or(LinkError::Down)?);
    request.extensions_mut().clear();
    let mut response = cluster.request(to, request).await?;
    remove_hop_by_hop(response.headers_mut());
    response.extensions_mut().insert(languages::InItsLanguage);
    Ok(response.map(Body::new))
}

/// What is about one connection, which the other node does not have: what is always so, and what `Connection` names (RFC 9110 §7.6.1).
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let said = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<_> = said
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in [
        "connection",
        "keep-alive",
        "proxy-connection",
        "transfer-encoding",
        "upgrade",
        "te",
        "trailer",
        CALLER,
    ] {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_one_connection_stays_there() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Secret"),
            ("connection", "x-other,,\u{7f}"),
            ("x-secret", "1"),
            ("x-other", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("te", "trailers"),
            (CALLER, "somebody"),
            ("x-stays", "1"),
            ("authorization", "Bearer k_1"),
        ] {
            headers.append(
                name,
                axum::http::HeaderValue::from_bytes(value.as_bytes())
                    .unwrap_or_else(|_| axum::http::HeaderValue::from_static("x-other")),
            );
        }
        remove_hop_by_hop(&mut headers);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["authorization", "x-stays"]);
    }

    #[test]
    fn what_a_request_is_about_stands_in_its_path() {
        let code = RoomCode::parse("abc-defg-hjk").unwrap();
        for path in [
            "/r/abc-defg-hjk",
            "/r/ABCDEFGHJK/links",
            "/api/v1/rooms/abc-defg-hjk/participants",
            "/api/v1/rooms/abc%2Ddefg%2dhjk",
            "/admin/rooms/%61bc-defg-hjk/end",
        ] {
            assert_eq!(owned(path), Some(Ownable::Room(code)), "{path}");
        }
        for path in ["/", "/rooms", "/api/v1/rooms", "/r/", "/r/nothing", "/api/v1/callsx"] {
            assert_eq!(owned(path), None, "{path}");
        }
        assert_eq!(owned("/api/v1/calls/7"), Some(Ownable::Rings));
    }
}
