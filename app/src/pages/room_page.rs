//! `/r/{code}`: the call, or a page that says why there is none.

use leptos::prelude::*;
use protocol::{Role, RoomCode, RoomStanding, ValidateRoomResponse};

use super::MessagePage;
use crate::room::CallPage;
use crate::state::use_room_lookup;
use crate::text;
use crate::text::refusal;

/// The page of one room.
#[component]
pub fn RoomPage() -> impl IntoView {
    let lookup = use_room_lookup();
    let is_host = lookup.found.role == Role::Host;
    match refusal::of_room(lookup.found.standing, lookup.found.starts_at, is_host) {
        None => view! { <CallPage lookup/> }.into_any(),
        Some(page) => view! { <NoEntry page found=lookup.found/> }.into_any(),
    }
}

/// Why nobody can enter, and what helps: asking again, reopening the room as its host, or another room.
#[component]
fn NoEntry(page: refusal::Page, found: ValidateRoomResponse) -> impl IntoView {
    let refusal::Page { heading, text, again } = page;
    let has_ended = found.standing == RoomStanding::Ended && found.role == Role::Host;
    let ended = found.room.filter(|_| has_ended).map(|room| room.code);
    let is_unknown = found.standing == RoomStanding::Unknown;
    view! {
        <MessagePage heading text>
            {again.map(|label| view! { <AskAgain label/> })}
            {ended.map(|code| view! { <Reopen code/> })}
            {is_unknown.then(|| view! { <NewRoom/> })}
            <a class="button" href="/">{text::home()}</a>
        </MessagePage>
    }
}

/// Asks for the page again, without script. A link to the page itself would lose the room's key; a form that is sent to
/// where it stands keeps what follows the `#` (HTML, mutate action URL), and so does the server's redirect.
#[component]
fn AskAgain(label: &'static str) -> impl IntoView {
    view! {
        <form method="get" action="">
            <button type="submit" class="button primary">{label}</button>
        </form>
    }
}

#[component]
fn Reopen(code: RoomCode) -> impl IntoView {
    view! {
        <form method="post" action=format!("/r/{code}/reopen")>
            <button type="submit" class="button primary">{refusal::reopen_room()}</button>
        </form>
    }
}

#[component]
fn NewRoom() -> impl IntoView {
    view! {
        <form method="post" action="/rooms">
            <button type="submit" class="button primary">{text::new_room()}</button>
        </form>
    }
}
