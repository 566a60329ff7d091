//! The rules of the room, for its host. Each change is sent at once, and shows when the room has taken it.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::limits::{MAX_CAPACITY, MAX_PASSWORD_BYTES, MAX_ROOM_NAME_CHARS};
use protocol::{
    Allowed, Moderation, NameError, Password, RoomName, RoomSettings, RoomSettingsPatch, WhenEmpty,
};

use super::room_links::RoomLinks;
use super::{OpenPanel, SidePanel};
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};

/// The settings.
#[component]
pub(crate) fn RoomPanel(open: OpenPanel) -> impl IntoView {
    let view = use_call_handle().view;
    let settings = Memo::new(move |_| view.settings().get());
    view! {
        <SidePanel title="Room settings" open>
            <NameAndPassword/>
            <Choice label="Guests wait until a host lets them in" on=move || settings.get().waiting_room.is_on()
                patch=|on| RoomSettingsPatch { waiting_room: Some(on.into()), ..RoomSettingsPatch::default() }/>
            <Choice label="Locked: nobody new may enter" on=move || settings.get().locked.is_on()
                patch=|on| RoomSettingsPatch { locked: Some(on.into()), ..RoomSettingsPatch::default() }/>
            <Choice label="Guests may unmute themselves" on=move || settings.get().may_unmute == Allowed::Everyone
                patch=|on| RoomSettingsPatch { may_unmute: Some(allowed(on)), ..RoomSettingsPatch::default() }/>
            <Choice label="Guests may chat" on=move || settings.get().may_chat == Allowed::Everyone
                patch=|on| RoomSettingsPatch { may_chat: Some(allowed(on)), ..RoomSettingsPatch::default() }/>
            <Choice label="Delete the room when everybody has left" on=move || settings.get().when_empty == WhenEmpty::Delete
                patch=|on| RoomSettingsPatch { when_empty: Some(if on { WhenEmpty::Delete } else { WhenEmpty::Keep }), ..RoomSettingsPatch::default() }/>
            <Moment id="room-start" label="Starts" at=move || view.starts_local().get()
                command=|local| CallCommand::SetStart { local }/>
            <Moment id="room-end" label="Ends" at=move || view.ends_local().get()
                command=|local| CallCommand::SetEnd { local }/>
            <Capacity settings/>
            <RoomLinks/>
        </SidePanel>
    }
}

fn allowed(everyone: bool) -> Allowed {
    if everyone { Allowed::Everyone } else { Allowed::Hosts }
}

#[component]
fn Choice(
    label: &'static str,
    on: impl Fn() -> bool + Send + Sync + 'static,
    patch: fn(bool) -> RoomSettingsPatch,
) -> impl IntoView {
    let call = use_call_handle();
    let on = Memo::new(move |_| on());
    let toggle = move |_| {
        let moderation = Moderation::ChangeSettings { patch: Box::new(patch(!on.get_untracked())) };
        call.send(CallCommand::Moderate { moderation });
    };
    view! {
        <label class="choice"><input type="checkbox" prop:checked=on on:change=toggle/>{label}</label>
    }
}

#[component]
fn NameAndPassword() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let name = RwSignal::new(view.room_name().get_untracked().unwrap_or_default());
    let password = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let has_password = Memo::new(move |_| view.has_password().get());
    let send = {
        let call = call.clone();
        move |patch: RoomSettingsPatch| {
            let moderation = Moderation::ChangeSettings { patch: Box::new(patch) };
            call.send(CallCommand::Moderate { moderation });
        }
    };
    let remove = {
        let send = send.clone();
        move |_| send(RoomSettingsPatch { password: Some(None), ..RoomSettingsPatch::default() })
    };
    let remove = StoredValue::new(remove);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match patch_of(&name.get_untracked(), &password.get_untracked()) {
            Ok(patch) => {
                problem.set(None);
                password.set(String::new());
                send(patch);
            }
            Err(text) => problem.set(Some(text)),
        }
    };
    view! {
        <form class="room-form" on:submit=submit>
            <div class="field">
                <label for="settings-name">"Room name"</label>
                <input id="settings-name" type="text" maxlength=MAX_ROOM_NAME_CHARS.to_string() autocomplete="off" prop:value=name
                    on:input=move |event| name.set(event_target_value(&event))/>
            </div>
            <div class="field">
                <label for="settings-password">{move || if has_password.get() { "New password" } else { "Password" }}</label>
                <input id="settings-password" type="password" maxlength=MAX_PASSWORD_BYTES.to_string() autocomplete="new-password"
                    prop:value=password on:input=move |event| password.set(event_target_value(&event))/>
            </div>
            <p class="problem" role="alert">{problem}</p>
            <div class="panel-actions">
                <button type="submit" class="button small primary">"Save"</button>
                <Show when=move || has_password.get()>
                    <button type="button" class="button small" on:click=move |event| remove.with_value(|remove| remove(event))>"Remove password"</button>
                </Show>
            </div>
        </form>
    }
}

/// An empty password field leaves the password as it is.
fn patch_of(name: &str, password: &str) -> Result<RoomSettingsPatch, String> {
    let name = match RoomName::parse(name) {
        Ok(name) => Some(name),
        Err(NameError::Empty) => None,
        Err(error) => return Err(format!("Please choose another name: {error}.")),
    };
    let password = match password {
        "" => None,
        password => Some(Some(Password::new(password.to_owned()).map_err(|error| error.to_string())?)),
    };
    Ok(RoomSettingsPatch { name: Some(name), password, ..RoomSettingsPatch::default() })
}

/// A moment, as the browser's owner writes it; none when the field is empty.
#[component]
fn Moment(
    id: &'static str,
    label: &'static str,
    at: impl Fn() -> String + Send + Sync + 'static,
    command: fn(String) -> CallCommand,
) -> impl IntoView {
    let call = use_call_handle();
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input id=id type="datetime-local" prop:value=at on:change=move |event| call.send(command(event_target_value(&event)))/>
        </div>
    }
}

#[component]
fn Capacity(settings: Memo<RoomSettings>) -> impl IntoView {
    let call = use_call_handle();
    let set = move |event| {
        if let Ok(capacity) = event_target_value(&event).parse() {
            let patch = RoomSettingsPatch { capacity: Some(capacity), ..RoomSettingsPatch::default() };
            call.send(CallCommand::Moderate {
                moderation: Moderation::ChangeSettings { patch: Box::new(patch) },
            });
        }
    };
    view! {
        <div class="field">
            <label for="room-capacity">"How many people"</label>
            <input id="room-capacity" type="number" min="1" max=MAX_CAPACITY.to_string() prop:value=move || settings.get().capacity.to_string() on:change=set/>
        </div>
    }
}
