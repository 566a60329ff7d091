//! Recordings in the browser's own storage: found after a tab that was killed, handed to the person as files of their own, deleted.

use js_sys::{Array, AsyncIterator, Function, Promise, Reflect};
use record::on_device::{DeviceOrder, DeviceReport};
use view::{DeviceRecordingFault, KeptRecording, KeptState};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    DomException, File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetFileOptions,
    HtmlElement, MessageEvent, Url, Worker, WorkerOptions, WorkerType,
};

use super::SCRIPT;
use crate::event::{Event, Events};
use crate::identity::random_id;
use crate::{page, web};

/// The folder, which the worker makes.
const FOLDER: &str = "recordings";

/// How the names begin of files that say of another one that it was handed to the browser as a download, which is done with it when the page is
/// gone.
const HANDED_OVER: &str = "saved-";

/// Whether this browser has such storage.
pub(super) fn are_supported() -> bool {
    storage().is_some_and(|storage| {
        Reflect::get(&storage, &"getDirectory".into()).is_ok_and(|method| method.is_function())
    })
}

/// A name that no other recording has.
pub(super) fn new_name(began_millis: u64) -> String {
    let random = random_id().map(|id| id.to_string()).unwrap_or_default();
    format!("{began_millis}-{random}.webm")
}

/// Of the lock that the tab has that writes or saves a file.
pub(crate) fn lock_name(file: &str) -> String {
    format!("veranda.recording.{file}")
}

/// Looks what earlier visits have left. Those of tabs that are open belong to them.
pub(crate) fn find(events: Events) {
    spawn_local(async move {
        let found = found().await.unwrap_or_default();
        if !found.is_empty() {
            _ = events.unbounded_send(Event::Recording(call::DeviceRecordingInput::Found(found)));
        }
    });
}

async fn found() -> Option<Vec<KeptRecording>> {
    let folder = folder().await?;
    let taken = taken().await;
    let all = all_in(&folder).await?;
    let is_handed_over = |name: &str| all.iter().any(|one| one.name() == format!("{HANDED_OVER}{name}"));
    let mut found = Vec::new();
    for handle in &all {
        let file = handle.name();
        if file.starts_with(HANDED_OVER) || taken.contains(&lock_name(&file)) {
            continue;
        }
        if is_handed_over(&file) {
            for name in [file.clone(), format!("{HANDED_OVER}{file}")] {
                _ = JsFuture::from(folder.remove_entry(&name)).await;
            }
            continue;
        }
        let Some(length) = file_of(handle).await.map(|file| file.size()) else { continue };
        let began_millis = file.split('-').next().and_then(|millis| millis.parse().ok()).unwrap_or_default();
        found.push(KeptRecording { file, began_millis, length: length as u64, state: KeptState::Cut });
    }
    found.retain(|one| one.length > 0);
    found.sort_by_key(|one| one.began_millis);
    Some(found)
}

async fn all_in(folder: &FileSystemDirectoryHandle) -> Option<Vec<FileSystemFileHandle>> {
    let values: Function = Reflect::get(folder, &"values".into()).ok()?.dyn_into().ok()?;
    let files: AsyncIterator = values.call0(folder).ok()?.unchecked_into();
    let mut all = Vec::new();
    loop {
        let next = JsFuture::from(files.next().ok()?).await.ok()?;
        if Reflect::get(&next, &"done".into()).is_ok_and(|done| done.is_truthy()) {
            return Some(all);
        }
        all.push(Reflect::get(&next, &"value".into()).ok()?.unchecked_into());
    }
}

/// The names of all locks that any tab of this site has.
async fn taken() -> Vec<String> {
    let query = || {
        let locks = Reflect::get(&web::window()?.navigator(), &"locks".into()).ok()?;
        web::call(&locks, "query", &[])?.dyn_into::<Promise>().ok()
    };
    let Some(query) = query() else { return Vec::new() };
    let Ok(state) = JsFuture::from(query).await else { return Vec::new() };
    let held = Reflect::get(&state, &"held".into()).ok().and_then(|held| held.dyn_into::<Array>().ok());
    let name = |lock: JsValue| Reflect::get(&lock, &"name".into()).ok()?.as_string();
    held.into_iter().flat_map(|held| held.iter().filter_map(name).collect::<Vec<_>>()).collect()
}

/// Lets the person have one as a file of their own: where they choose, or else as a download. A press has to have led here, a moment ago.
pub(crate) fn save(file: String, is_cut: bool, events: Events) {
    spawn_local(async move {
        let event = match saved(&file, is_cut).await {
            Ok(handle) => Event::RecordingSaved { file, handle },
            Err(NotSaved::NotWanted) => {
                Event::Recording(call::DeviceRecordingInput::NotSaved { file, fault: None })
            }
            Err(NotSaved::Failed) => {
                let fault = Some(DeviceRecordingFault::NotSaved);
                Event::Recording(call::DeviceRecordingInput::NotSaved { file, fault })
            }
        };
        _ = events.unbounded_send(event);
    });
}

enum NotSaved {
    /// The person has chosen no place, or was not to be asked.
    NotWanted,
    Failed,
}

