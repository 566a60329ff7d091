//! What this server is, and how its parts are.

use leptos::prelude::*;
use protocol::Timestamp;

use super::facts::{BackupState, NodeRow};
use super::nodes::Nodes;
use crate::text::admin as words;
use crate::text::moment;

/// The certificate of this server's own port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateState {
    /// It ends then.
    Until(Timestamp),
    /// There is one, and its end is not known.
    Unknown,
    /// Pages come in the clear, at least to a proxy in front.
    None,
}

/// The parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerState {
    /// Of the program.
    pub version: String,
    /// Of the page's files.
    pub build: String,
    /// Which database, as in `SQLite`.
    pub database: &'static str,
    /// Whether it answers.
    pub does_database_answer: bool,
    /// Its copies, as far as that is known.
    pub backup: Option<BackupState>,
    /// Free in the data folder, in bytes.
    pub free_bytes: Option<u64>,
    /// How many threads forward media, how many of them run, and how often one was started again.
    pub media_threads: (usize, usize, u64),
    /// The certificate that browsers are shown.
    pub certificate: CertificateState,
    /// What does not work as it should, in the operator's words.
    pub problems: Vec<String>,
    /// All nodes, where this server is one of several.
    pub nodes: Vec<NodeRow>,
}

const GIGABYTE: u64 = 1_000_000_000;

/// The list.
#[component]
pub fn AdminServer(
    /// What is in it.
    state: ServerState,
) -> impl IntoView {
    let nodes = (!state.nodes.is_empty()).then(|| view! { <Nodes nodes=state.nodes/> });
    let answers = if state.does_database_answer { words::ANSWERS() } else { words::SILENT() };
    let (all, running, restarts) = state.media_threads;
    let certificate = match state.certificate {
        CertificateState::Until(end) => Some(words::certificate_until(&moment::in_words(end))),
        CertificateState::None => Some(words::NO_CERTIFICATE().to_owned()),
        CertificateState::Unknown => None,
    };
    view! {
        <Problems problems=state.problems/>
        {nodes}
        <section class="card" aria-label=words::SERVER()>
            <dl class="facts">
                <dt>{words::VERSION()}</dt><dd>{state.version}</dd>
                <dt>{words::BUILD()}</dt><dd><code>{state.build}</code></dd>
                <dt>{words::DATABASE()}</dt><dd>{state.database}", "{answers}</dd>
                {state.backup.map(|backup| view! { <dt>{words::BACKUP()}</dt><dd>{words::backup(&backup)}</dd> })}
                {state.free_bytes.map(|bytes| view! {
                    <dt>{words::FREE_DISK()}</dt><dd>{words::gigabytes(&(bytes / GIGABYTE))}</dd>
                })}
                <dt>{words::MEDIA_THREADS()}</dt><dd>{words::threads_running(&all, &restarts, &running)}</dd>
                {certificate.map(|said| view! { <dt>{words::CERTIFICATE()}</dt><dd>{said}</dd> })}
            </dl>
        </section>
    }
}

/// Whether all is well, and what is not.
#[component]
pub(super) fn Problems(problems: Vec<String>) -> impl IntoView {
    if problems.is_empty() {
        return view! { <p class="standing"><span class="tag good">{words::ALL_READY()}</span></p> }
            .into_any();
    }
    view! {
        <div class="standing card">
            <p><span class="tag caution">{words::NEEDS_ATTENTION()}</span></p>
            <ul lang="en" dir="ltr">{problems.into_iter().map(|problem| view! { <li>{problem}</li> }).collect_view()}</ul>
        </div>
    }
    .into_any()
}
