//! What wants an answer, or has to be known until it is over: cards at the top of the people's end, where neither a name nor a
//! control of the bar is. They take no focus; F6 leads to them.

use std::time::Duration;

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;
use protocol::Source;
use view::{Encryption, Signalling};

use super::recording::{AskedToBeRecorded, RecordingSaved};
use super::{
    AskedFor, DeviceFaults, DeviceRecordingCard, KeptRecordings, KeyBanner, Knocking, Panel, use_opened,
};
use crate::components::{Step, focus_among, is_focus_nowhere};
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};
use crate::text::{call, devices, people};

/// How long the question about encryption takes no answer: what somebody presses as it appears was meant for something else.
const UNANSWERABLE: Duration = Duration::from_secs(1);

/// What is focused of requests by itself: never the question about encryption, which is not to be answered in passing.
const FOCUSED: &str = ".ask:not(.deliberate) button";

/// The element that holds them.
pub(super) const REQUESTS: &str = "requests";

/// All of them, the most urgent first.
#[component]
pub(crate) fn Requests() -> impl IntoView {
    let view = use_call_handle().view;
    let opened = use_opened();
    let is_lost = Memo::new(move |_| view.signalling().get() == Signalling::Lost);
    let via = Memo::new(move |_| view.topology().get().via);
    // Whoever answers by keyboard goes on with the next, if there is one.
    let answered = move |event: MouseEvent| {
        if event.detail() == 0 {
            request_animation_frame(|| {
                let requests = document().get_element_by_id(REQUESTS).filter(|_| is_focus_nowhere());
                if let Some(requests) = requests {
                    focus_among(&requests, FOCUSED, Step::First);
                }
            });
        }
    };
    view! {
        <section class="asks" id=REQUESTS aria-label=call::REQUESTS on:click=answered>
            <Show when=move || is_lost.get()>
                <p class="ask" role="alert">{move || call::reconnecting(via.get())}</p>
            </Show>
            <EncryptionQuestion/>
            <KeyBanner/>
            <DeviceFaults/>
            // A region that is there before its text is read.
            <div class="live" aria-live="polite"><TalksWhileMuted/></div>
            <div class="live" aria-live="polite"><AskedToBeRecorded/></div>
            <div class="live" aria-live="polite"><RecordingSaved/></div>
            <AskedFor/>
            <DeviceRecordingCard/>
            <KeptRecordings/>
            // Who knocks is in the list of people, where that is open.
            <Show when=move || opened.panel.get() != Some(Panel::People)><Knocking/></Show>
        </section>
    }
}

/// The room is without end-to-end encryption, and this page sends nothing before its person has decided.
#[component]
fn EncryptionQuestion() -> impl IntoView {
    let view = use_call_handle().view;
    let asks = Memo::new(move |_| view.encryption().get() == Encryption::Undecided);
    view! { <Show when=move || asks.get()><EncryptionAnswers/></Show> }
}

/// The question as it appears: no focus goes to it by itself, and neither a press meant for what was there before nor a key that is held
/// answers it.
#[component]
fn EncryptionAnswers() -> impl IntoView {
    let call = StoredValue::new(use_call_handle());
    let send = move |command: CallCommand| call.with_value(|call| call.send(command));
    let (is_answerable, set_answerable) = signal(false);
    Effect::new(move |_| {
        let later = set_timeout_with_handle(move || _ = set_answerable.try_set(true), UNANSWERABLE);
        if let Ok(later) = later {
            on_cleanup(move || later.clear());
        }
    });
    let only_pressed_anew = move |event: KeyboardEvent| {
        if event.repeat() && matches!(&*event.key(), "Enter" | " ") {
            event.prevent_default();
        }
    };
    view! {
        <div class="ask deliberate" role="group" aria-label=call::NOT_ENCRYPTED data-testid="encryption-question"
            on:keydown=only_pressed_anew>
            <p role="alert">{call::ENCRYPTION_IS_OFF}</p>
            <span class="answers">
                // *Leave* of the bar stays the only one of this name.
                <button type="button" class="button small primary" aria-label=call::LEAVE_UNENCRYPTED
                    disabled=move || !is_answerable.get()
                    on:click=move |_| send(CallCommand::Leave)>{call::LEAVE}</button>
                <button type="button" class="button small danger" disabled=move || !is_answerable.get()
                    on:click=move |_| send(CallCommand::AcceptTransport)>{call::CONTINUE_WITHOUT_ENCRYPTION}</button>
            </span>
        </div>
    }
}

/// Somebody talks, and nobody hears it. Said until they have done something about it.
#[component]
fn TalksWhileMuted() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    // Where a host asks for the same, that is the question.
    let talks = Memo::new(move |_| {
        view.talks_while_muted().get() && view.asked_for().get() != Some(Source::Microphone)
    });
    let call = StoredValue::new(call);
    let send = move |command: CallCommand| call.with_value(|call| call.send(command));
    view! {
        <Show when=move || talks.get()>
            <div class="ask" role="group" aria-label=people::UNMUTE>
                <p>{devices::TALKS_WHILE_MUTED}</p>
                <span class="answers">
                    <button type="button" class="button small primary"
                        on:click=move |_| send(CallCommand::Switch { source: Source::Microphone, on: true })>{people::UNMUTE}</button>
                    <button type="button" class="button small" on:click=move |_| send(CallCommand::StayMuted)>{people::NOT_NOW}</button>
                </span>
            </div>
        </Show>
    }
}
