//! The recording on the server: the host's question before it begins, what everybody is asked, and the mark that stays while it goes on.

use leptos::prelude::*;
use protocol::{Consent, RecordingId};

use super::{Popover, PopoverButton, use_opened};
use crate::components::{Confirm, Symbol};
use crate::state::{CallCommand, CallView, CallViewStoreFields, use_call_handle};
use crate::text::{Text, device_recording, recording};

/// What the person has answered, while the call is recorded.
pub(super) fn own_answer(view: reactive_stores::Store<CallView>) -> Memo<Option<Consent>> {
    Memo::new(move |_| view.recording().with(|recording| recording.as_ref().map(|one| one.answer)))
}

/// Asks a host before everybody is asked.
#[component]
pub(super) fn RecordQuestion() -> impl IntoView {
    let handle = use_call_handle();
    let asked = use_opened().asks_to_record;
    let start = move || handle.send(CallCommand::StartRecording);
    view! {
        <Confirm asked question=Signal::derive(move || recording::QUESTION().to_owned()) hint=recording::EVERYONE_IS_ASKED more=recording::WHO_CAN_PLAY
            action=recording::START class="button primary" on_confirm=start/>
    }
}

/// Somebody wants the call recorded, and the person has not said yet whether they are.
#[component]
pub(super) fn AskedToBeRecorded() -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let answer = own_answer(view);
    let is_asked = Memo::new(move |_| answer.get() == Some(Consent::NotAnswered));
    let text = move || {
        let name = view.recording().with(|one| one.as_ref().and_then(|one| one.started_by.clone()));
        recording::asked(name.as_deref())
    };
    let handle = StoredValue::new(handle);
    let say = move |recorded| handle.with_value(|handle| handle.send(CallCommand::BeRecorded { recorded }));
    view! {
        <Show when=move || is_asked.get()>
            <div class="ask" role="group" aria-label=recording::MARK>
                <p dir="auto">{text}</p>
                <p><small>{recording::WHO_CAN_PLAY}</small></p>
                <span class="answers">
                    <button type="button" class="button small primary" on:click=move |_| say(true)>{recording::RECORD_ME}</button>
                    <button type="button" class="button small" on:click=move |_| say(false)>{recording::DO_NOT_RECORD_ME}</button>
                </span>
            </div>
        </Show>
    }
}

/// Where the recording is that has just ended.
#[component]
pub(super) fn RecordingSaved() -> impl IntoView {
    let view = use_call_handle().view;
    let ended = RwSignal::new(None::<RecordingId>);
    Effect::new(move |before: Option<Option<RecordingId>>| {
        let now = view.recording().with(|one| one.as_ref().map(|one| one.id));
        if now.is_some() {
            ended.set(None);
        } else if let Some(Some(before)) = before {
            ended.set(Some(before));
        }
        now
    });
    let address = move || {
        let link = view.link().get();
        let key = link.find('#').and_then(|at| link.get(at..)).unwrap_or_default();
        ended.get().map(|id| format!("/recordings/{id}{key}"))
    };
    view! {
        <Show when=move || ended.get().is_some()>
            <div class="ask" role="group" aria-label=device_recording::SAVED>
                <p>{device_recording::SAVED}</p>
                <p><small>{recording::WHO_CAN_PLAY}</small></p>
                <span class="answers">
                    <a class="button small primary" href=address target="_blank" rel="noreferrer">{device_recording::OPEN}</a>
                    <button type="button" class="button small" on:click=move |_| ended.set(None)>{device_recording::CLOSE}</button>
                </span>
            </div>
        </Show>
    }
}

/// The mark in the header: whether the person is recorded. Behind it they change their mind.
#[component]
pub(super) fn RecordingMark() -> impl IntoView {
    let view = use_call_handle().view;
    let answer = own_answer(view);
    let is_recorded = Memo::new(move |_| answer.get().is_some());
    let words = Signal::derive(move || answer.get().map(recording::mark).unwrap_or_default().to_owned());
    view! {
        <Show when=move || is_recorded.get()>
            <PopoverButton popover=Popover::Recording name=recording::MARK words symbol=Symbol::Record class="state recording" opens="popover about-recording">
                <AboutRecording/>
            </PopoverButton>
        </Show>
    }
}

/// What the person is told, and what they can change; a host stops the recording from here, too.
#[component]
fn AboutRecording() -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let opened = use_opened().popover;
    let answer = own_answer(view);
    let is_given = Memo::new(move |_| answer.get() == Some(Consent::Given));
    let moderates = Memo::new(move |_| view.role().get().moderates());
    let handle = StoredValue::new(handle);
    let send = move |command: CallCommand| {
        opened.set(None);
        handle.with_value(|handle| handle.send(command));
    };
    view! {
        <p>{move || answer.get().map(recording::about_you)}</p>
        <p><small>{recording::WHO_CAN_PLAY}</small></p>
        <div class="panel-actions">
            <button type="button" class="button small" on:click=move |_| send(CallCommand::BeRecorded { recorded: !is_given.get_untracked() })>
                {move || if is_given.get() { recording::STOP_RECORDING_ME() } else { recording::RECORD_ME() }}
            </button>
            <Show when=move || moderates.get()>
                <button type="button" class="button small danger" on:click=move |_| send(CallCommand::StopRecording)>{recording::STOP}</button>
            </Show>
        </div>
    }
}

/// What stands beside a name: of oneself, and of others for hosts.
#[component]
pub(super) fn RecordedTag(answer: Signal<Option<Consent>>) -> impl IntoView {
    let word = Memo::new(move |_| answer.get().map(recording::of_person));
    view! { {move || word.get().map(|word: Text| view! { <span class="tag" data-recorded="">{word}</span> })} }
}
