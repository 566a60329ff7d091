//! One person on the call screen.

use leptos::prelude::*;
use protocol::{ParticipantId, Source};
use reactive_stores::Field;
use view::{LinkStatus, Publication, Secrecy};

use crate::components::{Avatar, Icon, Symbol};
use crate::state::{
    CallCommand, CallViewStoreFields, ParticipantView, ParticipantViewStoreFields, use_call_handle,
};
use crate::text::{call, key, people};

/// Somebody else.
#[component]
pub(crate) fn Tile(#[prop(into)] participant: Field<ParticipantView>) -> impl IntoView {
    let id = participant.id().get_untracked();
    let name = Signal::derive(move || participant.name().get());
    let camera = Signal::derive(move || participant.camera().get());
    let (link, away, hand) = (participant.link(), participant.away(), participant.hand());
    // Whoever is muted is not heard, whatever their browser sends.
    let silent = Signal::derive(move || !participant.microphone().get());
    view! {
        <article class="tile" aria-label=name data-participant=id.to_string()
            data-speaking=move || participant.speaking().get().then_some("")
            data-camera=move || if camera.get() { "on" } else { "off" }
            data-link=move || link_state(link.get())
            data-secrecy=move || secrecy_state(participant.secrecy().get())>
            <Video participant=Some(id) visible=camera silent/>
            <Show when=move || !camera.get()><Avatar name/></Show>
            <LinkLine link=Signal::derive(move || link.get()) away=Signal::derive(move || away.get())
                secrecy=Signal::derive(move || participant.secrecy().get())
                paused=Signal::derive(move || participant.paused().get())/>
            <NamePlate name muted=silent hand=Signal::derive(move || hand.get().is_some())
                unverified=Signal::derive(move || participant.unverified().get())/>
        </article>
    }
}

/// The person at this browser.
#[component]
pub(crate) fn OwnTile() -> impl IntoView {
    let view = use_call_handle().view;
    let name = Signal::derive(move || view.name().get());
    let camera = Signal::derive(move || view.camera().get() == Publication::On);
    let muted = Signal::derive(move || view.microphone().get() != Publication::On);
    view! {
        <article class="tile own" aria-label=name
            data-participant=move || view.me().get().map(|id| id.to_string())
            data-speaking=move || view.speaking().get().then_some("")
            data-camera=move || if camera.get() { "on" } else { "off" }>
            <Video participant=None visible=camera silent=Signal::stored(true)/>
            <Show when=move || !camera.get()><Avatar name/></Show>
            <NamePlate name=Signal::derive(move || people::yourself(&name.get())) muted
                hand=Signal::derive(move || view.hand().get().is_some()) unverified=Signal::stored(false)/>
        </article>
    }
}

/// The pictures of one source, and for others what is heard with them; `None` is the person at this browser.
///
/// The element stays in the document while the camera is off, because it plays the sound too.
#[component]
pub(crate) fn Video(
    participant: Option<ParticipantId>,
    #[prop(default = Source::Camera)] source: Source,
    visible: Signal<bool>,
    silent: Signal<bool>,
) -> impl IntoView {
    let handle = use_call_handle();
    let (prefix, name) = match source {
        Source::Screen | Source::ScreenAudio => ("screen", "screen"),
        Source::Camera | Source::Microphone => ("video", "camera"),
    };
    let element = participant.map_or_else(|| format!("{prefix}-own"), |id| format!("{prefix}-{id}"));
    let shown = element.clone();
    // What the engine plays lives outside of the page's state; it is told when there is an element to play it in.
    Effect::new(move || {
        visible.track();
        handle.send(CallCommand::ShowVideo { element: shown.clone(), participant, source });
    });
    view! {
        <video id=element data-source=name class:mirrored=participant.is_none() class:invisible=move || !visible.get()
            autoplay playsinline prop:muted=silent aria-hidden="true" tabindex="-1"></video>
    }
}

#[component]
fn NamePlate(
    name: Signal<String>,
    muted: Signal<bool>,
    hand: Signal<bool>,
    unverified: Signal<bool>,
) -> impl IntoView {
    view! {
        <p class="name-plate">
            <Show when=move || hand.get()>
                <span class="hand-sign" role="img" aria-label=call::hand_raised()><Icon symbol=Symbol::Hand/></span>
            </Show>
            <Show when=move || muted.get()>
                <span class="muted-sign" role="img" aria-label=call::microphone_off()><Icon symbol=Symbol::MicrophoneOff/></span>
            </Show>
            <span class="name" dir="auto">{name}</span>
            <Show when=move || unverified.get()><span class="tag caution">{key::not_verified()}</span></Show>
        </p>
    }
}

#[component]
fn LinkLine(
    link: Signal<LinkStatus>,
    away: Signal<bool>,
    secrecy: Signal<Secrecy>,
    paused: Signal<bool>,
) -> impl IntoView {
    let text = move || call::link(link.get(), away.get());
    let closed = move || call::closed(secrecy.get());
    let left_out = move || paused.get().then(call::video_paused);
    view! { {move || text().or_else(closed).or_else(left_out).map(|text| view! { <p class="link-line">{text}</p> })} }
}

fn secrecy_state(secrecy: Secrecy) -> &'static str {
    match secrecy {
        Secrecy::Waiting => "waiting",
        Secrecy::Sealed => "sealed",
        Secrecy::OtherSecret => "other-secret",
        Secrecy::NotEncrypting => "none",
    }
}

fn link_state(link: LinkStatus) -> &'static str {
    match link {
        LinkStatus::Connecting => "connecting",
        LinkStatus::Connected => "connected",
        LinkStatus::Reconnecting => "reconnecting",
        LinkStatus::Failed(_) => "failed",
    }
}
