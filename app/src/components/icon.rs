//! Line icons, drawn on a grid of 24, in the colour of the text around them. They never carry a meaning alone: the
//! control around an icon has a name.

use leptos::prelude::*;

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    Microphone,
    MicrophoneOff,
    Camera,
    CameraOff,
    Link,
    People,
    Leave,
    Close,
}

/// One icon, as tall as the text.
#[component]
pub(crate) fn Icon(#[prop(into)] symbol: Signal<Symbol>) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=move || path(symbol.get())/>
        </svg>
    }
}

const fn path(symbol: Symbol) -> &'static str {
    match symbol {
        Symbol::Microphone => {
            "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3M8.5 21h7"
        }
        Symbol::MicrophoneOff => {
            "M15 10.5V6a3 3 0 0 0-5.9-.8M9 9v3a3 3 0 0 0 4.6 2.5M5.5 11.5a6.5 6.5 0 0 0 10.6 5M18.5 11.5a6.5 6.5 0 0 1-.6 2.7M12 18v3M8.5 21h7M4 3l16 18"
        }
        Symbol::Camera => {
            "M4.5 6.5h9a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM15.5 10.5l6-3.5v10l-6-3.5"
        }
        Symbol::CameraOff => {
            "M8.5 6.5h5a2 2 0 0 1 2 2v4.5M15.5 15.5a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 1.8-2M15.5 10.5l6-3.5v10l-4-2.3M3.5 3l17 18"
        }
        Symbol::Link => {
            "M10 14a4 4 0 0 0 5.7 0l3.5-3.5a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0l-3.5 3.5a4 4 0 0 0 5.7 5.7l1.5-1.5"
        }
        Symbol::People => {
            "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5a6.5 6.5 0 0 1 13 0M16 4.900a3.5 3.5 0 0 1 0 6.2M18 14a6.5 6.5 0 0 1 3.5 5.5"
        }
        Symbol::Leave => "M14 4.5h4.5a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H14M10 8l-4.5 4L10 16M5.5 12H15",
        Symbol::Close => "M6 6l12 12M18 6L6 18",
    }
}
