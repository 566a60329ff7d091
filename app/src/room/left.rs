//! After the call.

use leptos::prelude::*;

use crate::pages::MessagePage;
use crate::state::{CallCommand, use_call_handle};

/// *You left*: back in, or home. The devices are free.
#[component]
pub(crate) fn Left() -> impl IntoView {
    let call = use_call_handle();
    view! {
        <MessagePage takes_focus=true heading="You left" text="Your camera and microphone are off. The room stays open for the others.">
            <button type="button" class="button primary" on:click=move |_| call.send(CallCommand::Prepare)>"Rejoin"</button>
            <a class="button" href="/" rel="external">"Home"</a>
        </MessagePage>
    }
}
