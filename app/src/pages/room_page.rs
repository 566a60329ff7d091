//! `/r/{code}`: the call, or a page that says why there is none.

use leptos::prelude::*;
use protocol::{Role, RoomCode, RoomStanding, Timestamp, ValidateRoomResponse};

use super::MessagePage;
use crate::room::CallPage;
use crate::state::use_room_lookup;
use crate::text_of_moment::in_words;

/// The page of one room.
#[component]
pub fn RoomPage() -> impl IntoView {
    let lookup = use_room_lookup();
    match lookup.found.standing {
        RoomStanding::Open => view! { <CallPage lookup/> }.into_any(),
        RoomStanding::Full => view! { <RoomFull/> }.into_any(),
        RoomStanding::Locked => view! { <RoomLocked/> }.into_any(),
        RoomStanding::NotStarted => view! { <RoomNotStarted starts_at=lookup.found.starts_at/> }.into_any(),
        RoomStanding::Ended => view! { <RoomEnded found=lookup.found/> }.into_any(),
        RoomStanding::Unknown => view! { <RoomUnknown/> }.into_any(),
    }
}

#[component]
fn RoomFull() -> impl IntoView {
    view! {
        <MessagePage
            heading="This room is full"
            text="It has as many people as it takes. Somebody has to leave before you can enter.">
            <TryAgain/>
            <a class="button" href="/">"Home"</a>
        </MessagePage>
    }
}

#[component]
fn RoomLocked() -> impl IntoView {
    view! {
        <MessagePage
            heading="This room is locked"
            text="Nobody new may enter at the moment. Ask somebody inside to unlock it.">
            <TryAgain/>
            <a class="button" href="/">"Home"</a>
        </MessagePage>
    }
}

#[component]
fn RoomNotStarted(starts_at: Option<Timestamp>) -> impl IntoView {
    let when = starts_at.map(|start| format!("It starts on {}. ", in_words(start))).unwrap_or_default();
    view! {
        <MessagePage
            heading="This room has not started yet"
            text=format!("{when}Until then only its hosts can enter.")>
            <TryAgain/>
            <a class="button" href="/">"Home"</a>
        </MessagePage>
    }
}

/// Asks for the page again, without script. A link to the page itself would lose the room's key; a form that is sent to
/// where it stands keeps what follows the `#` (HTML, mutate action URL), and so does the server's redirect.
#[component]
fn TryAgain() -> impl IntoView {
    view! {
        <form method="get" action="">
            <button type="submit" class="button primary">"Try again"</button>
        </form>
    }
}

#[component]
fn RoomEnded(found: ValidateRoomResponse) -> impl IntoView {
    let code = found.room.filter(|_| found.role == Role::Host).map(|room| room.code);
    let text = match code {
        Some(_) => "It is over for everybody. As its host you can open it again.",
        None => "It is over for everybody. A host can open it again.",
    };
    view! {
        <MessagePage heading="This room has ended" text>
            {code.map(|code| view! { <OpenAgain code/> })}
            <a class="button" href="/">"Home"</a>
        </MessagePage>
    }
}

#[component]
fn OpenAgain(code: RoomCode) -> impl IntoView {
    view! {
        <form method="post" action=format!("/r/{code}/reopen")>
            <button type="submit" class="button primary">"Open again"</button>
        </form>
    }
}

#[component]
fn RoomUnknown() -> impl IntoView {
    view! {
        <MessagePage
            heading="There is no such room"
            text="The link may be misspelt, or the room was deleted. Ask for the link again, or open a room of your own.">
            <form method="post" action="/rooms">
                <button type="submit" class="button primary">"New room"</button>
            </form>
            <a class="button" href="/">"Home"</a>
        </MessagePage>
    }
}
