//! Which part of a call is on the screen.

use leptos::prelude::*;
use leptos_meta::Title;
use protocol::ErrorCode;
use view::Phase;

use super::{
    Announcer, LazyCallScreen, Left, Opened, Prejoin, Refused, Waiting, fetch_call_screen, provide_draft,
};
use crate::components::Module;
use crate::state::{CallViewStoreFields, RoomLookup, use_call_handle};
use crate::text;

/// A call in the room that was found.
#[component]
pub(crate) fn CallPage(lookup: RoomLookup) -> impl IntoView {
    let view = use_call_handle().view;
    let phase = Memo::new(move |_| part_of(view.phase().get()));
    let title = room_name(&lookup);
    let lookup = StoredValue::new(lookup);
    let screen = RwSignal::new(Module::Coming);
    provide_draft();
    Opened::provide();
    fetch_call_screen(screen);
    view! {
        <Title text=move || text::title(&title.clone().unwrap_or_else(|| text::joining::UNTITLED_ROOM().to_owned()))/>
        <Announcer/>
        {move || match phase.get() {
            Part::Before => view! { <Prejoin lookup=lookup.get_value()/> }.into_any(),
            Part::AtTheDoor => view! { <Waiting found=lookup.with_value(|lookup| lookup.found.encryption)/> }.into_any(),
            Part::Inside => view! { <LazyCallScreen module=screen/> }.into_any(),
            Part::After => view! { <Left/> }.into_any(),
            Part::Refused(code) => view! { <Refused code/> }.into_any(),
        }}
    }
}

/// What replaces the whole screen when it changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Before,
    AtTheDoor,
    Inside,
    After,
    Refused(ErrorCode),
}

fn part_of(phase: Phase) -> Part {
    match phase {
        Phase::Preparing | Phase::Joining | Phase::Unreachable | Phase::PasswordAsked { .. } => Part::Before,
        Phase::Waiting => Part::AtTheDoor,
        Phase::Joined => Part::Inside,
        Phase::Left => Part::After,
        Phase::Refused(code) => Part::Refused(code),
    }
}

fn room_name(lookup: &RoomLookup) -> Option<String> {
    let name = lookup.found.room.as_ref().and_then(|room| room.name.as_ref());
    name.map(ToString::to_string)
}
