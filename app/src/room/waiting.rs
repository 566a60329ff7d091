//! At the door: somebody has knocked, and a host decides.

use leptos::prelude::*;

use super::Preview;
use crate::components::{SiteHeader, focus_when_shown};
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};

const WITH_HOST: &str = "The host knows you’re here. You’ll join as soon as they let you in.";

const WITHOUT_HOST: &str =
    "No host is here yet. When one arrives, they’ll see that you’re waiting and can let you in.";

/// *Waiting to be let in*. The picture is the person's own; nobody else sees it yet.
#[component]
pub(crate) fn Waiting() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let title = NodeRef::new();
    focus_when_shown(title);
    view! {
        <SiteHeader/>
        <main class="prejoin">
            <Preview name=Signal::derive(move || view.name().get())/>
            <section class="prejoin-side">
                <h1 node_ref=title tabindex="-1">"Waiting to be let in"</h1>
                <p role="status">
                    {move || if view.secrecy().with(|secrecy| secrecy.host_inside) { WITH_HOST } else { WITHOUT_HOST }}
                </p>
                <Show when=move || view.secrecy().with(|secrecy| secrecy.lacks_secret)>
                    <p>"Your link is missing the room's encryption key. A host can let you in and pass it on. Or open the full link."</p>
                </Show>
                <button type="button" class="button" on:click=move |_| call.send(CallCommand::Leave)>"Stop waiting"</button>
            </section>
        </main>
    }
}
