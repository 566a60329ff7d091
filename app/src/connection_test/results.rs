//! The hops, one after another as they are tried, and what they mean.

use leptos::prelude::*;

use view::{Grade, Verdict, verdict};

use super::report::{Line, Mark, as_text, lines};
use crate::state::{ConnectionTestCommand, use_connection_test};
use crate::text::connection;

/// A test, which begins when this is shown.
#[component]
pub(super) fn Results() -> impl IntoView {
    let test = use_connection_test();
    let view = test.view;
    let begin = test.clone();
    Effect::new(move |_| begin.send(ConnectionTestCommand::Start));
    let found = Memo::new(move |_| view.with(verdict));
    let copy = test.clone();
    let copy = move |_| {
        if let Some(found) = found.get_untracked() {
            copy.send(ConnectionTestCommand::Copy(view.with_untracked(|view| as_text(view, &found))));
        }
    };
    view! {
        <ul class="hops" aria-label=connection::WHAT_WAS_TRIED>
            {move || view.with(lines).into_iter().map(|line| view! { <Hop line/> }).collect_view()}
        </ul>
        <div class="verdict" role="status">
            {move || found.get().map(|found| view! { <Found found/> })}
        </div>
        <div class="panel-actions">
            <button type="button" class="button" disabled=move || found.get().is_none()
                on:click=move |_| test.send(ConnectionTestCommand::Start)>{connection::TEST_AGAIN}</button>
            <button type="button" class="button" disabled=move || found.get().is_none() on:click=copy>{connection::COPY_RESULT}</button>
        </div>
    }
}

#[component]
fn Hop(line: Line) -> impl IntoView {
    let (mark, class) = match line.mark {
        Mark::Waiting => ("…", "waiting"),
        Mark::Good => ("✓", "good"),
        Mark::Bad => ("✗", "bad"),
        Mark::Unsure => ("~", "unsure"),
    };
    view! {
        <li class=class>
            <span class="mark" aria-hidden="true">{mark}</span>
            <span class="hop-label">{line.label}<span class="visually-hidden">": "</span></span>
            <span class="hop-result">{line.result}</span>
        </li>
    }
}

#[component]
fn Found(found: Verdict) -> impl IntoView {
    let grade = match found.outcome.grade() {
        Grade::Good => "good",
        Grade::Fair => "fair",
        Grade::Bad => "bad",
    };
    let to_open = (!found.to_open.is_empty()).then(|| {
        let list = found
            .to_open
            .into_iter()
            .map(|one| view! { <li>{move || connection::opening(one)}</li> })
            .collect_view();
        view! {
            <h3>{connection::TO_OPEN}</h3>
            <ul class="to-open">{list}</ul>
        }
    });
    view! {
        <p class=format!("sentence {grade}")>{move || connection::outcome(found.outcome)}</p>
        {to_open}
    }
}
