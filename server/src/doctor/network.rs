//! Ports and addresses.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::Finding;
use super::visit::{connect, connect_inside_tls};
use crate::config::{Config, MediaConfig, TlsMode};
use crate::media::public_address::{Answer, ask_all, first_of_each_version, not_told};
use crate::media::{announced, ports, try_ports};
use crate::turn_servers::{ask, ask_by_datagram};

const LISTENING: &str = "web port";
const MEDIA: &str = "media ports";
const ADDRESSES: &str = "announced addresses";
const STUN: &str = "STUN server";
const TURN: &str = "TURN server";

/// How long whoever listens may take to answer, and how long the answer may be, in bytes.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
const LONGEST_ANSWER: u64 = 1024 * 1024;

/// Who is on the port of pages.
pub(super) struct Listening {
    pub(super) finding: Finding,
    /// Whether this server runs there.
    pub(super) is_ours: bool,
}

/// Whoever listens where this server would is asked for the description of the REST interface.
pub(super) async fn listening(config: &Config) -> Listening {
    let address = config.server.address;
    let not_ours = |finding| Listening { finding, is_ours: false };
    match TcpListener::bind(address) {
        Ok(_) => not_ours(Finding::doubtful(
            LISTENING,
            format!("{address} is free; the server is not running"),
            "start the server with: veranda serve, then run veranda doctor again",
        )),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            if is_ours(config).await {
                Listening {
                    finding: Finding::well(LISTENING, format!("Veranda listens at {address}")),
                    is_ours: true,
                }
            } else {
                not_ours(Finding::ill(
                    LISTENING,
                    format!("another program is using {address}"),
                    "stop it, or set [server] address to another port and proxy from that program",
                ))
            }
        }
        Err(error) => not_ours(Finding::ill(
            LISTENING,
            format!("cannot listen on {address}: {error}"),
            if error.kind() == ErrorKind::PermissionDenied {
                "ports below 1024 need a capability: AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit of systemd, or \
                 setcap cap_net_bind_service=+ep on the program"
            } else {
                "set [server] address to an address of this machine, or to 0.0.0.0 for all"
            },
        )),
    }
}

async fn is_ours(config: &Config) -> bool {
    let asked = async {
        if config.tls.mode == TlsMode::Off {
            describes_us(connect(config).await?).await
        } else {
            describes_us(connect_inside_tls(config).await?).await
        }
    };
    tokio::time::timeout(ANSWERS_WITHIN, asked).await.is_ok_and(|answer| answer == Some(true))
}

async fn describes_us(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Option<bool> {
    let request = "GET /api/v1/openapi.json HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    // Some close without a word of goodbye (RFC 8446 §6.1).
    _ = stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await;
    Some(String::from_utf8_lossy(&answer).contains("\"title\":\"Veranda\""))
}

/// The ports of all shards, and the addresses that browsers are told.
pub(super) async fn media(config: &Config, is_running: bool) -> Vec<Finding> {
    let media = &config.media;
    if !media.enabled && !config.relay.enabled {
        let advice =
            "set [media] enabled and [relay] enabled to true; without them only small calls without NAT work";
        return vec![Finding::doubtful(MEDIA, "SFU and relay are off", advice)];
    }
    let ports = ports(media);
    let shown = match ports[..] {
        [first, .., last] => format!("{first} to {last}"),
        [one] => one.to_string(),
        [] => "none".to_owned(),
    };
    let answers_of_stun = ask_all(&media.stun_servers).await;
    let addresses = announced(config, &first_of_each_version(&answers_of_stun));
    let mut findings = vec![told(config, &addresses)];
    findings.extend(answers_of_stun.iter().map(|answer| stun_server(answer, &addresses)));
    if media.port == 0 {
        let advice = "set [media] port, and open it in the firewall";
        findings.push(Finding::doubtful(MEDIA, "random at each start", advice));
    } else if is_running && config.relay.enabled {
        findings.extend(answers(&addresses, &ports, &shown).await);
    } else if !is_running {
        findings.push(free(media, &shown));
    }
    findings
}

fn told(config: &Config, addresses: &[IpAddr]) -> Finding {
    let list = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let is_public = |address: &IpAddr| relay::PeerRules::default().allows_address(*address);
    if addresses.iter().any(is_public) {
        Finding::well(ADDRESSES, list)
    } else if config.server.address.ip().is_loopback() && config.server.trusted_proxies.is_empty() {
        Finding::well(ADDRESSES, format!("{list}: for this machine and its network"))
    } else {
        Finding::doubtful(
            ADDRESSES,
            format!("{list}: not reachable from outside"),
            "behind a NAT or in a container, set [media] addresses to the public address, or [media] stun_servers to find it, and \
             let the ports of media through to here. On a local network all is well",
        )
    }
}

/// Whether a STUN server answers, and whether people are told the address that it says.
fn stun_server(Answer { server, seen }: &Answer<'_>, announced: &[IpAddr]) -> Finding {
    let list = seen.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if seen.is_empty() {
        Finding::doubtful(
            STUN,
            format!("{server} does not answer"),
            "take it out of [media] stun_servers, or let UDP out to it. When none answers at a start, the addresses of interfaces \
             are announced only",
        )
    } else if not_told(seen, announced).is_empty() {
        Finding::well(STUN, format!("{server} sees this machine at {list}, which is announced"))
    } else {
        Finding::doubtful(
            STUN,
            format!("{server} sees this machine at {list}, which is not announced"),
            "compare it with [media] addresses and with what other STUN servers say: people need the address at which the ports of \
             media are let in",
        )
    }
}

async fn answers(addresses: &[IpAddr], ports: &[u16], shown: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for address in addresses {
        let mut silent = Vec::new();
        for port in ports {
            if ask_by_datagram(SocketAddr::new(*address, *port)).await.is_none() {
                silent.push(port.to_string());
            }
        }
        findings.push(if silent.is_empty() {
            Finding::well(MEDIA, format!("UDP {shown} answers at {address}"))
        } else {
            Finding::doubtful(
                MEDIA,
                format!("UDP {} does not answer at {address}, asked from here", silent.join(", ")),
                "let UDP and TCP to these ports in. Without NAT hairpinning this cannot be checked from inside: open \
                 /connection-test from another network",
            )
        });
    }
    findings
}

fn free(config: &MediaConfig, shown: &str) -> Finding {
    match try_ports(config) {
        Ok(()) => Finding::well(MEDIA, format!("UDP and TCP {shown} are free")),
        Err((port, error)) => Finding::ill(
            MEDIA,
            format!("cannot listen on {port}: {error}"),
            "stop what has it (coturn has 3478 too), or set [media] port to another one",
        ),
    }
}

/// Whether the operator's TURN servers answer.
pub(super) async fn turn_servers(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, server) in &config.turn {
        for url in &server.urls {
            findings.push(if ask(url).await {
                Finding::well(TURN, format!("{name} answers at {url}"))
            } else {
                Finding::ill(
                    TURN,
                    format!("{name} does not answer at {url}"),
                    "start it, open its port, or take it out of [turn]. Until then no one is sent there",
                )
            });
        }
    }
    findings
}
