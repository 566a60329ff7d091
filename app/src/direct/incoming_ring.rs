//! Somebody calls: over whatever the page shows.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use protocol::RingId;
use view::RingPhase;

use super::ring_mark::mark_tab;
use crate::components::{Avatar, Icon, Symbol};
use crate::state::{DirectCommand, RingLine, use_direct_handle};
use crate::text::direct;

/// The ring that waits for an answer, if there is one.
#[component]
pub(crate) fn IncomingRings() -> impl IntoView {
    let view = use_direct_handle().view;
    let waiting = Memo::new(move |_| view.with(|view| view.incoming().map(|line| line.ring)));
    mark_tab(move || waiting.get().is_some());
    move || waiting.get().map(|ring| view! { <IncomingRing ring/> })
}

/// A dialog that takes the focus, and gives it back when it is closed (HTML, dialog focusing steps). It is not closed with Escape: who
/// does not want to talk declines.
#[component]
fn IncomingRing(ring: RingId) -> impl IntoView {
    let handle = use_direct_handle();
    let view = handle.view;
    let line =
        Memo::new(move |_| view.with(|view| view.rings.iter().find(|line| line.ring == ring).cloned()));
    let called = Memo::new(move |_| line.get().map(|line| line.called()).unwrap_or_default());
    let title = Signal::derive(move || direct::is_calling(&called.get()));
    let is_quiet = Memo::new(move |_| line.get().is_some_and(|line| line.phase == RingPhase::RingingQuietly));
    let is_unknown = Memo::new(move |_| line.get().is_some_and(|line: RingLine| line.name.is_none()));
    let has_other_key = Memo::new(move |_| line.get().is_some_and(|line: RingLine| line.has_other_key));
    let has_others = Memo::new(move |_| line.get().is_some_and(|line: RingLine| line.into_call));
    let is_silenced = Memo::new(move |_| view.with(|view| view.is_silenced));
    let dialog = NodeRef::<html::Dialog>::new();
    let answer_button = NodeRef::<html::Button>::new();
    Effect::new(move || {
        if let Some(dialog) = dialog.get()
            && !dialog.open()
        {
            _ = dialog.show_modal();
        }
    });
    // One that is only taken out of the document leaves the focus nowhere.
    on_cleanup(move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    });
    let handle = StoredValue::new(handle);
    let send = move |command: DirectCommand| handle.with_value(|handle| handle.send(command));
    let answer_name = move || if is_quiet.get() { direct::END_AND_ANSWER() } else { direct::ANSWER() };
    view! {
        <dialog class="incoming" role="alertdialog" aria-modal="true" aria-label=title aria-describedby="ring-text" node_ref=dialog
            data-ring="ringing" class:quiet=move || is_quiet.get() on:cancel=move |event: leptos::ev::Event| event.prevent_default()
            on:keydown=move |event| event.stop_propagation()>
            <div class="ringer"><Avatar name=called/></div>
            <h2 dir="auto">{title}</h2>
            <Show when=move || is_unknown.get()><p class="soft">{direct::NAME_UNKNOWN}</p></Show>
            <div id="ring-text">
                <Show when=move || has_other_key.get()><p class="problem">{move || direct::other_key(&called.get())}</p></Show>
                <Show when=move || has_others.get()><p class="soft">{direct::OTHERS_IN_CALL}</p></Show>
                <p class="soft">{direct::RING_HINT}</p>
            </div>
            <Show when=move || is_silenced.get() && !is_quiet.get()>
                <button type="button" class="button small" on:click=move |_| send(DirectCommand::AllowSound)>{direct::CLICK_TO_SOUND}</button>
            </Show>
            <div class="ring-answers">
                <button type="button" class="answer no" on:click=move |_| send(DirectCommand::Decline { ring, message: String::new() })>
                    <span class="disc"><Icon symbol=Symbol::HangUp/></span>{direct::DECLINE}
                </button>
                <button type="button" class="answer" on:click=move |_| send(DirectCommand::Answer { ring, with_video: false })>
                    <span class="disc"><Icon symbol=Symbol::CameraOff/></span>{direct::ANSWER_WITHOUT_VIDEO}
                </button>
                <button type="button" class="answer yes" autofocus node_ref=answer_button
                    on:click=move |_| send(DirectCommand::Answer { ring, with_video: true })>
                    <span class="disc"><Icon symbol=Symbol::Camera/></span>{answer_name}
                </button>
            </div>
            <DeclineWithMessage ring/>
        </dialog>
    }
}

/// The longest message, in characters: sealed it is no longer than a note may be, whatever it is written in.
const MESSAGE_CHARACTERS: &str = "200";

/// A few words for whoever calls.
#[component]
fn DeclineWithMessage(ring: RingId) -> impl IntoView {
    let handle = StoredValue::new(use_direct_handle());
    let field = NodeRef::<html::Input>::new();
    let decline = move |message: String| {
        handle.with_value(|handle| handle.send(DirectCommand::Decline { ring, message }))
    };
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        decline(field.get().map(|field| field.value()).unwrap_or_default());
    };
    view! {
        <details class="decline-message">
            <summary>{direct::DECLINE_WITH_MESSAGE}</summary>
            {[direct::CALL_YOU_BACK, direct::CANNOT_TALK].map(|text| view! {
                <button type="button" class="button small" on:click=move |_| decline(text().to_owned())>{text}</button>
            })}
            <form on:submit=send>
                <input type="text" node_ref=field maxlength=MESSAGE_CHARACTERS autocomplete="off" required aria-label=direct::YOUR_MESSAGE
                    placeholder=direct::YOUR_MESSAGE/>
                <button type="submit" class="button small">{direct::SEND}</button>
            </form>
        </details>
    }
}
