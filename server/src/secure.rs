//! Where the server has TLS, nothing is answered in the clear but where to go instead; and browsers that came over TLS are told
//! to come no other way (HSTS, RFC 6797).

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use crate::AppState;
use crate::browser::Transport;
use crate::config::TlsMode;
use crate::http_client::HttpClient;
use crate::tls;
use crate::tls_name::TlsName;

/// Sends whoever came in the clear to the same address with https, if it is one of ours.
pub(crate) async fn only(
    State(state): State<AppState>,
    caller: HttpClient,
    request: Request,
    next: Next,
) -> Response {
    if state.config.tls.mode == TlsMode::Off || caller.is_secure() {
        let mut response = next.run(request).await;
        if caller.site.transport == Transport::Tls
            && !matches!(state.config.tls.mode, TlsMode::SelfSigned | TlsMode::Lan)
        {
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, FOR_A_YEAR);
        }
        return response;
    }
    let path = request.uri().path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
    let Some(asked) = caller.site.asked else {
        return (StatusCode::BAD_REQUEST, "this server is reached with https only\n").into_response();
    };
    let names = state.https_names.get_or_init(|| tls::names(&state.config));
    if names.iter().any(|name| name.serves(asked.host())) {
        Redirect::permanent(&format!("https://{asked}{path}")).into_response()
    } else {
        (StatusCode::MISDIRECTED_REQUEST, UNKNOWN_NAME).into_response()
    }
}

const UNKNOWN_NAME: &str =
    "this server is not known under that name; whoever runs it adds names with [tls] names\n";

/// For this very name: what else there is below it is not ours to decide. A certificate of our own promises nothing, so with one
/// nothing is said.
const FOR_A_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");

impl TlsName {
    /// Whether the host of an address is the one with this name (RFC 6125 §6.4).
    fn serves(&self, host: &str) -> bool {
        match self {
            Self::Dns(name) => name.trim_end_matches('.') == host,
            Self::Wildcard(names) => {
                let parent = names.strip_prefix("*.").map(|parent| parent.trim_end_matches('.'));
                host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && Some(rest) == parent)
            }
            Self::Address(_) => self.in_url().as_deref() == Some(host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_serves_its_hosts_and_no_others() {
        for (name, host, expected) in [
            ("meet.example", "meet.example", true),
            ("meet.example", "evil.example", false),
            ("*.example", "meet.example", true),
            ("*.example", "a.meet.example", false),
            ("*.example", "example", false),
            ("2001:db8::1", "[2001:db8::1]", true),
            ("192.0.2.1", "192.0.2.2", false),
        ] {
            assert_eq!(name.parse::<TlsName>().unwrap().serves(host), expected, "{name} {host}");
        }
    }
}
