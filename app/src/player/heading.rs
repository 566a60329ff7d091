//! What is played: its name, when it was, who agreed and who is missing.

use leptos::prelude::*;
use protocol::Consent;
use view::{RecordedMeeting, Sealing};

use crate::components::{Icon, Symbol};
use crate::text::player;

/// The line over the player.
#[component]
pub(super) fn Heading(meeting: StoredValue<RecordedMeeting>) -> impl IntoView {
    let RecordedMeeting { title, began, lasts, sealing, people, .. } = meeting.get_value();
    let count =
        |answers: &[Consent]| people.iter().filter(|person| answers.contains(&person.consent)).count();
    let agreed = count(&[Consent::Given, Consent::TakenBack]);
    let missing =
        people.iter().filter(|person| matches!(person.consent, Consent::Refused | Consent::NotAnswered));
    // Of a crowd, some.
    let missing: Vec<_> = missing.map(|person| person.name.clone()).take(MOST_NAMES).collect();
    let length = player::clock(lasts);
    let facts = move || [began.clone(), length.clone(), player::agreed(agreed)].join(" · ");
    view! {
        <div class="heading">
            <h1 dir="auto">{move || if title.is_empty() { player::PAGE().to_owned() } else { title.clone() }}</h1>
            <p class="facts">{facts}</p>
            {(sealing == Sealing::Sealed).then(|| view! { <span class="sealed-mark"><Icon symbol=Symbol::Shield/>{player::SEALED}</span> })}
            {(sealing == Sealing::ClearDespiteKey).then(|| view! { <p class="problem" role="alert">{player::CLEAR_DESPITE_KEY}</p> })}
            {(!missing.is_empty()).then(|| view! { <p class="missing" dir="auto">{move || player::not_in_it(&missing)}</p> })}
        </div>
    }
}

/// So many who are missing are named.
const MOST_NAMES: usize = 20;
