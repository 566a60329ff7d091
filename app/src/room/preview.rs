//! How the others will see and hear this person.

use leptos::prelude::*;

use super::{MediaButton, Video, fault_text};
use crate::components::Avatar;
use crate::state::{CallViewStoreFields, MediaView, SourceView, use_call_handle};

/// The mirrored picture of the camera, the two switches on it, and what is wrong with a device.
#[component]
pub(crate) fn Preview(
    /// What was typed so far.
    name: Signal<String>,
) -> impl IntoView {
    let view = use_call_handle().view;
    let camera_on = Signal::derive(move || view.camera().get() == MediaView::On);
    view! {
        <section class="preview" aria-label="Preview">
            <div class="preview-picture" data-camera=move || if camera_on.get() { "on" } else { "off" }>
                <Video participant=None silent=Signal::stored(true) visible=camera_on/>
                <Show when=move || !camera_on.get()>
                    <div class="preview-off">
                        <Avatar name/>
                        <p>{move || if view.camera().get() == MediaView::Starting { "Starting the camera…" } else { "Your camera is off" }}</p>
                    </div>
                </Show>
                <div class="preview-buttons">
                    <MediaButton source=SourceView::Microphone/>
                    <MediaButton source=SourceView::Camera/>
                </div>
            </div>
            <div class="level">
                <label for="microphone-level">"Microphone level"</label>
                <meter id="microphone-level" min="0" max="100" value=move || view.level().get()></meter>
            </div>
            <FaultLine source=SourceView::Microphone media=Signal::derive(move || view.microphone().get())/>
            <FaultLine source=SourceView::Camera media=Signal::derive(move || view.camera().get())/>
        </section>
    }
}

#[component]
fn FaultLine(source: SourceView, media: Signal<MediaView>) -> impl IntoView {
    let text = move || match media.get() {
        MediaView::Failed(fault) => Some(fault_text(source, fault)),
        MediaView::Off | MediaView::Starting | MediaView::On => None,
    };
    view! { {move || text().map(|text| view! { <p class="problem" role="alert">{text}</p> })} }
}
