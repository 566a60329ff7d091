//! A lock that one tab of this browser has at a time (Web Locks).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::channel::oneshot;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use crate::web;

/// The lock, until it is dropped; also one that is still waited for.
pub(super) struct Lock {
    is_dropped: Rc<Cell<bool>>,
    release: Rc<RefCell<Option<Function>>>,
}

impl Lock {
    /// Waits for it. A browser that has no locks gives it at once.
    pub(super) async fn take(name: &str) -> Self {
        let lock = Self { is_dropped: Rc::default(), release: Rc::default() };
        let (given, is_given) = oneshot::channel();
        let (is_dropped, release) = (lock.is_dropped.clone(), lock.release.clone());
        let callback = Closure::once_into_js(move |_: JsValue| {
            if is_dropped.get() {
                return Promise::resolve(&JsValue::UNDEFINED);
            }
            _ = given.send(());
            Promise::new(&mut |resolve, _| *release.borrow_mut() = Some(resolve))
        });
        let request = || {
            let locks = Reflect::get(&web::window()?.navigator(), &"locks".into()).ok()?;
            web::call(&locks, "request", &[&name.into(), &callback])
        };
        if request().is_some() {
            _ = is_given.await;
        }
        lock
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.is_dropped.set(true);
        if let Some(release) = self.release.borrow_mut().take() {
            _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}
