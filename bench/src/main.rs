//! Load generators. `bench idle-connections [COUNT]` starts the optimised server, fills rooms of four with connections that
//! only stay, and prints what each costs the server in resident memory. Prints figures, asserts nothing.

mod idle_connections;
mod server;

use anyhow::bail;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["idle-connections"] => idle_connections::run(2_000).await,
        ["idle-connections", count] => idle_connections::run(count.parse()?).await,
        _ => bail!("usage: bench idle-connections [COUNT]"),
    }
}
