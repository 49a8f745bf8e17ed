//! The reference of the API at `/api`, made from its description. Developers read it; it writes nothing.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use askama::Template;
use serde_json::Value;

use crate::web::api::openapi;
use crate::web::error::PageError;
use crate::web::page::{PublicPage, html};
use crate::web::routes;
use crate::web::routing::PublicAccess;
use crate::web::words::codes::{ErrorCode, error_codes};

/// Fields within fields are shown down to this depth.
const DEEPEST: usize = 3;

#[derive(Template)]
#[template(path = "reference/show.html")]
struct ReferencePage {
    page: PublicPage,
    introduction: &'static str,
    groups: &'static [CallGroup],
    codes: Vec<&'static ErrorCode>,
}

struct CallGroup {
    name: String,
    description: String,
    calls: Vec<CallItem>,
}

struct CallItem {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: String,
    scope: String,
    parameters: Vec<FieldItem>,
    body: Vec<FieldItem>,
    answers: Vec<AnswerItem>,
}

struct AnswerItem {
    status: String,
    description: String,
    fields: Vec<FieldItem>,
}

struct FieldItem {
    name: String,
    kind: String,
    is_required: bool,
    description: String,
}

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(openapi::document()).unwrap_or_default());
static GROUPS: LazyLock<Vec<CallGroup>> = LazyLock::new(groups);

pub(super) async fn show(_: PublicAccess) -> Result<HttpResponse, PageError> {
    let page = PublicPage::new("en", "SMS Opt-In");
    let introduction = DOCUMENT.pointer("/info/description").and_then(Value::as_str).unwrap_or_default();
    let codes = error_codes().iter().filter(|known| known.is_problem).collect();
    html(ReferencePage { page, introduction, groups: &GROUPS, codes })
}

fn groups() -> Vec<CallGroup> {
    let tags = DOCUMENT.get("tags").and_then(Value::as_array);
    tags.into_iter()
        .flatten()
        .map(|tag| {
            let name = text(tag, "name");
            let calls = calls().into_iter().filter(|(of, _)| *of == name).map(|(_, call)| call).collect();
            CallGroup { description: text(tag, "description"), calls, name }
        })
        .collect()
}

/// Every call with the name of its group.
fn calls() -> Vec<(String, CallItem)> {
    let paths = DOCUMENT.get("paths").and_then(Value::as_object);
    let operations = paths.into_iter().flatten().flat_map(|(path, operations)| {
        operations.as_object().into_iter().flatten().map(move |(method, operation)| (path, method, operation))
    });
    operations
        .map(|(path, method, operation)| (text_at(operation, "/tags/0"), call(path, method, operation)))
        .collect()
}

fn call(path: &str, method: &str, operation: &Value) -> CallItem {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let schema = operation.pointer("/requestBody/content/application~1json/schema");
    let responses = operation.get("responses").and_then(Value::as_object);
    CallItem {
        id: text(operation, "operationId"),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(operation, "summary"),
        description: text(operation, "description"),
        scope: text_at(operation, "/security/0/key/0"),
        parameters: parameters.into_iter().flatten().map(parameter).collect(),
        body: schema.map(|schema| fields(schema, "", DEEPEST)).unwrap_or_default(),
        answers: responses.into_iter().flatten().map(|(status, answer)| answered(status, answer)).collect(),
    }
}

fn parameter(parameter: &Value) -> FieldItem {
    let schema = parameter.get("schema").unwrap_or(&Value::Null);
    let place = match text(parameter, "in").as_str() {
        "header" => "header, ",
        "path" => "in the path, ",
        _ => "",
    };
    FieldItem {
        name: text(parameter, "name"),
        kind: format!("{place}{}", kind(schema)),
        is_required: parameter.get("required") == Some(&Value::Bool(true)),
        description: text(parameter, "description"),
    }
}

fn answered(status: &str, answer: &Value) -> AnswerItem {
    let content =
        answer.get("content").and_then(Value::as_object).and_then(|content| content.values().next());
    let schema = content.and_then(|content| content.get("schema"));
    AnswerItem {
        status: if status == "default" { "Other".to_owned() } else { status.to_owned() },
        description: text(answer, "description"),
        fields: schema.map(|schema| fields(schema, "", DEEPEST)).unwrap_or_default(),
    }
}

/// The fields of an object, those of objects within it after their own.
fn fields(schema: &Value, before: &str, depth: usize) -> Vec<FieldItem> {
    let schema = resolved(schema);
    if let Some(items) = schema.get("items") {
        return fields(items, &format!("{before}[]."), depth);
    }
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut found = Vec::new();
    for (name, property) in properties.into_iter().flatten() {
        let full = format!("{before}{name}");
        let description = match text(property, "description") {
            own if own.is_empty() => text(resolved(property), "description"),
            own => own,
        };
        let is_required = required.contains(&name.as_str());
        found.push(FieldItem { name: full.clone(), kind: kind(property), is_required, description });
        if depth > 1 {
            let inner = if resolved(property).get("items").is_some() { full } else { format!("{full}.") };
            found.extend(fields(property, &inner, depth - 1));
        }
    }
    found
}

/// What a reference leads to; of several ways, the one that is not null.
fn resolved(schema: &Value) -> &Value {
    let ways = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    if let Some(way) =
        ways.and_then(|ways| ways.iter().find(|way| way.get("type") != Some(&Value::from("null"))))
    {
        return resolved(way);
    }
    let target = schema.get("$ref").and_then(Value::as_str);
    target.and_then(|target| DOCUMENT.pointer(target.trim_start_matches('#'))).unwrap_or(schema)
}

/// A field's type in words.
fn kind(schema: &Value) -> String {
    let schema = resolved(schema);
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return format!("one of {}", words.join(", "));
    }
    let named = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        other => other.and_then(Value::as_str),
    };
    match (named.unwrap_or("object"), text(schema, "format").as_str()) {
        ("string", "date-time") => "time".to_owned(),
        ("string", "uuid") => "id".to_owned(),
        ("string", _) => "text".to_owned(),
        ("boolean", _) => "true or false".to_owned(),
        ("integer", _) => "number".to_owned(),
        ("array", _) => "list".to_owned(),
        (other, _) => other.to_owned(),
    }
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn text_at(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
