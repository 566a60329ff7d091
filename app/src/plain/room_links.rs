//! `/r/{code}/links`: the host links, invitations and tokens of a room, for its host. Plain forms, no script.

use leptos::prelude::*;
use leptos_meta::Title;
use protocol::{CredentialKind, CredentialResource, Role, RoomCode};

use crate::components::SiteHeader;
use crate::text_of_moment::in_words;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomLink {
    /// What is known of it.
    pub what: CredentialResource,
    /// Whether it opens nothing any more.
    pub ended: bool,
}

/// The list, newest first.
#[component]
pub fn RoomLinks(
    /// Whose.
    code: RoomCode,
    /// What is in it.
    links: Vec<RoomLink>,
) -> impl IntoView {
    let is_empty = links.is_empty();
    view! {
        <Title text="Links of the room · Veranda"/>
        <SiteHeader/>
        <main class="form-page">
            <h1>"Links of " {code.to_string()}</h1>
            <p class="hint">
                "Host links, invitations and access tokens that you made, and what was made with them. Revoking one revokes \
                 everything made with it. Whoever came in by it has to leave."
            </p>
            {is_empty.then(|| view! { <p>"There are none."</p> })}
            <ul class="room-list">{links.into_iter().map(|link| view! { <Row code link/> }).collect_view()}</ul>
            <a class="button primary" href=format!("/r/{code}")>"To the room"</a>
            <a class="button" href="/rooms">"My rooms"</a>
        </main>
    }
}

#[component]
fn Row(code: RoomCode, link: RoomLink) -> impl IntoView {
    let RoomLink { what, ended } = link;
    let kind = match what.kind {
        CredentialKind::HostKey => "Host link",
        CredentialKind::Invitation => "Invitation",
        CredentialKind::AccessToken => "Access token",
    };
    let title = match &what.name {
        Some(name) => format!("{kind} for {name}"),
        None => kind.to_owned(),
    };
    let role = match what.role {
        Role::Host => "host",
        Role::CoHost => "co-host",
        Role::Guest => "guest",
    };
    let uses = what.uses_left.map(|uses| format!(" · lets in {uses} more"));
    let from = what.not_before.map(|from| format!(" · from {}", in_words(from)));
    let until = what.expires_at.filter(|_| !ended).map(|end| format!(" · until {}", in_words(end)));
    let revoke = format!("Revoke {title}, made {}", in_words(what.created_at));
    view! {
        <li class="card">
            <b>{title}</b>
            <span class="hint">
                {role}" · made "{in_words(what.created_at)}{from}{until}{uses}{ended.then_some(" · ended")}
            </span>
            <form method="post" action=format!("/r/{code}/links")>
                <input type="hidden" name="id" value=what.id/>
                <button type="submit" class="button small" aria-label=revoke>"Revoke"</button>
            </form>
        </li>
    }
}
