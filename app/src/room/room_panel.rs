//! The rules of the room, for its host. A change is sent when it is done: a box that is ticked, a field that is left. What is
//! shown is what the room says, and what was refused is not.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::limits::{MAX_CAPACITY, MAX_PASSWORD_BYTES};
use protocol::{
    Allowed, Moderation, NameError, Password, RoomEncryption, RoomName, RoomSettings, RoomSettingsPatch,
    WhenEmpty,
};

use super::room_links::RoomLinks;
use super::{CommittedField, SidePanel};
use crate::components::Confirm;
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle, use_direct_call};
use crate::text::{self, Text, room};

/// The settings.
#[component]
pub(crate) fn RoomPanel() -> impl IntoView {
    let view = use_call_handle().view;
    let settings = Memo::new(move |_| view.settings().get());
    let before = view.refusal().get_untracked();
    let refused = move || {
        let refusal = view.refusal().get().filter(|refusal| Some(refusal) != before.as_ref());
        refusal.map(|refusal| text::refusal::of_change(refusal.what))
    };
    view! {
        <SidePanel title=room::HEADING>
            <NameAndPassword/>
            <Choice label=room::GUESTS_WAIT on=move || settings.get().waiting_room.is_on()
                patch=|on| RoomSettingsPatch { waiting_room: Some(on.into()), ..RoomSettingsPatch::default() }/>
            <Choice label=room::LOCKED on=move || settings.get().locked.is_on()
                patch=|on| RoomSettingsPatch { locked: Some(on.into()), ..RoomSettingsPatch::default() }/>
            <Choice label=room::LISTED described_by="listed-hint" on=move || settings.get().listed.is_on()
                patch=|on| RoomSettingsPatch { listed: Some(on.into()), ..RoomSettingsPatch::default() }/>
            <p id="listed-hint" class="panel-hint">{room::LISTED_HINT}</p>
            <Choice label=room::GUESTS_UNMUTE on=move || settings.get().may_unmute == Allowed::Everyone
                patch=|on| RoomSettingsPatch { may_unmute: Some(allowed(on)), ..RoomSettingsPatch::default() }/>
            <Choice label=room::GUESTS_SHARE on=move || settings.get().may_share == Allowed::Everyone
                patch=|on| RoomSettingsPatch { may_share: Some(allowed(on)), ..RoomSettingsPatch::default() }/>
            <Choice label=room::GUESTS_CHAT on=move || settings.get().may_chat == Allowed::Everyone
                patch=|on| RoomSettingsPatch { may_chat: Some(allowed(on)), ..RoomSettingsPatch::default() }/>
            <Choice label=room::DELETE_WHEN_EMPTY on=move || settings.get().when_empty == WhenEmpty::Delete
                patch=|on| RoomSettingsPatch { when_empty: Some(if on { WhenEmpty::Delete } else { WhenEmpty::Keep }), ..RoomSettingsPatch::default() }/>
            <EncryptionChoice settings/>
            <Moment id="room-start" label=room::STARTS at=Signal::derive(move || view.starts_local().get())
                command=|typed| CallCommand::SetStart { typed }/>
            <Moment id="room-end" label=room::ENDS at=Signal::derive(move || view.ends_local().get())
                command=|typed| CallCommand::SetEnd { typed }/>
            <Capacity settings/>
            <RoomLinks/>
            <p class="problem" role="alert">{refused}</p>
        </SidePanel>
    }
}

fn allowed(everyone: bool) -> Allowed {
    if everyone { Allowed::Everyone } else { Allowed::Hosts }
}

#[component]
fn Choice(
    label: Text,
    on: impl Fn() -> bool + Send + Sync + 'static,
    patch: fn(bool) -> RoomSettingsPatch,
    #[prop(optional)] described_by: Option<&'static str>,
) -> impl IntoView {
    let call = use_call_handle();
    let on = Memo::new(move |_| on());
    let toggle = move |_| {
        let moderation = Moderation::ChangeSettings { patch: Box::new(patch(!on.get_untracked())) };
        call.send(CallCommand::Moderate { moderation });
    };
    // The box follows the room, also back when the room did not follow the box.
    let view = use_call_handle().view;
    let shown = move || {
        view.refusal().track();
        on.get()
    };
    view! {
        <label class="choice"><input type="checkbox" aria-describedby=described_by prop:checked=shown on:change=toggle/>{label}</label>
    }
}

