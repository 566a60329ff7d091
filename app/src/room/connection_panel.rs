//! How this call travels, and what else would get through.

use leptos::prelude::*;

use super::{SidePanel, Statistics};
use crate::connection_test::LazyConnectionTest;
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};
use crate::text::connection;

/// The links of the call with their paths, and the connection test.
#[component]
pub(crate) fn ConnectionPanel() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    call.send(CallCommand::LookAtStatistics { open: true });
    on_cleanup(move || call.send(CallCommand::LookAtStatistics { open: false }));
    view! {
        <SidePanel title=connection::DETAILS>
            <h3>{connection::THIS_CALL}</h3>
            <ul class="paths" aria-label=connection::CONNECTIONS>
                {move || {
                    let paths = view.paths().get();
                    if paths.is_empty() {
                        return view! { <li>{connection::NONE_YET}</li> }.into_any();
                    }
                    paths.iter().map(|path| view! { <li>{connection::path(path.with.as_deref(), path.path)}</li> }).collect_view().into_any()
                }}
            </ul>
            <p class="panel-hint">{move || connection::topology(view.topology().get().via)}</p>
            <Statistics/>
            <h3>{connection::YOUR_NETWORK}</h3>
            <LazyConnectionTest/>
        </SidePanel>
    }
}
