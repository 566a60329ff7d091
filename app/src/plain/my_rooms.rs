//! `/rooms`: the rooms whose host this browser is. Plain forms, no script.

use leptos::prelude::*;
use leptos_meta::Title;
use protocol::{RoomCode, RoomName};

use crate::components::SiteHeader;
use crate::text;
use crate::text::plain;

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
        <Title text=text::title(plain::my_rooms())/>
        <SiteHeader/>
        <main class="form-page">
            <h1>{plain::my_rooms()}</h1>
            <p class="hint">{plain::my_rooms_hint()}</p>
            {is_empty.then(|| view! { <p>{plain::no_rooms()}</p> })}
            <ul class="room-list">{rooms.into_iter().map(|room| view! { <Row room/> }).collect_view()}</ul>
            <a class="button primary" href="/new">{plain::new_room()}</a>
        </main>
    }
}

#[component]
fn Row(room: MyRoom) -> impl IntoView {
    let code = room.code.to_string();
    let name = room.name.map_or_else(|| code.clone(), |name| name.to_string());
    let delete = plain::delete_room_permanently(&name);
    let links = plain::links_of(&name);
    view! {
        <li class="card">
            <a href=format!("/r/{code}")>{name}</a>
            <span class="hint">{code.clone()}{room.ended.then(plain::ended)}</span>
            <a href=format!("/r/{code}/links") aria-label=links>{text::host::links()}</a>
            <details>
                <summary>{plain::delete()}</summary>
                <form method="post" action=format!("/r/{code}/delete")>
                    <p class="hint">{plain::delete_hint()}</p>
                    <button type="submit" class="button" aria-label=delete>{plain::delete_permanently()}</button>
                </form>
            </details>
        </li>
    }
}
