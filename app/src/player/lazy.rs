//! The player is a module of its own, which the pages of calls do not carry.

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use super::loading::Loading;
use super::meeting::Recording;
use crate::components::{Module, fetch, fetch_again};
use crate::text;
use crate::text::player;

#[wasm_split(player, wasm_split_path = ::leptos::wasm_split, preload(fetch_player), fallible)]
fn recording() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Recording/> }.into_any())
}

/// The player, once its module is here.
#[component]
pub(crate) fn LazyPlayer() -> impl IntoView {
    let module = RwSignal::new(Module::Coming);
    fetch(module, fetch_player);
    move || {
        match module.get() {
        Module::Here => Suspend::new(async { recording().await.ok() }).into_any(),
        Module::Coming => view! { <Loading/> }.into_any(),
        Module::Missing => view! {
            <div class="card recording-fault">
                <h1>{player::PAGE}</h1>
                <p class="problem" role="alert">{player::MODULE_MISSING}</p>
                <button type="button" class="button" on:click=move |_| fetch_again(module, fetch_player)>{text::TRY_AGAIN}</button>
            </div>
        }
        .into_any(),
    }
    }
}
