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
    Screen,
    Layout,
    Pin,
    People,
    Leave,
    Close,
    Chat,
    Hand,
    Smile,
    More,
    Send,
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
        Symbol::Screen => "M4 5h16v11.500H4ZM9 20h6",
        Symbol::Layout => "M4 5h7v6H4ZM13 5h7v6h-7ZM4 13h7v6H4ZM13 13h7v6h-7Z",
        Symbol::Pin => "M9 4h6M10 4v6l-3 4h10l-3-4V4M12 14v6",
        Symbol::People => {
            "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5a6.5 6.5 0 0 1 13 0M16 4.900a3.5 3.5 0 0 1 0 6.2M18 14a6.5 6.5 0 0 1 3.5 5.5"
        }
        Symbol::Leave => "M14 4.5h4.5a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H14M10 8l-4.5 4L10 16M5.5 12H15",
        Symbol::Chat => {
            "M4.5 5h15a1.5 1.500 0 0 1 1.500 1.500v9a1.500 1.500 0 0 1-1.500 1.500H11l-4.500 3.500V17h-2A1.500 1.500 0 0 1 3 15.500v-9A1.500 1.500 0 0 1 4.500 5ZM7.500 9.500h9M7.500 12.500h6"
        }
        Symbol::Hand => {
            "M7 12V6.500a1.400 1.400 0 0 1 2.800 0V11V4.700a1.400 1.400 0 0 1 2.800 0V11V5.700a1.400 1.400 0 0 1 2.800 0V12V8.200a1.400 1.400 0 0 1 2.800 0V15a6.500 6.500 0 0 1-6.500 6.500c-3 0-4.600-1.500-5.900-4.200L3.600 13.100a1.400 1.400 0 0 1 2.400-1.300L7 13.500"
        }
        Symbol::Smile => {
            "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.500 14a4 4 0 0 0 7 0M9 9.500v.1M15 9.500v.1"
        }
        Symbol::More => "M5.500 12h.1M12 12h.1M18.500 12h.1",
        Symbol::Send => "M4 12L20 4.500l-4.500 15-4-6.500L4 12ZM11.500 13L20 4.500",
        Symbol::Close => "M6 6l12 12M18 6L6 18",
    }
}
