//! A device that ends, or is refused, in the middle of a call: said at once, until it works again or somebody has read it.

use leptos::prelude::*;

use protocol::Source;
use view::Publication;

use super::{Panel, use_opened};
use crate::state::{CallViewStoreFields, publication_of, use_call_handle};
use crate::text::devices;

/// A banner for each device that failed since the call is on the screen.
#[component]
pub(crate) fn DeviceFaults() -> impl IntoView {
    view! {
        <DeviceFault source=Source::Microphone/>
        <DeviceFault source=Source::Camera/>
        <DeviceFault source=Source::Screen/>
    }
}

#[component]
fn DeviceFault(source: Source) -> impl IntoView {
    let view = use_call_handle().view;
    let open = use_opened().panel;
    let failures = move || view.failures().with(|failures| failures[source as usize]);
    // What was wrong before the call was said beside the preview.
    let read = RwSignal::new(untrack(failures));
    let fault = Memo::new(move |_| match publication_of(view, source) {
        Publication::Failed(fault) if read.get() != failures() => Some(fault),
        Publication::Failed(_) | Publication::Off | Publication::Starting | Publication::On => None,
    });
    let close = move |panel: Option<Panel>| {
        read.set(untrack(failures));
        if panel.is_some() {
            open.set(panel);
        }
    };
    view! {
        {move || fault.get().map(|fault| view! {
            <div class="ask" role="alert">
                <p>{devices::fault(source, fault)}</p>
                <span class="answers">
                    {(!source.is_shared()).then(|| view! {
                        <button type="button" class="button small primary" on:click=move |_| close(Some(Panel::Devices))>{devices::CHOOSE_ANOTHER}</button>
                    })}
                    <button type="button" class="button small" on:click=move |_| close(None)>{devices::DISMISS}</button>
                </span>
            </div>
        })}
    }
}
