//! The line at the top of a call: where one is, for how long, and what holds for everybody in it.

use std::time::Duration;

use leptos::prelude::*;
use view::Encryption;

use super::recording::RecordingMark;
use super::{DeviceRecorders, Panel, use_opened};
use crate::components::{Icon, LogoMark, Symbol};
use crate::full_screen;
use crate::state::{
    CallCommand, CallViewStoreFields, ParticipantViewStoreFields, RingLine, use_call_handle, use_direct_call,
};
use crate::text::{call, direct, joining};

/// The heading, by which the people are called too.
pub(super) const CALL_TITLE: &str = "call-title";

/// Name, time, encryption, lock and recording; at its end the link and the whole screen.
#[component]
pub(crate) fn CallHeader() -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let handle = StoredValue::new(handle);
    let opened = use_opened();
    let ring = use_direct_call();
    let peer = Memo::new(move |_| {
        ring.as_ref().and_then(|ring| ring.view.with(|view| view.current().map(RingLine::called)))
    });
    // Of a direct call those who are there: others may have come, and whoever called have gone.
    let there = Memo::new(move |_| {
        let others = view.participants().into_iter().take(2);
        others.map(|other| (other.id().get(), other.name().get())).collect::<Vec<_>>()
    });
    // Who is there alone at first is the one whom the ring was for, or from: they are called as everywhere else.
    let first = Memo::new(move |before: Option<&Option<Vec<_>>>| {
        let there = || there.with(|there| there.iter().map(|(id, _)| *id).collect::<Vec<_>>());
        before.cloned().flatten().or_else(|| Some(there()).filter(|there| !there.is_empty()))
    });
    let name = move || {
        let Some(peer) = peer.get() else {
            return view.room_name().get().unwrap_or_else(|| call::UNTITLED().to_owned());
        };
        // Looked at each time, or the first who are there could go unseen.
        let first = first.get().unwrap_or_default();
        match &there.get()[..] {
            [] => direct::call_with(&peer),
            [(id, _)] if first == [*id] => direct::call_with(&peer),
            [(_, other)] => direct::call_with(other),
            [..] => call::UNTITLED().to_owned(),
        }
    };
    let is_sealed = Memo::new(move |_| view.encryption().get() == Encryption::EndToEnd);
    let locked = Memo::new(move |_| view.settings().get().locked.is_on());
    view! {
        <header class="call-header">
            <div class="room">
                <LogoMark/>
                <h1 class="cut name" dir="auto" id=CALL_TITLE>{name}</h1>
                <Elapsed/>
                <Show when=move || is_sealed.get() fallback=NotEncrypted>
                    <button type="button" class="state" aria-label=call::ENCRYPTED_SAFETY_PHRASE title=call::ENCRYPTED_SAFETY_PHRASE
                        on:click=move |_| opened.toggle(Panel::Safety)>
                        <Icon symbol=Symbol::Shield/><span>{call::ENCRYPTED}</span>
                    </button>
                </Show>
                <DeviceRecorders/>
                <Show when=move || locked.get()>
                    <span class="state locked" role="img" aria-label=call::LOCKED title=call::LOCKED_HINT><Icon symbol=Symbol::Lock/></span>
                </Show>
                <RecordingMark/>
            </div>
            <div class="ends">
                // Where people are invited the same button stands beside the link.
                <Show when=move || opened.panel.get() != Some(Panel::Invite)>
                    <button type="button" class="icon-button" aria-label=call::COPY_LINK title=call::COPY_LINK
                        on:click=move |_| handle.with_value(|handle| handle.send(CallCommand::CopyLink))>
                        <Icon symbol=Symbol::Link/>
                    </button>
                </Show>
                <button type="button" class="icon-button wide" aria-label=call::FULL_SCREEN title=call::FULL_SCREEN
                    on:click=move |_| full_screen::toggle()>
                    <Icon symbol=Symbol::FullScreen/>
                </button>
            </div>
        </header>
    }
}

/// The mark of a room that is not end-to-end encrypted.
#[component]
fn NotEncrypted() -> impl IntoView {
    view! {
        <span class="state unsealed" data-testid="not-encrypted" title=joining::NOT_ENCRYPTED>
            <Icon symbol=Symbol::ShieldOff/><span>{call::NOT_ENCRYPTED}</span>
        </span>
    }
}

/// For how long the call goes on: since its first person came, and a direct one since it was answered.
#[component]
fn Elapsed() -> impl IntoView {
    let view = use_call_handle().view;
    let ring = use_direct_call().map(|ring| ring.view);
    let seconds = RwSignal::new(None::<f64>);
    let elapsed = move || match ring {
        Some(ring) => {
            let answered = ring.with_untracked(|view| view.current().and_then(|line| line.answered_at))?;
            Some(window().performance()?.now() / 1000.0 - answered.as_secs_f64())
        }
        None => Some((js_sys::Date::now() - view.began_millis().get_untracked()?) / 1000.0),
    };
    let is_known = Memo::new(move |_| match ring {
        Some(ring) => ring.with(|view| view.current().is_some_and(|line| line.answered_at.is_some())),
        None => view.began_millis().get().is_some(),
    });
    Effect::new(move || {
        is_known.track();
        seconds.set(elapsed());
        let every_second = Duration::from_secs(1);
        if let Ok(timer) = set_interval_with_handle(move || seconds.set(elapsed()), every_second) {
            on_cleanup(move || timer.clear());
        }
    });
    let elapsed = Memo::new(move |_| Some(call::clock(seconds.get()?.max(0.0) as u64)));
    view! {
        {move || elapsed.get().map(|time| view! { <span class="elapsed" role="timer" aria-label=call::ELAPSED_TIME>{time}</span> })}
    }
}
