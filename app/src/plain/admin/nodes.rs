//! The nodes of a cluster, and how each is.

use leptos::prelude::*;

use super::facts::{NodeAnswer, NodeRow, NodeState};
use crate::text::admin as words;
use crate::text::moment;

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
    let is_here = matches!(state, NodeState::Here(_));
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
            <td><span class="tag" class:good=is_here class:caution=!is_here>{said}</span>{since.map(|at| view! { <small>{words::since(&moment::in_words(at))}</small> })}</td>
            <td class="amount">{rooms}</td>
            <td class="amount">{people}</td>
            <td>{redis}</td>
            <td>{database}</td>
            <td class="from-wide">{version}{build.map(|build| view! { <small><code>{build}</code></small> })}</td>
        </tr>
    }
}
