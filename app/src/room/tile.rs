//! One person on the call screen.

use leptos::prelude::*;
use protocol::{Consent, ParticipantId, Source};
use reactive_stores::Field;
use stage::Role;
use view::{LinkStatus, Preference, Publication, Secrecy};

use super::recording::{RecordedTag, own_answer};
use super::{Lengths, PinButton, Placed, SelfMover, role_name};
use crate::components::{Avatar, Icon, Symbol};
use crate::state::{
    CallCommand, CallViewStoreFields, ParticipantView, ParticipantViewStoreFields, use_call_handle,
};
use crate::text::{call, key, people};

/// Somebody else: their camera or their screen.
#[component]
pub(crate) fn Tile(
    #[prop(into)] participant: Field<ParticipantView>,
    #[prop(default = Source::Camera)] source: Source,
) -> impl IntoView {
    let id = participant.id().get_untracked();
    let key = id.publication(source);
    let place = Placed::of(key);
    let at = place.tile();
    let name = Signal::derive(move || participant.name().get());
    let is_screen = source.is_shared();
    let title = Signal::derive(move || if is_screen { call::screen_of(&name.get()) } else { name.get() });
    let is_on = Signal::derive(move || is_screen || participant.camera().get());
    let (link, away, hand) = (participant.link(), participant.away(), participant.hand());
    let view = use_call_handle().view;
    let moderates = Memo::new(move |_| view.role().get().moderates());
    // Whoever is muted is not heard, whatever their browser sends.
    let silent = Signal::derive(move || !is_screen && !participant.microphone().get());
    view! {
        <article class="tile" aria-label=title data-participant=id.to_string() data-source=source_name(source)
            style:inset-inline-start=at.start style:inset-block-start=at.top style:inline-size=at.width style:block-size=at.height
            hidden=move || place.is_hidden() data-role=move || role_name(place.role())
            data-speaking=move || (!is_screen && participant.speaking().get()).then_some("")
            data-camera=move || if is_on.get() { "on" } else { "off" }
            data-link=move || link_state(link.get())
            data-secrecy=move || secrecy_state(participant.secrecy().get())>
            {is_screen.then(|| view! { <p class="under-screen" aria-hidden="true">{call::WAITING_FOR_SCREEN}</p> })}
            <Video participant=Some(id) source visible=is_on silent picture=place.picture()/>
            <Show when=move || !is_on.get()><Avatar name/></Show>
            <LinkLine link=Signal::derive(move || link.get()) away=Signal::derive(move || away.get())
                secrecy=Signal::derive(move || participant.secrecy().get())
                paused=Signal::derive(move || if is_screen { participant.screen_paused().get() } else { participant.paused().get() })/>
            <NamePlate name=title muted=silent hand=Signal::derive(move || hand.get().is_some())
                unverified=Signal::derive(move || participant.unverified().get())
                recorded=Signal::derive(move || participant.recorded().get().filter(|_| !is_screen && moderates.get()))/>
            <PinButton key name=title/>
        </article>
    }
}

