//! The mark: a roof on two posts, and two people under it.

use leptos::prelude::*;

use crate::text;

/// The mark and the word.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! { <span class="logo"><LogoMark/>{text::PRODUCT}</span> }
}

/// The mark by itself, where what stands beside it says what it is.
#[component]
pub(crate) fn LogoMark() -> impl IntoView {
    view! {
        <svg class="logo-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <path class="logo-roof" d="M3 13 16 4l13 9"/>
            <path class="logo-posts" d="M6.5 12.5V27M25.5 12.5V27M3 27h26"/>
            <circle class="logo-person" cx="12.5" cy="19" r="2.6"/>
            <circle class="logo-person other" cx="19.5" cy="19" r="2.6"/>
        </svg>
    }
}
