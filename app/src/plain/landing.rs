//! The front door: make a room, or go to one. Plain forms, no script.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{FormProblem, Illustration};
use crate::components::SiteHeader;
use crate::text;
use crate::text::plain;

/// `/`
#[component]
pub fn Landing(
    /// What was wrong, when a form was sent with something that cannot be.
    problem: Option<FormProblem>,
    /// Whether everybody can make rooms here.
    anyone_creates: bool,
) -> impl IntoView {
    let is_of_code = problem == Some(FormProblem::Code);
    let code_problem = problem.filter(|_| is_of_code).map(plain::form_problem);
    let room_problem = problem.filter(|_| !is_of_code).map(plain::form_problem);
    view! {
        <Title text=plain::landing_title()/>
        <SiteHeader/>
        <main class="landing">
            <div class="landing-words">
                <h1>{plain::landing_heading()}</h1>
                <p class="landing-lead">{plain::landing_lead()}</p>
                {if anyone_creates {
                    view! { <NewRoomForm problem=room_problem/> }.into_any()
                } else {
                    view! { <p class="card closed">{plain::anyone_creates_not()}</p> }.into_any()
                }}
                <JoinForm problem=code_problem/>
                <p class="more-ways">
                    {anyone_creates.then(|| view! { <a href="/new" rel="external">{plain::new_room_with_options()}</a> })}
                    <a href="/rooms" rel="external">{plain::my_rooms()}</a>
                    <a href="/connection-test" rel="external">{text::connection_test()}</a>
                </p>
            </div>
            <Illustration/>
        </main>
        <footer class="site-footer">
            <ul>
                <li>{plain::promise_encrypted()}</li>
                <li>{plain::promise_no_third_party()}</li>
                <li>{plain::promise_self_hosted()}</li>
            </ul>
        </footer>
    }
}

#[component]
fn NewRoomForm(problem: Option<String>) -> impl IntoView {
    view! {
        <form class="card new-room" method="post" action="/rooms">
            <div class="field">
                <label for="room-name">{text::room_name()}" "<span class="optional">{plain::optional()}</span></label>
                <input id="room-name" name="name" type="text" autocomplete="off"
                    aria-invalid=problem.as_ref().map(|_| "true") aria-describedby=problem.as_ref().map(|_| "room-name-problem")/>
                {problem.map(|text| view! { <p id="room-name-problem" class="problem" role="alert">{text}</p> })}
            </div>
            <button type="submit" class="button primary">{plain::new_room()}</button>
        </form>
    }
}

#[component]
fn JoinForm(problem: Option<String>) -> impl IntoView {
    view! {
        <form class="join-by-code" method="post" action="/join">
            <div class="field">
                <label for="room-code">{plain::code_or_link()}</label>
                <input id="room-code" name="room" type="text" required autocomplete="off" autocapitalize="none"
                    spellcheck="false" placeholder=plain::code_example() pattern="[^#]*" title=plain::code_only() aria-invalid=problem.as_ref().map(|_| "true")
                    aria-describedby=problem.as_ref().map(|_| "room-code-problem")/>
                {problem.map(|text| view! { <p id="room-code-problem" class="problem" role="alert">{text}</p> })}
            </div>
            <button type="submit" class="button">{plain::join()}</button>
        </form>
    }
}
