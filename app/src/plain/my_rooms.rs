//! `/rooms`: the rooms whose host this browser is. Plain forms, no script of its own.

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
    /// Whether calls can be recorded on this server.
    records: bool,
) -> impl IntoView {
    let is_empty = rooms.is_empty();
    view! {
        <Title text=text::title(&plain::MY_ROOMS())/>
        <SiteHeader/>
        <main class="form-page">
            <h1>{plain::MY_ROOMS()}</h1>
            <p class="hint">{plain::MY_ROOMS_HINT()}</p>
            {is_empty.then(|| view! { <p>{plain::NO_ROOMS()}</p> })}
            <ul class="room-list">{rooms.into_iter().map(|room| view! { <Row room records/> }).collect_view()}</ul>
            <a class="button primary" href="/new">{plain::NEW_ROOM()}</a>
        </main>
    }
}

#[component]
fn Row(room: MyRoom, records: bool) -> impl IntoView {
    let code = room.code.to_string();
    let name = room.name.map_or_else(|| code.clone(), |name| name.to_string());
    let delete = plain::delete_room_permanently(&name);
    let links = plain::links_of(&name);
    let recordings = plain::recordings_of(&name);
    view! {
        <li class="card">
            <a href=format!("/r/{code}")>{name}</a>
            <span class="hint">{plain::room_terms(&code, room.ended)}</span>
            <a href=format!("/r/{code}/links") aria-label=links>{text::host::LINKS()}</a>
            {records.then(|| view! { <a href=format!("/r/{code}/recordings") aria-label=recordings>{plain::RECORDINGS()}</a> })}
            <details>
                <summary>{plain::DELETE()}</summary>
                <form method="post" action=format!("/r/{code}/delete")>
                    <p class="hint">{plain::DELETE_HINT()}</p>
                    <button type="submit" class="button" aria-label=delete>{plain::DELETE_PERMANENTLY()}</button>
                </form>
            </details>
        </li>
    }
}
