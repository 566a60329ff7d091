//! The test is a module of its own, which the browser fetches when somebody wants it.

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use super::Results;
use crate::components::{Module, fetch, fetch_again};
use crate::text;
use crate::text::connection;

#[wasm_split(connection_test, wasm_split_path = ::leptos::wasm_split, preload(fetch_connection_test), fallible)]
fn connection_test() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Results/> }.into_any())
}

/// The test, once its module is here.
#[component]
pub(crate) fn LazyConnectionTest() -> impl IntoView {
    let module = RwSignal::new(Module::Coming);
    fetch(module, fetch_connection_test);
    move || {
        match module.get() {
        Module::Here => Suspend::new(async { connection_test().await.ok() }).into_any(),
        Module::Coming => view! { <p class="hint" role="status">{connection::PREPARING}</p> }.into_any(),
        Module::Missing => view! {
            <p class="problem" role="alert">{connection::MISSING}</p>
            <button type="button" class="button" on:click=move |_| fetch_again(module, fetch_connection_test)>{text::TRY_AGAIN}</button>
        }
        .into_any(),
    }
    }
}
