//! An endpoint and its description in one: a route that is not described cannot be.

use axum::Extension;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::routing::MethodRouter;
use protocol::Scope;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::audited;
use crate::AppState;

/// What an endpoint's handler is told of it.
#[derive(Clone, Copy)]
pub(super) struct RequiredScope(pub(super) Scope);

/// How a type's schema gets into the document.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// A parameter that stands in the query or in a header.
pub(super) struct Parameter {
    pub(super) location: ParameterIn,
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) schema: SchemaOf,
}

/// Where a parameter stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ParameterIn {
    Query,
    Header,
}

/// One thing that can be asked.
pub(super) struct Endpoint {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// Its name in generated clients.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) about: &'static str,
    /// What an API key needs; nobody needs any key without.
    pub(super) scope: Option<Scope>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<SchemaOf>,
    pub(super) status: StatusCode,
    pub(super) answer: Option<SchemaOf>,
    /// Headers of the answer, and what they say.
    pub(super) headers: Vec<(&'static str, &'static str)>,
    /// Refusals that do not follow from the rest.
    pub(super) refusals: Vec<StatusCode>,
    pub(super) route: MethodRouter<AppState>,
}

impl Endpoint {
    pub(super) fn new(
        method: &'static str,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        route: MethodRouter<AppState>,
    ) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            about: "",
            scope: None,
            parameters: Vec::new(),
            body: None,
            status: StatusCode::NO_CONTENT,
            answer: None,
            headers: Vec::new(),
            refusals: Vec::new(),
            route,
        }
    }

    pub(super) fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    pub(super) fn scope(self, scope: Scope) -> Self {
        Self { scope: Some(scope), route: self.route.layer(Extension(RequiredScope(scope))), ..self }
    }

    /// What it does is kept in the audit log under this name.
    pub(super) fn audited(self, action: &'static str) -> Self {
        let keep = from_fn(move |request, next| audited::keep(action, request, next));
        Self { route: self.route.layer(keep), ..self }
    }

    pub(super) fn query<T: JsonSchema>(self, name: &'static str, about: &'static str) -> Self {
        self.parameter::<T>(ParameterIn::Query, name, about)
    }

    pub(super) fn header<T: JsonSchema>(self, name: &'static str, about: &'static str) -> Self {
        self.parameter::<T>(ParameterIn::Header, name, about)
    }

    pub(super) fn body<T: JsonSchema>(self) -> Self {
        Self { body: Some(SchemaGenerator::subschema_for::<T>), ..self }
    }

    pub(super) fn answers<T: JsonSchema>(self, status: StatusCode) -> Self {
        Self { status, answer: Some(SchemaGenerator::subschema_for::<T>), ..self }
    }

    pub(super) fn tells(mut self, header: &'static str, about: &'static str) -> Self {
        self.headers.push((header, about));
        self
    }

    pub(super) fn may_refuse_with(mut self, status: StatusCode) -> Self {
        self.refusals.push(status);
        self
    }

    fn parameter<T: JsonSchema>(
        mut self,
        location: ParameterIn,
        name: &'static str,
        about: &'static str,
    ) -> Self {
        self.parameters.push(Parameter {
            location,
            name,
            about,
            schema: SchemaGenerator::subschema_for::<T>,
        });
        self
    }

    /// The names between braces in the path.
    pub(super) fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
    }

    /// Every refusal that can come, in the order of their numbers.
    pub(super) fn all_refusals(&self) -> Vec<StatusCode> {
        let mut all = self.refusals.clone();
        all.extend([StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE]);
        if self.path.contains('{') || !self.parameters.is_empty() || self.body.is_some() {
            all.push(StatusCode::BAD_REQUEST);
        }
        if self.scope.is_some() {
            all.extend([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]);
        }
        if self.scope.is_some() && self.path.contains('{') {
            all.push(StatusCode::NOT_FOUND);
        }
        if self.body.is_some() {
            let of_bodies = [
                StatusCode::PAYLOAD_TOO_LARGE,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                StatusCode::UNPROCESSABLE_ENTITY,
            ];
            all.extend(of_bodies);
        }
        all.sort();
        all.dedup();
        all
    }
}
