//! Line icons, drawn on a grid of 24, in the colour of the text around them. They never carry a meaning alone: the
//! control around an icon has a name.

use leptos::prelude::*;

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    BackTen,
    Ban,
    Camera,
    CameraOff,
    Captions,
    Chat,
    Close,
    Copy,
    Door,
    Download,
    ForwardTen,
    FullScreen,
    Gear,
    Globe,
    Hand,
    HangUp,
    Incoming,
    Key,
    Keyboard,
    Layout,
    Leave,
    Link,
    Lock,
    Microphone,
    MicrophoneOff,
    Missed,
    More,
    Outgoing,
    Pause,
    People,
    Phone,
    Pin,
    Play,
    Plus,
    Record,
    Remove,
    Screen,
    Search,
    Send,
    Shield,
    ShieldOff,
    Smile,
    Speaker,
    SpeakerOff,
    Star,
    Statistics,
    Up,
}

impl Symbol {
    /// Whether it points somewhere, and points the other way where lines run from right to left.
    const fn has_direction(self) -> bool {
        matches!(
            self,
            Self::Leave
                | Self::Send
                | Self::Chat
                | Self::Speaker
                | Self::SpeakerOff
                | Self::Remove
                | Self::Incoming
                | Self::Outgoing
                | Self::Missed
        )
    }
}

/// One icon, as tall as the text.
#[component]
pub(crate) fn Icon(#[prop(into)] symbol: Signal<Symbol>) -> impl IntoView {
    view! {
        <svg class="icon" class:turns=move || symbol.get().has_direction() viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=move || path(symbol.get())/>
        </svg>
    }
}

/// A lamp that is lit.
const RECORD: &str = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 15.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z";

