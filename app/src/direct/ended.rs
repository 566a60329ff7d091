//! How the last call ended, and what can be done about it.

use leptos::html;
use leptos::prelude::*;
use protocol::{Outcome, RingSide};
use view::RingPhase;

use crate::components::{Icon, Symbol, focus_when_shown};
use crate::state::{DirectCommand, RingLine, use_direct_handle};
use crate::text::direct;

/// What has ended last, until it is put away or another call begins.
#[component]
pub(crate) fn Ended() -> impl IntoView {
    let view = use_direct_handle().view;
    let line = Memo::new(move |_| view.with(|view| view.ended().cloned()));
    move || line.get().map(|line| view! { <HowItEnded line/> })
}

#[component]
fn HowItEnded(line: RingLine) -> impl IntoView {
    let handle = use_direct_handle();
    let dismiss = handle.clone();
    let heading = NodeRef::<html::H2>::new();
    focus_when_shown(heading);
    let peer = line.peer;
    let again = again(&line);
    let message = line.message.clone();
    let ring = line.phase.name();
    view! {
        <section class="card ended" aria-labelledby="ended-title" data-ring=ring>
            <h2 id="ended-title" tabindex="-1" node_ref=heading dir="auto"><span role="status">{move || direct::state(&line)}</span></h2>
            {message.map(|message| view! { <blockquote dir="auto">{message}</blockquote> })}
            <div class="row-of-buttons">
                {again.map(|name| view! {
                    <button type="button" class="button primary" on:click=move |_| handle.send(DirectCommand::CallAgain { peer })>
                        <Icon symbol=Symbol::Phone/>{name}
                    </button>
                })}
                <button type="button" class="button" on:click=move |_| dismiss.send(DirectCommand::Dismiss)>{direct::CLOSE}</button>
            </div>
        </section>
    }
}

/// What the button is called with which the other one is called, where that makes sense.
fn again(line: &RingLine) -> Option<crate::text::Text> {
    let is_known = !matches!(line.phase, RingPhase::Over(Outcome::AnsweredElsewhere | Outcome::Asked));
    is_known.then_some(match line.side {
        RingSide::Caller => direct::CALL_AGAIN,
        RingSide::Callee => direct::CALL_BACK,
    })
}
