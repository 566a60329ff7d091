//! Before the call: see and hear yourself, choose devices and a name, see who is inside, join.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::limits::MAX_PASSWORD_BYTES;
use protocol::{DisplayName, NameError, Password, RoomEncryption};
use view::{Copied, DeviceKind, Phase};

use super::{DeviceSelect, KeptRecordings, Preview};
use crate::components::{Avatar, Icon, SiteHeader, Symbol};
use crate::state::{CallCommand, CallHandle, CallViewStoreFields, RoomLookup, use_call_handle};
use crate::text;
use crate::text::{devices, host, joining, recording};

/// The pre-join screen. Works without any device.
#[component]
pub(crate) fn Prejoin(lookup: RoomLookup) -> impl IntoView {
    let view = use_call_handle().view;
    let typed = RwSignal::new(None::<String>);
    let name = Signal::derive(move || typed.get().unwrap_or_else(|| view.name().get()));
    let room_name = lookup.found.room.as_ref().and_then(|room| room.name.as_ref().map(ToString::to_string));
    let heading = move || room_name.clone().unwrap_or_else(|| joining::HEADING().to_owned());
    let is_guest = !lookup.found.role.moderates();
    let (asks_password, waits) = (is_guest && lookup.found.password, is_guest && lookup.found.waiting_room);
    let found_encryption = lookup.found.encryption;
    let is_sealed = Memo::new(move |_| {
        view.lobby_encryption().get().unwrap_or(found_encryption) == RoomEncryption::EndToEnd
    });
    let is_recorded = lookup.found.recording;
    let found: Vec<_> = lookup.found.people.iter().map(ToString::to_string).collect();
    view! {
        <SiteHeader/>
        <main class="prejoin" data-encryption=move || if is_sealed.get() { "end-to-end" } else { "transport" }>
            <Preview name/>
            <section class="prejoin-side card">
                <h1>{heading}</h1>
                <KeptRecordings/>
                <WhoIsInside found/>
                {lookup.host_link.map(|link| view! { <HostNotice link/> })}
                <Show when=move || view.secrecy().with(|secrecy| secrecy.supported) fallback=Unsupported>
                    <NameForm typed name asks_password=asks_password waits/>
                </Show>
                <ul class="promises">
                    <EncryptionPromise is_sealed/>
                    {is_recorded.then(|| view! { <li><Icon symbol=Symbol::Record/><span>{recording::BEFORE_JOINING}</span></li> })}
                    {waits.then(|| view! { <li><Icon symbol=Symbol::Door/><span>{joining::HOST_ADMITS}</span></li> })}
                    {asks_password.then(|| view! { <li><Icon symbol=Symbol::Key/><span>{joining::ASKS_FOR_PASSWORD}</span></li> })}
                </ul>
            </section>
            <DeviceRow/>
        </main>
    }
}

/// Who can see and hear what is said inside.
#[component]
fn EncryptionPromise(is_sealed: Memo<bool>) -> impl IntoView {
    let open = || view! { <li class="unsealed" data-testid="not-encrypted"><Icon symbol=Symbol::ShieldOff/><span>{joining::NOT_ENCRYPTED}</span></li> };
    view! {
        <Show when=move || is_sealed.get() fallback=open>
            <li><Icon symbol=Symbol::Shield/><span>{joining::ENCRYPTED}</span></li>
        </Show>
    }
}

/// The devices in plain sight: the microphone with its level, the camera, the speaker with a sound to try it with.
#[component]
fn DeviceRow() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    view! {
        <section class="device-row" aria-label=devices::HEADING>
            <div>
                <DeviceSelect kind=DeviceKind::Microphone/>
                <div class="level">
                    <label class="visually-hidden" for="microphone-level">{devices::MICROPHONE_LEVEL}</label>
                    <meter id="microphone-level" min="0" max="100" value=move || view.level().get()></meter>
                </div>
            </div>
            <div>
                <DeviceSelect kind=DeviceKind::Camera/>
                <a class="link-button" href="/connection-test" target="_blank" rel="external">{text::CONNECTION_TEST}</a>
            </div>
            <div>
                <DeviceSelect kind=DeviceKind::Speaker/>
                <button type="button" class="link-button" disabled=move || !view.ready().get() on:click=move |_| call.send(CallCommand::TestSpeaker)><Icon symbol=Symbol::Play/>{devices::PLAY_TEST_SOUND}</button>
            </div>
        </section>
    }
}

