//! A device that can trembles while a ring sounds.

use js_sys::{Array, Reflect};
use wasm_bindgen::JsValue;

use crate::web;

/// One ring: it trembles, pauses, trembles, and is still, in milliseconds.
const ONCE: [u32; 4] = [400, 200, 400, 2_000];

/// As often as that is longer than any ring. Browsers take no longer list.
const TIMES: usize = 20;

/// Until it is dropped.
pub(super) struct Vibration;

impl Vibration {
    /// Browsers let no page do it that nobody has touched, and complain of each that tries.
    pub(super) fn begin() -> Option<Self> {
        let navigator = web::window()?.navigator();
        let activation = Reflect::get(&navigator, &"userActivation".into()).ok()?;
        let was_touched = Reflect::get(&activation, &"hasBeenActive".into()).ok()?.is_truthy();
        let pattern: Array = ONCE.repeat(TIMES).into_iter().map(JsValue::from).collect();
        (was_touched && vibrate(&pattern)).then_some(Self)
    }
}

impl Drop for Vibration {
    fn drop(&mut self) {
        vibrate(&Array::new());
    }
}

fn vibrate(pattern: &Array) -> bool {
    let does = || web::call_if_present(&web::window()?.navigator(), "vibrate", pattern);
    does().is_some_and(|does| does.is_truthy())
}
