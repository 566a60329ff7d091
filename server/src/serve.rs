//! `veranda serve`: logging, router, listening, stopping.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use server::config::{Config, TlsMode};
use server::{AppState, open_files, router};
use tokio::net::{TcpListener, TcpSocket};
use tracing_subscriber::EnvFilter;

/// Libraries that warn of what a participant can bring about, packet by packet. The filter of the settings comes after it.
const QUIET: &str = "goog_cc=error,stun_types=off,turn_types=off";

pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(format!("{QUIET},{}", config.log.filter))?)
        .with_target(false)
        .init();
    open_files::raise();
    let listener = listen(config.server.address)
        .with_context(|| format!("cannot listen on {}", config.server.address))?;
    let address = listener.local_addr()?;
    let tls = config.tls.mode;
    let state = AppState::open(config).await?;
    let router = router::router(state.clone());
    let front = state.open_front(listener)?;
    let scheme = if tls == TlsMode::Off { "http" } else { "https" };
    tracing::info!("Veranda is open at {scheme}://{address}");
    let stop = async move {
        stop_asked().await;
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
        () = front.serve(router, stop) => {}
        () = overdue => {}
    }
    tracing::info!("stopped");
    Ok(())
}

/// Connections that wait to be taken. After a restart everybody comes at once, and whoever finds no place tries again only
/// after a second.
const BACKLOG: u32 = 4096;

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// How long requests may go on after the server was asked to stop.
const REQUESTS_END_WITHIN: Duration = Duration::from_secs(3);

/// Ends with Ctrl-C or SIGTERM.
async fn stop_asked() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    _ = interrupt.await;
}
