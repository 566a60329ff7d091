//! Decoded pictures of one track: those that are due next, and the one that is shown.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

use super::decoder::{close, number, timestamp};
use crate::web;

/// Pictures are large, and a browser has few. More than are handed out ahead come only after a seek.
const MOST: usize = 24;

/// A clone is another handle to the same.
#[derive(Clone, Default)]
pub(super) struct Pictures(Rc<RefCell<Waiting>>);

#[derive(Default)]
struct Waiting {
    position: Duration,
    pictures: VecDeque<(Duration, JsValue)>,
}

impl Pictures {
    /// One more was decoded.
    pub(super) fn push(&self, picture: JsValue) {
        let mut waiting = self.0.borrow_mut();
        waiting.pictures.push_back((timestamp(&picture), picture));
        waiting.drop_past();
        if waiting.pictures.len() > MOST
            && let Some((_, oldest)) = waiting.pictures.pop_front()
        {
            close(&oldest);
        }
    }

    /// Draws what is due there, if it is another one. Returns its width by its height.
    pub(super) fn draw(&self, position: Duration, canvas: &Element) -> Option<f32> {
        let mut waiting = self.0.borrow_mut();
        waiting.position = position;
        waiting.drop_past();
        let (_, picture) = waiting.pictures.pop_front_if(|(at, _)| *at <= position)?;
        let (width, height) = (number(&picture, "displayWidth"), number(&picture, "displayHeight"));
        draw(canvas, &picture, width, height);
        close(&picture);
        (height > 0.0).then(|| (width / height) as f32)
    }
}

impl Waiting {
    /// Of those that are due, the last is shown.
    fn drop_past(&mut self) {
        while self.pictures.get(1).is_some_and(|(at, _)| *at <= self.position) {
            if let Some((_, past)) = self.pictures.pop_front() {
                close(&past);
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        for (_, picture) in &self.pictures {
            close(picture);
        }
    }
}

fn draw(canvas: &Element, picture: &JsValue, width: f64, height: f64) {
    let canvas: &JsValue = canvas.unchecked_ref();
    for (name, length) in [("width", width), ("height", height)] {
        // Setting it clears the canvas.
        if (number(canvas, name) - length).abs() > 0.5 {
            _ = js_sys::Reflect::set(canvas, &name.into(), &length.into());
        }
    }
    if let Some(context) = web::call(canvas, "getContext", &[&"2d".into()]) {
        let zero = JsValue::from(0);
        _ = web::call(&context, "drawImage", &[picture, &zero, &zero, &width.into(), &height.into()]);
    }
}
