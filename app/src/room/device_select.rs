//! A list of devices to choose from.

use leptos::prelude::*;
use view::DeviceKind;

use crate::state::{CallCommand, CallViewStoreFields, Device, use_call_handle};
use crate::text::devices;

/// A labelled `<select>`; says so when there is nothing to choose.
#[component]
pub(crate) fn DeviceSelect(kind: DeviceKind) -> impl IntoView {
    let call = use_call_handle();
    let known = call.view.devices();
    let id = match kind {
        DeviceKind::Microphone => "choose-microphone",
        DeviceKind::Camera => "choose-camera",
        DeviceKind::Speaker => "choose-speaker",
    };
    // Not a memo: a list that is the same shows again which device is in use, when another one could not be.
    let list = move || known.with(|devices| devices.of(kind).to_vec());
    view! {
        <div class="field device-field">
            <label for=id>{move || devices::kind(kind)}</label>
            <select id=id disabled=move || list().is_empty()
                on:change=move |event| call.send(CallCommand::SelectDevice { kind, id: event_target_value(&event) })>
                {move || {
                    let list = list();
                    let is_default = !list.iter().any(|device| device.selected);
                    view! {
                        {is_default.then(|| view! { <option value="" disabled prop:selected=true>{devices::default_device(kind)}</option> })}
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
