//! The nodes of a cluster, and how each is.

use leptos::prelude::*;
use protocol::Timestamp;

use crate::text::admin as words;
use crate::text::moment;

/// How a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// It takes nobody in yet.
    Starting,
    /// It has been there since then.
    Here(Timestamp),
    /// Its rooms go to others.
    Draining,
    /// It should be there, and does not answer.
    Unreachable,
    /// It has not been there since then.
    Gone(Timestamp),
}

/// A node, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// Its name; its address, where it has not said one.
    pub name: String,
    /// Whether it is the one that shows the page.
    pub is_this: bool,
    /// How it is.
    pub state: NodeState,
    /// What it says; nothing where it does not answer.
    pub answer: Option<NodeAnswer>,
}

/// What a node says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeAnswer {
    /// Of the program.
    pub version: String,
    /// Of the page's files.
    pub build: String,
    /// Rooms that it owns.
    pub rooms: usize,
    /// People in them.
    pub people: u64,
    /// Whether it can use Redis.
    pub has_redis: bool,
    /// Whether it can use the database.
    pub has_database: bool,
}

/// The list.
#[component]
pub(super) fn Nodes(
    /// What is in it.
    nodes: Vec<NodeRow>,
) -> impl IntoView {
    view! {
        <section class="table-card" aria-labelledby="nodes">
            <header><h2 id="nodes">{words::NODES()}</h2></header>
            <table>
                <thead><tr>
                    <th scope="col">{words::NODE()}</th>
                    <th scope="col">{words::KEY_STATE()}</th>
                    <th scope="col" class="amount">{words::ROOMS_OWNED()}</th>
                    <th scope="col" class="amount">{words::PEOPLE()}</th>
                    <th scope="col">{words::REDIS()}</th>
                    <th scope="col">{words::DATABASE()}</th>
                    <th scope="col" class="from-wide">{words::VERSION()}</th>
                </tr></thead>
                <tbody>{nodes.into_iter().map(row).collect_view()}</tbody>
            </table>
            <p class="nothing">{words::NODES_HINT()}</p>
        </section>
    }
}

/// What is not known.
const UNKNOWN: &str = "–";

fn row(node: NodeRow) -> impl IntoView {
    let NodeRow { name, is_this, state, answer } = node;
    let (said, since) = words::node_state(state);
    let class = if matches!(state, NodeState::Here(_)) { "tag good" } else { "tag caution" };
    let known =
        |read: &dyn Fn(&NodeAnswer) -> String| answer.as_ref().map_or_else(|| UNKNOWN.to_owned(), read);
    let part = |is_there| if is_there { words::ANSWERS() } else { words::SILENT() }.to_owned();
    let (rooms, people) =
        (known(&|answer| answer.rooms.to_string()), known(&|answer| answer.people.to_string()));
    let (redis, database) =
        (known(&|answer| part(answer.has_redis)), known(&|answer| part(answer.has_database)));
    let (version, build) = (known(&|answer| answer.version.clone()), answer.map(|answer| answer.build));
    view! {
        <tr>
            <th scope="row">{name}{is_this.then(|| view! { <small>{words::THIS_NODE()}</small> })}</th>
            <td><span class=class>{said}</span>{since.map(|at| view! { <small>{words::since(&moment::in_words(at))}</small> })}</td>
            <td class="amount">{rooms}</td>
            <td class="amount">{people}</td>
            <td>{redis}</td>
            <td>{database}</td>
            <td class="from-wide">{version}{build.map(|build| view! { <small><code>{build}</code></small> })}</td>
        </tr>
    }
}
