//! The switch for the microphone or the camera, before and in a call.

use leptos::prelude::*;

use crate::components::{Icon, Symbol};
use crate::state::{CallCommand, CallViewStoreFields, MediaView, SourceView, use_call_handle};

/// A button that says what it will do.
#[component]
pub(crate) fn MediaButton(source: SourceView) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let media = Signal::derive(move || match source {
        SourceView::Microphone => view.microphone().get(),
        SourceView::Camera => view.camera().get(),
    });
    let on = Memo::new(move |_| matches!(media.get(), MediaView::On | MediaView::Starting));
    let label = move || match (source, on.get()) {
        (SourceView::Microphone, true) => "Turn off microphone",
        (SourceView::Microphone, false) => "Turn on microphone",
        (SourceView::Camera, true) => "Turn off camera",
        (SourceView::Camera, false) => "Turn on camera",
    };
    let symbol = Signal::derive(move || match (source, on.get()) {
        (SourceView::Microphone, true) => Symbol::Microphone,
        (SourceView::Microphone, false) => Symbol::MicrophoneOff,
        (SourceView::Camera, true) => Symbol::Camera,
        (SourceView::Camera, false) => Symbol::CameraOff,
    });
    view! {
        <button type="button" class="round-button" aria-label=label title=label
            data-state=move || if on.get() { "on" } else { "off" }
            data-failed=move || matches!(media.get(), MediaView::Failed(_)).then_some("")
            on:click=move |_| call.send(CallCommand::Switch { source, on: !on.get_untracked() })>
            <Icon symbol/>
        </button>
    }
}
