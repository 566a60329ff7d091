//! Files of a recording: written at their end, patched, made durable, replaced as a whole.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use protocol::RecordingId;
use record::webm::{RepairError, Repaired, Repairer};
use record::{FileEffect, FileName, Manifest};

/// What the manifest is called.
pub(super) const MANIFEST: &str = "manifest.json";

/// What the film of everybody is called, where there is one.
pub(super) const FILM: &str = "film.webm";

/// What the manifest is called until it is whole.
const NEXT_MANIFEST: &str = "manifest.next";

/// So many bytes of a file are collected at the most before they are written.
const MOST_COLLECTED: usize = 128 * 1024;

/// A file that grows. What is appended is collected until it has to be durable: a call of the system for each frame costs as much as all else of it.
pub(super) struct GrowingFile {
    file: File,
    /// Bytes that it has, also those that are collected.
    length: u64,
    /// The end of it, not written yet.
    tail: Vec<u8>,
    is_durable: bool,
}

impl GrowingFile {
    /// A new one.
    pub(super) fn create(folder: &Path, name: &FileName) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(folder.join(name.as_str()))?;
        Ok(Self { file, length: 0, tail: Vec::new(), is_durable: false })
    }

    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length, tail: Vec::new(), is_durable: true })
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.is_durable = false;
        self.tail.extend_from_slice(bytes);
        self.length += bytes.len() as u64;
        if self.tail.len() < MOST_COLLECTED { Ok(()) } else { self.write_tail() }
    }

    /// Carries out a change; returns by how many bytes the file has grown.
    pub(super) fn apply(&mut self, effect: &FileEffect) -> io::Result<u64> {
        match effect {
            FileEffect::Append(bytes) => {
                self.append(bytes)?;
                return Ok(bytes.len() as u64);
            }
            FileEffect::Patch { offset, bytes } => self.patch(*offset, bytes)?,
            FileEffect::Truncate { length } => {
                self.write_tail()?;
                self.is_durable = false;
                self.file.set_len(*length)?;
                self.length = *length;
            }
        }
        Ok(0)
    }

    /// What the patch may speak of is there before it: the file is valid at every moment.
    fn patch(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let in_tail = offset.checked_sub(self.length - self.tail.len() as u64);
        let in_tail = in_tail.and_then(|start| usize::try_from(start).ok());
        let place = in_tail.and_then(|start| self.tail.get_mut(start..start.checked_add(bytes.len())?));
        if let Some(place) = place {
            place.copy_from_slice(bytes);
            return Ok(());
        }
        self.write_tail()?;
        self.is_durable = false;
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(bytes)
    }

    /// What could not be written stays, and is written the next time.
    fn write_tail(&mut self) -> io::Result<()> {
        if !self.tail.is_empty() {
            self.file.seek(SeekFrom::Start(self.length - self.tail.len() as u64))?;
            self.file.write_all(&self.tail)?;
            self.tail.clear();
        }
        Ok(())
    }

    /// Makes durable what was appended.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if !self.is_durable {
            self.write_tail()?;
            self.file.sync_data()?;
            self.is_durable = true;
        }
        Ok(())
    }
}

/// Where a recording is.
pub(super) fn folder_of(recordings: &Path, id: RecordingId) -> PathBuf {
    recordings.join(id.to_string())
}

/// Makes the folder of a recording, for this server alone. One that is there is used.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Replaces the manifest: whoever reads it finds the one before or this one. Returns how long it is; one that could not be read is not written.
pub(super) fn write_manifest(folder: &Path, manifest: &Manifest) -> io::Result<usize> {
    let text = manifest.to_bytes();
    if text.len() > Manifest::MOST_BYTES {
        return Err(io::Error::other("the manifest is longer than it can be"));
    }
    let next = folder.join(NEXT_MANIFEST);
    let mut file = File::create(&next)?;
    file.write_all(&text)?;
    file.sync_all()?;
    std::fs::rename(&next, folder.join(MANIFEST))?;
    sync_folder(folder)?;
    Ok(text.len())
}

