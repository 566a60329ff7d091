//! A body that is a JSON object: an extractor. A type's fields also read from a list, which nobody means.

use app::documents::ProblemType;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::problem;

/// The object, read.
pub(crate) struct Object<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Object<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let fields = Json::<Map<String, Value>>::from_request(request, state).await;
        let Json(fields) = fields.map_err(JsonRejection::into_response)?;
        T::deserialize(Value::Object(fields)).map(Self).map_err(|error| {
            problem(StatusCode::UNPROCESSABLE_ENTITY, ProblemType::Malformed, error.to_string())
                .into_response()
        })
    }
}