#[component]
fn Unsupported() -> impl IntoView {
    view! { <p class="problem" role="alert">{joining::UNSUPPORTED}</p> }
}

/// What the maker of a room is told once.
#[component]
fn HostNotice(link: String) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    // The key of the room's encryption is known to the page alone.
    let whole = Signal::derive(move || {
        let fragment =
            view.link().with(|link| link.split_once('#').map(|(_, fragment)| format!("#{fragment}")));
        format!("{link}{}", fragment.unwrap_or_default())
    });
    view! {
        <section class="card host-notice" aria-label=host::HOST_LINK>
            <p>{joining::YOU_ARE_HOST}</p>
            <input class="invite-link" type="text" readonly aria-label=host::HOST_LINK value=move || if view.ready().get() { whole.get() } else { String::new() }/>
            // Before the engine is there, nobody knows the key that belongs into it.
            <button type="button" class="button small" disabled=move || !view.ready().get()
                on:click=move |_| call.send(CallCommand::CopyText { text: whole.get_untracked(), what: Copied::HostLink })>
                {host::COPY_HOST_LINK}
            </button>
        </section>
    }
}

#[component]
fn NameForm(
    typed: RwSignal<Option<String>>,
    name: Signal<String>,
    /// Whether the room is known to want a password of this person.
    asks_password: bool,
    /// Whether a host has to let this person in.
    waits: bool,
) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let problem = RwSignal::new(None::<NameError>);
    let password = RwSignal::new(String::new());
    let joining = Memo::new(move |_| view.phase().get() == Phase::Joining);
    let wants_password =
        Memo::new(move |_| asks_password || matches!(view.phase().get(), Phase::PasswordAsked { .. }));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        problem.set(join(&call, &name.get_untracked(), &password.get_untracked()).err());
    };
    let said = move || {
        let kept_out = joining::kept_out(view.phase().get());
        let missing = || view.engine_missing().get().then(joining::ENGINE_MISSING);
        kept_out
            .or_else(missing)
            .map_or_else(|| problem.get().map(text::name::problem), |text| Some(text.to_owned()))
    };
    let label = if waits { joining::ASK_TO_JOIN } else { joining::JOIN_NOW };
    view! {
        <form class="join-form" on:submit=submit>
            <div class="field">
                <label for="your-name">{joining::YOUR_NAME}</label>
                <input id="your-name" type="text" name="name" required autocomplete="name" prop:value=name
                    aria-invalid=move || problem.get().map(|_| "true") aria-describedby="your-name-problem"
                    on:input=move |event| typed.set(Some(event_target_value(&event)))/>
            </div>
            <Show when=move || wants_password.get()>
                <div class="field">
                    <label for="room-password">{joining::ROOM_PASSWORD}</label>
                    <input id="room-password" type="password" name="password" required autocomplete="off"
                        maxlength=MAX_PASSWORD_BYTES.to_string() prop:value=password
                        on:input=move |event| password.set(event_target_value(&event))/>
                </div>
            </Show>
            <p id="your-name-problem" class="problem" role="alert">{said}</p>
            <button type="submit" class="button primary large"
                disabled=move || joining.get() || !view.ready().get()>
                {move || if joining.get() { joining::JOINING() } else { label() }}
            </button>
        </form>
    }
}

fn join(call: &CallHandle, name: &str, password: &str) -> Result<(), NameError> {
    let name = DisplayName::parse(name)?;
    let password = Password::new(password.to_owned()).ok();
    call.send(CallCommand::Join { name, password });
    Ok(())
}

#[component]
fn WhoIsInside(
    /// Who was inside when the page was made.
    found: Vec<String>,
) -> impl IntoView {
    let view = use_call_handle().view;
    let people = Memo::new(move |_| view.people_inside().get().unwrap_or_else(|| found.clone()));
    let shown = move || people.with(|people| people.iter().take(AVATARS).cloned().collect::<Vec<_>>());
    let avatar = |name: String| view! { <Avatar name=Signal::stored(name)/> };
    view! {
        <div class="inside">
            <span class="avatars">{move || shown().into_iter().map(avatar).collect_view()}</span>
            <p class="who-is-inside" data-testid="who-is-inside">{move || people.with(|people| joining::who_is_here(people))}</p>
        </div>
    }
}

/// Of so many people who are inside the initials are shown.
const AVATARS: usize = 3;
