//! Past calls, newest first, and those who ask to be allowed.

use leptos::html;
use leptos::prelude::*;
use protocol::{Acquaintance, ContactRule, RingId, RingSide};

use crate::components::{Avatar, Confirm, Icon, RowMenu, Symbol, close_menu};
use crate::state::{Day, DirectCommand, PastCallLine, use_direct_handle};
use crate::text::{direct, history};

/// The history, and above it the requests.
#[component]
pub(crate) fn CallHistory() -> impl IntoView {
    let handle = use_direct_handle();
    let view = handle.view;
    let requests =
        Memo::new(move |_| view.with(|view| view.book.requests().into_iter().cloned().collect::<Vec<_>>()));
    let calls = Memo::new(move |_| view.with(|view| with_days(&view.book.calls)));
    let has_older = Memo::new(move |_| view.with(|view| view.book.has_older));
    let is_refused = Memo::new(move |_| view.with(|view| view.book.is_refused));
    let is_empty = move || calls.with(Vec::is_empty);
    let forgets_all = RwSignal::new(false);
    let (older, forget_all) = (handle.clone(), handle);
    view! {
        <Show when=move || requests.with(|requests| !requests.is_empty())>
            <section class="card" aria-labelledby="requests-title">
                <h2 id="requests-title">{history::REQUESTS}</h2>
                <For each=move || requests.get() key=|call| call.ring children=|call| view! { <Request call/> }/>
            </section>
        </Show>
        <section class="card" aria-labelledby="history-title">
            <h2 id="history-title">{history::TITLE}</h2>
            <Show when=move || is_refused.get()><p class="problem" role="alert">{history::NOT_SAVED}</p></Show>
            <ul class="history" aria-label=history::TITLE>
                <For each=move || calls.get() key=|line| format!("{line:?}") children=|(day, call)| view! {
                    {day.map(|day| view! { <li class="day">{move || history::day(&day)}</li> })}
                    <PastCall call/>
                }/>
            </ul>
            <Show when=is_empty><p class="hint">{history::EMPTY}</p></Show>
            <div class="row-of-buttons">
                <Show when=move || has_older.get()>
                    <button type="button" class="button small" on:click={
                        let older = older.clone();
                        move |_| older.send(DirectCommand::ReadOlder)
                    }>{history::OLDER}</button>
                </Show>
                <Show when=move || !is_empty()>
                    <button type="button" class="button small" on:click=move |_| forgets_all.set(true)>{history::DELETE_ALL}</button>
                </Show>
            </div>
            <Confirm asked=forgets_all question=Signal::derive(|| history::DELETE_QUESTION().to_owned()) hint=history::DELETE_HINT
                action=history::DELETE_ALL on_confirm=move || forget_all.send(DirectCommand::ForgetAllCalls)/>
        </section>
    }
}

/// Each call, and the day above it where that is another one.
fn with_days(calls: &[PastCallLine]) -> Vec<(Option<Day>, PastCallLine)> {
    let mut last = None;
    let with_day = |call: &PastCallLine| {
        let is_new = last.as_ref() != Some(&call.day);
        last = Some(call.day.clone());
        (is_new.then(|| call.day.clone()), call.clone())
    };
    calls.iter().map(with_day).collect()
}

/// Somebody asks to be allowed to call.
#[component]
fn Request(call: PastCallLine) -> impl IntoView {
    let handle = use_direct_handle();
    let called = call.called();
    let answer = move |rule| {
        let (handle, key) = (handle.clone(), call.key.clone());
        move |_| handle.send(DirectCommand::SetContact { key: key.clone(), rule })
    };
    let (allow, ignore) = (answer(ContactRule::Allowed), answer(ContactRule::Forgotten));
    let block = answer(ContactRule::Blocked);
    view! {
        <div class="request">
            <p dir="auto">{move || direct::would_like_to_call(&called)}</p>
            <div class="row-of-buttons">
                <button type="button" class="button primary small" on:click=allow>{history::ALLOW}</button>
                <button type="button" class="button small" on:click=ignore>{history::IGNORE}</button>
                <button type="button" class="button small" on:click=block>{history::BLOCK}</button>
            </div>
        </div>
    }
}

#[component]
fn PastCall(call: PastCallLine) -> impl IntoView {
    let handle = use_direct_handle();
    let called = call.called();
    let name = called.clone();
    let is_missed = history::is_missed(&call);
    let is_fresh = call.is_fresh;
    let symbol = match call.side {
        RingSide::Caller => Symbol::Outgoing,
        RingSide::Callee if is_missed => Symbol::Missed,
        RingSide::Callee => Symbol::Incoming,
    };
    let is_blocked = call.relation == Some(Acquaintance::Blocked);
    let peer = call.peer;
    let (key, ring, time) = (call.key.clone(), call.ring, call.time.clone());
    let label = {
        let called = called.clone();
        move || history::call_named(&called)
    };
    view! {
        <li data-ring-id=ring.to_string()>
            <Avatar name=Signal::stored(name)/>
            <span class="who">
                <strong class="cut"><bdi>{called.clone()}</bdi></strong>
                <span class="how" class:missed=is_missed>
                    <Icon symbol/>{move || history::how(&call)}" · "<bdi>{time}</bdi>
                    {is_fresh.then(|| view! { <span class="tag">{history::NEW_SIGN}</span> })}
                    {is_blocked.then(|| view! { <span class="tag">{history::BLOCKED_SIGN}</span> })}
                </span>
            </span>
            <button type="button" class="icon-button round-call" aria-label=label.clone() title=label disabled=is_blocked
                on:click=move |_| handle.send(DirectCommand::CallAgain { peer })>
                <Icon symbol=Symbol::Phone/>
            </button>
            <CallOptions called key ring is_blocked/>
        </li>
    }
}

/// What else can be done about a call, and about whom it was with.
#[component]
fn CallOptions(called: String, key: protocol::PublicKey, ring: RingId, is_blocked: bool) -> impl IntoView {
    let handle = use_direct_handle();
    let menu = NodeRef::<html::Details>::new();
    let blocks = RwSignal::new(false);
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            close_menu(&menu);
        }
    };
    let set = {
        let (handle, key) = (handle.clone(), key);
        move |rule| handle.send(DirectCommand::SetContact { key: key.clone(), rule })
    };
    let unblock = set.clone();
    let toggle = move |_| {
        close();
        if is_blocked {
            unblock(ContactRule::Forgotten);
        } else {
            blocks.set(true);
        }
    };
    let forget = move |_| {
        close();
        handle.send(DirectCommand::ForgetCall { ring });
    };
    let asked = called.clone();
    let question = Signal::derive(move || history::block_question(&asked));
    view! {
        <RowMenu label=Signal::derive(move || history::options_for(&called)) symbol=Symbol::More menu class="row-menu" opens="row-choices">
            <button type="button" class="row-choice" class:danger=!is_blocked on:click=toggle>
                <Icon symbol=Symbol::Ban/>{if is_blocked { history::UNBLOCK } else { history::BLOCK }}
            </button>
            <button type="button" class="row-choice" on:click=forget><Icon symbol=Symbol::Close/>{history::DELETE}</button>
        </RowMenu>
        <Confirm asked=blocks question hint=history::BLOCK_HINT action=history::BLOCK on_confirm=move || set(ContactRule::Blocked)/>
    }
}
