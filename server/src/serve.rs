//! `veranda serve`: logging, router, listening, stopping.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use server::config::Config;
use server::{AppState, router};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(&config.log.filter)?)
        .with_target(false)
        .init();
    let listener = TcpListener::bind(config.server.address)
        .await
        .with_context(|| format!("cannot listen on {}", config.server.address))?;
    let address = listener.local_addr()?;
    let state = AppState::open(config).await?;
    let service = router::router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
    tracing::info!("Veranda is open at http://{address}");
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
        served = axum::serve(listener, service).with_graceful_shutdown(stop) => served?,
        () = overdue => {}
    }
    tracing::info!("stopped");
    Ok(())
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
