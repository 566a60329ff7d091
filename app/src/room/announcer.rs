//! Says aloud, for people who do not see the screen, who comes and goes; and shows the same for a few seconds.

use leptos::prelude::*;
use view::{AnyNotice, Notice};

use crate::state::{CallViewStoreFields, use_call_handle};
use crate::text;

/// A polite live region with the last notices.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let notices = use_call_handle().view.notices();
    view! {
        <div class="announcer" role="status" aria-live="polite">
            <For each=move || notices.get() key=|notice| notice.number let:notice>
                {
                    let quiet = is_quiet(&notice.what).then_some("");
                    view! { <p class="notice" data-quiet=quiet>{move || text::notice::said(&notice.what)}</p> }
                }
            </For>
        </div>
    }
}

/// What others do is shown for a shorter time than what one has asked for, and than what went wrong.
fn is_quiet(what: &AnyNotice) -> bool {
    let AnyNotice::Call(notice) = what else { return false };
    match notice {
        Notice::ParticipantJoined(_)
        | Notice::ManyJoined { .. }
        | Notice::ParticipantLeft(_)
        | Notice::ManyLeft { .. }
        | Notice::HandRaised(_)
        | Notice::Reacted { .. }
        | Notice::Wrote(_)
        | Notice::Knocked(_) => true,
        Notice::SignallingLost
        | Notice::SignallingBack
        | Notice::TurnedOff(_)
        | Notice::AskedToTurnOn(_)
        | Notice::MigrationAborted { .. }
        | Notice::KeyRefused
        | Notice::KeyGranted
        | Notice::KeyNotShared
        | Notice::KeyChanged(_)
        | Notice::NotSealed { .. }
        | Notice::Refused(_) => false,
    }
}
