//! How this call travels, and what else would get through.

use leptos::prelude::*;

use super::{OpenPanel, SidePanel};
use crate::connection_test::LazyConnectionTest;
use crate::state::{CallCommand, CallViewStoreFields, PathKind, PathView, use_call_handle};

/// The links of the call with their paths, and the connection test.
#[component]
pub(crate) fn ConnectionPanel(open: OpenPanel) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    call.send(CallCommand::LookAtPaths { open: true });
    on_cleanup(move || call.send(CallCommand::LookAtPaths { open: false }));
    view! {
        <SidePanel title="Connection" open>
            <h3>"This call"</h3>
            <ul class="paths" aria-label="How this call travels">
                {move || {
                    let paths = view.paths().get();
                    if paths.is_empty() {
                        return view! { <li>"Nobody is connected yet."</li> }.into_any();
                    }
                    paths.iter().map(|path| view! { <li>{words(path)}</li> }).collect_view().into_any()
                }}
            </ul>
            <p class="panel-hint">{move || { let topology = view.topology().get(); if topology.direct { "Each of you sends to each." } else { "Everybody sends to the server, which passes it on, still encrypted." } }}</p>
            <h3>"What gets through"</h3>
            <LazyConnectionTest/>
        </SidePanel>
    }
}

fn words(path: &PathView) -> String {
    let PathView { with, kind, over } = path;
    match (with, kind) {
        (Some(name), PathKind::Direct) => format!("{name}: directly, over {over}"),
        (Some(name), PathKind::Relayed) => format!("{name}: by way of a relay, over {over}"),
        (None, PathKind::Direct) => format!("The server: over {over}"),
        (None, PathKind::Relayed) => format!("The server: by way of a relay, over {over}"),
    }
}
