//! Rooms: those with somebody inside, and one of them. How many are inside is told, never who.

use leptos::prelude::*;
use protocol::{RoomCode, RoomName, Timestamp};

use crate::text::admin as words;
use crate::text::{moment, plain};

/// A room with somebody inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRoom {
    /// Its address.
    pub code: RoomCode,
    /// Its name, when it has one.
    pub name: Option<RoomName>,
    /// How many are inside.
    pub people: u16,
    /// Whether media goes through the server.
    pub is_forwarded: bool,
    /// For how many minutes somebody has been inside.
    pub minutes: u64,
    /// Whether nobody else can join.
    pub is_locked: bool,
}

/// A room as it is kept, and who is inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneRoom {
    /// With nobody inside, all of that is zero.
    pub live: LiveRoom,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody was last in it.
    pub used_at: Timestamp,
    /// Whether it is over.
    pub has_ended: bool,
}

/// The list of live rooms, and a search that finds any by its code.
#[component]
pub fn AdminRooms(
    /// What was searched for.
    query: String,
    /// What is shown.
    rooms: Vec<LiveRoom>,
    /// How many more there are.
    left_out: usize,
) -> impl IntoView {
    let nothing = rooms.is_empty().then(|| {
        if query.is_empty() { words::NO_LIVE_ROOMS().to_owned() } else { words::nothing_found(&query) }
    });
    view! {
        <section class="table-card" aria-labelledby="live-rooms">
            <header>
                <h2 id="live-rooms">{words::LIVE_ROOMS()}</h2>
                <form class="search" method="get" role="search" action="/admin/rooms">
                    <input type="search" name="search" value=query aria-label=words::SEARCH_ROOMS() placeholder=words::NAME_OR_CODE()/>
                    <button type="submit" class="button small">{words::SEARCH()}</button>
                </form>
            </header>
            {match nothing {
                Some(said) => view! { <p class="nothing">{said}</p> }.into_any(),
                None => view! { <Table rooms/> }.into_any(),
            }}
            {(left_out > 0).then(|| view! { <p class="nothing">{words::more_rooms(&left_out)}</p> })}
        </section>
    }
}

#[component]
pub(super) fn Table(rooms: Vec<LiveRoom>) -> impl IntoView {
    view! {
        <table>
            <thead><tr>
                <th scope="col">{words::ROOM()}</th>
                <th scope="col" class="amount">{words::PEOPLE()}</th>
                <th scope="col">{words::PATH()}</th>
                <th scope="col" class="amount">{words::DURATION()}</th>
            </tr></thead>
            <tbody>{rooms.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

fn row(room: LiveRoom) -> impl IntoView {
    let code = room.code.to_string();
    let name = name_of(&room);
    let locked = room.is_locked.then(|| view! { <span class="tag">{plain::LOCKED()}</span> });
    view! {
        <tr>
            <th scope="row"><a href=format!("/admin/rooms/{code}")>{name}</a>{locked}<small>{code}</small></th>
            <td class="amount">{room.people}</td>
            <td>{path(room.is_forwarded)}</td>
            <td class="amount">{words::minutes(&room.minutes)}</td>
        </tr>
    }
}

/// One room, with what an operator can do about it.
#[component]
pub fn AdminRoom(
    /// Which.
    room: OneRoom,
) -> impl IntoView {
    let OneRoom { live, created_at, used_at, has_ended } = room;
    let code = live.code.to_string();
    let name = name_of(&live);
    let action = |what: &str| format!("/admin/rooms/{code}/{what}");
    let (lock, end) = (action(if live.is_locked { "unlock" } else { "lock" }), action("end"));
    let states = [live.is_locked.then(words::NO_ONE_CAN_JOIN), has_ended.then(words::HAS_ENDED)];
    let is_live = live.people > 0;
    view! {
        <section class="card admin-room" aria-labelledby="room-name">
            <h2 id="room-name">{name.clone()}</h2>
            {states.into_iter().flatten().map(|state| view! { <span class="tag">{state}</span> }).collect_view()}
            <dl class="facts">
                <dt>{words::ROOM_CODE()}</dt><dd>{code.clone()}</dd>
                <dt>{words::PEOPLE()}</dt><dd>{live.people}</dd>
                {is_live.then(|| view! {
                    <dt>{words::PATH()}</dt><dd>{path(live.is_forwarded)}</dd>
                    <dt>{words::DURATION()}</dt><dd>{words::minutes(&live.minutes)}</dd>
                })}
                <dt>{words::CREATED()}</dt><dd>{moment::in_words(created_at)}</dd>
                <dt>{words::LAST_USED()}</dt><dd>{moment::in_words(used_at)}</dd>
            </dl>
            <div class="actions">
                <form method="post" action=lock><button type="submit" class="button">{words::lock(live.is_locked)}</button></form>
                {(!has_ended).then(|| view! {
                    <details>
                        <summary class="button">{words::end_for_everyone()}</summary>
                        <form method="post" action=end>
                            <p class="hint">{words::END_HINT()}</p>
                            <button type="submit" class="button danger">{words::end_room(&name)}</button>
                        </form>
                    </details>
                })}
            </div>
        </section>
        <p><a href="/admin/rooms">{words::TO_ALL_ROOMS()}</a>" · "<a href=format!("/admin/audit-log?room={code}")>{words::AUDIT_LOG()}</a></p>
    }
}

/// What stands in place of a room that is not there any more, or never was.
#[component]
pub fn AdminNoRoom() -> impl IntoView {
    view! {
        <p>{words::NO_SUCH_ROOM()}</p>
        <p><a href="/admin/rooms">{words::TO_ALL_ROOMS()}</a></p>
    }
}

fn name_of(room: &LiveRoom) -> String {
    room.name.as_ref().map_or_else(|| room.code.to_string(), ToString::to_string)
}

fn path(is_forwarded: bool) -> &'static str {
    if is_forwarded { words::THROUGH_SERVER() } else { words::DIRECTLY() }
}
