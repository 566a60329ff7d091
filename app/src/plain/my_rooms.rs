//! `/rooms`: the rooms whose host this browser is. Plain forms, no script.

use leptos::prelude::*;
use leptos_meta::Title;
use protocol::{RoomCode, RoomName};

use crate::components::SiteHeader;

/// One room in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MyRoom {
    /// Its address.
    pub code: RoomCode,
    /// Its name, when it has one.
    pub name: Option<RoomName>,
    /// Whether it is over.
    pub ended: bool,
}

/// The list. Deleting asks once more, on a page of its own.
#[component]
pub fn MyRooms(
    /// What is in it.
    rooms: Vec<MyRoom>,
) -> impl IntoView {
    let is_empty = rooms.is_empty();
    view! {
        <Title text="My rooms · Veranda"/>
        <SiteHeader/>
        <main class="form-page">
            <h1>"My rooms"</h1>
            <p class="hint">"Rooms that this browser is host of. They are known by a cookie; without it, a room's host link opens it."</p>
            {is_empty.then(|| view! { <p>"There are none yet."</p> })}
            <ul class="room-list">{rooms.into_iter().map(|room| view! { <Row room/> }).collect_view()}</ul>
            <a class="button primary" href="/new">"New room"</a>
        </main>
    }
}

#[component]
fn Row(room: MyRoom) -> impl IntoView {
    let code = room.code.to_string();
    let name = room.name.map_or_else(|| code.clone(), |name| name.to_string());
    let delete = format!("Delete {name}");
    let links = format!("Links of {name}");
    view! {
        <li class="card">
            <a href=format!("/r/{code}")>{name}</a>
            <span class="hint">{code.clone()}{room.ended.then_some(" · ended")}</span>
            <a href=format!("/r/{code}/links") aria-label=links>"Links"</a>
            <details>
                <summary>"Delete"</summary>
                <form method="post" action=format!("/r/{code}/delete")>
                    <p class="hint">"The room, its chat and its links are gone for everybody."</p>
                    <button type="submit" class="button" aria-label=delete>"Delete for ever"</button>
                </form>
            </details>
        </li>
    }
}
