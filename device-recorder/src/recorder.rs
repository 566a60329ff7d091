//! A recording that goes on: draws and encodes by a timer of the worker's own, which rings on while nobody looks at the page.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use js_sys::Float32Array;
use record::on_device::{DeviceFault, Scene};
use record::webm::FilmTrack;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::canvas::Canvas;
use crate::codecs::{AudioData, AudioEncoder, Chunk, VideoEncoder, VideoFrame, object};
use crate::film::{Film, SharedFilm};
use crate::sound_clock::{RATE, SoundClock};

/// Between two pictures, in milliseconds. Fewer are made where the encoder does not keep up.
pub(crate) const PICTURE_EVERY: i32 = 40;

/// Two pictures are not closer, in milliseconds: a timer that was late rings the next time as if it had not been.
const CLOSEST: f64 = 20.0;

/// So many pictures may wait for the encoder.
const MOST_QUEUED: u32 = 2;

/// A picture that has not changed is drawn again so often, in milliseconds, so that the film has a time.
const STILL_EVERY: f64 = 500.0;

/// Between two places at which playing can begin, in milliseconds.
const KEY_EVERY: f64 = 2_000.0;

/// Between two moments from which a crash of the system costs nothing, in milliseconds.
const FLUSH_EVERY: f64 = 1_000.0;

/// What a picture and a sound may take, in bits a second.
const PICTURE_BITS: u32 = 2_500_000;
const SOUND_BITS: u32 = 96_000;

/// Left and right.
const CHANNELS: u32 = 2;

pub(crate) struct Recorder {
    canvas: Canvas,
    scene: Scene,
    /// The newest of each source.
    pictures: BTreeMap<u32, VideoFrame>,
    /// Something is to be seen that was not drawn.
    has_changed: bool,
    clock: Clock,
    sound_clock: SoundClock,
    video: VideoEncoder,
    audio: AudioEncoder,
    film: SharedFilm,
    drawn: f64,
    keyed: f64,
    flushed: f64,
    /// Encoders call them for as long as they live.
    _closures: [Closure<dyn FnMut(JsValue)>; 3],
}

/// Milliseconds since the recording began.
#[derive(Clone, Copy)]
struct Clock {
    began: f64,
}

impl Clock {
    fn now(self) -> f64 {
        crate::clock() - self.began
    }
}

impl Recorder {
    pub(crate) fn new(film: Film, width: u16, height: u16) -> Result<Self, JsValue> {
        let clock = Clock { began: crate::clock() };
        let film = Rc::new(RefCell::new(film));
        let outputs = [FilmTrack::Picture, FilmTrack::Sound].map(|track| {
            let film = Rc::clone(&film);
            Closure::<dyn FnMut(JsValue)>::new(move |chunk: JsValue| {
                film.borrow_mut().write(duration(clock.now()), track, chunk.unchecked_ref::<Chunk>());
            })
        });
        let failing = Rc::clone(&film);
        let failed =
            Closure::<dyn FnMut(JsValue)>::new(move |_| failing.borrow_mut().fail(DeviceFault::Failed));
        let [picture, sound] = outputs;
        let init = |output: &Closure<dyn FnMut(JsValue)>| {
            object(&[("output", output.as_ref().clone()), ("error", failed.as_ref().clone())])
        };
        let video = VideoEncoder::new(&init(&picture))?;
        video.configure(&object(&[
            ("codec", "vp8".into()),
            ("width", width.into()),
            ("height", height.into()),
            ("bitrate", PICTURE_BITS.into()),
            ("framerate", (1_000 / PICTURE_EVERY).into()),
            ("latencyMode", "realtime".into()),
        ]))?;
        let audio = AudioEncoder::new(&init(&sound))?;
        audio.configure(&object(&[
            ("codec", "opus".into()),
            ("sampleRate", RATE.into()),
            ("numberOfChannels", CHANNELS.into()),
            ("bitrate", SOUND_BITS.into()),
        ]))?;
        Ok(Self {
            canvas: Canvas::new(width, height)?,
            scene: Scene::default(),
            pictures: BTreeMap::new(),
            has_changed: true,
            clock,
            sound_clock: SoundClock::default(),
            video,
            audio,
            film,
            drawn: 0.0,
            keyed: f64::NEG_INFINITY,
            flushed: 0.0,
            _closures: [picture, sound, failed],
        })
    }

