//! Why an authority gave no certificate, in words that say what to do about it.

use rustls_acme::OrderError;
use rustls_acme::acme::{AcmeError, Auth, Problem};

/// What every problem of the protocol begins with (RFC 8555 §6.7).
const PROBLEM: &str = "urn:ietf:params:acme:error:";

/// Of an order that failed.
pub(super) fn of_order(error: &OrderError) -> String {
    match error {
        OrderError::BadAuth(auth) => of_authorization(auth),
        OrderError::BadOrder(order) => match &order.error {
            Some(problem) => of_problem(problem),
            None => "the authority ended the order, and does not say why".to_owned(),
        },
        OrderError::TooManyAttemptsAuth(name) => {
            format!("the authority takes more than half a minute to look whether {name} leads here")
        }
        OrderError::ProcessingTimeout(_) => "the authority takes too long to sign it".to_owned(),
        OrderError::Acme(AcmeError::HttpRequest(error)) => of_answer(&error.to_string()),
        OrderError::Acme(AcmeError::Io(error)) => of_answer(&error.to_string()),
        OrderError::Acme(AcmeError::NoTlsAlpn01Challenge) => {
            "this authority does not look at port 443 (TLS-ALPN-01); another one has to be asked ([tls.acme] directory)".to_owned()
        }
        OrderError::Acme(
            AcmeError::Rcgen(_)
            | AcmeError::Jose(_)
            | AcmeError::Json(_)
            | AcmeError::HttpResponseNonStringHeader(_)
            | AcmeError::KeyRejected(_)
            | AcmeError::Crypto(_)
            | AcmeError::MissingHeader(_)
            | AcmeError::NoHttp01Challenge,
        )
        | OrderError::Rcgen(_) => error.to_string(),
    }
}

/// The authority has looked whether a name leads here.
fn of_authorization(auth: &Auth) -> String {
    let rustls_acme::acme::Identifier::Dns(name) = &auth.identifier;
    match auth.challenges.iter().find_map(|challenge| challenge.error.as_ref()) {
        Some(problem) => format!("{name}: {}", of_problem(problem)),
        None => format!("{name}: the authority does not say why"),
    }
}

fn of_problem(problem: &Problem) -> String {
    let kind = problem.typ.as_deref().and_then(|kind| kind.strip_prefix(PROBLEM)).unwrap_or_default();
    let detail = problem.detail.as_deref().unwrap_or("nothing more");
    format!("{}. The authority says: {detail}", advice(kind))
}

/// What the library says of a request: a refusal with its body as Rust writes texts for programmers, or why there was no answer.
fn of_answer(text: &str) -> String {
    let Some((status, body)) =
        text.strip_prefix("non 2xx http status: ").and_then(|rest| rest.split_once(' '))
    else {
        return format!(
            "the authority cannot be reached ({text}). This machine needs a way to it, and a right clock; an authority of your own \
             is trusted by [tls.acme] root"
        );
    };
    let body: String = serde_json::from_str(body).unwrap_or_else(|_| body.to_owned());
    match serde_json::from_str(&body) {
        Ok(problem) => of_problem(&problem),
        Err(_) => format!("the authority answers with status {status}; is [tls.acme] directory right?"),
    }
}

/// What to do, by the kinds of RFC 8555 §6.7.
fn advice(kind: &str) -> &'static str {
    match kind {
        "connection" => {
            "the authority could not connect: the name has to lead to this machine (A and AAAA in the DNS), and its TCP port 443 \
             through all firewalls to this server"
        }
        "dns" => {
            "the name was not found in the DNS: it needs an A or AAAA entry with the address of this machine"
        }
        "tls" | "unauthorized" | "incorrectResponse" => {
            "what is at port 443 of the name is not this server: its A or AAAA entry may lead to another machine, or a proxy in \
             front ends TLS, which then needs the certificate itself"
        }
        "caa" => "a CAA entry in the DNS forbids this authority to certify the name",
        "rateLimited" => {
            "too many certificates or refusals in a short time: wait, and do not restart, which asks at once"
        }
        "rejectedIdentifier" => "this authority does not certify such a name",
        "invalidContact" | "unsupportedContact" => {
            "[tls.acme] contact is no address that this authority takes"
        }
        "externalAccountRequired" => {
            "this authority wants an account that was made elsewhere; another one has to be asked"
        }
        _ => "it was refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorization(kind: &str) -> OrderError {
        let auth = serde_json::json!({
            "status": "invalid",
            "identifier": { "type": "dns", "value": "meet.example" },
            "challenges": [
                { "type": "http-01", "url": "" },
                { "type": "tls-alpn-01", "url": "", "error": { "type": format!("{PROBLEM}{kind}"), "detail": "so it is" } },
            ],
        });
        OrderError::BadAuth(serde_json::from_value(auth).unwrap())
    }

    #[test]
    fn the_log_says_what_to_do() {
        for (kind, words) in [
            ("connection", "TCP port 443"),
            ("dns", "A or AAAA entry"),
            ("unauthorized", "is not this server"),
            ("caa", "CAA entry"),
            ("whatever", "refused"),
        ] {
            let trouble = of_order(&authorization(kind));
            assert!(trouble.starts_with("meet.example: ") && trouble.ends_with("so it is"), "{trouble}");
            assert!(trouble.contains(words), "{trouble}");
        }
    }

    #[test]
    fn a_limit_is_recognised_and_so_is_silence() {
        let body = format!(
            "{{\n  \"type\": \"{PROBLEM}rateLimited\",\n  \"detail\": \"too many \\\"orders\\\"\"\n}}"
        );
        let limited = of_answer(&format!("non 2xx http status: 429 {body:?}"));
        assert!(
            limited.starts_with("too many certificates") && limited.ends_with("too many \"orders\""),
            "{limited}"
        );
        assert!(of_answer("non 2xx http status: 404 \"<html>\"").contains("status 404"));
        assert!(of_answer("io error: ConnectionRefused").contains("cannot be reached"));
    }
}
