//! Lanes of who spoke, what was shared and what was written, over the slider that seeks. The lanes are pictures: what they say stands in the lists beside
//! them, and what they do the slider does.

use leptos::ev::PointerEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use view::{RecordedMeeting, SpeakingLane};
use web_sys::Element;

use crate::components::hue;
use crate::state::{PlayerCommand, use_player};
use crate::text::player;

/// All lanes, and the slider.
#[component]
pub(super) fn Timeline(meeting: StoredValue<RecordedMeeting>) -> impl IntoView {
    let RecordedMeeting { lasts, lanes, shares, chat_marks, .. } = meeting.get_value();
    let handle = use_player();
    let position = handle.view.position;
    let at = move || format!("{:.3}", f64::from(position.get()) / f64::from(lasts.max(1)));
    let marks: Vec<_> = chat_marks.into_iter().map(|mark| (mark, mark)).collect();
    let said = move || player::position_of(&player::clock(position.get()), &player::clock(lasts));
    let seek = move |event| {
        if let Ok(to) = event_target_value(&event).parse() {
            handle.send(PlayerCommand::Seek(to));
        }
    };
    let quarters = [0, lasts / 3, lasts / 3 * 2, lasts].map(|at| view! { <span>{player::clock(at)}</span> });
    view! {
        <div class="timeline" style=("--at", at)>
            <div class="lanes" aria-hidden="true">
                <span class="head"></span>
                {lanes.into_iter().map(|lane| view! { <PersonLane lane lasts/> }).collect_view()}
                {(!shares.is_empty()).then(|| view! { <span class="label">{player::SHARED}</span><Lane spans=shares lasts class="lane shares"/> })}
                {(!marks.is_empty()).then(|| view! { <span class="label">{player::CHAT}</span><Lane spans=marks lasts class="lane chat"/> })}
            </div>
            <input class="seek" type="range" min="0" max=lasts.to_string() step="100" aria-label=player::POSITION aria-valuetext=said
                prop:value=move || position.get().to_string() on:input=seek/>
            <p class="times" aria-hidden="true">{quarters.into_iter().collect_view()}</p>
        </div>
    }
}

#[component]
fn PersonLane(lane: SpeakingLane, lasts: u32) -> impl IntoView {
    let SpeakingLane { id, name, spans } = lane;
    let people = use_player().view.people;
    let speaks = Memo::new(move |_| people.with(|all| all.iter().any(|one| one.id == id && one.speaks)));
    let hue = hue(&name);
    view! {
        <span class="label" class:now=move || speaks.get() dir="auto">{name}</span>
        <Lane spans lasts class="lane" hue/>
    }
}

/// One row. Pressed anywhere, it seeks there.
#[component]
fn Lane(
    spans: Vec<(u32, u32)>,
    lasts: u32,
    class: &'static str,
    #[prop(optional)] hue: u32,
) -> impl IntoView {
    let handle = use_player();
    let press = move |event: PointerEvent| {
        if let Some(part) = part_of(&event) {
            handle.send(PlayerCommand::Seek((part * f64::from(lasts)) as u32));
        }
    };
    let percent = move |millis: u32| format!("{:.2}%", f64::from(millis) * 100.0 / f64::from(lasts.max(1)));
    let spans = spans.into_iter().map(|(from, until)| {
        let (start, long) = (percent(from), percent(until - from));
        view! { <i style:inset-inline-start=start style:inline-size=long></i> }
    });
    view! { <span class=class data-hue=hue on:pointerdown=press>{spans.collect_view()}</span> }
}

/// How far along a row something was pressed, from where lines begin.
fn part_of(event: &PointerEvent) -> Option<f64> {
    let row = event.current_target()?.dyn_into::<Element>().ok()?;
    let rect = row.get_bounding_client_rect();
    let part = ((f64::from(event.client_x()) - rect.left()) / rect.width().max(1.0)).clamp(0.0, 1.0);
    Some(if is_right_to_left() { 1.0 - part } else { part })
}

/// Whether lines run from right to left.
pub(super) fn is_right_to_left() -> bool {
    document().document_element().and_then(|page| page.get_attribute("dir")).as_deref() == Some("rtl")
}
