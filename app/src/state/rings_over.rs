//! Rings on a page that is about something else.

use leptos::prelude::*;

use super::DirectHandle;

/// Not the handle of a direct call: what such a page shows below is none.
#[derive(Clone)]
struct RingsOver(DirectHandle);

/// Lets the page show rings over what it is about. A browser without a call identity provides nothing.
pub fn provide_rings_over(handle: DirectHandle) {
    provide_context(RingsOver(handle));
}

/// The handle, or an inert one.
pub(crate) fn use_rings_over() -> DirectHandle {
    let handle = use_context::<RingsOver>().map(|RingsOver(handle)| handle);
    handle.unwrap_or_else(|| DirectHandle::new(RwSignal::default(), |_| {}))
}
