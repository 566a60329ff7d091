//! In place of a room that cannot be entered: why, and what helps. Plain forms, no script.

use leptos::prelude::*;
use protocol::{Role, RoomStanding, ValidateRoomResponse};

use crate::pages::MessagePage;
use crate::text;
use crate::text::plain;

/// Why nobody can enter, with a way to ask again, to reopen the room as its host, or to another room. Nothing where the room can be
/// entered.
#[component]
pub fn NoEntry(
    /// What the server found.
    found: ValidateRoomResponse,
) -> impl IntoView {
    plain::no_entry(&found).map(|(heading, text)| {
        let ValidateRoomResponse { standing, role, .. } = found;
        let may_change =
            matches!(standing, RoomStanding::Full | RoomStanding::Locked | RoomStanding::NotStarted);
        let is_own = standing == RoomStanding::Ended && role == Role::Host;
        view! {
            <MessagePage heading text>
                {may_change.then(|| view! { <AskAgain/> })}
                {is_own.then(|| view! { <Reopen/> })}
                {(standing == RoomStanding::Unknown).then(|| view! { <NewRoom/> })}
                <a class="button" href="/">{text::HOME()}</a>
            </MessagePage>
        }
    })
}

/// Asks for the page again, without script. A link to the page itself would lose the room's key; a form that is sent to
/// where it stands keeps what follows the `#` (HTML, mutate action URL), and so does the server's redirect.
#[component]
fn AskAgain() -> impl IntoView {
    view! {
        <form method="get" action="">
            <button type="submit" class="button primary">{text::TRY_AGAIN()}</button>
        </form>
    }
}

/// Is sent to the page itself as well: sent to any other address, the form would leave the room's key behind.
#[component]
fn Reopen() -> impl IntoView {
    view! {
        <form method="post" action="">
            <button type="submit" class="button primary">{plain::REOPEN_ROOM()}</button>
        </form>
    }
}

#[component]
fn NewRoom() -> impl IntoView {
    view! {
        <form method="post" action="/rooms">
            <button type="submit" class="button primary">{plain::NEW_ROOM()}</button>
        </form>
    }
}
