//! How a ring sounds where it came, and the tone that its caller hears while it sounds there. Both are made here, and laid down in the
//! audio context to their end: a page that nobody looks at has its timers rung once a minute, and its sound ends in time all the same.

use futures::channel::oneshot;
use futures::future::{Either, select};
use js_sys::Reflect;
use protocol::RingId;
use protocol::limits::RING_SECONDS;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AudioContext, GainNode};

use super::event::{RingEvent, RingEvents};
use super::vibration::Vibration;
use crate::lock::Lock;
use crate::web;

/// Of all tabs of this browser one sounds.
const LOCK: &str = "veranda.ringing";

/// What sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sound {
    /// Somebody calls.
    Ring,
    /// It sounds at the other end.
    Tone,
}

/// A sound, until it is dropped.
pub(super) struct Sounding {
    sound: Sound,
    ring: RingId,
    _stop: oneshot::Sender<()>,
}

impl Sounding {
    /// Begins it, and tells of a ring that came whether the browser plays it.
    pub(super) fn begin(sound: Sound, ring: RingId, events: &RingEvents) -> Self {
        let (stop, stopped) = oneshot::channel();
        let events = events.clone();
        spawn_local(async move {
            let playing = Box::pin(async {
                match sound {
                    Sound::Ring => ring_in_one_tab(ring, &events).await,
                    Sound::Tone => {
                        let player = Player::begin(sound);
                        player.play().await;
                        // It sounds as long as there is the player.
                        std::future::pending::<()>().await;
                    }
                }
            });
            // What plays is dropped where it stands, and with it the context and the lock.
            if let Either::Right((_, playing)) = select(playing, stopped).await {
                drop(playing);
            }
        });
        Self { sound, ring, _stop: stop }
    }

    pub(super) fn of(&self) -> (Sound, RingId) {
        (self.sound, self.ring)
    }
}

/// Rings once no other tab does. One that its browser does not let sound makes way for the next, and waits without a sound until it may: what
/// sounds has the lock from before its first note.
async fn ring_in_one_tab(ring: RingId, events: &RingEvents) {
    let tell = |does| _ = events.unbounded_send(RingEvent::Sounds { ring, does });
    let mut may_sound = false;
    loop {
        let lock = Lock::take(LOCK).await;
        let _vibration = Vibration::begin();
        let player = Player::begin(Sound::Ring);
        if (may_sound || player.may_run()) && player.play().await {
            tell(true);
            return std::future::pending().await;
        }
        tell(false);
        drop(player);
        drop(lock);
        may_sound = Player::silent().play().await;
        if !may_sound {
            return;
        }
    }
}

/// An audio context, with the whole sound laid down in it or without any.
struct Player(Option<AudioContext>);

impl Player {
    fn begin(sound: Sound) -> Self {
        let player = Self::silent();
        if let Some(context) = &player.0 {
            _ = lay_down(context, sound);
        }
        player
    }

    fn silent() -> Self {
        Self(AudioContext::new().ok())
    }

    /// Whether the browser lets it sound, as far as that is known at once. Chromium has it run from the beginning then. Firefox begins it only a
    /// moment later, and says beforehand whether it will (Autoplay Policy Detection).
    fn may_run(&self) -> bool {
        let policy = || {
            let policy =
                web::call(&web::window()?.navigator(), "getAutoplayPolicy", &[&"audiocontext".into()])?;
            policy.as_string()
        };
        self.0.as_ref().is_some_and(is_running) || policy().as_deref() == Some("allowed")
    }

    /// Waits until it plays: without the person's having pressed anything a browser keeps a context suspended, for ever or until they do.
    async fn play(&self) -> bool {
        let Some(context) = &self.0 else { return false };
        if let Ok(resumed) = context.resume() {
            _ = JsFuture::from(resumed).await;
        }
        is_running(context)
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        if let Some(context) = &self.0 {
            _ = context.close();
        }
    }
}

fn is_running(context: &AudioContext) -> bool {
    Reflect::get(context, &"state".into()).ok().and_then(|state| state.as_string()).as_deref()
        == Some("running")
}

/// Two rising chimes every three seconds; of the tone, one low second in four.
fn lay_down(context: &AudioContext, sound: Sound) -> Option<()> {
    let loudness = context.create_gain().ok()?;
    loudness.gain().set_value(0.0);
    loudness.connect_with_audio_node(&context.destination()).ok()?;
    let begins = context.current_time();
    let seconds = RING_SECONDS as f64;
    match sound {
        Sound::Ring => {
            for (index, hertz) in [523.25, 659.25, 783.99].into_iter().enumerate() {
                let voice = context.create_gain().ok()?;
                voice.gain().set_value(0.0);
                voice.connect_with_audio_node(&loudness).ok()?;
                oscillate(context, &voice, hertz, begins, seconds)?;
                let mut at = begins + 0.16 * index as f64;
                while at < begins + seconds {
                    strike(&voice, at, 0.6)?;
                    strike(&voice, at + 0.9, 0.6)?;
                    at += 3.0;
                }
            }
            loudness.gain().set_value_at_time(0.25, begins).ok()?;
        }
        Sound::Tone => {
            oscillate(context, &loudness, 425.0, begins, seconds)?;
            let mut at = begins;
            while at < begins + seconds {
                loudness.gain().set_value_at_time(0.08, at).ok()?;
                loudness.gain().set_value_at_time(0.0, at + 1.0).ok()?;
                at += 4.0;
            }
        }
    }
    Some(())
}

fn oscillate(context: &AudioContext, into: &GainNode, hertz: f32, begins: f64, seconds: f64) -> Option<()> {
    let tone = context.create_oscillator().ok()?;
    tone.frequency().set_value(hertz);
    tone.connect_with_audio_node(into).ok()?;
    tone.start_with_when(begins).ok()?;
    tone.stop_with_when(begins + seconds).ok()?;
    Some(())
}

/// A note that dies away.
fn strike(voice: &GainNode, at: f64, seconds: f64) -> Option<()> {
    voice.gain().set_value_at_time(0.5, at).ok()?;
    voice.gain().linear_ramp_to_value_at_time(0.0, at + seconds).ok()?;
    Some(())
}
