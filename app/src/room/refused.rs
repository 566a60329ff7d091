//! Why somebody is not, or no longer, in the room, and what they can do.

use leptos::prelude::*;
use protocol::ErrorCode;

use crate::pages::MessagePage;
use crate::state::{CallCommand, use_call_handle};

/// A page of its own for each reason that a person can do something about.
#[component]
pub(crate) fn Refused(code: ErrorCode) -> impl IntoView {
    let call = use_call_handle();
    let (heading, text) = words(code);
    let again = match code {
        ErrorCode::SessionTakenOver => Some("Use this tab"),
        ErrorCode::Blocked | ErrorCode::RoomUnknown | ErrorCode::RoomEnded => None,
        _ => Some("Try again"),
    };
    view! {
        <MessagePage takes_focus=true heading text>
            {again.map(|label| view! {
                <button type="button" class="button primary" on:click=move |_| call.send(CallCommand::Prepare)>{label}</button>
            })}
            <a class="button" href="/" rel="external">"Home"</a>
        </MessagePage>
    }
}

fn words(code: ErrorCode) -> (&'static str, String) {
    let (heading, text) = match code {
        ErrorCode::RoomFull => ("This room is full", "Somebody has to leave before you can enter."),
        ErrorCode::RoomUnknown => ("There is no such room", "It was deleted, or the link is misspelt."),
        ErrorCode::RoomLocked => ("This room is locked", "Nobody new may enter at the moment."),
        ErrorCode::RoomNotStarted => {
            ("This room has not started yet", "Until it starts only its hosts can enter.")
        }
        ErrorCode::RoomEnded => {
            ("This room has ended", "A host has ended it for everybody, or its time is over.")
        }
        ErrorCode::NotAdmitted => ("You were not let in", "A host has declined. You can ask again."),
        ErrorCode::Removed => ("You were removed", "A host has removed you from the room."),
        ErrorCode::Blocked => {
            ("You were removed and blocked", "A host does not want this browser back in the room.")
        }
        ErrorCode::SessionTakenOver => {
            ("You joined from another tab", "This tab has left the call, so that you are not in it twice.")
        }
        ErrorCode::RateLimited => {
            ("Please wait a moment", "Too much was tried in a short time. Try again in a minute.")
        }
        ErrorCode::UnsupportedVersion => ("This page is out of date", "Reload it, and join again."),
        _ => {
            let text = format!("You were not let in: {}.", code.sentence());
            return ("The server did not let you in", text);
        }
    };
    (heading, text.to_owned())
}
