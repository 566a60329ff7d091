//! A device that ends, or is refused, in the middle of a call: said at once, until it works again or somebody has read it.

use leptos::prelude::*;

use protocol::Source;
use view::Publication;

use super::{Panel, use_opened};
use crate::state::{publication_of, use_call_handle};
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
    let media = Memo::new(move |_| publication_of(view, source));
    // What was wrong before the call was said beside the preview.
    let read = RwSignal::new(media.get_untracked());
    let fault = Memo::new(move |_| match media.get() {
        failed @ Publication::Failed(fault) if read.get() != failed => Some(fault),
        Publication::Failed(_) | Publication::Off | Publication::Starting | Publication::On => None,
    });
    // A device that works again may fail again.
    Effect::new(move || {
        if matches!(media.get(), Publication::On | Publication::Off) {
            read.set(Publication::Off);
        }
    });
    let close = move |panel: Option<Panel>| {
        read.set(media.get_untracked());
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
