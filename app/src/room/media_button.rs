//! The switch for the microphone or the camera, before and in a call.

use leptos::prelude::*;
use protocol::Source;
use view::Publication;

use crate::components::{Icon, Symbol, let_go_of_focus};
use crate::state::{CallCommand, CallViewStoreFields, publication_of, use_call_handle};
use crate::text::devices;

/// A button that says what it will do.
#[component]
pub(crate) fn MediaButton(source: Source) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let media = Signal::derive(move || publication_of(view, source));
    let on = Memo::new(move |_| matches!(media.get(), Publication::On | Publication::Starting));
    let label = move || devices::switch(source, on.get());
    let symbol = Signal::derive(move || match (source, on.get()) {
        (Source::Microphone, true) => Symbol::Microphone,
        (Source::Microphone, false) => Symbol::MicrophoneOff,
        (Source::Camera, true) => Symbol::Camera,
        (Source::Camera, false) => Symbol::CameraOff,
        (Source::Screen | Source::ScreenAudio, _) => Symbol::Screen,
    });
    view! {
        <button type="button" class="control" aria-label=label title=label
            disabled=move || !view.ready().get()
            data-state=move || if on.get() { "on" } else { "off" }
            data-failed=move || matches!(media.get(), Publication::Failed(_)).then_some("")
            on:click=move |event| {
                call.send(CallCommand::Switch { source, on: !on.get_untracked() });
                // Whoever presses it with a pointer goes on to talk with the space bar, and not to press it again.
                if event.detail() > 0 {
                    let_go_of_focus();
                }
            }>
            <Icon symbol/>
        </button>
    }
}
