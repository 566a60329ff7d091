//! `/new`: a room with rules from the start. A plain form, no script.

use leptos::prelude::*;
use leptos_meta::Title;
use protocol::limits::{MAX_CAPACITY, MAX_PASSWORD_BYTES};

use super::FormProblem;
use crate::components::SiteHeader;
use crate::text;
use crate::text::{plain, room};

/// The form.
#[component]
pub fn NewRoom(
    /// What was wrong, when it was sent with something that cannot be.
    problem: Option<FormProblem>,
    /// How many people a room takes here unless its maker says otherwise.
    capacity: u16,
) -> impl IntoView {
    let problem = problem.map(plain::form_problem);
    view! {
        <Title text=text::title(&plain::NEW_ROOM())/>
        <SiteHeader/>
        <main class="form-page">
            <h1>{plain::NEW_ROOM()}</h1>
            <form class="card settings-form" method="post" action="/rooms">
                <input type="hidden" name="form" value="settings"/>
                {problem.map(|text| view! { <p class="problem" role="alert">{text}</p> })}
                <div class="field">
                    <label for="new-name">{text::ROOM_NAME()}" "<span class="optional">{plain::OPTIONAL()}</span></label>
                    <input id="new-name" name="name" type="text" autocomplete="off"/>
                </div>
                <div class="field">
                    <label for="new-password">{room::PASSWORD()}" "<span class="optional">{plain::OPTIONAL()}</span></label>
                    <input id="new-password" name="password" type="password" maxlength=MAX_PASSWORD_BYTES.to_string() autocomplete="new-password"/>
                </div>
                <div class="field">
                    <label for="new-capacity">{room::CAPACITY()}</label>
                    <input id="new-capacity" name="capacity" type="number" min="1" max=MAX_CAPACITY.to_string() value=capacity.to_string()/>
                </div>
                <fieldset>
                    <legend>{plain::OPTIONS()}</legend>
                    <Rule name="waiting_room" label=room::GUESTS_WAIT()/>
                    <Rule name="hosts_unmute" label=plain::ONLY_HOSTS_UNMUTE()/>
                    <Rule name="hosts_share" label=plain::ONLY_HOSTS_SHARE()/>
                    <Rule name="hosts_chat" label=plain::ONLY_HOSTS_CHAT()/>
                    <Rule name="listed" label=room::LISTED() hint=room::LISTED_HINT()/>
                    <Rule name="delete_when_empty" label=room::DELETE_WHEN_EMPTY()/>
                </fieldset>
                <fieldset>
                    <legend>{room::ENCRYPTION()}</legend>
                    <Encryption value="end_to_end" label=room::END_TO_END() hint=room::END_TO_END_HINT() checked=true/>
                    <Encryption value="transport" label=room::IN_TRANSIT() hint=room::IN_TRANSIT_HINT() checked=false/>
                </fieldset>
                <button type="submit" class="button primary">{plain::NEW_ROOM()}</button>
            </form>
        </main>
    }
}

#[component]
fn Encryption(value: &'static str, label: &'static str, hint: &'static str, checked: bool) -> impl IntoView {
    let id_of_hint = format!("encryption-{value}-hint");
    view! {
        <label class="choice"><input type="radio" name="encryption" value=value checked=checked aria-describedby=id_of_hint.clone()/>{label}</label>
        <p id=id_of_hint class="hint">{hint}</p>
    }
}

#[component]
fn Rule(
    name: &'static str,
    label: &'static str,
    #[prop(optional)] hint: Option<&'static str>,
) -> impl IntoView {
    let id_of_hint = hint.map(|_| format!("{name}-hint"));
    view! {
        <label class="choice"><input type="checkbox" name=name value="on" aria-describedby=id_of_hint.clone()/>{label}</label>
        {hint.map(|hint| view! { <p id=id_of_hint class="hint">{hint}</p> })}
    }
}