/// Makes names in a folder durable, where the system can.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The manifest that is there, if there is one.
pub(super) fn read_manifest(folder: &Path) -> io::Result<Option<Manifest>> {
    match std::fs::read(folder.join(MANIFEST)) {
        Ok(text) => Manifest::read(&text).map(Some).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes whole what a crash has left: files are cut after their last frame and can be sought in, the manifest says how long they are, and what it does
/// not name goes. May be done again at any time but while it is written. Says with each piece that it goes on.
pub(super) fn repair(folder: &Path, beat: &dyn Fn()) -> io::Result<Option<Manifest>> {
    let Some(mut manifest) = read_manifest(folder)? else { return Ok(None) };
    let mut is_changed = false;
    for part in manifest.parts.iter_mut().filter(|part| part.lasted_ms.is_none()) {
        is_changed = true;
        let mut whole = Vec::new();
        for mut track in part.tracks.drain(..) {
            if track.ended_ms.is_none() {
                let Some(repaired) = repair_track(&folder.join(track.file.as_str()), beat)? else { continue };
                let lasted = u64::try_from(repaired.duration.as_millis()).unwrap_or(u64::MAX);
                track.ended_ms = Some(track.began_ms.saturating_add(lasted));
            }
            whole.push(track);
        }
        part.tracks = whole;
        part.lasted_ms = Some(part.tracks.iter().filter_map(|track| track.ended_ms).max().unwrap_or(0));
    }
    if is_changed {
        write_manifest(folder, &manifest)?;
    }
    remove_unnamed(folder, &manifest)?;
    Ok(Some(manifest))
}

/// `None` when there is no frame in it.
fn repair_track(path: &Path, beat: &dyn Fn()) -> io::Result<Option<Repaired>> {
    let mut file = match GrowingFile::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let (mut repairer, mut piece) = (Repairer::new(), vec![0; 256 * 1024]);
    loop {
        let read = file.file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        repairer.push(&piece[..read]);
        beat();
    }
    let repaired = match repairer.finish() {
        Ok(repaired) => repaired,
        Err(RepairError::Empty | RepairError::Foreign(_)) => return Ok(None),
    };
    for effect in &repaired.effects {
        file.apply(effect)?;
    }
    file.sync()?;
    Ok(Some(repaired))
}

fn remove_unnamed(folder: &Path, manifest: &Manifest) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !name.to_str().is_some_and(|name| name == MANIFEST || name == FILM || is_named(manifest, name)) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether a file can be one of a recording beside its manifest: its name leads nowhere else.
pub(super) fn is_of_part(name: &str) -> bool {
    name == FILM || name.starts_with("part-") && FileName::new(name.to_owned()).is_ok()
}

/// Whether a file is one of a recording.
fn is_named(manifest: &Manifest, name: &str) -> bool {
    manifest.parts.iter().any(|part| {
        let tracks = part.tracks.iter().map(|track| &track.file);
        tracks.chain([&part.events]).chain(&part.keys).any(|file| file.as_str() == name)
    })
}

/// Deletes a recording: first it cannot be found any more, then nothing of it is left. Nothing is done where there is none.
pub(super) fn delete(recordings: &Path, id: RecordingId) -> io::Result<()> {
    let (folder, gone) = (folder_of(recordings, id), recordings.join(format!("deleted-{id}")));
    let not_found = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    match std::fs::rename(&folder, &gone) {
        Ok(()) => sync_folder(recordings)?,
        Err(error) if not_found(&error) => {}
        Err(error) => return Err(error),
    }
    match std::fs::remove_dir_all(&gone) {
        Err(error) if !not_found(&error) => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Bytes of a recording on the disk.
pub(super) fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len())).sum()
}

/// How much room there is for more, in bytes. `None` where the system does not say.
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let about = rustix::fs::statvfs(folder).ok()?;
    Some(about.f_bavail.saturating_mul(about.f_frsize))
}
