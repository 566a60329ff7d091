//! Reactions, drawn on a grid of 24 in the colours of the house: fonts draw them otherwise on each system, or not at all.

use leptos::prelude::*;
use protocol::Reaction;

/// One reaction, as tall as the text. What stands around it has its name.
#[component]
pub(crate) fn ReactionSign(reaction: Reaction) -> impl IntoView {
    let shapes =
        shapes(reaction).iter().map(|(class, path)| view! { <path class=*class d=*path/> }).collect_view();
    view! { <svg class="sign" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{shapes}</svg> }
}

/// What it is made of, from the back to the front: a class of `reactions.css`, and an outline.
const fn shapes(reaction: Reaction) -> &'static [(&'static str, &'static str)] {
    match reaction {
        Reaction::ThumbsUp => &[(
            "ember",
            "M7 11v9H4.5A1.5 1.5 0 0 1 3 18.5v-6A1.5 1.5 0 0 1 4.5 11H7l4-7.5a2 2 0 0 1 2.8 2.3L13 9.5h5.2a2 2 0 0 1 2 2.4l-1.4 6.5A2 2 0 0 1 16.8 20H7",
        )],
        Reaction::Applause => &[
            (
                "ember",
                "M5.2 12.2V7.4a1.3 1.3 0 0 1 2.6 0v-1.6a1.3 1.3 0 0 1 2.6 0v.8a1.3 1.3 0 0 1 2.6 0v6.6l.7-1a1.4 1.4 0 0 1 2.4 1.4l-2.5 4.8a4.6 4.6 0 0 1-4.1 2.4h-.6a3.7 3.7 0 0 1-3.7-3.7Z",
            ),
            ("sky-line", "M16.5 8.5l2.8-2.8M17.8 11.2l3.2-1M14.6 5.6l.9-3.1"),
        ],
        Reaction::Heart => &[(
            "heart",
            "M12 20.5C6 16.4 3 13 3 9.4A4.6 4.6 0 0 1 12 7.5a4.6 4.6 0 0 1 9 1.9c0 3.6-3 7-9 11.1Z",
        )],
        Reaction::Laughter => &[
            ("face", FACE),
            ("feature", "M7 13h10a5 5 0 0 1-10 0Z"),
            ("feature-line", "M7 9.5q1.5-2 3 0M14 9.5q1.5-2 3 0"),
        ],
        Reaction::Surprise => &[
            ("face", FACE),
            (
                "feature",
                "M8.8 8.5a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6ZM15.2 8.5a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6ZM12 12.9a2 2.6 0 1 0 0 5.2 2 2.6 0 0 0 0-5.2Z",
            ),
        ],
        Reaction::Celebration => &[
            ("ember", "M4 20.5l4.5-11 6.5 6.5Z"),
            ("sky-line", "M12 9q1-4 4.5-4.5M15 12q4-1.5 5.5 1M13.5 10.5l5-5"),
            ("plum", "M9.5 3.3a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4Z"),
            ("leaf", "M19.5 16.3a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4Z"),
        ],
    }
}

const FACE: &str = "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19Z";