/// The person at this browser. Over one other they float, and can be moved from corner to corner.
#[component]
pub(crate) fn OwnTile(id: ParticipantId) -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let place = Placed::of(id.publication(Source::Camera));
    let at = place.tile();
    let name = Signal::derive(move || view.name().get());
    let camera = Signal::derive(move || view.camera().get() == Publication::On);
    let muted = Signal::derive(move || view.microphone().get() != Publication::On);
    let own = own_answer(view);
    let floats = Memo::new(move |_| place.role() == Some(Role::Floating));
    let mover = SelfMover::new(handle);
    let (press, carry, release, cancel, key) =
        (mover.clone(), mover.clone(), mover.clone(), mover.clone(), mover.clone());
    view! {
        <article class="tile own" aria-label=name style:inset-inline-start=at.start style:inset-block-start=at.top style:inline-size=at.width style:block-size=at.height
            hidden=move || place.is_hidden()
            data-participant=id.to_string() data-source="camera" data-role=move || role_name(place.role())
            data-speaking=move || view.speaking().get().then_some("")
            data-camera=move || if camera.get() { "on" } else { "off" }
            tabindex=move || floats.get().then_some("0")
            aria-description=move || floats.get().then(call::MOVE_YOURSELF)
            on:pointerdown=move |event| if floats.get_untracked() { press.press(&event) }
            on:pointermove=move |event| carry.carry(&event)
            on:pointerup=move |event| release.release(&event)
            on:pointercancel=move |event| cancel.cancel(&event)
            on:keydown=move |event| if floats.get_untracked() { key.key(&event) }>
            <Video participant=None visible=camera silent=Signal::stored(true) picture=place.picture()/>
            <Show when=move || !camera.get()><Avatar name/></Show>
            <Show when=move || view.uplink_is_weak().get()>
                <p class="link-line">{move || if camera.get() { call::WEAK_UPLINK() } else { call::WEAK_UPLINK_SCREEN() }}</p>
            </Show>
            <NamePlate name=Signal::derive(move || people::yourself(&name.get())) muted
                hand=Signal::derive(move || view.hand().get().is_some()) unverified=Signal::stored(false)
                recorded=Signal::derive(move || own.get())/>
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
    /// Where it lies in its tile; the whole tile by itself.
    #[prop(default = Lengths::default())]
    picture: Lengths,
) -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let name = source_name(source);
    let prefix = if name == "screen" { "screen" } else { "video" };
    let element = participant.map_or_else(|| format!("{prefix}-own"), |id| format!("{prefix}-{id}"));
    let shown = element.clone();
    // What the engine plays lives outside of the page's state; it is told when there is an element to play it in.
    Effect::new(move || {
        visible.track();
        handle.send(CallCommand::ShowVideo { element: shown.clone(), participant, source });
    });
    view! {
        <video id=element data-source=name
            style:inset-inline-start=picture.start style:inset-block-start=picture.top
            style:inline-size=picture.width style:block-size=picture.height class:mirrored=move || source == Source::Camera && participant.is_none() && view.preferences().get().has(Preference::Mirror) class:invisible=move || !visible.get()
            autoplay playsinline prop:muted=silent aria-hidden="true" tabindex="-1"></video>
    }
}

#[component]
fn NamePlate(
    name: Signal<String>,
    muted: Signal<bool>,
    hand: Signal<bool>,
    unverified: Signal<bool>,
    recorded: Signal<Option<Consent>>,
) -> impl IntoView {
    view! {
        <p class="name-plate">
            <Show when=move || hand.get()>
                <span class="hand-sign" role="img" aria-label=call::HAND_RAISED><Icon symbol=Symbol::Hand/></span>
            </Show>
            <Show when=move || muted.get()>
                <span class="muted-sign" role="img" aria-label=call::MICROPHONE_OFF><Icon symbol=Symbol::MicrophoneOff/></span>
            </Show>
            <span class="name" dir="auto">{name}</span>
            <Show when=move || unverified.get()><span class="tag caution">{key::NOT_VERIFIED}</span></Show>
            <RecordedTag answer=recorded/>
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
    let left_out = move || paused.get().then(call::VIDEO_PAUSED);
    view! { {move || text().or_else(closed).or_else(left_out).map(|text| view! { <p class="link-line">{text}</p> })} }
}

fn source_name(source: Source) -> &'static str {
    if source.is_shared() { "screen" } else { "camera" }
}

fn secrecy_state(secrecy: Secrecy) -> &'static str {
    match secrecy {
        Secrecy::Waiting => "waiting",
        Secrecy::Sealed => "sealed",
        Secrecy::OtherSecret => "other-secret",
        Secrecy::NotEncrypting => "none",
        Secrecy::Plaintext => "plaintext",
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
