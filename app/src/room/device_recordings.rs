//! The recording that this browser makes by itself: that it goes on, who else makes one, and what is there of those that have ended.

use std::time::Duration;

use leptos::prelude::*;
use view::{DeviceRecording, KeptState};

use crate::components::{Icon, Symbol};
use crate::state::{
    CallCommand, CallHandle, CallViewStoreFields, DeviceRecordingCommand, KeptRecordingView,
    ParticipantViewStoreFields, use_call_handle,
};
use crate::text::{call, device_recording as words};

/// Of the recording that goes on: for how long, and its end.
#[component]
pub(crate) fn DeviceRecordingCard() -> impl IntoView {
    let handle = StoredValue::new(use_call_handle());
    let now = handle.with_value(|handle| handle.view).device_recording();
    let is_on = Memo::new(move |_| now.get().is_on());
    let is_shown = Memo::new(move |_| now.get() != DeviceRecording::Off);
    let stop =
        move |_| handle.with_value(|handle| handle.send(CallCommand::Record(DeviceRecordingCommand::Finish)));
    view! {
        <Show when=move || is_shown.get()>
            <div class="ask recording" role="group" aria-label=words::RECORDING>
                <p><Icon symbol=Symbol::Record/>" "{words::RECORDING}" "<RecordedTime/></p>
                <Show when=move || is_on.get() fallback=|| view! { <p>{words::SAVING}</p> }>
                    <p class="hint">{words::RECORDING_HINT}</p>
                    <span class="answers"><button type="button" class="button small" on:click=stop>{words::STOP}</button></span>
                </Show>
            </div>
        </Show>
    }
}

#[component]
fn RecordedTime() -> impl IntoView {
    let now = use_call_handle().view.device_recording();
    let seconds = RwSignal::new(None::<u64>);
    let elapsed = move || match now.get_untracked() {
        DeviceRecording::Running { since } => {
            Some((window().performance()?.now() / 1000.0 - since.as_secs_f64()).max(0.0) as u64)
        }
        DeviceRecording::Off | DeviceRecording::Starting | DeviceRecording::Finishing => None,
    };
    Effect::new(move || {
        now.track();
        seconds.set(elapsed());
        if let Ok(timer) = set_interval_with_handle(move || seconds.set(elapsed()), Duration::from_secs(1)) {
            on_cleanup(move || timer.clear());
        }
    });
    view! {
        {move || seconds.get().map(|seconds| view! { <span class="elapsed" role="timer">{call::clock(seconds)}</span> })}
    }
}

/// Those that have ended, each until somebody has it or does not want it.
#[component]
pub(crate) fn KeptRecordings() -> impl IntoView {
    let handle = StoredValue::new(use_call_handle());
    let kept = handle.with_value(|handle| handle.view).kept_recordings();
    view! {
        // A region that is there before its text is read.
        <div class="live" aria-live="polite">
            <For each=move || kept.get() key=|kept| (kept.file.clone(), kept.state as u8) let:kept>
                {handle.with_value(|handle| kept_recording(handle.clone(), kept))}
            </For>
        </div>
    }
}

fn kept_recording(handle: CallHandle, kept: KeptRecordingView) -> impl IntoView {
    let KeptRecordingView { file, began, megabytes, state } = kept;
    let handle = StoredValue::new(handle);
    let file = StoredValue::new(file);
    let press = move |command: fn(String) -> DeviceRecordingCommand| {
        move |_| handle.with_value(|handle| handle.send(CallCommand::Record(command(file.get_value()))))
    };
    match state {
        KeptState::Cut | KeptState::Whole => view! {
            <div class="ask" role="group" aria-label=words::RECORD>
                <p>{move || words::kept(&began, &megabytes)}</p>
                <span class="answers">
                    <button type="button" class="button small primary" on:click=press(|file| DeviceRecordingCommand::Save { file })>{words::SAVE}</button>
                    <button type="button" class="button small" on:click=press(|file| DeviceRecordingCommand::Delete { file })>{words::DELETE}</button>
                </span>
            </div>
        }
        .into_any(),
        KeptState::Saving => view! { <div class="ask"><p>{words::SAVING}</p></div> }.into_any(),
        KeptState::Saved => view! {
            <div class="ask" role="group" aria-label=words::SAVED>
                <p>{words::SAVED}</p>
                <span class="answers">
                    <button type="button" class="button small primary" on:click=press(|file| DeviceRecordingCommand::Open { file })>{words::OPEN}</button>
                    <button type="button" class="button small" on:click=press(|file| DeviceRecordingCommand::Dismiss { file })>{words::CLOSE}</button>
                </span>
            </div>
        }
        .into_any(),
    }
}

/// Who else records. Shown for as long as they do.
#[component]
pub(crate) fn DeviceRecorders() -> impl IntoView {
    let view = use_call_handle().view;
    let who = Memo::new(move |_| {
        let records = view.participants().into_iter().filter(|other| other.records().get());
        records.map(|other| other.name().get()).collect::<Vec<_>>()
    });
    view! {
        {move || who.get().into_iter().map(|name| {
            let said = words::someone_records(&name);
            view! {
                <span class="state recording" role="img" aria-label=said.clone() title=said.clone()>
                    <Icon symbol=Symbol::Record/><span class="cut" dir="auto">{said.clone()}</span>
                </span>
            }
        }).collect_view()}
    }
}
