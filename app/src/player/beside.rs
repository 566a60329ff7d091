//! Beside the player: what was said, what was written, who was there. Lines seek.

use leptos::prelude::*;
use view::{RecordedLine, RecordedMeeting, RecordedPerson};

use super::track_export::TrackExports;
use crate::components::{Avatar, Icon, Symbol};
use crate::state::{PlayerCommand, use_player};
use crate::text::{Text, player};

/// Which of the lists is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Transcript,
    Chat,
    People,
}

/// No more lines are shown at once; a search finds the others.
const MOST_LINES: usize = 2_000;

/// The lists.
#[component]
pub(super) fn Beside(meeting: StoredValue<RecordedMeeting>) -> impl IntoView {
    let has_transcript = meeting.with_value(|meeting| !meeting.transcript.is_empty());
    let list = RwSignal::new(if has_transcript { List::Transcript } else { List::Chat });
    let choice = move |of: List, name: Text| {
        view! {
            <label><input type="radio" name="beside" prop:checked=move || list.get() == of on:change=move |_| list.set(of)/>{name}</label>
        }
    };
    view! {
        <section class="transcript card" aria-label=player::BESIDE>
            <div class="segments" role="radiogroup" aria-label=player::BESIDE>
                {has_transcript.then(|| choice(List::Transcript, player::TRANSCRIPT))}
                {choice(List::Chat, player::CHAT)}
                {choice(List::People, player::PEOPLE)}
            </div>
            {move || match list.get() {
                List::Transcript => view! { <Lines lines=meeting.with_value(|meeting| meeting.transcript.clone())/> }.into_any(),
                List::Chat => view! { <Lines lines=meeting.with_value(|meeting| meeting.chat.clone())/> }.into_any(),
                List::People => view! { <People meeting/> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Lines(lines: Vec<RecordedLine>) -> impl IntoView {
    if lines.is_empty() {
        return view! { <p class="hint">{player::NO_CHAT}</p> }.into_any();
    }
    let query = RwSignal::new(String::new());
    let position = use_player().view.position;
    let lines = StoredValue::new(lines);
    let current = Memo::new(move |_| {
        let position = position.get();
        lines.with_value(|lines| lines.partition_point(|line| line.at <= position).checked_sub(1))
    });
    let found = move || {
        let query = query.get().trim().to_lowercase();
        let has = |line: &RecordedLine| {
            let text = line.text.as_deref().unwrap_or_default();
            query.is_empty()
                || text.to_lowercase().contains(&query)
                || line.name.to_lowercase().contains(&query)
        };
        lines.with_value(|lines| {
            let found = lines.iter().enumerate().filter(|(_, line)| has(line)).take(MOST_LINES);
            found.map(|(index, line)| (index, line.clone())).collect::<Vec<_>>()
        })
    };
    let found = Memo::new(move |_| found());
    view! {
        <div class="search">
            <Icon symbol=Symbol::Search/>
            <input type="search" aria-label=player::SEARCH placeholder=player::SEARCH on:input=move |event| query.set(event_target_value(&event))/>
        </div>
        <div class="lines" tabindex="0" role="group" aria-label=player::LINES>
            <For each=move || found.get() key=|(index, _)| *index let((index, line))><Line line is_current=Signal::derive(move || current.get() == Some(index))/></For>
            <Show when=move || found.with(Vec::is_empty)><p class="hint" role="status">{player::NOTHING_FOUND}</p></Show>
        </div>
    }
    .into_any()
}

#[component]
fn Line(line: RecordedLine, is_current: Signal<bool>) -> impl IntoView {
    let handle = use_player();
    let RecordedLine { at, name, text, .. } = line;
    let is_closed = text.is_none();
    let text = move || text.clone().unwrap_or_else(|| player::CLOSED_LINE().to_owned());
    view! {
        <button type="button" aria-current=move || is_current.get().then_some("true") on:click=move |_| handle.send(PlayerCommand::Seek(at))>
            <time>{player::clock(at)}</time>
            <span><strong dir="auto">{name}</strong><span class="said" class:hint=is_closed dir="auto">{text}</span></span>
        </button>
    }
}

#[component]
fn People(meeting: StoredValue<RecordedMeeting>) -> impl IntoView {
    let people =
        meeting.with_value(|meeting| meeting.people.iter().take(MOST_LINES).cloned().collect::<Vec<_>>());
    let person = |person: RecordedPerson| {
        let name = person.name.clone();
        view! {
            <li>
                <Avatar name=Signal::stored(name)/>
                <span><strong dir="auto">{person.name}</strong><span class="hint">{move || player::answer(person.consent)}</span></span>
            </li>
        }
    };
    view! {
        <div class="lines" tabindex="0" role="group" aria-label=player::PEOPLE>
            <ul class="recorded-people">{people.into_iter().map(person).collect_view()}</ul>
            <TrackExports meeting/>
        </div>
    }
}
