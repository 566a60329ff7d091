//! The table of contents: which path shows which page.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use crate::pages::{Landing, MyRooms, NewRoom, NotFound, RoomPage};

/// Every page.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=Landing/>
                <Route path=path!("/new") view=NewRoom/>
                <Route path=path!("/rooms") view=MyRooms/>
                <Route path=path!("/r/:code") view=RoomPage/>
            </Routes>
        </Router>
    }
}
