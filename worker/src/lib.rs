//! The worker through which every media frame goes: seals what is sent, opens what comes, and drops what is from nobody it
//! should be from. A WebAssembly module of its own, so that the page comes without it. Knows nothing of calls.

mod keyframes;
mod pipe;
mod state;

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;
use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{EventTarget, MessageEvent};

use crate::state::State;

type Shared = Rc<RefCell<State>>;

thread_local! {
    /// They last as long as the worker.
    static LISTENERS: RefCell<Vec<EventListener>> = const { RefCell::new(Vec::new()) };
}

/// Runs the worker. Called by its script; `early` is what came before the code was there.
#[wasm_bindgen]
pub fn work(early: &Array) {
    console_error_panic_hook::set_once();
    let state = Shared::default();
    for event in early.iter() {
        happened(&state, &event);
    }
    let scope: EventTarget = js_sys::global().unchecked_into();
    let listen = |name: &'static str| {
        let state = Rc::clone(&state);
        EventListener::new(&scope, name, move |event| happened(&state, event))
    };
    let listeners = ["message", "rtctransform"].map(listen);
    LISTENERS.with_borrow_mut(|kept| kept.extend(listeners));
}

fn happened(state: &Shared, event: &JsValue) {
    if let Ok(transformer) = Reflect::get(event, &"transformer".into())
        && transformer.is_object()
    {
        return pipe::start(state, transformer.unchecked_ref());
    }
    let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
    if let Some(Ok(order)) = text.map(|text| serde_json::from_str(&text)) {
        state.borrow_mut().obey(order);
    }
}
