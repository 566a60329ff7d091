//! The picture on the front page: an evening on a veranda, four windows, four people. Decoration only.

use leptos::prelude::*;

/// Four people in four windows under one roof.
#[component]
pub(crate) fn Illustration() -> impl IntoView {
    view! {
        <svg class="illustration" viewBox="0 0 480 400" aria-hidden="true" focusable="false">
            <circle class="sun" cx="378" cy="92" r="46"/>
            <path class="hill far" d="M0 300c60-70 130-90 210-60s150 20 270-50v150H0Z"/>
            <path class="hill near" d="M0 340c90-50 170-40 250-15s150 15 230-25v100H0Z"/>
            <path class="roof" d="M40 150 240 44l200 106Z"/>
            <path class="beam" d="M56 150h368v14H56Z"/>
            <path class="post" d="M68 164h12v190H68ZM400 164h12v190h-12Z"/>
            <path class="floor" d="M40 354h400v14H40Z"/>
            {PEOPLE.map(|(x, y, tone)| view! { <Person x y tone/> })}
        </svg>
    }
}

#[component]
fn Person(x: i32, y: i32, tone: &'static str) -> impl IntoView {
    view! {
        <g class=format!("window {tone}") transform=format!("translate({x} {y})")>
            <rect class="pane" width="136" height="78" rx="12"/>
            <path class="shoulders" d="M32 78c2-24 17-34 36-34s34 10 36 34Z"/>
            <circle class="head" cx="68" cy="31" r="16"/>
        </g>
    }
}

const PEOPLE: [(i32, i32, &str); 4] =
    [(96, 178, "moss"), (248, 178, "clay"), (96, 266, "sky"), (248, 266, "plum")];
