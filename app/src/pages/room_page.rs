//! `/r/{code}`: the call, or a page that says why there is none.

use leptos::prelude::*;
use protocol::RoomStanding;

use super::MessagePage;
use crate::room::CallPage;
use crate::state::use_room_lookup;

/// The page of one room.
#[component]
pub(crate) fn RoomPage() -> impl IntoView {
    let lookup = use_room_lookup();
    match lookup.standing {
        RoomStanding::Open => view! { <CallPage lookup/> }.into_any(),
        RoomStanding::Full => view! { <RoomFull/> }.into_any(),
        RoomStanding::Unknown => view! { <RoomUnknown/> }.into_any(),
    }
}

#[component]
fn RoomFull() -> impl IntoView {
    view! {
        <MessagePage
            heading="This room is full"
            text="It has as many people as it takes. Somebody has to leave before you can enter.">
            <a class="button primary" href="">"Try again"</a>
            <a class="button" href="/">"Home"</a>
        </MessagePage>
    }
}

#[component]
fn RoomUnknown() -> impl IntoView {
    view! {
        <MessagePage
            heading="There is no such room"
            text="The link may be misspelt, or the room has ended. Ask for the link again, or open a room of your own.">
            <form method="post" action="/rooms">
                <button type="submit" class="button primary">"New room"</button>
            </form>
            <a class="button" href="/">"Home"</a>
        </MessagePage>
    }
}
