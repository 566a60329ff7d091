//! `/r/{code}`: the call. In place of a room that cannot be entered the server shows `plain::NoEntry`, which no
//! browser has to know.

use leptos::prelude::*;

use crate::direct::RingsOver;
use crate::room::CallPage;
use crate::state::use_room_lookup;

/// The page of a room that can be entered. In a browser with a call identity, rings are shown over it.
#[component]
pub fn RoomPage() -> impl IntoView {
    view! {
        <CallPage lookup=use_room_lookup()/>
        <RingsOver/>
    }
}
