//! One film of everybody, of a recording in which nothing is sealed: ffmpeg makes it, a process for each, few at once, the others wait. One that
//! gets no further is ended.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::{MixProgress, RecordingId, RecordingMix};
use record::{MixError, MixPlan};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use super::files::{self, FILM};
use crate::tasks;

/// What it is called until it is whole.
const UNFINISHED: &str = "film.unfinished";

/// Nothing of an hour takes ffmpeg so long without any progress.
const STUCK_AFTER: Duration = Duration::from_secs(60);

/// So many may wait.
const MOST_WAITING: usize = 100;

/// What ffmpeg says of errors is kept up to so many bytes.
const MOST_SAID: u64 = 4_096;

/// The films that are made, wait to be, or could not be made since this server started.
pub(super) struct Mixes {
    program: String,
    places: Arc<Semaphore>,
    free_bytes: u64,
    /// A film that got no further for so long is ended.
    patience: Duration,
    all: Mutex<HashMap<RecordingId, Mix>>,
}

struct Mix {
    is_failed: bool,
    /// In milliseconds of the film: how long it is, and how much there is of it. 0 while it waits.
    lasts_ms: u64,
    made_ms: Arc<AtomicU64>,
    task: AbortHandle,
}

/// Why no film is made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MixRefusal {
    #[error("this server makes no films")]
    Off,
    #[error(transparent)]
    Impossible(#[from] MixError),
    #[error("there are as many as can wait")]
    Busy,
    #[error(transparent)]
    Unreadable(#[from] io::Error),
}

/// Why one did not become whole.
#[derive(Debug, thiserror::Error)]
enum MixFault {
    #[error("{0} cannot be run: {1}")]
    Program(String, io::Error),
    #[error("it got no further")]
    Stuck,
    #[error("the disk is nearly full")]
    DiskFull,
    #[error("it ended with {0}: {1}")]
    Ended(std::process::ExitStatus, String),
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl Mixes {
    /// At once at the most; none at all with 0.
    pub(super) fn new(program: &str, at_once: usize, free_bytes: u64) -> Self {
        let places = Arc::new(Semaphore::new(at_once.min(Semaphore::MAX_PERMITS)));
        let program = if at_once == 0 { String::new() } else { program.to_owned() };
        Self { program, places, free_bytes, patience: STUCK_AFTER, all: Mutex::default() }
    }

    /// How far the film in a folder is.
    pub(super) fn look(&self, folder: &Path, id: RecordingId) -> RecordingMix {
        if let Ok(found) = std::fs::metadata(folder.join(FILM)) {
            return RecordingMix { state: MixProgress::Complete, percent: 100, bytes: Some(found.len()) };
        }
        let all = self.all();
        let Some(mix) = all.get(&id) else {
            return RecordingMix { state: MixProgress::None, percent: 0, bytes: None };
        };
        let made_ms = mix.made_ms.load(Ordering::Relaxed).min(mix.lasts_ms);
        let percent = (made_ms * 100).checked_div(mix.lasts_ms).unwrap_or(0);
        let state = if mix.is_failed {
            MixProgress::Failed
        } else if made_ms > 0 {
            MixProgress::Running
        } else {
            MixProgress::Waiting
        };
        RecordingMix { state, percent: u8::try_from(percent.min(99)).unwrap_or(99), bytes: None }
    }

    /// Has it made, unless it is there or on its way.
    pub(super) fn begin(self: &Arc<Self>, folder: PathBuf, id: RecordingId) -> Result<(), MixRefusal> {
        if self.program.is_empty() {
            return Err(MixRefusal::Off);
        }
        let manifest = files::read_manifest(&folder)?.ok_or(MixError::Empty)?;
        let plan = MixPlan::of(&manifest)?;
        let mut all = self.all();
        if all.get(&id).is_some_and(|mix| !mix.is_failed) || folder.join(FILM).is_file() {
            return Ok(());
        }
        if all.values().filter(|mix| !mix.is_failed).count() >= MOST_WAITING {
            return Err(MixRefusal::Busy);
        }
        let lasts_ms = u64::try_from(plan.duration().as_millis()).unwrap_or(u64::MAX);
        let made_ms = Arc::new(AtomicU64::new(0));
        let (mixes, made) = (Arc::clone(self), Arc::clone(&made_ms));
        let task = tasks::spawn(async move {
            let outcome = mixes.make(&folder, &plan, &made).await;
            let mut all = mixes.all();
            match outcome {
                Ok(()) => _ = all.remove(&id),
                Err(fault) => {
                    tracing::error!(error = %fault, recording = %id, "a film of a recording could not be made");
                    _ = std::fs::remove_file(folder.join(UNFINISHED));
                    if let Some(mix) = all.get_mut(&id) {
                        mix.is_failed = true;
                    }
                }
            }
        });
        let task = task.abort_handle();
        all.insert(id, Mix { is_failed: false, lasts_ms, made_ms, task });
        Ok(())
    }

    /// Ends it, and takes away what there is of it. Its program is ended with its task.
    pub(super) fn end(&self, folder: &Path, id: RecordingId) -> io::Result<()> {
        if let Some(mix) = self.all().remove(&id) {
            mix.task.abort();
        }
        for name in [FILM, UNFINISHED] {
            match std::fs::remove_file(folder.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    async fn make(&self, folder: &Path, plan: &MixPlan, made_ms: &AtomicU64) -> Result<(), MixFault> {
        // The places stay for as long as there is a server.
        let _place = self.places.acquire().await.map_err(io::Error::other)?;
        let mut child = Command::new(&self.program)
            .current_dir(folder)
            .args(plan.arguments(UNFINISHED))
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| MixFault::Program(self.program.clone(), error))?;
        // What it says waits until somebody reads it: it must not wait for that.
        let said = child.stderr.take().map(|stderr| {
            tasks::spawn(async move {
                let mut said = Vec::new();
                let (mut first, mut rest) = (stderr.take(MOST_SAID), tokio::io::sink());
                _ = first.read_to_end(&mut said).await;
                _ = tokio::io::copy(&mut first.into_inner(), &mut rest).await;
                String::from_utf8_lossy(&said).trim().to_owned()
            })
        });
        self.follow(&mut child, folder, made_ms).await?;
        let status =
            tokio::time::timeout(self.patience, child.wait()).await.map_err(|_| MixFault::Stuck)??;
        if !status.success() {
            let said = match said {
                Some(said) => said.await.unwrap_or_default(),
                None => String::new(),
            };
            return Err(MixFault::Ended(status, said));
        }
        std::fs::rename(folder.join(UNFINISHED), folder.join(FILM))?;
        Ok(())
    }

    /// Until it says nothing more.
    async fn follow(&self, child: &mut Child, folder: &Path, made_ms: &AtomicU64) -> Result<(), MixFault> {
        let Some(stdout) = child.stdout.take() else { return Ok(()) };
        let mut lines = BufReader::new(stdout).lines();
        let mut moved = tokio::time::Instant::now();
        loop {
            let line = tokio::time::timeout_at(moved + self.patience, lines.next_line()).await;
            let Some(line) = line.map_err(|_| MixFault::Stuck)?? else { return Ok(()) };
            let Some(made) =
                line.strip_prefix("out_time_us=").and_then(|micros| micros.trim().parse::<u64>().ok())
            else {
                continue;
            };
            if made_ms.fetch_max(made / 1_000, Ordering::Relaxed) < made / 1_000 {
                moved = tokio::time::Instant::now();
            }
            if files::free_bytes(folder).is_some_and(|free| free < self.free_bytes) {
                return Err(MixFault::DiskFull);
            }
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<RecordingId, Mix>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mixes(folder: &Path, program: &str) -> Arc<Mixes> {
        let path = folder.join("program");
        std::fs::write(&path, format!("#!/bin/sh\n{program}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let patience = Duration::from_secs(2);
        Arc::new(Mixes { patience, ..Mixes::new(&path.display().to_string(), 1, 0) })
    }

    /// A recording in which somebody was heard for a second.
    fn recording(folder: &Path, number: u128) -> (PathBuf, RecordingId) {
        let id = uuid::Uuid::from_u128(number);
        let text = format!(
            r#"{{"version":1,"recording":"{id}","room":"kfm-pqxz-wtr","key":null,
            "people":[{{"id":"{id}","name":"Ada","consent":"given"}}],
            "parts":[{{"number":1,"began":1782000000000,"lasted_ms":1000,"events":"1.events","keys":null,"tracks":[
            {{"file":"1.webm","participant":"{id}","source":"microphone","codec":"opus","protection":"plaintext","began_ms":0,"ended_ms":1000}}]}}]}}"#
        );
        let folder = folder.join(id.to_string());
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join(files::MANIFEST), text).unwrap();
        (folder, RecordingId(id))
    }

    async fn until(mixes: &Mixes, (folder, id): &(PathBuf, RecordingId), wanted: MixProgress) {
        while mixes.look(folder, *id).state != wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn a_film_that_gets_no_further_is_ended_and_the_next_one_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let program = "case $PWD in *01) while :; do echo out_time_us=1000; sleep 0.1; done;; *) echo film >film.unfinished;; esac";
        let mixes = mixes(folder.path(), program);
        let (stuck, next) = (recording(folder.path(), 1), recording(folder.path(), 2));
        for (folder, id) in [&stuck, &next] {
            mixes.begin(folder.clone(), *id).unwrap();
        }
        assert_eq!(mixes.look(&next.0, next.1).state, MixProgress::Waiting);
        until(&mixes, &stuck, MixProgress::Failed).await;
        until(&mixes, &next, MixProgress::Complete).await;
    }

    #[tokio::test]
    async fn a_disk_with_too_little_room_ends_a_film() {
        let folder = tempfile::tempdir().unwrap();
        let program = mixes(folder.path(), "echo out_time_us=1000; exec sleep 1000").program.clone();
        let mixes = Arc::new(Mixes::new(&program, 1, u64::MAX));
        let one = recording(folder.path(), 1);
        mixes.begin(one.0.clone(), one.1).unwrap();
        until(&mixes, &one, MixProgress::Failed).await;
    }
}
