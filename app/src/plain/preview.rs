//! What messengers show of a link (the Open Graph protocol), and search engines of the front page. Never who is inside.

use leptos::prelude::*;
use leptos_meta::Meta;

use crate::text::{documents, plain};

/// What a page says of itself to those who do not open it. Comes as a context.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The room by its name, or the front page.
    pub of: PreviewOf,
    /// The address of the page.
    pub address: String,
    /// The address of a picture, 1,200 by 630 pixels.
    pub picture: String,
}

/// Which page it is.
#[derive(Clone, Debug)]
pub enum PreviewOf {
    /// The front page.
    Landing,
    /// A room with its name. Search engines are asked to leave it out.
    Room(Option<String>),
}

/// The elements for the document's head.
pub(super) fn preview(Preview { of, address, picture }: Preview) -> impl IntoView {
    let (title, description, is_room) = match of {
        PreviewOf::Landing => (plain::LANDING_TITLE().to_owned(), plain::LANDING_LEAD(), false),
        PreviewOf::Room(name) => {
            (name.unwrap_or_else(|| documents::calendar_summary().to_owned()), plain::ROOM_PREVIEW(), true)
        }
    };
    view! {
        <Meta name="description" content=description/>
        <Meta property="og:type" content="website"/>
        <Meta property="og:site_name" content=crate::text::PRODUCT()/>
        <Meta property="og:title" content=title/>
        <Meta property="og:description" content=description/>
        <Meta property="og:url" content=address/>
        <Meta property="og:image" content=picture/>
        <Meta name="twitter:card" content="summary_large_image"/>
        {is_room.then(|| view! { <Meta name="robots" content="noindex"/> })}
    }
}
