//! The call screen is a module of its own, which the browser fetches while somebody still looks at their camera.

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use super::CallScreen;
use crate::components::{Module, fetch_again};
use crate::pages::MessagePage;
use crate::text;
use crate::text::joining;

#[wasm_split(call_screen, wasm_split_path = ::leptos::wasm_split, preload(fetch_call_screen), fallible)]
fn call_screen() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <CallScreen/> }.into_any())
}

/// Starts to fetch the module, in the browser.
pub(crate) fn fetch(module: RwSignal<Module>) {
    crate::components::fetch(module, fetch_call_screen);
}

/// The call screen, once its module is here. Without it the call goes on unseen, and there is a way to try again.
#[component]
pub(crate) fn LazyCallScreen(module: RwSignal<Module>) -> impl IntoView {
    move || {
        match module.get() {
        Module::Here => Suspend::new(async { call_screen().await.ok() }).into_any(),
        Module::Coming => view! { <p class="opening" role="status">{joining::OPENING}</p> }.into_any(),
        Module::Missing => view! {
            <MessagePage heading=joining::SCREEN_MISSING text=joining::SCREEN_MISSING_TEXT>
                <button type="button" class="button primary" on:click=move |_| fetch_again(module, fetch_call_screen)>{text::TRY_AGAIN}</button>
            </MessagePage>
        }
        .into_any(),
    }
    }
}
