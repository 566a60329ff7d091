//! Who is inside, for somebody who is still outside: asked of the REST interface every few seconds.

use std::time::Duration;

use gloo_net::http::Request;
use gloo_timers::callback::Interval;
use protocol::{RoomCode, ValidateRoomResponse};
use wasm_bindgen_futures::spawn_local;

use crate::event::{Event, Events};

/// How fresh the line "Ada is here" is. Lower costs the server more requests.
const EVERY: Duration = Duration::from_secs(5);

/// Asks until it is dropped.
pub(crate) struct Presence {
    _timer: Interval,
}

impl Presence {
    pub(crate) fn watch(code: RoomCode, events: &Events) -> Self {
        ask(code, events.clone());
        let events = events.clone();
        let millis = u32::try_from(EVERY.as_millis()).unwrap_or(u32::MAX);
        Self { _timer: Interval::new(millis, move || ask(code, events.clone())) }
    }
}

fn ask(code: RoomCode, events: Events) {
    spawn_local(async move {
        let Ok(response) = Request::post(&format!("/api/v1/rooms/{code}/validate")).send().await else {
            return;
        };
        if let Ok(answer) = response.json::<ValidateRoomResponse>().await {
            let people = answer.people.iter().map(ToString::to_string).collect();
            let room_key = answer.room.and_then(|room| room.room_key);
            _ = events.unbounded_send(Event::RoomFound { people, room_key, encryption: answer.encryption });
        }
    });
}
