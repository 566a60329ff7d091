//! Whether the browser says that a device is allowed, or is not any more: also while a call goes on, in the settings of the site.

use std::cell::RefCell;
use std::rc::Rc;

use call::Permission;
use gloo_events::EventListener;
use js_sys::{Promise, Reflect};
use protocol::Source;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::EventTarget;

use crate::event::{Event, Events};
use crate::web::{self, object};

/// Reports what changes, until it is dropped. A browser that does not know these permissions says nothing.
pub(crate) struct Permissions {
    _listeners: Rc<RefCell<Vec<EventListener>>>,
}

impl Permissions {
    pub(crate) fn watch(events: &Events) -> Self {
        let listeners = Rc::new(RefCell::new(Vec::new()));
        for (source, name) in [(Source::Microphone, "microphone"), (Source::Camera, "camera")] {
            let (events, kept) = (events.clone(), Rc::downgrade(&listeners));
            spawn_local(async move {
                let Some(status) = query(name).await else { return };
                let Some(kept) = kept.upgrade() else { return };
                kept.borrow_mut().push(listen(&status, source, events));
            });
        }
        Self { _listeners: listeners }
    }
}

async fn query(name: &str) -> Option<EventTarget> {
    let permissions = Reflect::get(&web::window()?.navigator(), &"permissions".into()).ok()?;
    let asked = web::call(&permissions, "query", &[&object(&[("name", name.into())])])?;
    JsFuture::from(asked.dyn_into::<Promise>().ok()?).await.ok()?.dyn_into().ok()
}

fn listen(status: &EventTarget, source: Source, events: Events) -> EventListener {
    let state = status.clone();
    EventListener::new(status, "change", move |_| {
        if let Some(to) = permission(&state) {
            _ = events.unbounded_send(Event::PermissionChanged { source, to });
        }
    })
}

fn permission(status: &JsValue) -> Option<Permission> {
    match Reflect::get(status, &"state".into()).ok()?.as_string()?.as_str() {
        "granted" => Some(Permission::Granted),
        "denied" => Some(Permission::Denied),
        "prompt" => Some(Permission::Prompt),
        _ => None,
    }
}
