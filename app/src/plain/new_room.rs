//! `/new`: a room with rules from the start. A plain form, no script.

use leptos::prelude::*;
use leptos_meta::Title;
use protocol::limits::{MAX_CAPACITY, MAX_PASSWORD_BYTES};

use crate::components::SiteHeader;

/// The form.
#[component]
pub fn NewRoom(
    /// What was wrong, when it was sent with something that cannot be.
    problem: Option<String>,
    /// How many people a room takes here unless its maker says otherwise.
    capacity: u16,
) -> impl IntoView {
    let problem = problem.as_deref().map(|kind| match kind {
        "name" => "Use up to 80 characters, without < or >.",
        "password" => "A password has at most 128 bytes.",
        "busy" => "Too many rooms were opened. Please try again in a minute.",
        _ => "These rules cannot be.",
    });
    view! {
        <Title text="New room · Veranda"/>
        <SiteHeader/>
        <main class="form-page">
            <h1>"New room"</h1>
            <form class="card settings-form" method="post" action="/rooms">
                <input type="hidden" name="form" value="settings"/>
                {problem.map(|text| view! { <p class="problem" role="alert">{text}</p> })}
                <div class="field">
                    <label for="new-name">"Room name " <span class="optional">"(optional)"</span></label>
                    <input id="new-name" name="name" type="text" autocomplete="off"/>
                </div>
                <div class="field">
                    <label for="new-password">"Password " <span class="optional">"(optional)"</span></label>
                    <input id="new-password" name="password" type="password" maxlength=MAX_PASSWORD_BYTES.to_string() autocomplete="new-password"/>
                </div>
                <div class="field">
                    <label for="new-capacity">"How many people"</label>
                    <input id="new-capacity" name="capacity" type="number" min="1" max=MAX_CAPACITY.to_string() value=capacity.to_string()/>
                </div>
                <fieldset>
                    <legend>"Rules"</legend>
                    <Rule name="waiting_room" label="Guests wait until a host lets them in"/>
                    <Rule name="hosts_unmute" label="Only hosts may unmute"/>
                    <Rule name="hosts_chat" label="Only hosts may chat"/>
                    <Rule name="delete_when_empty" label="Delete the room when everybody has left"/>
                </fieldset>
                <button type="submit" class="button primary">"New room"</button>
            </form>
        </main>
    }
}

#[component]
fn Rule(name: &'static str, label: &'static str) -> impl IntoView {
    view! { <label class="choice"><input type="checkbox" name=name value="on"/>{label}</label> }
}
