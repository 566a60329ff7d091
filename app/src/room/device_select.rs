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
    // Not a memo: a list that is the same shows again which device is in use, when another one could not be.
    let list = move || {
        devices.with(|devices| match kind {
            DeviceKind::Microphone => devices.microphones.clone(),
            DeviceKind::Camera => devices.cameras.clone(),
            DeviceKind::Speaker => devices.speakers.clone(),
        })
    };
    let default = format!("Default {}", label.to_ascii_lowercase());
    view! {
        <div class="field device-field">
            <label for=id>{label}</label>
            <select id=id disabled=move || list().is_empty()
                on:change=move |event| call.send(CallCommand::SelectDevice { kind, id: event_target_value(&event) })>
                {move || {
                    let list = list();
                    let is_default = !list.iter().any(|device| device.selected);
                    view! {
                        {is_default.then(|| view! { <option value="" disabled prop:selected=true>{default.clone()}</option> })}
                        {list.into_iter().map(device_option).collect_view()}
                    }
                }}
            </select>
        </div>
    }
}

fn device_option(device: Device) -> impl IntoView {
    view! { <option value=device.id prop:selected=device.selected>{device.label}</option> }
}
