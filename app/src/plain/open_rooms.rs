//! The rooms on the landing page that their hosts have listed: which can be entered, which cannot just now, and how many are in each.

use leptos::prelude::*;
use protocol::{ListedRoom, RoomEntry};

use crate::text::plain;

/// Two lists, so that nothing stands below *Open rooms* that is not; none of them when it is empty.
#[component]
pub(super) fn OpenRooms(
    /// In the order in which they are shown.
    rooms: Vec<ListedRoom>,
) -> impl IntoView {
    let (open, closed): (Vec<_>, Vec<_>) = rooms.into_iter().partition(|room| room.entry == RoomEntry::Open);
    view! {
        <Section id="open-rooms" heading=plain::OPEN_ROOMS() hint=Some(plain::OPEN_ROOMS_HINT()) rooms=open/>
        <Section id="other-rooms" heading=plain::OTHER_ROOMS() hint=None rooms=closed/>
    }
}

#[component]
fn Section(
    id: &'static str,
    heading: &'static str,
    hint: Option<&'static str>,
    rooms: Vec<ListedRoom>,
) -> impl IntoView {
    let is_there = !rooms.is_empty();
    is_there.then(|| {
        view! {
            <section class="listed-rooms" aria-labelledby=id>
                <h2 id=id>{heading}</h2>
                {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
                <ul>{rooms.into_iter().map(|room| view! { <Row room/> }).collect_view()}</ul>
            </section>
        }
    })
}

#[component]
fn Row(room: ListedRoom) -> impl IntoView {
    let address = format!("/r/{}", room.code);
    let name = room.name.map_or_else(|| room.code.to_string(), |name| name.to_string());
    let people = match room.present {
        Some(people) => plain::people_inside(usize::from(people)),
        None => plain::PEOPLE_UNKNOWN().to_owned(),
    };
    view! {
        <li>
            <a href=address dir="auto">{name}</a>
            {plain::entry(room.entry).map(|mark| view! { <span class="mark">{mark}</span> })}
            <span class="hint">{people}</span>
        </li>
    }
}
