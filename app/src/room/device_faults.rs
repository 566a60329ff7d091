//! A device that ends, or is refused, in the middle of a call: said at once, until it works again or somebody has read it.

use leptos::prelude::*;

use super::{OpenPanel, Panel, fault_text};
use crate::state::{CallViewStoreFields, MediaView, SourceView, use_call_handle};

/// A banner for each device that failed since the call is on the screen.
#[component]
pub(crate) fn DeviceFaults(open: OpenPanel) -> impl IntoView {
    view! {
        <DeviceFault source=SourceView::Microphone open/>
        <DeviceFault source=SourceView::Camera open/>
    }
}

#[component]
fn DeviceFault(source: SourceView, open: OpenPanel) -> impl IntoView {
    let view = use_call_handle().view;
    let media = Memo::new(move |_| match source {
        SourceView::Microphone => view.microphone().get(),
        SourceView::Camera => view.camera().get(),
    });
    // What was wrong before the call was said beside the preview.
    let read = RwSignal::new(media.get_untracked());
    let fault = Memo::new(move |_| match media.get() {
        failed @ MediaView::Failed(fault) if read.get() != failed => Some(fault),
        MediaView::Failed(_) | MediaView::Off | MediaView::Starting | MediaView::On => None,
    });
    // A device that works again may fail again.
    Effect::new(move || {
        if matches!(media.get(), MediaView::On | MediaView::Off) {
            read.set(MediaView::Off);
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
            <div class="banner asks" role="alert">
                <p>{fault_text(source, fault)}</p>
                <span class="answers">
                    <button type="button" class="button small primary" on:click=move |_| close(Some(Panel::Devices))>"Choose another"</button>
                    <button type="button" class="button small" on:click=move |_| close(None)>"OK"</button>
                </span>
            </div>
        })}
    }
}
