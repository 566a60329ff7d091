//! Who may ring, and when.

use leptos::prelude::*;
use protocol::{ContactRule, WhoMayRing};

use super::PushChoice;
use crate::state::{
    BlockedLine, DirectCommand, LocalHours, RulesLine, Undisturbed, UndisturbedUntil, use_direct_handle,
};
use crate::text::history;

/// The choices, once they are known.
#[component]
pub(crate) fn Reachability() -> impl IntoView {
    let view = use_direct_handle().view;
    let is_known = Memo::new(move |_| view.with(|view| view.book.rules.is_some()));
    view! {
        <Show when=move || is_known.get()>
            <section class="card" aria-labelledby="reachability-title">
                <h2 id="reachability-title">{history::REACHABILITY}</h2>
                <WhoMay/>
                <NotNow/>
                <EveryDay/>
                <PushChoice/>
                <Blocked/>
            </section>
        </Show>
    }
}

/// A part of the rules.
fn rule<T: PartialEq + Clone + Send + Sync + 'static>(
    of: impl Fn(&RulesLine) -> T + Send + Sync + 'static,
) -> Memo<Option<T>> {
    let view = use_direct_handle().view;
    Memo::new(move |_| view.with(|view| view.book.rules.as_ref().map(&of)))
}

#[component]
fn WhoMay() -> impl IntoView {
    let handle = use_direct_handle();
    let chosen = rule(|rules| rules.who_may_ring);
    let all = [WhoMayRing::Anyone, WhoMayRing::Known, WhoMayRing::Nobody];
    let choose = move |event| {
        let value = event_target_value(&event);
        if let Some(who) = all.into_iter().find(|who| value_of(*who) == value) {
            handle.send(DirectCommand::SetWhoMayRing { who });
        }
    };
    view! {
        <div class="field">
            <label for="who-may">{history::WHO_CAN_CALL}</label>
            <select id="who-may" on:change=choose prop:value=move || chosen.get().map(value_of)>
                {all.map(|who| view! {
                    <option value=value_of(who) selected=move || chosen.get() == Some(who)>{history::who_may_ring(who)}</option>
                })}
            </select>
        </div>
    }
}

fn value_of(who: WhoMayRing) -> &'static str {
    match who {
        WhoMayRing::Anyone => "anyone",
        WhoMayRing::Known => "known",
        WhoMayRing::Nobody => "nobody",
    }
}

/// Not to be disturbed for a while. What is chosen is a length; what is said is a time.
#[component]
fn NotNow() -> impl IntoView {
    let handle = use_direct_handle();
    let until = rule(|rules| rules.undisturbed.clone());
    let until = Memo::new(move |_| until.get().flatten());
    let choose = move |event| {
        let length = match event_target_value(&event).as_str() {
            "1" => Undisturbed::Hours(1),
            "8" => Undisturbed::Hours(8),
            "forever" => Undisturbed::UntilTurnedOff,
            "off" => Undisturbed::Off,
            // What is chosen already.
            _ => return,
        };
        handle.send(DirectCommand::SetUndisturbed { length });
    };
    let value = move || match until.get() {
        None => "off",
        Some(UndisturbedUntil::Time(_)) => "time",
        Some(UndisturbedUntil::TurnedOff) => "forever",
    };
    let is_for_a_time = Memo::new(move |_| matches!(until.get(), Some(UndisturbedUntil::Time(_))));
    view! {
        <div class="field">
            <label for="undisturbed">{history::DO_NOT_DISTURB}</label>
            <select id="undisturbed" on:change=choose prop:value=value aria-describedby="undisturbed-hint">
                <option value="off" selected=move || value() == "off">{history::OFF}</option>
                <Show when=move || is_for_a_time.get()>
                    <option value="time" selected=true>{history::ON}</option>
                </Show>
                <option value="1">{history::ONE_HOUR}</option>
                <option value="8">{history::EIGHT_HOURS}</option>
                <option value="forever" selected=move || value() == "forever">{history::FOREVER}</option>
            </select>
            <p class="hint" id="undisturbed-hint" role="status">{move || history::undisturbed_hint(until.get().as_ref())}</p>
        </div>
    }
}

/// From ten in the evening, as long as nobody has chosen.
const FIRST_CHOICE: LocalHours = LocalHours { from: 22 * 60, until: 7 * 60 };

