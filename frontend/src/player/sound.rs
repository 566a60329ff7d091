//! Decoded sound of one track, played by the browser's sound output when it is due.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Float32Array, Reflect};
use record::playback::{SoundSchedule, Speed};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::AudioContext;

use super::decoder::{close, number, timestamp};
use crate::web;

/// What is further ahead is not given to the output yet: it would have to be taken back at a pause.
const AHEAD: Duration = Duration::from_millis(1_300);

/// No more pieces are held, each 20 ms: more than are handed out ahead come only from an enemy.
const MOST: usize = 1_000;

/// A clone is another handle to the same.
#[derive(Clone, Default)]
pub(super) struct Sound(Rc<RefCell<Pieces>>);

#[derive(Default)]
struct Pieces {
    schedule: SoundSchedule,
    pieces: VecDeque<Piece>,
}

struct Piece {
    at: Duration,
    length: Duration,
    rate: f64,
    channels: Vec<Float32Array>,
    /// Once the output has it.
    node: Option<JsValue>,
}

impl Sound {
    /// One more was decoded.
    pub(super) fn push(&self, decoded: &JsValue) {
        let frames = number(decoded, "numberOfFrames");
        let (rate, channels) = (number(decoded, "sampleRate"), number(decoded, "numberOfChannels"));
        let read = |channel: u32| {
            let samples = Float32Array::new_with_length(frames as u32);
            let options = web::object(&[("planeIndex", channel.into()), ("format", "f32-planar".into())]);
            web::call(decoded, "copyTo", &[&samples, &options]).map(|_| samples)
        };
        let channels: Option<Vec<_>> = (0..(channels as u32).min(2)).map(read).collect();
        let at = timestamp(decoded);
        close(decoded);
        let mut all = self.0.borrow_mut();
        if let Some(channels) = channels.filter(|_| rate > 0.0 && frames > 0.0 && all.pieces.len() < MOST) {
            let length = Duration::from_secs_f64((frames / rate).min(10.0));
            all.pieces.push_back(Piece { at, length, rate, channels, node: None });
        }
    }

    /// Gives the output what is due soon.
    pub(super) fn play(&self, output: &AudioContext, position: Duration, speed: Speed) {
        let mut all = self.0.borrow_mut();
        let Pieces { schedule, pieces } = &mut *all;
        while pieces.front().is_some_and(|piece| piece.at + piece.length < position) {
            pieces.pop_front();
        }
        let due = position + speed.of(AHEAD);
        for piece in
            pieces.iter_mut().take_while(|piece| piece.at <= due).filter(|piece| piece.node.is_none())
        {
            let place = schedule.place(output.current_time(), position, speed, piece.at, piece.length);
            piece.node = place.and_then(|place| start(output, piece, place.when, place.skip, speed));
        }
    }

    /// Takes back what the output has not played.
    pub(super) fn stop(&self) {
        let mut all = self.0.borrow_mut();
        all.schedule.reset();
        all.pieces.iter_mut().for_each(Piece::stop);
    }
}

impl Piece {
    fn stop(&mut self) {
        if let Some(node) = self.node.take() {
            _ = web::call(&node, "stop", &[]);
            _ = web::call(&node, "disconnect", &[]);
        }
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.pieces.iter_mut().for_each(Piece::stop);
    }
}

fn start(output: &AudioContext, piece: &Piece, when: f64, skip: f64, speed: Speed) -> Option<JsValue> {
    let length = piece.channels.first()?.length();
    let count = JsValue::from(piece.channels.len() as u32);
    let buffer = web::call(output, "createBuffer", &[&count, &length.into(), &piece.rate.into()])?;
    for (number, samples) in piece.channels.iter().enumerate() {
        web::call(&buffer, "copyToChannel", &[samples, &(number as u32).into()])?;
    }
    let node = web::call(output, "createBufferSource", &[])?;
    Reflect::set(&node, &"buffer".into(), &buffer).ok()?;
    let rate = Reflect::get(&node, &"playbackRate".into()).ok()?;
    Reflect::set(&rate, &"value".into(), &speed.factor().into()).ok()?;
    web::call(&node, "connect", &[output.destination().unchecked_ref()])?;
    web::call(&node, "start", &[&when.into(), &skip.into()])?;
    Some(node)
}
