//! How the others will see and hear this person.

use leptos::prelude::*;

use protocol::Source;
use view::Publication;

use super::{MediaButton, Video};
use crate::components::Avatar;
use crate::state::{CallViewStoreFields, use_call_handle};
use crate::text::devices;

/// The mirrored picture of the camera, the two switches on it, and what is wrong with a device.
#[component]
pub(crate) fn Preview(
    /// What was typed so far.
    name: Signal<String>,
) -> impl IntoView {
    let view = use_call_handle().view;
    let camera_on = Signal::derive(move || view.camera().get() == Publication::On);
    view! {
        <section class="preview" aria-label=devices::PREVIEW>
            <div class="preview-picture" data-camera=move || if camera_on.get() { "on" } else { "off" }>
                <Video participant=None silent=Signal::stored(true) visible=camera_on/>
                <Show when=move || !camera_on.get()>
                    <div class="preview-off">
                        <Avatar name/>
                        <p>{move || if view.camera().get() == Publication::Starting { devices::CAMERA_STARTING() } else { devices::CAMERA_IS_OFF() }}</p>
                    </div>
                </Show>
                <div class="preview-buttons">
                    <MediaButton source=Source::Microphone/>
                    <MediaButton source=Source::Camera/>
                </div>
            </div>
            <FaultLine source=Source::Microphone media=Signal::derive(move || view.microphone().get())/>
            <FaultLine source=Source::Camera media=Signal::derive(move || view.camera().get())/>
        </section>
    }
}

#[component]
fn FaultLine(source: Source, media: Signal<Publication>) -> impl IntoView {
    let text = move || match media.get() {
        Publication::Failed(fault) => Some(devices::fault(source, fault)),
        Publication::Off | Publication::Starting | Publication::On => None,
    };
    view! { {move || text().map(|text| view! { <p class="problem" role="alert">{text}</p> })} }
}
