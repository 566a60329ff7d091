//! The front door: make a room, or go to one. Plain forms, no script.

use leptos::prelude::*;
use leptos_meta::Title;

use super::Illustration;
use crate::components::SiteHeader;

/// `/`
#[component]
pub fn Landing(
    /// `code`, `name` or `busy` when a form was sent with something that cannot be.
    problem: Option<String>,
    /// Whether everybody can make rooms here.
    anyone_creates: bool,
) -> impl IntoView {
    let code_problem = (problem.as_deref() == Some("code")).then_some(CODE_PROBLEM);
    let name_problem = match problem.as_deref() {
        Some("name") => Some(NAME_PROBLEM),
        Some("busy") => Some(BUSY_PROBLEM),
        _ => None,
    };
    view! {
        <Title text="Veranda: video calls in the browser"/>
        <SiteHeader/>
        <main class="landing">
            <div class="landing-words">
                <h1>"Meet face to face, from a link."</h1>
                <p class="landing-lead">
                    "Open a room, share its link, and talk. No account, and nothing to install."
                </p>
                {if anyone_creates {
                    view! { <NewRoomForm problem=name_problem/> }.into_any()
                } else {
                    view! { <p class="card closed">{CLOSED}</p> }.into_any()
                }}
                <JoinForm problem=code_problem/>
                <p class="more-ways">
                    {anyone_creates.then(|| view! { <a href="/new" rel="external">"New room with rules"</a> })}
                    <a href="/rooms" rel="external">"My rooms"</a>
                    <a href="/connection-test" rel="external">"Connection test"</a>
                </p>
            </div>
            <Illustration/>
        </main>
        <footer class="site-footer">
            <ul>
                <li>"Nobody but the people in the room can see or hear it"</li>
                <li>"No third party is asked for anything"</li>
                <li>"Your own server, one program"</li>
            </ul>
        </footer>
    }
}

#[component]
fn NewRoomForm(problem: Option<&'static str>) -> impl IntoView {
    view! {
        <form class="card new-room" method="post" action="/rooms">
            <div class="field">
                <label for="room-name">"Room name " <span class="optional">"(optional)"</span></label>
                <input id="room-name" name="name" type="text" autocomplete="off"
                    aria-invalid=problem.map(|_| "true") aria-describedby=problem.map(|_| "room-name-problem")/>
                {problem.map(|text| view! { <p id="room-name-problem" class="problem" role="alert">{text}</p> })}
            </div>
            <button type="submit" class="button primary">"New room"</button>
        </form>
    }
}

#[component]
fn JoinForm(problem: Option<&'static str>) -> impl IntoView {
    view! {
        <form class="join-by-code" method="post" action="/join">
            <div class="field">
                <label for="room-code">"Room code or link"</label>
                <input id="room-code" name="room" type="text" required autocomplete="off" autocapitalize="none"
                    spellcheck="false" placeholder="kfm-pqxz-wtr" pattern="[^#]*" title=KEEP_KEY aria-invalid=problem.map(|_| "true")
                    aria-describedby=problem.map(|_| "room-code-problem")/>
                {problem.map(|text| view! { <p id="room-code-problem" class="problem" role="alert">{text}</p> })}
            </div>
            <button type="submit" class="button">"Join"</button>
        </form>
    }
}

/// What is typed here goes to the server, and the key in a link must not.
const KEEP_KEY: &str = "Only the code. A link with a # in it is opened in the address bar, so that its key stays in your browser.";
const CODE_PROBLEM: &str = "That is no room code. It has ten letters and digits, as in kfm-pqxz-wtr.";
const BUSY_PROBLEM: &str = "Too many rooms were opened. Please try again in a minute.";
const CLOSED: &str =
    "New rooms are made for you by whoever runs this server. With a room's link or code you can join.";
const NAME_PROBLEM: &str = "Use up to 80 characters, without < or >.";
