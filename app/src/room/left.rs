//! After the call.

use leptos::prelude::*;

use super::KeptRecordings;
use crate::pages::MessagePage;
use crate::state::{CallCommand, use_call_handle};
use crate::text;
use crate::text::joining;

/// *You left*: back in, or home. The devices are free.
#[component]
pub(crate) fn Left() -> impl IntoView {
    let call = use_call_handle();
    view! {
        <MessagePage takes_focus=true heading=joining::LEFT text=joining::LEFT_TEXT>
            <button type="button" class="button primary" on:click=move |_| call.send(CallCommand::Prepare)>{joining::REJOIN}</button>
            <a class="button" href="/" rel="external">{text::HOME}</a>
            <KeptRecordings/>
        </MessagePage>
    }
}