async fn saved(file: &str, is_cut: bool) -> Result<FileSystemFileHandle, NotSaved> {
    let suggested = suggested_name(file);
    let picked = pick(&suggested).await?;
    if is_cut && !repaired(file).await {
        return Err(NotSaved::Failed);
    }
    let folder = folder().await.ok_or(NotSaved::Failed)?;
    let handle = JsFuture::from(folder.get_file_handle(file)).await.map_err(|_| NotSaved::Failed)?;
    let handle: FileSystemFileHandle = handle.unchecked_into();
    let content = file_of(&handle).await.ok_or(NotSaved::Failed)?;
    let Some(picked) = picked else {
        download(&content, &suggested).ok_or(NotSaved::Failed)?;
        let options = FileSystemGetFileOptions::new();
        options.set_create(true);
        let mark = folder.get_file_handle_with_options(&format!("{HANDED_OVER}{file}"), &options);
        _ = JsFuture::from(mark).await;
        return Ok(handle);
    };
    copied(&content, &picked).await.map_err(|_| NotSaved::Failed)?;
    _ = JsFuture::from(folder.remove_entry(file)).await;
    Ok(picked)
}

/// Where to: `None` where the browser has no such question.
async fn pick(suggested: &str) -> Result<Option<FileSystemFileHandle>, NotSaved> {
    let Some(window) = web::window() else { return Err(NotSaved::Failed) };
    let accepted = web::object(&[("video/webm", Array::of1(&".webm".into()).into())]);
    let kinds = Array::of1(&web::object(&[("accept", accepted.into())]));
    let options = web::object(&[("suggestedName", suggested.into()), ("types", kinds.into())]);
    let Some(asked) = web::call(&window, "showSaveFilePicker", &[&options]) else { return Ok(None) };
    let asked = asked.dyn_into::<Promise>().map_err(|_| NotSaved::Failed)?;
    match JsFuture::from(asked).await {
        Ok(handle) => Ok(Some(handle.unchecked_into())),
        Err(error) => {
            let name = error.dyn_ref::<DomException>().map(DomException::name);
            Err(match name.as_deref() {
                Some("AbortError" | "SecurityError") => NotSaved::NotWanted,
                Some(_) | None => NotSaved::Failed,
            })
        }
    }
}

/// Piece by piece: nothing of it is kept in memory.
async fn copied(content: &File, to: &FileSystemFileHandle) -> Result<(), JsValue> {
    let writable = JsFuture::from(to.create_writable()).await?;
    let piped = web::call(&content.stream(), "pipeTo", &[&writable]).ok_or(JsValue::NULL)?;
    JsFuture::from(piped.dyn_into::<Promise>()?).await.map(drop)
}

fn download(content: &File, name: &str) -> Option<()> {
    let address = Url::create_object_url_with_blob(content).ok()?;
    let link: HtmlElement = web::document()?.create_element("a").ok()?.dyn_into().ok()?;
    link.set_attribute("href", &address).ok()?;
    link.set_attribute("download", name).ok()?;
    link.click();
    Some(())
}

/// Plays what was saved in a tab of its own.
pub(crate) fn open(handle: FileSystemFileHandle) {
    spawn_local(async move {
        let address = file_of(&handle).await.and_then(|file| Url::create_object_url_with_blob(&file).ok());
        if let (Some(address), Some(window)) = (address, web::window()) {
            _ = window.open_with_url_and_target(&address, "_blank");
        }
    });
}

pub(crate) fn delete(file: String) {
    spawn_local(async move {
        if let Some(folder) = folder().await {
            _ = JsFuture::from(folder.remove_entry(&file)).await;
        }
    });
}

/// The end that is missing is made by a worker, which alone may write there.
async fn repaired(file: &str) -> bool {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let Ok(worker) = Worker::new_with_options(&format!("{}{SCRIPT}", page::root()), &options) else {
        return false;
    };
    let (sender, receiver) = futures::channel::oneshot::channel();
    let mut sender = Some(sender);
    let _heard = gloo_events::EventListener::new(&worker, "message", move |event| {
        let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
        if let (Some(Ok(report)), Some(sender)) =
            (text.map(|text| serde_json::from_str(&text)), sender.take())
        {
            _ = sender.send(matches!(report, DeviceReport::Repaired));
        }
    });
    super::post(&worker, &DeviceOrder::Repair { file: file.to_owned() });
    let is_repaired = receiver.await.unwrap_or(false);
    worker.terminate();
    is_repaired
}

async fn folder() -> Option<FileSystemDirectoryHandle> {
    let asked = web::call(&storage()?, "getDirectory", &[])?.dyn_into::<Promise>().ok()?;
    let root: FileSystemDirectoryHandle = JsFuture::from(asked).await.ok()?.unchecked_into();
    let folder = JsFuture::from(root.get_directory_handle(FOLDER)).await.ok()?;
    Some(folder.unchecked_into())
}

async fn file_of(handle: &FileSystemFileHandle) -> Option<File> {
    Some(JsFuture::from(handle.get_file()).await.ok()?.unchecked_into())
}

fn storage() -> Option<JsValue> {
    let storage = Reflect::get(&web::window()?.navigator(), &"storage".into()).ok()?;
    storage.is_object().then_some(storage)
}

/// By the day and the time at which it began.
fn suggested_name(file: &str) -> String {
    let millis = file.split('-').next().and_then(|millis| millis.parse::<f64>().ok()).unwrap_or_default();
    let moment = String::from(js_sys::Date::new(&millis.into()).to_iso_string());
    let moment = moment.get(..16).unwrap_or_default().replace(':', ".").replace('T', "-");
    format!("veranda-{moment}.webm")
}
