//! `GET /api/docs`: the REST interface for people, rendered from its description. No script, nothing from elsewhere. What it says is English,
//! whatever language the page around it speaks.

use app::plain::SiteHeader;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use leptos_meta::Title;
use serde_json::{Map, Value};

use super::plain;
use crate::{AppState, rest};

/// The page.
pub(crate) async fn api_docs(State(state): State<AppState>) -> Response {
    let page = || view! { <ApiDocs document=rest::document().clone()/> }.into_any();
    plain(&state, StatusCode::OK, page).await
}

#[component]
fn ApiDocs(document: Value) -> impl IntoView {
    let operations: Vec<_> = operations(&document).collect();
    let contents = operations.iter().map(|(method, path, operation)| {
        view! { <li><a href=format!("#{}", text(operation, "operationId"))><Verb method=method.clone() path=path.clone()/></a></li> }
    });
    let contents = contents.collect_view();
    let operations = operations
        .into_iter()
        .map(|(method, path, operation)| view! { <Operation method path operation/> })
        .collect_view();
    let schemas = object(&document["components"], "schemas").into_iter();
    let schemas = schemas.map(|(name, schema)| view! { <Schema name schema/> }).collect_view();
    view! {
        <Title text="REST API · Veranda"/>
        <SiteHeader/>
        <main class="api-docs" lang="en" dir="ltr">
                <h1>"REST API"</h1>
                <p>
                    "Requests and responses are JSON. Errors are problem documents (RFC 9457). For generated clients, there is "
                    <a href="/api/v1/openapi.json">"the OpenAPI 3.1 description"</a>"."
                </p>
                <h2>"Try it"</h2>
                <pre tabindex="0"><code>{EXAMPLE}</code></pre>
                <h2>"Keys"</h2>
                <p>
                    "Creating a room returns its host key, with full access to that room. To create rooms for others, use an API \
                     key with the scopes you need: "<code>"veranda api-key create"</code>"."
                </p>
                <nav aria-label="Endpoints"><ul class="api-contents">{contents}</ul></nav>
                <h2>"Endpoints"</h2>
                {operations}
                <h2>"Schemas"</h2>
                {schemas}
            </main>
    }
}

const EXAMPLE: &str = "curl -X POST -H 'Content-Type: application/json' \\
     -d '{\"name\": \"Tea\", \"waiting_room\": \"on\"}' \"$VERANDA/api/v1/rooms\"

curl -H \"Authorization: Bearer $HOST_KEY\" \"$VERANDA/api/v1/rooms/kfm-pqxz-wtr\"";

#[component]
fn Verb(method: String, path: String) -> impl IntoView {
    view! { <span class="verb">{method.to_uppercase()}</span>" "<code>{path}</code> }
}

