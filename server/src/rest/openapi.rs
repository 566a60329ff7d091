//! The description of the interface (OpenAPI 3.1), made of the endpoints and the types.

use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{CallId, ParticipantId, Problem, RecordingId, RingId, RoomCode};
use schemars::generate::SchemaSettings;
use schemars::{SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::endpoint::{Endpoint, Parameter, ParameterIn};
use super::endpoints;

/// `GET /api/v1/openapi.json`
pub(crate) async fn serve_document() -> Response {
    let mut response = document().to_string().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The whole document, made once.
pub(crate) fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(describe);
    &DOCUMENT
}

fn describe() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for endpoint in endpoints::all() {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method] = operation(&endpoint, &mut generator);
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Veranda",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Rooms, their rules, tokens for them, who is inside, and direct calls. Refusals are problem documents (RFC 9457).",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, the key of a room's host, or an access token of a host (RFC 6750).",
                },
            },
        },
    })
}

fn operation(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<_> =
        endpoint.path_parameters().map(|name| path_parameter(endpoint.path, name, generator)).collect();
    parameters.extend(endpoint.parameters.iter().map(|parameter| described(parameter, generator)));
    let mut operation = json!({
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": responses(endpoint, generator),
        "security": security(endpoint),
    });
    if !endpoint.about.is_empty() {
        operation["description"] = json!(endpoint.about);
    }
    if let Some(body) = endpoint.body {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body(generator) } } });
    }
    operation
}

fn path_parameter(path: &str, name: &str, generator: &mut SchemaGenerator) -> Value {
    let (about, schema) = match name {
        "id" if path.contains("/participants/") => {
            ("A participant.", generator.subschema_for::<ParticipantId>())
        }
        "id" if path.starts_with("/api/v1/recordings/") => {
            ("A recording.", generator.subschema_for::<RecordingId>())
        }
        "name" => ("The name of a file, as the manifest says it.", json_schema!({ "type": "string" })),
        "id" if path.starts_with("/api/v1/calls/") => ("A call.", generator.subschema_for::<RingId>()),
        "id" if path.starts_with("/api/v1/call-ids/") => ("A call ID.", generator.subschema_for::<CallId>()),
        "id" => ("The `id` of a key, an invitation or an access token.", json_schema!({ "type": "string" })),
        _ => ("The room's code.", generator.subschema_for::<RoomCode>()),
    };
    json!({ "in": "path", "name": name, "required": true, "description": about, "schema": schema })
}

fn described(parameter: &Parameter, generator: &mut SchemaGenerator) -> Value {
    let location = match parameter.location {
        ParameterIn::Query => "query",
        ParameterIn::Header => "header",
    };
    let schema = (parameter.schema)(generator);
    json!({ "in": location, "name": parameter.name, "description": parameter.about, "schema": schema })
}

/// Making a room may need no key, and asking for those that are listed does not, which the document says as an empty requirement.
fn security(endpoint: &Endpoint) -> Value {
    match endpoint.scope {
        None => json!([{}]),
        Some(scope) if matches!(endpoint.id, "createRoom" | "listRooms") => {
            json!([{}, { "bearer": [scope.as_str()] }])
        }
        Some(scope) => json!([{ "bearer": [scope.as_str()] }]),
    }
}

fn responses(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let mut answer = json!({ "description": phrase(endpoint.status) });
    if let Some(schema) = endpoint.answer {
        answer["content"] = json!({ "application/json": { "schema": schema(generator) } });
    }
    let headers = endpoint.headers.iter().map(|(name, about)| {
        ((*name).to_owned(), json!({ "description": about, "schema": { "type": "string" } }))
    });
    let headers: Map<_, _> = headers.collect();
    if !headers.is_empty() {
        answer["headers"] = json!(headers);
    }
    let mut all = Map::from_iter([(endpoint.status.as_str().to_owned(), answer)]);
    let problem = generator.subschema_for::<Problem>();
    for status in endpoint.all_refusals() {
        let mut refusal = json!({ "description": phrase(status) });
        if status != StatusCode::NOT_MODIFIED {
            refusal["content"] = json!({ "application/problem+json": { "schema": problem } });
        }
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let about = "Seconds after which to try again.";
            refusal["headers"] =
                json!({ "Retry-After": { "description": about, "schema": { "type": "integer" } } });
        }
        all.insert(status.as_str().to_owned(), refusal);
    }
    Value::Object(all)
}

fn phrase(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Error")
}