#[expect(clippy::too_many_lines, reason = "a table, a row a symbol")]
const fn path(symbol: Symbol) -> &'static str {
    match symbol {
        Symbol::BackTen => "M5 5v4.5h4.5M5.3 9.3A8 8 0 1 1 4 13.5",
        Symbol::Ban => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM5.8 5.8l12.4 12.4",
        Symbol::Camera => {
            "M4.5 6.5h9a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM15.5 10.5l6-3.5v10l-6-3.5"
        }
        Symbol::CameraOff => {
            "M8.5 6.5h5a2 2 0 0 1 2 2v4.5M15.5 15.5a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 1.8-2M15.5 10.5l6-3.5v10l-4-2.3M3.5 3l17 18"
        }
        Symbol::Captions => {
            "M4.5 5h15A1.5 1.5 0 0 1 21 6.5v11a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.5v-11A1.5 1.5 0 0 1 4.5 5ZM10.3 10.4a2.3 2.3 0 1 0 0 3.2M16.8 10.4a2.3 2.3 0 1 0 0 3.2"
        }
        Symbol::Chat => {
            "M4.5 5h15A1.5 1.5 0 0 1 21 6.5v9a1.5 1.5 0 0 1-1.5 1.5H11l-4.5 3.5V17h-2A1.5 1.5 0 0 1 3 15.5v-9A1.5 1.5 0 0 1 4.5 5ZM7.5 9.5h9M7.5 12.5h6"
        }
        Symbol::Close => "M6 6l12 12M18 6L6 18",
        Symbol::Copy => "M9 9h11v11H9ZM4.5 15V5.5a1 1 0 0 1 1-1H15",
        Symbol::Door => "M6 20.5V5A1.5 1.5 0 0 1 7.5 3.5h9A1.5 1.5 0 0 1 18 5v15.5M3.5 20.5h17M14.5 12v.8",
        Symbol::Download => "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4.5 20h15",
        Symbol::ForwardTen => "M19 5v4.5h-4.5M18.7 9.3A8 8 0 1 0 20 13.5",
        Symbol::FullScreen => {
            "M4 9V5a1 1 0 0 1 1-1h4M15 4h4a1 1 0 0 1 1 1v4M20 15v4a1 1 0 0 1-1 1h-4M9 20H5a1 1 0 0 1-1-1v-4"
        }
        Symbol::Gear => {
            "M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM12 3v2.6M12 18.4V21M4.2 7.5l2.3 1.3M17.5 15.2l2.3 1.3M4.2 16.5l2.3-1.3M17.5 8.8l2.3-1.3"
        }
        Symbol::Globe => {
            "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3.5 12h17M12 3c2.5 2.6 3.7 5.6 3.7 9s-1.2 6.4-3.7 9c-2.5-2.6-3.7-5.6-3.7-9S9.5 5.6 12 3Z"
        }
        Symbol::Hand => {
            "M7 12V6.5a1.4 1.4 0 0 1 2.8 0V11V4.7a1.4 1.4 0 0 1 2.8 0V11V5.7a1.4 1.4 0 0 1 2.8 0V12V8.2a1.4 1.4 0 0 1 2.8 0V15a6.5 6.5 0 0 1-6.5 6.5c-3 0-4.6-1.5-5.9-4.2L3.6 13.1a1.4 1.4 0 0 1 2.4-1.3L7 13.5"
        }
        Symbol::HangUp => "M3 14.5c0-6.5 18-6.5 18 0l-1.4 1.6-4.1-1.7v-2.9a11 11 0 0 0-7 0v2.9l-4.1 1.7Z",
        Symbol::Incoming => "M17.5 6.5l-11 11M6.5 8.5v9h9",
        Symbol::Key => "M8 16.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 12.5h9M18 12.5v3.5M15 12.5v2.5",
        Symbol::Keyboard => {
            "M4.5 6.5h15A1.5 1.5 0 0 1 21 8v8a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 16V8a1.5 1.5 0 0 1 1.5-1.5ZM7 10h.01M10.5 10h.01M14 10h.01M17 10h.01M8.5 14h7"
        }
        Symbol::Layout => {
            "M4.5 4.5h15A1.5 1.5 0 0 1 21 6v12a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18V6a1.5 1.5 0 0 1 1.5-1.5ZM15 4.5v15M15 9.5h6M15 14.5h6"
        }
        Symbol::Leave => "M14 4.5h4.5a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H14M10 8l-4.5 4L10 16M5.5 12H15",
        Symbol::Link => {
            "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1.2 1.2M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1.2-1.2"
        }
        Symbol::Lock => {
            "M6.5 10.5h11A1.5 1.5 0 0 1 19 12v7a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 19v-7a1.5 1.5 0 0 1 1.5-1.5ZM8 10.5V7.5a4 4 0 0 1 8 0v3M12 14.5v2"
        }
        Symbol::Microphone => {
            "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3M8.5 21h7"
        }
        Symbol::MicrophoneOff => {
            "M15 10.5V6a3 3 0 0 0-5.9-.8M9 9v3a3 3 0 0 0 4.6 2.5M5.5 11.5a6.5 6.5 0 0 0 10.6 5M18.5 11.5a6.5 6.5 0 0 1-.6 2.7M12 18v3M8.5 21h7M4 3l16 18"
        }
        Symbol::Missed => "M3.5 8l7 7 9-9M20 11V5.5h-5.5",
        Symbol::More => {
            "M5 12a.6.6 0 1 0 1.2 0a.6.6 0 1 0-1.2 0M11.4 12a.6.6 0 1 0 1.2 0a.6.6 0 1 0-1.2 0M17.8 12a.6.6 0 1 0 1.2 0a.6.6 0 1 0-1.2 0"
        }
        Symbol::Outgoing => "M6.5 17.5l11-11M8.5 6.5h9v9",
        Symbol::Pause => "M8.5 5v14M15.5 5v14",
        Symbol::People => {
            "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5a6.5 6.5 0 0 1 13 0M16 4.9a3.5 3.5 0 0 1 0 6.2M18 14a6.5 6.5 0 0 1 3.5 5.5"
        }
        Symbol::Phone => {
            "M6.2 3.5h2.6l1.6 4.3-2 1.7a12 12 0 0 0 6 6l1.8-2 4.3 1.6v2.6a2.3 2.3 0 0 1-2.5 2.3A16 16 0 0 1 4 6a2.3 2.3 0 0 1 2.2-2.5Z"
        }
        Symbol::Pin => "M9 3.5h6M10 3.5v6l-3.5 4V15h11v-1.5l-3.5-4v-6M12 15v6",
        Symbol::Play => "M7.5 4.5l11.5 7.5-11.5 7.5Z",
        Symbol::Plus => "M12 5v14M5 12h14",
        Symbol::Record => RECORD,
        Symbol::Remove => {
            "M10 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM3.5 19.5a6.5 6.5 0 0 1 11.2-4.5M16 18h5"
        }
        Symbol::Screen => {
            "M4.5 4.5h15a1.5 1.5 0 0 1 1.5 1.5v9.5a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 15.5V6a1.5 1.5 0 0 1 1.5-1.5ZM8 20.5h8M12 13.5V8M9.3 10.3L12 7.6l2.7 2.7"
        }
        Symbol::Search => "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.5 4.5",
        Symbol::Send => "M4 12L20 4.5l-4.5 15-4-6.5L4 12ZM11.5 13L20 4.5",
        Symbol::Shield => {
            "M12 3l7.5 2.8v5.4c0 4.6-3 8-7.5 9.8-4.5-1.8-7.5-5.2-7.5-9.8V5.8L12 3ZM8.7 12l2.4 2.4 4.4-4.6"
        }
        Symbol::ShieldOff => {
            "M12 3l7.5 2.8v5.4c0 4.6-3 8-7.5 9.8-4.5-1.8-7.5-5.2-7.5-9.8V5.8L12 3ZM9.5 9.5l5 5M14.5 9.5l-5 5"
        }
        Symbol::Smile => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.5 14a4 4 0 0 0 7 0M9 9.5v.1M15 9.5v.1",
        Symbol::Speaker => "M4 9.5h3.5L12 5.5v13l-4.5-4H4ZM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
        Symbol::SpeakerOff => "M4 9.5h3.5L12 5.5v13l-4.5-4H4ZM16 9.5l5 5M21 9.5l-5 5",
        Symbol::Star => "M12 4l2.5 5.2 5.6.8-4.1 4 1 5.7-5-2.7-5 2.7 1-5.7-4.1-4 5.6-.8L12 4Z",
        Symbol::Statistics => "M4 20.5h16M6.5 17v-5M12 17V5M17.5 17V9",
        Symbol::Up => "M6.5 14.5L12 9l5.5 5.5",
    }
}
