//! `veranda drain`: tells the server that uses the data folder of these settings to leave its cluster, and waits until it is empty and has ended.
//! There is no way back: a node that has given its rooms away is started again.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use server::config::Config;
use server::drain_notes;
use storage::{FolderHolder, FolderLock};

/// How often it is looked how far the server is.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// How much longer than its own bounds a server may take to end.
const MARGIN: Duration = Duration::from_secs(30);

/// 0 when the node was emptied, 1 when not.
pub(crate) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    if !config.cluster.is_on() {
        anyhow::bail!(
            "this server is alone: no other could take its rooms, and nothing was done. Stop it like any service: people are told, and come back \
             when it runs again"
        );
    }
    let folder = &config.storage.data;
    let holder = FolderLock::holder(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .filter(|holder| holder.is_there(folder));
    let Some(holder) = holder else {
        anyhow::bail!(
            "no server that can be seen from here uses {}: give this command the same settings as the server, on the same machine or in its \
             container",
            folder.display()
        );
    };
    // Told a second time, it would end at once.
    if !holder.has_noted(drain_notes::BEGUN) {
        terminate(holder.pid)?;
    }
    say("The node gives its rooms away.")?;
    let within = config.cluster.drain_within() + server::LINKS_END_WITHIN + MARGIN;
    let Ok(last) = tokio::time::timeout(within, wait(folder, holder.pid, config.cluster.drain_seconds)).await
    else {
        anyhow::bail!("the server still runs {} seconds later", within.as_secs());
    };
    match drain_notes::closed_of(&last?.notes) {
        Some(0) => {
            say("It was emptied, and has ended.")?;
            Ok(ExitCode::SUCCESS)
        }
        Some(rooms) => {
            say(&format!("It has ended, and {rooms} rooms that nobody has taken were closed."))?;
            Ok(ExitCode::FAILURE)
        }
        None => {
            say("It has ended without saying what became of its rooms.")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Until the server has ended; what it has noted last.
async fn wait(folder: &Path, pid: i32, drain_seconds: u64) -> anyhow::Result<FolderHolder> {
    let mut last = FolderHolder { pid, notes: Vec::new() };
    let mut is_alone_said = false;
    loop {
        // Looked at before its notes are read: the last of them was there before it ended.
        let is_there = last.is_there(folder);
        match FolderLock::holder(folder)? {
            Some(holder) if holder.pid == pid => last = holder,
            // It was started again already.
            Some(_) | None => return Ok(last),
        }
        if last.has_noted(drain_notes::ALONE) && !std::mem::replace(&mut is_alone_said, true) {
            say(&format!(
                "There is no other node that could take them: rooms with people go on until these leave, for at most {drain_seconds} seconds."
            ))?;
        }
        if !is_there {
            return Ok(last);
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
}

#[cfg(unix)]
fn terminate(pid: i32) -> anyhow::Result<()> {
    let pid = rustix::process::Pid::from_raw(pid).context("the data folder names no process")?;
    rustix::process::kill_process(pid, rustix::process::Signal::TERM)
        .context("the server cannot be told: run this command as the user that runs it")
}

#[cfg(not(unix))]
fn terminate(_: i32) -> anyhow::Result<()> {
    anyhow::bail!("a server can be told to leave only where there are signals: stop it as a service")
}

fn say(words: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{words}")
}
