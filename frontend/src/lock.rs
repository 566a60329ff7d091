//! A lock that one tab of this browser has at a time (Web Locks).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{Either, select};
use gloo_timers::future::sleep;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use crate::web;

/// The lock, until it is dropped; also one that is still waited for.
pub(crate) struct Lock {
    is_dropped: Rc<Cell<bool>>,
    release: Rc<RefCell<Option<Function>>>,
}

impl Lock {
    /// Waits for it. A browser that has no locks gives it at once.
    pub(crate) async fn take(name: &str) -> Self {
        let (lock, is_given) = Self::ask_for(name);
        if let Some(is_given) = is_given {
            _ = is_given.await;
        }
        lock
    }

    /// Waits for it no longer than so. `None` where another tab keeps it, and in a browser that has no locks.
    pub(crate) async fn take_within(name: &str, most: Duration) -> Option<Self> {
        let (lock, is_given) = Self::ask_for(name);
        match select(is_given?, Box::pin(sleep(most))).await {
            Either::Left((Ok(()), _)) => Some(lock),
            Either::Left((Err(_), _)) | Either::Right(_) => None,
        }
    }

    /// Has it as soon as it is free, which the receiver hears. A browser that has no locks gives none.
    pub(crate) fn ask_for(name: &str) -> (Self, Option<oneshot::Receiver<()>>) {
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
        let is_asked = request().is_some();
        (lock, is_asked.then_some(is_given))
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
