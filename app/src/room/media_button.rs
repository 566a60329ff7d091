//! The switch for the microphone or the camera, before and in a call.

use leptos::prelude::*;
use protocol::{Allowed, Source};
use reactive_stores::Store;
use view::Publication;

use crate::components::{Icon, Symbol, let_go_of_focus};
use crate::state::{CallCommand, CallView, CallViewStoreFields, publication_of, use_call_handle};
use crate::text::devices;

/// A button that says what it will do.
#[component]
pub(crate) fn MediaButton(source: Source) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let media = Signal::derive(move || publication_of(view, source));
    let on = Memo::new(move |_| media.get().is_wanted());
    let label = move || devices::switch(source, on.get());
    // A screen alone is a thing that a rule keeps from some, and of which they know beforehand.
    let is_kept = Memo::new(move |_| source == Source::Screen && !on.get() && !may_share(view));
    let title = move || if is_kept.get() { devices::ONLY_HOSTS_SHARE_HERE() } else { label() };
    let symbol = Signal::derive(move || match (source, on.get()) {
        (Source::Microphone, true) => Symbol::Microphone,
        (Source::Microphone, false) => Symbol::MicrophoneOff,
        (Source::Camera, true) => Symbol::Camera,
        (Source::Camera, false) => Symbol::CameraOff,
        (Source::Screen | Source::ScreenAudio, _) => Symbol::Screen,
    });
    // That no screen is shared is how it is, and nothing to be warned of.
    let state = move || match (source.is_shared(), on.get()) {
        (false, true) => Some("on"),
        (false, false) => Some("off"),
        (true, true) => Some("raised"),
        (true, false) => None,
    };
    view! {
        <button type="button" class="control" aria-label=label title=title
            disabled=move || !view.ready().get() || is_kept.get()
            data-state=state
            data-failed=move || matches!(media.get(), Publication::Failed(_)).then_some("")
            on:click=move |event| {
                call.send(CallCommand::Switch { source, on: !on.get_untracked() });
                // Whoever presses it with a pointer goes on to talk with the space bar, and not to press it again.
                if event.detail() > 0 {
                    let_go_of_focus();
                }
            }>
            <Icon symbol/>
        </button>
    }
}

/// Whether sharing can be begun or ended here: by the browser, and by the rules where it is off.
pub(crate) fn can_switch_share(view: Store<CallView>) -> bool {
    view.can_share().get() && (view.screen().get().is_wanted() || may_share(view))
}

/// Whether the person may share a screen, by the room's rules and by what hosts have said of them.
fn may_share(view: Store<CallView>) -> bool {
    let everyone = view.settings().get().may_share == Allowed::Everyone;
    (everyone || view.role().get().moderates()) && !view.forbidden().get().screen.is_on()
}
