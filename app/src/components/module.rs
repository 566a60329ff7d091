//! Parts of the page that are modules of their own.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::SplitLoaderError;

/// How far a module is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Module {
    Coming,
    Here,
    Missing,
}

/// Starts to fetch a module, in the browser.
pub(crate) fn fetch<F>(module: RwSignal<Module>, preload: fn() -> F)
where
    F: Future<Output = Result<(), SplitLoaderError>> + 'static,
{
    Effect::new(move |_| fetch_again(module, preload));
}

/// Tries once more.
pub(crate) fn fetch_again<F>(module: RwSignal<Module>, preload: fn() -> F)
where
    F: Future<Output = Result<(), SplitLoaderError>> + 'static,
{
    module.set(Module::Coming);
    spawn_local(async move {
        let state = if preload().await.is_ok() { Module::Here } else { Module::Missing };
        module.set(state);
    });
}
