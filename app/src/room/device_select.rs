//! A list of devices to choose from.

use leptos::prelude::*;

use crate::state::{CallCommand, CallViewStoreFields, Device, DeviceKind, use_call_handle};

/// A labelled `<select>`; says so when there is nothing to choose.
#[component]
pub(crate) fn DeviceSelect(kind: DeviceKind) -> impl IntoView {
    let call = use_call_handle();
    let devices = call.view.devices();
    let (id, label) = match kind {
        DeviceKind::Microphone => ("choose-microphone", "Microphone"),
        DeviceKind::Camera => ("choose-camera", "Camera"),
        DeviceKind::Speaker => ("choose-speaker", "Speaker"),
    };
    let list = Memo::new(move |_| {
        devices.with(|devices| match kind {
            DeviceKind::Microphone => devices.microphones.clone(),
            DeviceKind::Camera => devices.cameras.clone(),
            DeviceKind::Speaker => devices.speakers.clone(),
        })
    });
    view! {
        <div class="field device-field">
            <label for=id>{label}</label>
            <select id=id disabled=move || list.with(Vec::is_empty)
                on:change=move |event| call.send(CallCommand::SelectDevice { kind, id: event_target_value(&event) })>
                {move || if list.with(Vec::is_empty) {
                    view! { <option>{format!("Default {}", label.to_ascii_lowercase())}</option> }.into_any()
                } else {
                    list.get().into_iter().map(device_option).collect_view().into_any()
                }}
            </select>
        </div>
    }
}

fn device_option(device: Device) -> impl IntoView {
    view! { <option value=device.id selected=device.selected>{device.label}</option> }
}
