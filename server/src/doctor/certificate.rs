//! The certificate that browsers are shown.

use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::server::ParsedCertificate;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::Finding;
use super::visit::{connect_inside_tls, name, server_name};
use crate::clock;
use crate::config::{Config, TlsMode};

const WHAT: &str = "certificate";
const DAY: u64 = 24 * 60 * 60;

/// An authority's certificate is renewed when it has less than that left; one that was not is near its end.
const SHORT: u64 = 7;

/// What the running server shows, or what is in the file.
pub(super) async fn examine(config: &Config, is_running: bool) -> Finding {
    let tls = &config.tls;
    let certificate = match tls.mode {
        TlsMode::Off => return in_the_clear(config),
        TlsMode::SelfSigned | TlsMode::Lan | TlsMode::Files | TlsMode::Acme if is_running => {
            shown(config).await.ok_or_else(|| {
                let advice = "look into the server's log for what it says about its certificate";
                Finding::ill(WHAT, "TLS handshake failed", advice)
            })
        }
        TlsMode::Files => CertificateDer::from_pem_file(&tls.certificate).map_err(|error| {
            let advice = "set [tls] certificate and key to files in PEM that the server may read";
            Finding::ill(WHAT, format!("{} cannot be read: {error}", tls.certificate.display()), advice)
        }),
        TlsMode::SelfSigned | TlsMode::Lan | TlsMode::Acme => {
            return Finding::well(WHAT, "made or fetched when the server starts");
        }
    };
    match certificate {
        Ok(certificate) => judge(&certificate, name(config).as_deref(), clock::now_on_both().unix),
        Err(finding) => finding,
    }
}

fn in_the_clear(config: &Config) -> Finding {
    if config.server.address.ip().is_loopback() || !config.server.trusted_proxies.is_empty() {
        Finding::well(WHAT, "none (plain HTTP), for this machine or the proxy in front")
    } else {
        Finding::doubtful(
            WHAT,
            "none (plain HTTP)",
            "browsers allow cameras only over HTTPS. Start with --domain NAME, or with --lan for a local network",
        )
    }
}

/// What a certificate is worth under a name, if one is known, at a moment, in seconds since 1970.
fn judge(certificate: &CertificateDer<'_>, name: Option<&str>, now: u64) -> Finding {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else {
        return Finding::ill(WHAT, "not a certificate", "set [tls] certificate to a file in PEM");
    };
    let validity = parsed.validity();
    let [begins, ends] =
        [validity.not_before, validity.not_after].map(|time| u64::try_from(time.timestamp()).unwrap_or(0));
    let own = parsed.issuer() == parsed.subject();
    if now < begins {
        return Finding::ill(WHAT, "not valid yet", "set the clock of this machine");
    }
    if now >= ends {
        let days = (now - ends) / DAY;
        return Finding::ill(
            WHAT,
            format!("expired {days} days ago"),
            "renew it, and put it where the old one is",
        );
    }
    if let Some(name) = name.filter(|name| !has_name(certificate, name)) {
        return Finding::ill(
            WHAT,
            format!("does not cover {name}"),
            "get one that has every name in [tls] names. Relaying over TLS needs that too",
        );
    }
    let days = (ends - now) / DAY;
    let detail = format!("for {}, valid for {days} more days", name.unwrap_or("whatever name it has"));
    if own {
        let advice = "browsers warn, and will not use TURN over TLS; --domain NAME gets a trusted one";
        Finding::doubtful(WHAT, format!("{detail}, self-signed"), advice)
    } else if days < SHORT {
        Finding::doubtful(WHAT, detail, "renew it")
    } else if name.is_none() {
        let advice = "set [tls] names to what browsers call this server: they are told to relay over TLS under that name";
        Finding::doubtful(WHAT, detail, advice)
    } else {
        Finding::well(WHAT, detail)
    }
}

/// Whether a certificate is for this name or address (RFC 9525 §6).
fn has_name(certificate: &CertificateDer<'_>, name: &str) -> bool {
    let named =
        |certificate, name: &str| Some((ParsedCertificate::try_from(certificate).ok()?, server_name(name)?));
    named(certificate, name)
        .is_some_and(|(certificate, name)| verify_server_name(&certificate, &name).is_ok())
}

/// The certificate that a server shows under a name, whatever it is worth.
async fn shown(config: &Config) -> Option<CertificateDer<'static>> {
    let stream = connect_inside_tls(config).await?;
    Some(stream.get_ref().1.peer_certificates()?.first()?.clone().into_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::doctor::Health;

    const NOW: u64 = 1_800_000_000;

    /// A certificate of an authority, or of nobody but itself, that is good for so many days from now.
    fn certificate(names: &[&str], days: i64, by_itself: bool) -> CertificateDer<'static> {
        use rcgen::{CertificateParams, CertifiedIssuer, DnType, KeyPair};
        let at = |days: i64| {
            let second = i64::try_from(NOW).unwrap() + days * i64::try_from(DAY).unwrap();
            (std::time::UNIX_EPOCH + Duration::from_secs(second.try_into().unwrap())).into()
        };
        let mut asked =
            CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap();
        (asked.not_before, asked.not_after) = (at(-30), at(days));
        asked.distinguished_name.push(DnType::CommonName, "a server");
        let key = KeyPair::generate().unwrap();
        if by_itself {
            return asked.self_signed(&key).unwrap().der().clone();
        }
        let mut of_authority = CertificateParams::default();
        of_authority.distinguished_name.push(DnType::CommonName, "an authority");
        of_authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(of_authority, KeyPair::generate().unwrap()).unwrap();
        asked.signed_by(&key, &authority).unwrap().der().clone()
    }

    fn health(names: &[&str], days: i64, by_itself: bool, name: &str) -> Health {
        judge(&certificate(names, days, by_itself), Some(name), NOW).health
    }

    #[test]
    fn a_certificate_is_judged_by_its_end_its_names_and_who_vouches_for_it() {
        assert_eq!(health(&["meet.example"], 60, false, "meet.example"), Health::Well);
        assert_eq!(health(&["*.meet.example"], 60, false, "a.meet.example"), Health::Well);
        assert_eq!(health(&["10.0.0.7"], 60, false, "10.0.0.7"), Health::Well);
        assert_eq!(health(&["::1"], 60, false, "[::1]"), Health::Well);
        assert_eq!(health(&["meet.example"], 60, true, "meet.example"), Health::Doubtful);
        assert_eq!(health(&["meet.example"], 3, false, "meet.example"), Health::Doubtful);
        assert_eq!(health(&["meet.example"], -3, false, "meet.example"), Health::Ill);
        assert_eq!(health(&["other.example"], 60, false, "meet.example"), Health::Ill);
        assert_eq!(health(&["*.meet.example"], 60, false, "a.b.meet.example"), Health::Ill);
        assert_eq!(
            judge(&CertificateDer::from(vec![1, 2, 3]), Some("meet.example"), NOW).health,
            Health::Ill
        );
        let early = certificate(&["meet.example"], 60, false);
        assert_eq!(judge(&early, Some("meet.example"), NOW - 40 * DAY).health, Health::Ill);
        assert_eq!(
            judge(&early, None, NOW).health,
            Health::Doubtful,
            "nobody has said under which name it is shown"
        );
    }
}
