//! Load generators. `bench signalling` drives the optimised server and Socket.IO on Node with the same load, one after the
//! other, and prints both figures, their ratio and the budget; with `alone` ours alone, on one line, to lay one version beside another
//! (`VERANDA_BINARY` is the server). `bench relay BURST SECONDS` and `bench idle COUNT`
//! drive ours alone, for a profile; `bench flood SECONDS` prints how long messages take beside two guests who flood their room; `bench rings` is about direct calls, `bench cluster` about people who are passed on from one node to another; `bench neighbours OLD NEW` runs two
//! versions as nodes of one cluster. `bench sfu` does the same with media, beside Janus; `bench sfu SERVER CASE SECONDS` is
//! one of its cases, and `bench raw` the least that forwarding can cost; `bench recording` records one of its rooms. `bench turn` compares the relay with coturn.
//! Prints figures, asserts nothing.

mod client;
mod cluster;
mod dialect;
mod fan_out;
mod flood;
mod idle;
mod peer;
mod relay;
mod rings;
mod rooms;
mod sfu;
mod signalling;
mod storm;
mod turn;

use anyhow::bail;
use tokio::task::LocalSet;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["signalling"] => signalling::run().await,
        ["signalling", "alone"] => signalling::alone().await,
        ["relay", burst, seconds] => signalling::relay_only(burst.parse()?, seconds.parse()?).await,
        ["flood", seconds] => flood::run(seconds.parse()?).await,
        ["idle", count] => signalling::idle_only(count.parse()?).await,
        ["sfu"] => LocalSet::new().run_until(sfu::run()).await,
        ["sfu", server, case, seconds] => {
            LocalSet::new().run_until(sfu::one(server, case, seconds.parse()?)).await
        }
        ["recording"] => LocalSet::new().run_until(sfu::recording()).await,
        ["rings"] => rings::run().await,
        ["cluster"] => cluster::run().await,
        ["neighbours", old, new] => cluster::neighbours(old, new).await,
        ["raw"] => sfu::raw_only(),
        ["turn"] => turn::run().await,
        _ => bail!(
            "usage: bench signalling [alone] | bench relay BURST SECONDS | bench idle COUNT | bench flood SECONDS | bench rings | bench cluster | bench neighbours OLD NEW | bench sfu [SERVER CASE SECONDS] | bench raw | bench recording | bench turn"
        ),
    }
}
