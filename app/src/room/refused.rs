//! Why somebody is not, or no longer, in the room, and what they can do.

use leptos::prelude::*;
use protocol::ErrorCode;

use crate::pages::MessagePage;
use crate::state::{CallCommand, use_call_handle};
use crate::text;
use crate::text::refusal::{self, Page};

/// A page of its own for each reason that a person can do something about.
#[component]
pub(crate) fn Refused(code: ErrorCode) -> impl IntoView {
    let call = use_call_handle();
    let Page { heading, text, again } = refusal::of_call(code);
    view! {
        <MessagePage takes_focus=true heading text>
            {again.map(|label| view! {
                <button type="button" class="button primary" on:click=move |_| call.send(CallCommand::Prepare)>{label}</button>
            })}
            <a class="button" href="/" rel="external">{text::HOME}</a>
        </MessagePage>
    }
}
