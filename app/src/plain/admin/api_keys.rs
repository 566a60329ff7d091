//! Keys of programs: listed, made and revoked.

use leptos::prelude::*;
use protocol::{Scope, Timestamp};

use super::facts::KeyState;
use crate::text;
use crate::text::admin as words;
use crate::text::{moment, plain};

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRow {
    /// By which it is revoked, and stands in the audit log.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// What it may, separated by spaces.
    pub scopes: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it opens anything.
    pub state: KeyState,
}

/// The list, and the form for a new one.
#[component]
pub fn ApiKeys(
    /// Newest first.
    keys: Vec<ApiKeyRow>,
    /// The secret of one that was made just now.
    made: Option<String>,
    /// Whether what was sent cannot be.
    is_wrong: bool,
    /// The id that a key made with this form gets: sent again, the form makes no second one.
    next_id: String,
) -> impl IntoView {
    let list = if keys.is_empty() {
        view! { <p class="nothing">{words::NO_KEYS()}</p> }.into_any()
    } else {
        view! { <Table keys/> }.into_any()
    };
    let scopes = Scope::ALL.map(|scope| {
        let scope = scope.as_str();
        view! { <label class="choice"><input type="checkbox" name="scope" value=scope/><code>{scope}</code></label> }
    });
    view! {
        {made.map(|secret| view! {
            <div class="card key-made" role="status"><p>{words::KEY_CREATED()}</p><p><code class="secret">{secret}</code></p></div>
        })}
        <section class="table-card" aria-labelledby="keys"><header><h2 id="keys">{words::API_KEYS()}</h2></header>{list}</section>
        <form class="card settings-form" method="post" action="/admin/api-keys" aria-labelledby="new-key">
            <h2 id="new-key">{words::NEW_KEY()}</h2>
            <input type="hidden" name="id" value=next_id/>
            {is_wrong.then(|| view! { <p class="problem" role="alert">{words::KEY_PROBLEM()}</p> })}
            <div class="field">
                <label for="key-label">{words::KEY_LABEL()}</label>
                <input id="key-label" name="label" type="text" maxlength="100" required autocomplete="off"/>
            </div>
            <fieldset><legend>{words::KEY_SCOPES()}</legend>{scopes}</fieldset>
            <div class="field">
                <label for="key-days">{words::KEY_DAYS()}</label>
                <input id="key-days" name="days" type="number" min="1" max="36500"/>
            </div>
            <button type="submit" class="button primary">{words::CREATE_KEY()}</button>
        </form>
    }
}

#[component]
fn Table(keys: Vec<ApiKeyRow>) -> impl IntoView {
    view! {
        <table>
            <thead><tr>
                <th scope="col">{words::KEY_LABEL()}</th>
                <th scope="col">{words::KEY_SCOPES()}</th>
                <th scope="col" class="from-wide">{words::CREATED()}</th>
                <th scope="col">{words::KEY_STATE()}</th>
                <th scope="col"><span class="visually-hidden">{plain::REVOKE()}</span></th>
            </tr></thead>
            <tbody>{keys.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

fn row(key: ApiKeyRow) -> impl IntoView {
    let ApiKeyRow { id, label, scopes, created_at, state } = key;
    let revoke = words::revoke_key(&label);
    let log = format!("/admin/audit-log?actor={id}");
    let may_revoke = state == KeyState::Active;
    view! {
        <tr>
            <th scope="row">{label}<small><a href=log>{id.clone()}</a></small></th>
            <td class="scopes"><code>{scopes}</code></td>
            <td class="from-wide">{moment::in_words(created_at)}</td>
            <td>{words::key_state(state)}</td>
            <td>{may_revoke.then(|| view! {
                <form method="post" action="/admin/api-keys/revoke">
                    <input type="hidden" name="id" value=id/>
                    <button type="submit" class="button small" aria-label=revoke>{text::plain::REVOKE()}</button>
                </form>
            })}</td>
        </tr>
    }
}
