//! What was done, by whom, newest first.

use leptos::prelude::*;
use protocol::{RoomCode, Timestamp};

use crate::text::admin as words;
use crate::text::moment;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// When.
    pub at: Timestamp,
    /// By whom: `admin`, `operator`, the id of a key or of a participant.
    pub actor: String,
    /// What, as in `room.deleted`.
    pub action: String,
    /// To what, by its id.
    pub subject: Option<String>,
    /// Where.
    pub room: Option<RoomCode>,
}

/// What the list is filtered by; what is empty lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterForm {
    /// The code of a room.
    pub room: String,
    /// By whom.
    pub actor: String,
    /// What.
    pub action: String,
}

/// The log.
#[component]
pub fn AuditLog(
    /// By what it is filtered.
    filter: FilterForm,
    /// Kinds of events that can be chosen.
    actions: Vec<String>,
    /// What is shown.
    events: Vec<AuditRow>,
    /// Where older ones are.
    older: Option<String>,
) -> impl IntoView {
    let chosen = filter.action;
    let is_known = chosen.is_empty() || actions.contains(&chosen);
    let unknown = (!is_known).then(|| chosen.clone());
    let option = |action: String| {
        let selected = action == chosen;
        view! { <option value=action.clone() selected=selected>{action.clone()}</option> }
    };
    let options = unknown.into_iter().chain(actions).map(option).collect_view();
    let list = if events.is_empty() {
        view! { <p class="nothing">{words::NO_EVENTS()}</p> }.into_any()
    } else {
        view! { <Table events/> }.into_any()
    };
    view! {
        <form class="card audit-filter" method="get" action="/admin/audit-log">
            <div class="field"><label for="by-action">{words::WHAT()}</label>
                <select id="by-action" name="action"><option value="">{words::EVERYTHING()}</option>{options}</select></div>
            <div class="field"><label for="by-actor">{words::WHO()}</label>
                <input id="by-actor" name="actor" type="text" value=filter.actor autocomplete="off"/></div>
            <div class="field"><label for="by-room">{words::ROOM()}</label>
                <input id="by-room" name="room" type="text" value=filter.room autocomplete="off"/></div>
            <button type="submit" class="button">{words::FILTER()}</button>
        </form>
        <section class="table-card" aria-label=words::AUDIT_LOG()>{list}</section>
        {older.map(|link| view! { <p><a class="button" href=link>{words::OLDER()}</a></p> })}
    }
}

#[component]
fn Table(events: Vec<AuditRow>) -> impl IntoView {
    view! {
        <table>
            <thead><tr>
                <th scope="col">{words::WHEN()}</th>
                <th scope="col">{words::WHAT()}</th>
                <th scope="col">{words::WHO()}</th>
                <th scope="col">{words::ROOM()}</th>
                <th scope="col">{words::SUBJECT()}</th>
            </tr></thead>
            <tbody>{events.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

fn row(event: AuditRow) -> impl IntoView {
    let AuditRow { at, actor, action, subject, room } = event;
    let room = room.map(|code| view! { <a href=format!("/admin/rooms/{code}")>{code.to_string()}</a> });
    view! {
        <tr>
            <td><time datetime=moment::utc(at)>{moment::in_words(at)}</time></td>
            <td><code>{action}</code></td>
            <td><code>{actor}</code></td>
            <td>{room}</td>
            <td>{subject.map(|id| view! { <code>{id}</code> })}</td>
        </tr>
    }
}
