//! Draws what is seen: tiles with their pictures and names, and a letter where there is no picture.

use std::collections::BTreeMap;

use js_sys::{Function, Reflect};
use record::on_device::{Scene, SceneTile};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{OffscreenCanvas, OffscreenCanvasRenderingContext2d};

use crate::codecs::VideoFrame;

/// The colours of the call screen at night: what is recorded is looked at in the dark of a player.
const BEHIND: &str = "#101318";
const TILE: &str = "#262b33";
const LETTER: &str = "#8fa3bf";
const PLATE: &str = "rgba(0, 0, 0, 0.6)";
const TEXT: &str = "#ffffff";

pub(crate) struct Canvas {
    pub(crate) element: OffscreenCanvas,
    context: OffscreenCanvasRenderingContext2d,
    draw_image: Function,
}

impl Canvas {
    pub(crate) fn new(width: u16, height: u16) -> Result<Self, JsValue> {
        let element = OffscreenCanvas::new(width.into(), height.into())?;
        let options = crate::codecs::object(&[("alpha", false.into())]);
        let context = element.get_context_with_context_options("2d", &options)?;
        let context = context.ok_or_else(|| JsValue::from("there is no such canvas"))?;
        let draw_image = Reflect::get(&context, &"drawImage".into())?.dyn_into()?;
        Ok(Self { element, context: context.unchecked_into(), draw_image })
    }

    pub(crate) fn draw(&self, scene: &Scene, pictures: &BTreeMap<u32, VideoFrame>) {
        self.context.set_fill_style_str(BEHIND);
        self.context.fill_rect(0.0, 0.0, self.element.width().into(), self.element.height().into());
        for tile in &scene.tiles {
            self.context.save();
            self.draw_tile(tile, tile.source.and_then(|source| pictures.get(&source)));
            self.context.restore();
        }
    }

    fn draw_tile(&self, tile: &SceneTile, picture: Option<&VideoFrame>) {
        let [x, y, width, height] = tile.tile.map(f64::from);
        self.context.begin_path();
        self.context.rect(x, y, width, height);
        self.context.clip();
        self.context.set_fill_style_str(TILE);
        self.context.fill_rect(x, y, width, height);
        match picture {
            Some(frame) => self.draw_picture(frame, tile.picture.map(f64::from)),
            None => self.draw_letter(&tile.name, [x, y, width, height]),
        }
        self.draw_name(&tile.name, [x, y, width, height]);
    }

    /// Fills its place, and is cropped where it is of another shape.
    fn draw_picture(&self, frame: &VideoFrame, [x, y, width, height]: [f64; 4]) {
        let (own_width, own_height) = (f64::from(frame.width()), f64::from(frame.height()));
        if own_width <= 0.0 || own_height <= 0.0 {
            return;
        }
        let scale = (width / own_width).max(height / own_height);
        let (drawn_width, drawn_height) = (own_width * scale, own_height * scale);
        let (left, top) = (x + (width - drawn_width) / 2.0, y + (height - drawn_height) / 2.0);
        let places = [left, top, drawn_width, drawn_height].map(JsValue::from);
        let frame: &JsValue = frame.as_ref();
        let arguments = js_sys::Array::of1(frame);
        for place in places {
            arguments.push(&place);
        }
        _ = self.draw_image.apply(&self.context, &arguments);
    }

    fn draw_letter(&self, name: &str, [x, y, width, height]: [f64; 4]) {
        let Some(letter) = name.chars().next() else { return };
        self.context.set_fill_style_str(LETTER);
        self.context.set_font(&format!("{}px sans-serif", (height * 0.35) as u32));
        self.context.set_text_align("center");
        self.context.set_text_baseline("middle");
        let letter: String = letter.to_uppercase().collect();
        _ = self.context.fill_text(&letter, x + width / 2.0, y + height / 2.0);
    }

    fn draw_name(&self, name: &str, [x, y, width, height]: [f64; 4]) {
        let size = (height * 0.06).clamp(12.0, 24.0);
        self.context.set_font(&format!("{}px sans-serif", size as u32));
        self.context.set_text_align("left");
        self.context.set_text_baseline("middle");
        let wide = self.context.measure_text(name).map_or(width, |text| text.width());
        let wide = wide.min(width - 4.0 * size).max(0.0);
        let (left, middle) = (x + size / 2.0, y + height - size * 1.3);
        self.context.set_fill_style_str(PLATE);
        self.context.fill_rect(left, middle - size * 0.8, wide + size, size * 1.6);
        self.context.set_fill_style_str(TEXT);
        _ = self.context.fill_text_with_max_width(name, left + size / 2.0, middle, wide.max(1.0));
    }
}
