//! Says aloud, for people who do not see the screen, who comes and goes; and shows the same for a few seconds, or until it is pressed,
//! or closed with Escape.

use leptos::prelude::*;
use view::{AnyNotice, Notice};

use super::use_opened;
use crate::components::{Icon, Symbol};
use crate::state::{CallViewStoreFields, use_call_handle};
use crate::text;

/// A polite live region with the last notices.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let notices = use_call_handle().view.notices();
    let closed = use_opened().closed_notice;
    view! {
        <div class="announcer" role="status" aria-live="polite">
            <For each=move || notices.get() key=|notice| notice.number let:notice>
                {
                    let quiet = is_quiet(&notice.what).then_some("");
                    let number = notice.number;
                    let is_closed = move || closed.get().is_some_and(|newest| number <= newest);
                    // No button: it would be spoken with each notice, and goes before anybody is there by keyboard.
                    view! {
                        <p class="notice" data-quiet=quiet data-closed=move || is_closed().then_some("") on:click=move |_| closed.set(Some(number))>
                            <span>{move || text::notice::said(&notice.what)}</span>
                            <Icon symbol=Symbol::Close/>
                        </p>
                    }
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
        | Notice::YouShare
        | Notice::Shares(_)
        | Notice::SharesNoMore(_)
        | Notice::Wrote(_)
        | Notice::Knocked(_) => true,
        Notice::RecordsOnDevice(_)
        | Notice::SignallingLost
        | Notice::SignallingBack
        | Notice::TurnedOff(_)
        | Notice::AskedToTurnOn(_)
        | Notice::MigrationAborted { .. }
        | Notice::RecordingStarted
        | Notice::RecordingStopped(_)
        | Notice::KeyRefused
        | Notice::KeyGranted
        | Notice::EncryptionChanged(_)
        | Notice::KeyNotShared
        | Notice::KeyChanged(_)
        | Notice::NotSealed { .. }
        | Notice::Refused(_) => false,
    }
}
