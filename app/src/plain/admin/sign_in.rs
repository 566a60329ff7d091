//! How one gets in: a link from the command line, which works once.

use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use crate::components::SiteHeader;
use crate::text;
use crate::text::admin as words;

/// What a link leads to. Programs that look at links sign nobody in.
#[component]
pub fn SignIn(
    /// The link's secret.
    secret: String,
) -> impl IntoView {
    let heading = words::SIGN_IN_HEADING();
    view! {
        <Title text=text::title(&heading)/>
        <Meta name="robots" content="noindex"/>
        <SiteHeader/>
        <main class="message-page"><div class="card">
            <h1>{heading}</h1>
            <p>{words::SIGN_IN_HINT()}</p>
            <form method="post" action="/admin/sign-in">
                <input type="hidden" name="key" value=secret/>
                <button type="submit" class="button primary">{words::SIGN_IN()}</button>
            </form>
        </div></main>
    }
}

/// What everybody sees who is not signed in.
#[component]
pub fn SignedOut(
    /// Whether it was tried with a link.
    has_link: bool,
) -> impl IntoView {
    let command = words::LINK_COMMAND();
    let (heading, said) = if has_link {
        (words::LINK_REFUSED(), words::link_refused_text(&command))
    } else {
        (words::SIGNED_OUT(), words::signed_out_text(&command))
    };
    view! {
        <Title text=text::title(&heading)/>
        <Meta name="robots" content="noindex"/>
        <SiteHeader/>
        <main class="message-page"><div class="card">
            <h1>{heading}</h1>
            <p>{said}</p>
            <div class="actions"><a class="button" href="/">{text::HOME()}</a></div>
        </div></main>
    }
}
