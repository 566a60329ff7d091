//! The program: configuration, logging, router, listening, stopping.

use std::net::SocketAddr;

use anyhow::Context;
use server::config::Config;
use server::{AppState, router};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::load("Leptos.toml", std::env::vars().collect())
        .context("the configuration cannot be used")?;
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(&config.log.filter)?)
        .with_target(false)
        .init();
    let listener = TcpListener::bind(config.server.address)
        .await
        .with_context(|| format!("cannot listen on {}", config.server.address))?;
    let address = listener.local_addr()?;
    let state = AppState::new(config);
    let service = router::router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
    tracing::info!("Veranda is open at http://{address}");
    let stop = async move {
        stop_asked().await;
        state.stop().await;
    };
    axum::serve(listener, service).with_graceful_shutdown(stop).await?;
    tracing::info!("stopped");
    Ok(())
}

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