    pub(crate) fn show(&mut self, scene: Scene) {
        self.scene = scene;
        self.has_changed = true;
    }

    /// A source has brought a picture. The one before is given back: a browser has few.
    pub(crate) fn picture(&mut self, source: u32, frame: VideoFrame) {
        self.has_changed = true;
        if let Some(before) = self.pictures.insert(source, frame) {
            before.close();
        }
    }

    pub(crate) fn forget(&mut self, source: u32) {
        self.has_changed = true;
        if let Some(last) = self.pictures.remove(&source) {
            last.close();
        }
    }

    /// A piece of what is heard: all samples of the left, then all of the right.
    pub(crate) fn sound(&mut self, samples: &Float32Array) {
        let count = samples.length() / CHANNELS;
        let missing = self.sound_clock.missing_before(self.clock.now() * 1_000.0, count);
        if missing > 0 {
            let silence = Float32Array::new_with_length(missing * CHANNELS);
            self.encode_sound(&silence, missing);
        }
        self.encode_sound(samples, count);
    }

    /// What is due by the timer. Why it cannot go on, if so.
    pub(crate) fn tick(&mut self) -> Option<DeviceFault> {
        let now = self.clock.now();
        let since = now - self.drawn;
        let is_due = self.has_changed && since >= CLOSEST || since >= STILL_EVERY;
        if is_due && self.video.queued() <= MOST_QUEUED {
            self.has_changed = false;
            self.drawn = now;
            self.canvas.draw(&self.scene, &self.pictures);
            let as_key = now - self.keyed >= KEY_EVERY;
            if as_key {
                self.keyed = now;
            }
            if self.encode_picture(now, as_key).is_err() {
                self.film.borrow_mut().fail(DeviceFault::Failed);
            }
        }
        let mut film = self.film.borrow_mut();
        film.handle_timeout(duration(now));
        if now - self.flushed >= FLUSH_EVERY {
            self.flushed = now;
            film.flush();
        }
        film.fault()
    }

    /// Encodes and writes what is left: the length of the file, whether it is whole, and why not.
    pub(crate) async fn finish(self) -> (u64, bool, Option<DeviceFault>) {
        if self.film.borrow().fault().is_none() {
            for flush in [self.video.flush(), self.audio.flush()] {
                if JsFuture::from(flush).await.is_err() {
                    self.film.borrow_mut().fail(DeviceFault::Failed);
                }
            }
        }
        let mut film = self.film.borrow_mut();
        let (length, is_whole) = film.finish();
        (length, is_whole, film.fault())
    }

    fn encode_picture(&self, now: f64, as_key: bool) -> Result<(), JsValue> {
        let frame = VideoFrame::of_canvas(&self.canvas.element, now * 1_000.0)?;
        let encoded = self.video.encode_frame(&frame, as_key);
        frame.close();
        encoded
    }

    fn encode_sound(&mut self, samples: &Float32Array, count: u32) {
        let timestamp = self.sound_clock.place(count);
        let data = AudioData::new(&object(&[
            ("format", "f32-planar".into()),
            ("sampleRate", RATE.into()),
            ("numberOfFrames", count.into()),
            ("numberOfChannels", CHANNELS.into()),
            ("timestamp", timestamp.into()),
            ("data", samples.into()),
        ]));
        let encoded = data.and_then(|data| {
            let encoded = self.audio.encode(&data);
            data.close();
            encoded
        });
        if encoded.is_err() {
            self.film.borrow_mut().fail(DeviceFault::Failed);
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        for frame in self.pictures.values() {
            frame.close();
        }
    }
}

fn duration(millis: f64) -> Duration {
    Duration::from_secs_f64(millis.max(0.0) / 1_000.0)
}
