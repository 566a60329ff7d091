//! A page of the admin, and what comes in its place.

use std::time::Duration;

use app::plain::admin::{AdminFrame, AdminNoRoom, AdminSection, SignedOut};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use leptos::prelude::*;
use storage::StorageError;

use crate::AppState;
use crate::pages::{PageProblem, plain};
use crate::version::VERSION;

/// How long the database may take for what stands on a page.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// What the database answers, unless that takes longer than anybody waits for a page.
pub(super) async fn in_time<T>(
    asking: impl Future<Output = Result<T, StorageError>>,
) -> Result<T, StorageError> {
    tokio::time::timeout(ANSWERS_WITHIN, asking).await.unwrap_or(Err(StorageError::Behind))
}

/// Why a page is not shown.
#[derive(Debug)]
pub(super) enum AdminProblem {
    /// Nobody is signed in.
    SignedOut,
    /// The link opens nothing.
    LinkRefused,
    /// The form comes from another site.
    Foreign,
    /// Too many requests from one address.
    Busy,
    /// There is no such room.
    NotFound,
    /// The database cannot be used.
    Storage(StorageError),
}

impl From<StorageError> for AdminProblem {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl AdminProblem {
    /// The page that says it.
    pub(super) async fn into_page(self, state: &AppState) -> Response {
        let has_link = match self {
            Self::SignedOut => false,
            Self::LinkRefused => true,
            Self::Foreign => return PageProblem::Foreign.into_response(),
            Self::Busy => return PageProblem::Busy.into_response(),
            Self::Storage(error) => return PageProblem::Storage(error).into_response(),
            Self::NotFound => return not_found(state).await,
        };
        plain(state, StatusCode::FORBIDDEN, || view! { <SignedOut has_link/> }.into_any()).await
    }
}

async fn not_found(state: &AppState) -> Response {
    let page = AdminPage { status: StatusCode::NOT_FOUND, ..AdminPage::of(AdminSection::Rooms) };
    page.with(state, || view! { <AdminNoRoom/> }.into_any()).await
}

/// How a page is asked for.
pub(super) struct AdminPage {
    pub(super) section: AdminSection,
    pub(super) status: StatusCode,
    /// In so many seconds it is asked for again.
    pub(super) refresh_secs: Option<u32>,
}

impl AdminPage {
    pub(super) fn of(section: AdminSection) -> Self {
        Self { section, status: StatusCode::OK, refresh_secs: None }
    }

    /// The page with something in it.
    pub(super) async fn with(
        self,
        state: &AppState,
        content: impl FnOnce() -> AnyView + Send + 'static,
    ) -> Response {
        let Self { section, status, refresh_secs } = self;
        let version = VERSION.to_owned();
        let page = || view! { <AdminFrame section version>{content()}</AdminFrame> }.into_any();
        let mut response = plain(state, status, page).await;
        // Whoever has turned that on can turn it off (WCAG 2.2, 2.2.1).
        let refresh = refresh_secs.map(|secs| (HeaderName::from_static("refresh"), HeaderValue::from(secs)));
        response.headers_mut().extend(refresh);
        response
    }
}
