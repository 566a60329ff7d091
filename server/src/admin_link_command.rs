//! `veranda admin-link`: works beside a running server, on the same database.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

use server::audit::{self, Deed};
use server::clock::Clock;
use server::config::Config;
use server::{admin, open_storage};
use storage::AdminRepository as _;

use crate::serve::open_at;

/// Where this machine reaches itself, when the server is open at every address.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()))
    } else {
        address
    }
}

/// Prints a link that opens the admin page once, or takes back every link and session.
pub(crate) async fn run(config: &Config, revoke: bool) -> anyhow::Result<()> {
    let storage = open_storage(config).await?;
    let now = Clock::start().wall();
    let mut out = std::io::stdout();
    let action = if revoke {
        let revoked = storage.revoke_admins().await?;
        writeln!(out, "{revoked} links and sessions were revoked")?;
        "admin_link.revoked"
    } else {
        let secret = admin::new_link(&storage, now).await?;
        let site = open_at(reachable(config.server.address), &config.tls, server::lan_address());
        writeln!(out, "{site}/admin/sign-in?key={secret}")?;
        writeln!(
            std::io::stderr(),
            "Works once, within 15 minutes. {site} comes from the settings: give this command the same ones as the server, and behind a proxy \
             replace it with the proxy's address."
        )?;
        "admin_link.created"
    };
    audit::note(&storage, now, Deed::of(audit::OPERATOR, action)).await;
    Ok(())
}
