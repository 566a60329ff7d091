//! A file in the browser's own storage, to which this worker alone has access (WHATWG File System, synchronous access).

use js_sys::Reflect;
use record::FileEffect;
use record::on_device::DeviceFault;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DedicatedWorkerGlobalScope, DomException, FileSystemDirectoryHandle, FileSystemFileHandle,
    FileSystemGetDirectoryOptions, FileSystemGetFileOptions, FileSystemReadWriteOptions,
    FileSystemSyncAccessHandle,
};

/// The folder of recordings. The page finds them there.
const FOLDER: &str = "recordings";

/// How much is read at once, in bytes.
const PIECE: usize = 1 << 20;

/// An open file. Closed when it is dropped.
pub(crate) struct Disk {
    handle: FileSystemSyncAccessHandle,
    length: u64,
}

impl Disk {
    /// Opens a file of recordings, made anew if there is none.
    pub(crate) async fn open(file: &str) -> Result<Self, JsValue> {
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let root = JsFuture::from(scope.navigator().storage().get_directory()).await?;
        let root: FileSystemDirectoryHandle = root.unchecked_into();
        let options = FileSystemGetDirectoryOptions::new();
        options.set_create(true);
        let folder = JsFuture::from(root.get_directory_handle_with_options(FOLDER, &options)).await?;
        let folder: FileSystemDirectoryHandle = folder.unchecked_into();
        let options = FileSystemGetFileOptions::new();
        options.set_create(true);
        let file = JsFuture::from(folder.get_file_handle_with_options(file, &options)).await?;
        let file: FileSystemFileHandle = file.unchecked_into();
        let handle = JsFuture::from(file.create_sync_access_handle()).await?;
        let handle: FileSystemSyncAccessHandle = handle.unchecked_into();
        let length = handle.get_size()? as u64;
        Ok(Self { handle, length })
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn apply(&mut self, effect: &FileEffect) -> Result<(), DeviceFault> {
        match effect {
            FileEffect::Append(bytes) => {
                if let Err(fault) = self.write(self.length, bytes) {
                    // What is half there is no part of it.
                    _ = self.handle.truncate_with_f64(self.length as f64);
                    return Err(fault);
                }
                self.length += bytes.len() as u64;
            }
            FileEffect::Patch { offset, bytes } => self.write(*offset, bytes)?,
            FileEffect::Truncate { length } => {
                self.handle.truncate_with_f64(*length as f64).map_err(|error| fault(&error))?;
                self.length = *length;
            }
        }
        Ok(())
    }

    /// What was written outlives a crash of the system from now on.
    pub(crate) fn flush(&self) -> Result<(), DeviceFault> {
        self.handle.flush().map_err(|error| fault(&error))
    }

    /// Reads all of it, in pieces.
    pub(crate) fn read(&self, mut each: impl FnMut(&[u8])) -> Result<(), JsValue> {
        let (mut at, mut piece) = (0.0, vec![0; PIECE]);
        loop {
            let read = self.handle.read_with_u8_array_and_options(&mut piece, &place(at))?;
            if read <= 0.0 {
                return Ok(());
            }
            each(piece.get(..read as usize).unwrap_or_default());
            at += read;
        }
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), DeviceFault> {
        let written = self.handle.write_with_u8_array_and_options(bytes, &place(offset as f64));
        let written = written.map_err(|error| fault(&error))?;
        // A file that may not grow takes less than it is given.
        if written as usize == bytes.len() { Ok(()) } else { Err(DeviceFault::StorageFull) }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.handle.close();
    }
}

fn place(at: f64) -> FileSystemReadWriteOptions {
    let options = FileSystemReadWriteOptions::new();
    options.set_at(at);
    options
}

/// Browsers say differently that there is no room: by a name, or by an error of its own kind.
fn fault(error: &JsValue) -> DeviceFault {
    let name = error.dyn_ref::<DomException>().map(DomException::name);
    let name = name.or_else(|| Reflect::get(error, &"name".into()).ok()?.as_string());
    match name.as_deref() {
        Some("QuotaExceededError") => DeviceFault::StorageFull,
        Some(_) | None => DeviceFault::Failed,
    }
}