/// Who can open what is said. It is asked once more before end-to-end encryption is turned off. A direct call always has it.
#[component]
fn EncryptionChoice(settings: Memo<RoomSettings>) -> impl IntoView {
    let call = StoredValue::new(use_call_handle());
    let is_direct = use_direct_call().is_some();
    let asked = RwSignal::new(false);
    let view = use_call_handle().view;
    let rule = Memo::new(move |_| settings.get().encryption);
    let change = move |encryption: RoomEncryption| {
        let patch = RoomSettingsPatch { encryption: Some(encryption), ..RoomSettingsPatch::default() };
        let moderation = Moderation::ChangeSettings { patch: Box::new(patch) };
        call.with_value(|call| call.send(CallCommand::Moderate { moderation }));
    };
    // The buttons follow the room, also back when nothing came of it.
    let is = move |this: RoomEncryption| {
        view.refusal().track();
        asked.track();
        rule.get() == this
    };
    view! {
        <Show when=move || !is_direct>
            <fieldset class="choices">
                <legend>{room::ENCRYPTION}</legend>
                <label class="choice">
                    <input type="radio" name="room-encryption" aria-describedby="end-to-end-hint"
                        prop:checked=move || is(RoomEncryption::EndToEnd) on:change=move |_| change(RoomEncryption::EndToEnd)/>
                    {room::END_TO_END}
                </label>
                <p id="end-to-end-hint" class="panel-hint">{room::END_TO_END_HINT}</p>
                <label class="choice">
                    <input type="radio" name="room-encryption" aria-describedby="in-transit-hint"
                        prop:checked=move || is(RoomEncryption::Transport) on:change=move |_| asked.set(true)/>
                    {room::IN_TRANSIT}
                </label>
                <p id="in-transit-hint" class="panel-hint">{room::IN_TRANSIT_HINT}</p>
            </fieldset>
            <Confirm asked question=Signal::derive(move || room::TURN_OFF_QUESTION().to_owned()) hint=room::TURN_OFF_HINT
                action=room::TURN_OFF on_confirm=move || change(RoomEncryption::Transport)/>
        </Show>
    }
}

#[component]
fn NameAndPassword() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    // What was typed, once something was; until then the field follows the room.
    let typed = RwSignal::new(None::<String>);
    let room_name = Memo::new(move |_| view.room_name().get().unwrap_or_default());
    let name = move || {
        view.refusal().track();
        typed.get().unwrap_or_else(|| room_name.get())
    };
    let password = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Wrong>);
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
        match patch_of(
            typed.get_untracked().as_deref(),
            &room_name.get_untracked(),
            &password.get_untracked(),
        ) {
            Ok(patch) => {
                problem.set(None);
                typed.set(None);
                password.set(String::new());
                if let Some(patch) = patch {
                    send(patch);
                }
            }
            Err(wrong) => problem.set(Some(wrong)),
        }
    };
    view! {
        <form class="room-form" on:submit=submit>
            <div class="field">
                <label for="settings-name">{text::ROOM_NAME}</label>
                <input id="settings-name" type="text" autocomplete="off" prop:value=name
                    on:input=move |event| typed.set(Some(event_target_value(&event)))/>
            </div>
            <div class="field">
                <label for="settings-password">{move || if has_password.get() { room::NEW_PASSWORD() } else { room::PASSWORD() }}</label>
                <input id="settings-password" type="password" maxlength=MAX_PASSWORD_BYTES.to_string() autocomplete="new-password"
                    prop:value=password on:input=move |event| password.set(event_target_value(&event))/>
            </div>
            <p class="problem" role="alert">{move || problem.get().map(Wrong::text)}</p>
            <div class="panel-actions">
                <button type="submit" class="button small primary">{room::SAVE}</button>
                <Show when=move || has_password.get()>
                    <button type="button" class="button small" on:click=move |event| remove.with_value(|remove| remove(event))>{room::REMOVE_PASSWORD}</button>
                </Show>
            </div>
        </form>
    }
}