#[component]
fn EveryDay() -> impl IntoView {
    let handle = use_direct_handle();
    let hours = rule(|rules| rules.quiet_hours);
    let hours = Memo::new(move |_| hours.get().flatten());
    let set = StoredValue::new(move |hours| handle.send(DirectCommand::SetQuietHours { hours }));
    let set = move |hours| set.with_value(|set| set(hours));
    let toggle = move |event| set(event_target_checked(&event).then_some(FIRST_CHOICE));
    let change = move |with: fn(LocalHours, u16) -> LocalHours| {
        move |event| {
            if let (Some(hours), Some(minute)) =
                (hours.get_untracked(), minute_of(&event_target_value(&event)))
            {
                set(Some(with(hours, minute)));
            }
        }
    };
    let from = change(|hours, from| LocalHours { from, ..hours });
    let until = change(|hours, until| LocalHours { until, ..hours });
    view! {
        <div class="quiet-hours">
            <label>
                <input type="checkbox" prop:checked=move || hours.get().is_some() on:change=toggle/>{history::QUIET_HOURS}
            </label>
            <Show when=move || hours.get().is_some()>
                <div class="field">
                    <label for="quiet-from">{history::QUIET_FROM}</label>
                    <input id="quiet-from" type="time" required prop:value=move || hours.get().map(|hours| clock(hours.from)) on:change=from/>
                </div>
                <div class="field">
                    <label for="quiet-until">{history::QUIET_UNTIL}</label>
                    <input id="quiet-until" type="time" required prop:value=move || hours.get().map(|hours| clock(hours.until)) on:change=until/>
                </div>
            </Show>
        </div>
    }
}

/// As a field for times has it (HTML, valid time string).
fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn minute_of(time: &str) -> Option<u16> {
    let (hour, minute) = time.get(..5)?.split_once(':')?;
    let minute = hour.parse::<u16>().ok()? * 60 + minute.parse::<u16>().ok()?;
    (minute < LocalHours::MINUTES).then_some(minute)
}

/// Whom this person has blocked, where there is somebody.
#[component]
fn Blocked() -> impl IntoView {
    let handle = use_direct_handle();
    let view = handle.view;
    let blocked = Memo::new(move |_| view.with(|view| view.book.blocked.clone()));
    let has_more = Memo::new(move |_| view.with(|view| view.book.has_more_blocked));
    let more = handle;
    view! {
        <Show when=move || blocked.with(|blocked| !blocked.is_empty())>
            <h3>{history::BLOCKED_PEOPLE}</h3>
            <ul class="blocked" aria-label=history::BLOCKED_PEOPLE>
                <For each=move || blocked.get() key=|one| one.key.clone() children=|one| view! { <BlockedOne one/> }/>
            </ul>
        </Show>
        <Show when=move || has_more.get()>
            <button type="button" class="button small" on:click={
                let more = more.clone();
                move |_| more.send(DirectCommand::ReadMoreBlocked)
            }>{history::MORE_BLOCKED}</button>
        </Show>
    }
}

#[component]
fn BlockedOne(one: BlockedLine) -> impl IntoView {
    let handle = use_direct_handle();
    let BlockedLine { key, called } = one;
    let name = called.clone();
    let unblock = move |_| {
        handle.send(DirectCommand::SetContact { key: key.clone(), rule: ContactRule::Forgotten });
    };
    view! {
        <li>
            <span class="who cut"><bdi>{move || called.clone().unwrap_or_else(|| history::SOMEBODY().to_owned())}</bdi></span>
            <button type="button" class="button small" on:click=unblock
                aria-label=move || name.as_ref().map_or_else(|| history::UNBLOCK().to_owned(), |name| history::unblock_named(name))>
                {history::UNBLOCK}
            </button>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_typed_is_a_minute_and_back() {
        assert_eq!([clock(0), clock(22 * 60 + 5), clock(1439)], ["00:00", "22:05", "23:59"]);
        let read = ["00:00", "22:05", "23:59", "07:30:15", "24:00", "12", "", "ab:cd"].map(minute_of);
        assert_eq!(read, [Some(0), Some(1325), Some(1439), Some(450), None, None, None, None]);
    }
}
