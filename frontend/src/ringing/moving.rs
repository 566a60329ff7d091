//! The identity as a file: made for another browser, and taken from one.

use std::time::Duration;

use app::state::{IDENTITY_FILE_FIELD, IdentityNotice};
use gloo_timers::future::sleep;
use js_sys::Reflect;
use seal::{IdentityFileError, KeyPair, PASSPHRASE_CHARACTERS, open_identity_file, seal_identity_file};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, HtmlElement, HtmlInputElement};

use super::event::RingEvent;
use super::{Ringing, key_store, peers};
use crate::identity::random;
use crate::{page, remember, web};

/// Sealing takes so long that what the page says has to be on the screen first.
const PAINTS_WITHIN: Duration = Duration::from_millis(60);

/// What is sealed in a file.
#[derive(Serialize, Deserialize)]
struct Content {
    private: [u8; 32],
    name: String,
    /// Those whom one has talked with, and their keys.
    peers: String,
}

impl Ringing {
    pub(super) fn save_identity(&self, passphrase: String) {
        if passphrase.chars().count() < PASSPHRASE_CHARACTERS {
            return self.note(IdentityNotice::TooShort);
        }
        self.note(IdentityNotice::Saving);
        let (private, name) = (self.keys.private(), self.name.clone());
        let events = self.events.clone();
        let file =
            format!("veranda-{}.json", self.device.call_id().map(|id| id.to_string()).unwrap_or_default());
        spawn_local(async move {
            sleep(PAINTS_WITHIN).await;
            let content = Content { private, name, peers: peers::text() };
            let sealed = serde_json::to_vec(&content)
                .ok()
                .and_then(|content| seal_identity_file(&passphrase, random()?, random()?, &content));
            let is_saved = sealed.and_then(|sealed| download(&file, &sealed)).is_some();
            let notice = if is_saved { IdentityNotice::Saved } else { IdentityNotice::NotSaved };
            _ = events.unbounded_send(RingEvent::Noted(notice));
        });
    }

    /// Takes the place of this browser's identity, and loads the page anew as a device of the other one.
    pub(super) fn use_identity(&self, passphrase: String) {
        if self.is_calling() {
            return self.note(IdentityNotice::InCall);
        }
        let Some(file) = chosen_file() else { return self.note(IdentityNotice::NoFile) };
        self.note(IdentityNotice::Saving);
        let events = self.events.clone();
        spawn_local(async move {
            let notice = match JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string()) {
                None => IdentityNotice::NoFile,
                Some(text) => {
                    sleep(PAINTS_WITHIN).await;
                    match opened(&text, &passphrase) {
                        Ok(content) => return take(&content),
                        Err(notice) => notice,
                    }
                }
            };
            _ = events.unbounded_send(RingEvent::Noted(notice));
        });
    }

    fn note(&self, notice: IdentityNotice) {
        _ = self.events.unbounded_send(RingEvent::Noted(notice));
    }
}

fn opened(text: &str, passphrase: &str) -> Result<Content, IdentityNotice> {
    let content = open_identity_file(text, passphrase).map_err(|error| match error {
        IdentityFileError::NotOne => IdentityNotice::NotOne,
        IdentityFileError::Newer => IdentityNotice::Newer,
        IdentityFileError::WrongPassphrase => IdentityNotice::WrongPassphrase,
    })?;
    serde_json::from_slice(&content).map_err(|_| IdentityNotice::NotOne)
}

fn take(content: &Content) {
    key_store::keep(&KeyPair::new(content.private));
    peers::take(&content.peers);
    if !content.name.is_empty() {
        remember::write(remember::NAME, &content.name);
    }
    page::forget_dialled();
    _ = web::window().map(|window| window.location().reload());
}

fn chosen_file() -> Option<File> {
    let field = web::document()?.get_element_by_id(IDENTITY_FILE_FIELD)?;
    let files = Reflect::get(field.dyn_ref::<HtmlInputElement>()?, &"files".into()).ok()?;
    Reflect::get(&files, &0.into()).ok()?.dyn_into().ok()
}

fn download(name: &str, text: &str) -> Option<()> {
    let link: HtmlElement = web::document()?.create_element("a").ok()?.dyn_into().ok()?;
    let data = format!("data:application/json;charset=utf-8,{}", js_sys::encode_uri_component(text));
    link.set_attribute("href", &data).ok()?;
    link.set_attribute("download", name).ok()?;
    link.click();
    Some(())
}