/// What cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Name(NameError),
    Password,
}

impl Wrong {
    fn text(self) -> String {
        match self {
            Self::Name(error) => text::name::problem(error),
            Self::Password => text::name::PASSWORD_TOO_LONG().to_owned(),
        }
    }
}

/// What was touched, and nothing else: another host may have changed the rest meanwhile. An empty password field leaves the
/// password as it is.
fn patch_of(name: Option<&str>, room_name: &str, password: &str) -> Result<Option<RoomSettingsPatch>, Wrong> {
    let name = match name.map(RoomName::parse) {
        None => None,
        Some(Ok(name)) => Some(Some(name)),
        Some(Err(NameError::Empty)) => Some(None),
        Some(Err(error)) => return Err(Wrong::Name(error)),
    };
    let name = name.filter(|name| name.as_ref().map_or("", RoomName::as_str) != room_name);
    let password = match password {
        "" => None,
        password => {
            let password = Password::new(password.to_owned());
            Some(Some(password.map_err(|_| Wrong::Password)?))
        }
    };
    let patch = RoomSettingsPatch { name, password, ..RoomSettingsPatch::default() };
    Ok(Some(patch).filter(|patch| *patch != RoomSettingsPatch::default()))
}

/// A moment, as the browser's owner writes it; none when the field is empty.
#[component]
fn Moment(
    id: &'static str,
    label: Text,
    at: Signal<String>,
    command: fn(Option<String>) -> CallCommand,
) -> impl IntoView {
    let call = use_call_handle();
    let commit = move |typed| {
        call.send(command(typed));
        Ok(())
    };
    view! { <CommittedField id label kind="datetime-local" at commit/> }
}

#[component]
fn Capacity(settings: Memo<RoomSettings>) -> impl IntoView {
    let call = use_call_handle();
    let at = Signal::derive(move || settings.get().capacity.to_string());
    let commit = move |typed: Option<String>| {
        let capacity = typed.and_then(|typed| typed.parse().ok());
        let capacity = capacity.filter(|capacity| (1..=MAX_CAPACITY).contains(capacity));
        let Some(capacity) = capacity else {
            return Err(room::capacity_problem as fn() -> String);
        };
        if capacity != settings.get_untracked().capacity {
            let patch = RoomSettingsPatch { capacity: Some(capacity), ..RoomSettingsPatch::default() };
            let moderation = Moderation::ChangeSettings { patch: Box::new(patch) };
            call.send(CallCommand::Moderate { moderation });
        }
        Ok(())
    };
    view! { <CommittedField id="room-capacity" label=room::CAPACITY kind="number" at commit/> }
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_touched_is_sent() {
        let patch = patch_of(None, "Tea", "open sesame").unwrap().unwrap();
        assert_eq!((patch.name, patch.password.is_some()), (None, true));
        let patch = patch_of(Some("Coffee"), "Tea", "").unwrap().unwrap();
        assert_eq!((patch.name, patch.password), (Some(RoomName::parse("Coffee").ok()), None));
        assert_eq!(patch_of(Some("Tea"), "Tea", ""), Ok(None));
        assert_eq!(patch_of(None, "Tea", ""), Ok(None));
    }

    #[test]
    fn an_empty_name_takes_the_name_away_and_a_bad_one_says_what_is_wrong() {
        assert_eq!(patch_of(Some(" "), "Tea", "").unwrap().unwrap().name, Some(None));
        assert_eq!(patch_of(Some("a<b"), "Tea", ""), Err(Wrong::Name(NameError::Forbidden('<'))));
    }
}
