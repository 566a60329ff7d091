//! What belongs to the microphone and the camera, behind the arrows beside their switches. A choice holds at once, and what is
//! open stays open.

use leptos::prelude::*;
use view::DeviceKind;

use super::SelfViewButton;
use crate::components::{Icon, Symbol};
use crate::state::{CallCommand, CallViewStoreFields, Device, use_call_handle};
use crate::text::devices;

/// Microphones, speakers, a test sound.
#[component]
pub(crate) fn MicrophoneOptions() -> impl IntoView {
    let call = use_call_handle();
    view! {
        <h2>{devices::MICROPHONE_AND_SPEAKER}</h2>
        <DeviceChoice kind=DeviceKind::Microphone/>
        <DeviceChoice kind=DeviceKind::Speaker/>
        <button type="button" class="menu-item" on:click=move |_| call.send(CallCommand::TestSpeaker)>
            <Icon symbol=Symbol::Speaker/>{devices::PLAY_TEST_SOUND}
        </button>
    }
}

/// Cameras, and one's own picture.
#[component]
pub(crate) fn CameraOptions() -> impl IntoView {
    view! {
        <h2>{devices::CAMERA}</h2>
        <DeviceChoice kind=DeviceKind::Camera/>
        <SelfViewButton/>
    }
}

/// One of several devices.
#[component]
fn DeviceChoice(kind: DeviceKind) -> impl IntoView {
    let call = use_call_handle();
    let known = call.view.devices();
    let group = match kind {
        DeviceKind::Microphone => "microphone-device",
        DeviceKind::Camera => "camera-device",
        DeviceKind::Speaker => "speaker-device",
    };
    // Not a memo: a list that is the same shows again which device is in use, when another one could not be.
    let list = move || known.with(|devices| devices.of(kind).to_vec());
    let row = move |device: Device| {
        let call = call.clone();
        let Device { id, label, selected } = device;
        view! {
            <label class="radio-row">
                <input type="radio" name=group prop:checked=selected
                    on:change=move |_| call.send(CallCommand::SelectDevice { kind, id: id.clone() })/>
                <span class="cut">{label}</span>
            </label>
        }
    };
    view! {
        <fieldset class="set">
            <legend>{move || devices::kind(kind)}</legend>
            {move || {
                let list = list();
                if list.is_empty() {
                    return view! { <p class="panel-hint">{devices::default_device(kind)}</p> }.into_any();
                }
                list.into_iter().map(row.clone()).collect_view().into_any()
            }}
        </fieldset>
    }
}
