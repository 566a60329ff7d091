//! `/r/{code}/links`: the host links, invitations and tokens of a room, for its host. Plain forms, no script.

use leptos::prelude::*;
use leptos_meta::Title;
use protocol::{CredentialResource, RoomCode};

use crate::components::SiteHeader;
use crate::text;
use crate::text::plain;

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
    /// The code of the room.
    code: RoomCode,
    /// What is in it.
    links: Vec<RoomLink>,
) -> impl IntoView {
    let is_empty = links.is_empty();
    view! {
        <Title text=text::title(&plain::LINKS_TITLE())/>
        <SiteHeader/>
        <main class="form-page">
            <h1>{plain::links_of(&code.to_string())}</h1>
            <p class="hint">{plain::LINKS_HINT()}</p>
            {is_empty.then(|| view! { <p>{plain::NO_LINKS()}</p> })}
            <ul class="room-list">{links.into_iter().map(|link| view! { <Row code link/> }).collect_view()}</ul>
            <a class="button primary" href=format!("/r/{code}")>{plain::TO_THE_ROOM()}</a>
            <a class="button" href="/rooms">{plain::MY_ROOMS()}</a>
        </main>
    }
}

#[component]
fn Row(code: RoomCode, link: RoomLink) -> impl IntoView {
    let RoomLink { what, ended } = link;
    let title = plain::credential(&what);
    let terms = plain::credential_terms(&what, ended);
    let revoke = plain::revoke_credential(&title, what.created_at);
    view! {
        <li class="card">
            <b>{title}</b>
            <span class="hint">{terms}</span>
            <form method="post" action=format!("/r/{code}/links")>
                <input type="hidden" name="id" value=what.id/>
                <button type="submit" class="button small" aria-label=revoke>{plain::REVOKE()}</button>
            </form>
        </li>
    }
}
