//! The front door: make a room, or go to one. Plain forms, no script of its own.

use leptos::prelude::*;
use leptos_meta::Title;
use protocol::ListedRoom;

use super::{FormProblem, Illustration, OpenRooms};
use crate::components::SiteHeader;
use crate::text;
use crate::text::{direct, plain};

/// `/`
#[component]
pub fn Landing(
    /// What was wrong, when a form was sent with something that cannot be.
    problem: Option<FormProblem>,
    /// Whether everybody can make rooms here.
    anyone_creates: bool,
    /// Whether this build has the licences of what is inside.
    has_licenses: bool,
    /// The rooms that anybody may find, in the order in which they are shown.
    rooms: Vec<ListedRoom>,
) -> impl IntoView {
    let is_of_code = problem == Some(FormProblem::Code);
    let code_problem = problem.filter(|_| is_of_code).map(plain::form_problem);
    let room_problem = problem.filter(|_| !is_of_code).map(plain::form_problem);
    view! {
        <Title text=plain::LANDING_TITLE()/>
        <SiteHeader/>
        <main class="landing">
            <div class="landing-words">
                <h1>{plain::LANDING_HEADING()}</h1>
                <p class="landing-lead">{plain::LANDING_LEAD()}</p>
                {if anyone_creates {
                    view! { <NewRoomForm problem=room_problem/> }.into_any()
                } else {
                    view! { <p class="card closed">{plain::ANYONE_CREATES_NOT()}</p> }.into_any()
                }}
                <JoinForm problem=code_problem/>
                <p class="more-ways">
                    {anyone_creates.then(|| view! { <a href="/new" rel="external">{plain::NEW_ROOM_WITH_OPTIONS()}</a> })}
                    <a href="/call" rel="external">{direct::TITLE()}</a>
                    <a href="/rooms" rel="external">{plain::MY_ROOMS()}</a>
                    <a href="/connection-test" rel="external">{text::CONNECTION_TEST()}</a>
                </p>
            </div>
            <Illustration/>
            <OpenRooms rooms/>
        </main>
        <footer class="site-footer">
            <ul>
                <li>{plain::PROMISE_ENCRYPTED()}</li>
                <li>{plain::PROMISE_NO_THIRD_PARTY()}</li>
                <li>{plain::PROMISE_SELF_HOSTED()}</li>
                {has_licenses.then(|| view! { <li><a href="/licenses.txt" rel="external">{plain::LICENSES()}</a></li> })}
            </ul>
        </footer>
    }
}

#[component]
fn NewRoomForm(problem: Option<String>) -> impl IntoView {
    view! {
        <form class="card new-room" method="post" action="/rooms">
            <div class="field">
                <label for="room-name">{text::ROOM_NAME()}" "<span class="optional">{plain::OPTIONAL()}</span></label>
                <input id="room-name" name="name" type="text" autocomplete="off"
                    aria-invalid=problem.as_ref().map(|_| "true") aria-describedby=problem.as_ref().map(|_| "room-name-problem")/>
                {problem.map(|text| view! { <p id="room-name-problem" class="problem" role="alert">{text}</p> })}
            </div>
            <button type="submit" class="button primary">{plain::NEW_ROOM()}</button>
        </form>
    }
}

#[component]
fn JoinForm(problem: Option<String>) -> impl IntoView {
    view! {
        <form class="join-by-code" method="post" action="/join">
            <div class="field">
                <label for="room-code">{plain::CODE_OR_LINK()}</label>
                <input id="room-code" name="room" type="text" required autocomplete="off" autocapitalize="none"
                    spellcheck="false" placeholder=plain::CODE_EXAMPLE() pattern="[^#]*" title=plain::CODE_ONLY() aria-invalid=problem.as_ref().map(|_| "true")
                    aria-describedby=problem.as_ref().map(|_| "room-code-problem")/>
                {problem.map(|text| view! { <p id="room-code-problem" class="problem" role="alert">{text}</p> })}
            </div>
            <button type="submit" class="button">{plain::JOIN()}</button>
        </form>
    }
}
