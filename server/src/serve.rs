//! `veranda serve`: logging, router, listening, stopping.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context;
use cluster::StopReason;
use server::config::{Config, MetricsConfig, TlsConfig, TlsMode};
use server::traces::Traces;
use server::{AppState, logging, open_files, router, scrape};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket};

use crate::lan_notice;

pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    config.check_site().context("invalid configuration")?;
    let traces = Traces::start(&config.traces)?;
    let log = logging::start(&config.log, &traces)?;
    open_files::raise();
    let listener = listen(config.server.address)
        .with_context(|| format!("cannot listen on {}", config.server.address))?;
    let address = listener.local_addr()?;
    let (tls, metrics) = (config.tls.clone(), config.metrics.clone());
    let (authority, data) = (server::authority_file(&config.storage.data), config.storage.data.clone());
    let state = AppState::open_traced(config, &traces).await?;
    state.set_log(log.counts.clone());
    let router = router::router(state.clone());
    let mut port_mux = state.open_front(listener)?;
    if tls.mode == TlsMode::Acme && address.port() == HTTPS {
        // Whoever types the bare name into an older browser comes there, and is sent on.
        match listen(SocketAddr::new(address.ip(), HTTP)) {
            Ok(listener) => port_mux = port_mux.also_at(listener),
            Err(error) => {
                tracing::warn!(%error, "http://… is not sent on to https://…: port {HTTP} cannot be had");
            }
        }
    }
    state.open_to_nodes().await?;
    let watched = watched(metrics_listener(&metrics), state.clone());
    let open_at = open_at(address, &tls, server::lan_address());
    let fingerprint = server::authority_fingerprint(&data);
    tracing::info!("Veranda is open at {open_at}");
    if tls.mode == TlsMode::Lan
        && let Err(error) = lan_notice::write(&open_at, &authority, &fingerprint.unwrap_or_default())
    {
        tracing::warn!(%error, "the address could not be shown on the terminal");
    }
    #[cfg(all(unix, debug_assertions))]
    state.panic_media_on_signal();
    let expelled = state.clone();
    let stop = async move {
        let mut asked = StopAsked::listen();
        asked.next().await;
        // A node of a cluster has its rooms go to others first; asked again, it does not wait for that.
        state.drain(async move { asked.next().await }).await;
        state.stop().await;
    };
    let (stopped, overdue) = tokio::sync::oneshot::channel();
    let stop = async move {
        stop.await;
        _ = stopped.send(());
    };
    // A request that never ends must not keep the server from stopping.
    let overdue = async move {
        _ = overdue.await;
        tokio::time::sleep(REQUESTS_END_WITHIN).await;
    };
    tokio::select! {
        () = port_mux.serve(router, stop) => {}
        () = overdue => {}
        () = watched => {}
        reason = expelled.was_expelled() => {
            anyhow::bail!("this node has no part in its cluster: {}", why_expelled(reason));
        }
    }
    traces.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// Where whoever watches the server asks. Calls go on without it.
fn metrics_listener(config: &MetricsConfig) -> Option<TcpListener> {
    if !config.enabled {
        return None;
    }
    match listen(config.address).and_then(|listener| Ok((listener.local_addr()?, listener))) {
        Ok((address, listener)) => {
            tracing::info!("metrics are at http://{address}/metrics");
            Some(listener)
        }
        Err(error) => {
            let address = config.address;
            tracing::warn!(%error, %address, "there are no metrics: the address of [metrics] cannot be had");
            None
        }
    }
}

/// Answers them for as long as the server is there.
async fn watched(listener: Option<TcpListener>, state: AppState) {
    if let Some(listener) = listener {
        scrape::serve(listener, state).await;
    }
    std::future::pending::<()>().await;
}

/// Connections that wait to be taken. After a restart everybody comes at once, and whoever finds no place tries again only
/// after a second.
const BACKLOG: u32 = 4096;

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let everywhere = address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    let socket = match TcpSocket::new_v6() {
        _ if address.is_ipv4() => TcpSocket::new_v4()?,
        // A machine may have no IPv6; everywhere is then where it has an address.
        Err(_) if everywhere => return listen(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()))),
        socket => socket?,
    };
    if everywhere {
        // Both versions of IP, whatever this system does by itself.
        SockRef::from(&socket).set_only_v6(false)?;
    }
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Where the world looks for http and https (RFC 9110 §4.2).
const HTTP: u16 = 80;
const HTTPS: u16 = 443;

/// What to type into a browser.
pub(crate) fn open_at(address: SocketAddr, tls: &TlsConfig, on_lan: Option<IpAddr>) -> String {
    match (tls.mode, tls.names.first()) {
        (TlsMode::Off, _) => format!("http://{address}"),
        // The certificate has no address.
        (TlsMode::Acme, Some(name)) if address.port() == HTTPS => format!("https://{name}"),
        (TlsMode::Acme, Some(name)) => format!("https://{name}:{}", address.port()),
        (TlsMode::Lan, _) if address.ip().is_unspecified() => {
            let reached = on_lan.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
            format!("https://{}", SocketAddr::new(reached, address.port()))
        }
        (TlsMode::Acme | TlsMode::SelfSigned | TlsMode::Lan | TlsMode::Files, _) => {
            format!("https://{address}")
        }
    }
}

/// How long requests may go on after the server was asked to stop.
const REQUESTS_END_WITHIN: Duration = Duration::from_secs(3);

/// Ctrl-C and SIGTERM, each time.
struct StopAsked {
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
}

impl StopAsked {
    fn listen() -> Self {
        Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok(),
        }
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        let interrupt = tokio::signal::ctrl_c();
        #[cfg(unix)]
        if let Some(terminate) = &mut self.terminate {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        _ = interrupt.await;
    }
}

/// What the operator reads.
fn why_expelled(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Drained => "it was asked to leave",
        StopReason::OtherCluster => {
            "the database belongs to a cluster with another name or secret ([cluster] name and secret are the same on every node; docs/cluster.md says how they are changed)"
        }
        StopReason::IdInUse => {
            "another node with its name is there ([cluster] node is another one on every node)"
        }
        StopReason::Superseded { .. } => "it was started again elsewhere under the same name",
    }
}
