//! The choice of devices in a call.

use leptos::prelude::*;
use view::DeviceKind;

use super::{DeviceSelect, SidePanel};
use crate::state::{CallCommand, use_call_handle};
use crate::text::devices;

/// Microphone, camera and speaker.
#[component]
pub(crate) fn DevicesPanel() -> impl IntoView {
    let call = use_call_handle();
    view! {
        <SidePanel title=devices::HEADING>
            <DeviceSelect kind=DeviceKind::Microphone/>
            <DeviceSelect kind=DeviceKind::Camera/>
            <DeviceSelect kind=DeviceKind::Speaker/>
            <div class="panel-actions">
                <button type="button" class="button small" on:click=move |_| call.send(CallCommand::TestSpeaker)>{devices::PLAY_TEST_SOUND}</button>
            </div>
        </SidePanel>
    }
}
