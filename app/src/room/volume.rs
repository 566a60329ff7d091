//! How loud somebody is played, for the person at this browser alone.

use leptos::html;
use leptos::prelude::*;
use protocol::{MediaKey, Source};
use reactive_stores::Field;

use crate::components::{Icon, RowMenu, Symbol};
use crate::state::{CallCommand, ParticipantView, ParticipantViewStoreFields, use_call_handle};
use crate::text::{Text, people};

/// A menu with the voice of a person, and with what is heard of their screen while they share it.
#[component]
pub(crate) fn VolumeMenu(#[prop(into)] participant: Field<ParticipantView>) -> impl IntoView {
    let id = participant.id().get_untracked();
    let name = participant.name();
    let (voice, screen, shares_sound) =
        (participant.volume(), participant.screen_volume(), participant.shares_sound());
    let label = Signal::derive(move || people::volume_for(&name.get()));
    let symbol = Signal::derive(move || if voice.get() == 0 { Symbol::SpeakerOff } else { Symbol::Speaker });
    let menu = NodeRef::<html::Details>::new();
    // A list of people says who they are; what can be done with each is not in it before somebody asks.
    let is_open = RwSignal::new(false);
    // What each goes back to, also when the menu was closed meanwhile.
    let (voice_before, screen_before) = (StoredValue::new(100), StoredValue::new(100));
    view! {
        <RowMenu label symbol menu is_open>
            <Show when=move || is_open.get()>
            <Volume key=id.publication(Source::Microphone) name=people::VOICE_VOLUME percent=Signal::derive(move || voice.get()) before=voice_before/>
            <Show when=move || shares_sound.get()>
                <Volume key=id.publication(Source::ScreenAudio) name=people::SCREEN_VOLUME percent=Signal::derive(move || screen.get()) before=screen_before/>
            </Show>
            <p class="panel-hint">{people::VOLUME_HINT}</p>
            </Show>
        </RowMenu>
    }
}

/// A slider, and a switch for nothing at all.
#[component]
fn Volume(
    key: MediaKey,
    name: Text,
    percent: Signal<u8>,
    /// What it goes back to.
    before: StoredValue<u8>,
) -> impl IntoView {
    let call = use_call_handle();
    let set = move |percent| call.send(CallCommand::SetVolume { key, percent });
    let slide = {
        let set = set.clone();
        move |percent| {
            if percent > 0 {
                before.set_value(percent);
            }
            set(percent);
        }
    };
    let is_muted = Memo::new(move |_| percent.get() == 0);
    let toggle = move |_| {
        let now = percent.get_untracked();
        if now == 0 {
            set(before.get_value());
        } else {
            before.set_value(now);
            set(0);
        }
    };
    view! {
        <div role="group" class="volume" aria-label=name>
            <label>
                <span>{name}</span>
                <input type="range" min="0" max="100" step="5" prop:value=move || percent.get().to_string()
                    on:input=move |event| if let Ok(percent) = event_target_value(&event).parse() { slide(percent) }/>
            </label>
            <button type="button" class="menu-item" on:click=toggle>
                <Icon symbol=Signal::derive(move || if is_muted.get() { Symbol::Speaker } else { Symbol::SpeakerOff })/>
                {move || if is_muted.get() { people::UNMUTE_FOR_ME() } else { people::MUTE_FOR_ME() }}
            </button>
        </div>
    }
}