#[component]
fn Operation(method: String, path: String, operation: Value) -> impl IntoView {
    let id = text(&operation, "operationId");
    let scopes = operation["security"].as_array().into_iter().flatten();
    let mut needs: Vec<_> = scopes
        .map(|one| one["bearer"][0].as_str().map_or("no key".to_owned(), |scope| format!("scope {scope}")))
        .collect();
    needs.reverse();
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let has_parameters = !parameters.is_empty();
    let rows = parameters.into_iter().map(|parameter| {
        view! {
            <tr>
                <th scope="row"><code>{text(&parameter, "name")}</code></th>
                <td>{text(&parameter, "in")}</td>
                <td>{kind(&parameter["schema"])}</td>
                <td>{prose(&text(&parameter, "description"))}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let body = operation.get("requestBody").map(|body| kind(&body["content"]["application/json"]["schema"]));
    let (refusals, answers): (Vec<_>, Vec<_>) = object(&operation, "responses")
        .into_iter()
        .partition(|(_, response)| response["content"].get("application/problem+json").is_some());
    let answers = answers.into_iter().map(|(status, response)| {
        let shape = response["content"].get("application/json").map(|json| kind(&json["schema"]));
        let headers = object(&response, "headers").into_iter().map(|(name, header)| {
            view! { <li><code>{name}</code>": "{prose(&text(&header, "description"))}</li> }
        });
        view! {
            <li>
                <b>{status}</b>" "{text(&response, "description")}{shape.map(|shape| (": ", shape))}
                <ul>{headers.collect_view()}</ul>
            </li>
        }
    });
    let answers = answers.collect_view();
    let refusals =
        refusals.into_iter().map(|(status, response)| format!("{status} {}", text(&response, "description")));
    let refusals = refusals.collect::<Vec<_>>().join(", ");
    view! {
        <section class="card api-operation" aria-labelledby=id.clone()>
            <h3 id=id.clone()><Verb method path/></h3>
            <p><b>{text(&operation, "summary")}</b>". "{prose(&text(&operation, "description"))}</p>
            <p class="hint">"Requires " {needs.join(", or ")}"."</p>
            {has_parameters.then(|| view! {
                <table>
                    <thead><tr><th scope="col">"Parameter"</th><th scope="col">"In"</th><th scope="col">"Type"</th><th scope="col">"Description"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            })}
            {body.map(|body| view! { <p>"Body: " {body}</p> })}
            <ul class="api-answers">{answers}</ul>
            <p class="hint">"Errors: " {refusals}"."</p>
        </section>
    }
}

#[component]
fn Schema(name: String, schema: Value) -> impl IntoView {
    let required: Vec<_> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let fields = object(&schema, "properties");
    let has_fields = !fields.is_empty();
    let rows = fields.into_iter().map(|(field, of)| {
        let always = if required.contains(&field) { "" } else { ", optional" };
        view! {
            <tr>
                <th scope="row"><code>{field}</code></th>
                <td>{kind(&of)}{always}</td>
                <td>{prose(&text(&of, "description"))}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let values = schema["oneOf"].as_array().cloned().unwrap_or_default().into_iter();
    let values = values.filter(|value| value["const"].is_string()).map(|value| {
        view! { <li><code>{text(&value, "const")}</code>": "{prose(&text(&value, "description"))}</li> }
    });
    let id = format!("type-{name}");
    view! {
        <section class="api-type" aria-labelledby=id.clone()>
            <h3 id=id.clone()>{name}</h3>
            <p>{prose(&text(&schema, "description"))}</p>
            <ul>{values.collect_view()}</ul>
            {has_fields.then(|| view! {
                <table>
                    <thead><tr><th scope="col">"Field"</th><th scope="col">"Type"</th><th scope="col">"Description"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            })}
        </section>
    }
}

/// What a value looks like, in a word or two, with a link where it is a type of its own.
fn kind(schema: &Value) -> AnyView {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return view! { <a href=format!("#type-{name}")>{name.to_owned()}</a> }.into_any();
    }
    let choices = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
    if let Some(choices) = choices {
        let words =
            choices.iter().enumerate().map(|(index, choice)| ((index > 0).then_some(" or "), kind(choice)));
        return words.collect_view().into_any();
    }
    if schema["type"] == "array" {
        return ("list of ", kind(&schema["items"])).into_any();
    }
    match &schema["type"] {
        Value::String(one) => format!("{one}{}", bounds(schema)).into_any(),
        Value::Array(several) => {
            let several = several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ");
            format!("{several}{}", bounds(schema)).into_any()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => "any".into_any(),
    }
}

/// A sentence of the description, in which code stands between backticks, as in the documentation of the types.
fn prose(text: &str) -> AnyView {
    let parts = text.split('`').enumerate().map(|(index, part)| {
        if index % 2 == 1 {
            view! { <code>{part.to_owned()}</code> }.into_any()
        } else {
            without_link(part).to_owned().into_any()
        }
    });
    parts.collect_view().into_any()
}

/// The words between two pieces of code, without what made the pieces links.
fn without_link(words: &str) -> &str {
    let words = words.strip_suffix('[').unwrap_or(words);
    let words = words.strip_prefix(']').unwrap_or(words);
    match words.strip_prefix('(').and_then(|target| target.split_once(')')) {
        Some((target, rest)) if target.contains("::") => rest,
        _ => words,
    }
}

/// The smallest and the largest value, or length, where there are any.
fn bounds(schema: &Value) -> String {
    let number = |field: &str| schema[field].as_u64();
    match (number("minimum"), number("maximum"), number("minLength"), number("maxLength")) {
        (Some(least), Some(most), ..) => format!(", {least} to {most}"),
        (.., Some(least), Some(most)) => format!(", {least} to {most} characters"),
        _ => String::new(),
    }
}

fn operations(document: &Value) -> impl Iterator<Item = (String, String, Value)> {
    let paths = object(document, "paths").into_iter();
    paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().cloned().unwrap_or_default().into_iter();
        methods.map(move |(method, operation)| (method, path.clone(), operation))
    })
}

fn object(of: &Value, field: &str) -> Map<String, Value> {
    of[field].as_object().cloned().unwrap_or_default()
}

fn text(of: &Value, field: &str) -> String {
    of[field].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn links_of_the_documentation_are_words_here() {
        for (words, expected) in [
            (" from 1 to [", " from 1 to "),
            ("].", "."),
            ("](crate::RoomSettingsPatch).", "."),
            (" (RFC 7519) ", " (RFC 7519) "),
            ("](see below)", "(see below)"),
        ] {
            assert_eq!(super::without_link(words), expected);
        }
    }
}
