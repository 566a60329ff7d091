//! The browser's side: the wasm entry, and everything of a call that touches web APIs. It runs the state machine of
//! `crates/call`, does what that wants done, and keeps the page's store up to date. It decides nothing about a call.

#[cfg(test)]
mod browser_tests;
mod calendar;
mod call_identity;
mod capture;
mod clock;
mod connection_test;
mod cookie;
mod device_list;
mod device_recording;
mod devices;
mod event;
mod first_pictures;
mod host_link;
mod identity;
mod join_times;
mod language;
mod lazy_ringing;
mod lazy_session;
mod levels;
mod link;
mod lock;
mod media;
mod muted;
mod page;
mod permissions;
mod phrase;
mod player;
mod presence;
mod publish;
mod remember;
mod ring_note;
mod ringing;
mod screens;
mod sealing;
mod sections;
mod session;
mod shown;
mod socket;
mod sounds;
mod stage_size;
mod stats;
mod videos;
mod web;

use app::state::{
    CallHandle, CallView, provide_call_handle, provide_connection_test, provide_direct_handle,
    provide_language_handle, provide_player, provide_rings_over,
};
use app::{ConnectionTestPage, DirectPage, PlayerPage, RingsPage, RoomPage};
use futures::channel::mpsc;
use leptos::mount::{hydrate_body, mount_to_renderer};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use reactive_stores::Store;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Element;

use crate::event::Event;
use crate::ringing::CallLine;

/// Makes the server's page interactive, or shows rings over it. Called by the page's script once the module is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    match page::place_of_rings() {
        Some(place) => show_rings(&place),
        None => hydrate_body(interactive_page),
    }
    if let Some(page) = web::document().and_then(|document| document.document_element()) {
        _ = page.set_attribute("data-hydrated", "");
    }
}

/// The page that the server has rendered.
fn interactive_page() -> AnyView {
    provide_meta_context();
    provide_language_handle(language::start());
    provide_connection_test(connection_test::handle());
    if page::is_connection_test() {
        return view! { <ConnectionTestPage/> }.into_any();
    }
    if page::is_recording() {
        provide_player(player::handle());
        return view! { <PlayerPage/> }.into_any();
    }
    let view = Store::new(CallView::default());
    if page::is_direct() {
        let line = CallLine::default();
        let commands = line.clone();
        provide_call_handle(CallHandle::new(view, move |command| {
            commands.send(Event::Command(command));
        }));
        provide_direct_handle(lazy_ringing::start(view, line));
        return view! { <DirectPage/> }.into_any();
    }
    let (events, received) = mpsc::unbounded();
    let commands = events.clone();
    provide_call_handle(CallHandle::new(view, move |command| {
        _ = commands.unbounded_send(Event::Command(command));
    }));
    if let Some(rings) = lazy_ringing::start_over_room(view, CallLine::to(events.clone())) {
        provide_rings_over(rings);
    }
    lazy_session::start(view, events, received);
    view! { <RoomPage/> }.into_any()
}

/// Beside a page that stays as the server has rendered it.
fn show_rings(place: &Element) {
    let title = web::document().map(|document| document.title()).unwrap_or_default();
    let shown = mount_to_renderer(place, || {
        provide_meta_context();
        provide_language_handle(language::start());
        if let Some(rings) = lazy_ringing::start_over_page() {
            provide_rings_over(rings);
        }
        view! { <RingsPage title/> }
    });
    shown.forget();
}
