//! The page's language: the one that it came with, and others, which are fetched when somebody chooses them.

use app::language::{self, Catalogue, Language};
use app::state::LanguageHandle;
use gloo_net::http::Request;
use js_sys::Reflect;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use crate::{cookie, page, web};

/// How long a choice is remembered, in seconds: about thirteen months, the longest that browsers keep a cookie.
const REMEMBERED: u64 = 400 * 24 * 60 * 60;

/// Speaks the language of the page, and returns what changes it.
pub(crate) fn start() -> LanguageHandle {
    let failed = RwSignal::new(false);
    if let Some(own) = own_texts() {
        language::speak(own);
    }
    let chosen = StoredValue::new(None::<Language>);
    LanguageHandle::new(failed, move |language| {
        chosen.set_value(Some(language));
        spawn_local(async move {
            let catalogue = fetch(language).await;
            // The last choice counts, however late another one comes.
            if chosen.get_value() != Some(language) {
                return;
            }
            failed.set(catalogue.is_none());
            if let Some(catalogue) = catalogue {
                turn_to(language);
                language::speak(catalogue);
            }
        });
    })
}

fn own_texts() -> Option<Catalogue> {
    let block = web::document()?.get_element_by_id("language")?;
    Catalogue::parse(&block.text_content()?)
}

async fn fetch(language: Language) -> Option<Catalogue> {
    let file = format!("{}/languages/{}.json", page::root(), language.tag());
    let response = Request::get(&file).send().await.ok().filter(gloo_net::http::Response::ok)?;
    Catalogue::parse(&response.text().await.ok()?)
}

/// The document says which language it is in, and the server is told with the next page.
fn turn_to(language: Language) {
    let Some(document) = web::document() else { return };
    if let Some(root) = document.document_element() {
        _ = root.set_attribute("lang", language.tag());
        _ = root.set_attribute("dir", language.direction());
    }
    cookie::set("language", language.tag(), REMEMBERED);
}

/// The language in which the browser is to write dates and times: as its owner does where that is in the language of the page, with the
/// digits that the texts have.
pub(crate) fn locale() -> String {
    let tag = language::spoken_tag();
    let theirs = || {
        let languages = Reflect::get(&web::window()?.navigator(), &"languages".into()).ok()?;
        let languages: js_sys::Array = languages.dyn_into().ok()?;
        languages.iter().filter_map(|one| one.as_string()).find(|one| one.split('-').next() == Some(tag))
    };
    let locale = theirs().unwrap_or_else(|| tag.to_owned());
    if tag == Language::Arabic.tag() { format!("{locale}-u-nu-latn") } else { locale }
}
