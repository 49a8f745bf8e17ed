//! Holds every answer of the JSON API that the stories see against the API's own description. A field that is not described, a
//! status that is not described and a schema with a keyword that is not understood here are failures.

use std::sync::LazyLock;

use reqwest::Method;
use serde_json::{Map, Value};
use sms_opt_in::web::api::openapi;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(openapi::document()).unwrap());

/// Panics when the answer to a request is not as described.
pub fn check(method: &Method, path: &str, status: u16, answer: &Value) {
    let path = path.split('?').next().unwrap();
    let Some(operation) = operation(method, path) else {
        assert!([404, 405].contains(&status), "{method} {path} answers {status} and is not described");
        return;
    };
    let responses = operation["responses"].as_object().unwrap();
    let described =
        responses.get(&status.to_string()).or_else(|| responses.get("default").filter(|_| status >= 400));
    let described = described.unwrap_or_else(|| panic!("{method} {path}: {status} is not described"));
    let (_, content) = described["content"].as_object().unwrap().iter().next().unwrap();
    if let Err(why) = matches(answer, &content["schema"]) {
        panic!("{method} {path} {status}: {why}\n{answer:#}");
    }
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let is_like = |template: &str| {
        let (given, wanted): (Vec<&str>, Vec<&str>) =
            (path.split('/').collect(), template.split('/').collect());
        given.len() == wanted.len()
            && given.iter().zip(wanted).all(|(given, wanted)| wanted.starts_with('{') || *given == wanted)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let (_, operations) = paths.iter().find(|(template, _)| is_like(template))?;
    operations.get(method.as_str().to_lowercase())
}

fn matches(value: &Value, schema: &Value) -> Result<(), String> {
    let schema = schema.as_object().ok_or("a schema is no object")?;
    for (keyword, rule) in schema {
        match keyword.as_str() {
            "$ref" => {
                matches(value, DOCUMENT.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap())?
            }
            "type" => is_of_type(value, rule)?,
            "enum" => {
                let found = rule.as_array().unwrap().contains(value);
                found.then_some(()).ok_or(format!("{value} is not one of {rule}"))?;
            }
            "oneOf" | "anyOf" => {
                let mut ways = rule.as_array().unwrap().iter().map(|way| matches(value, way));
                ways.any(|way| way.is_ok()).then_some(()).ok_or(format!("{value} is none of {rule}"))?;
            }
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    matches(item, rule)?;
                }
            }
            "properties" => has_properties(value, rule.as_object().unwrap())?,
            "required" => {
                for name in rule.as_array().unwrap() {
                    value.get(name.as_str().unwrap()).ok_or(format!("{name} is missing"))?;
                }
            }
            "format" => is_of_format(value, rule.as_str().unwrap())?,
            "minimum" => assert!(value.as_i64() >= rule.as_i64(), "{value} is below {rule}"),
            "description" | "example" | "examples" | "title" => {}
            other => return Err(format!("the keyword {other} is not checked")),
        }
    }
    Ok(())
}

fn has_properties(value: &Value, properties: &Map<String, Value>) -> Result<(), String> {
    for (name, value) in value.as_object().into_iter().flatten() {
        let schema = properties.get(name).ok_or(format!("the field {name} is not described"))?;
        matches(value, schema).map_err(|why| format!("{name}: {why}"))?;
    }
    Ok(())
}

fn is_of_type(value: &Value, rule: &Value) -> Result<(), String> {
    let kinds: Vec<&str> = match rule {
        Value::Array(kinds) => kinds.iter().map(|kind| kind.as_str().unwrap()).collect(),
        kind => vec![kind.as_str().unwrap()],
    };
    let is = |kind: &&str| match *kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        other => panic!("the type {other} is not checked"),
    };
    kinds.iter().any(is).then_some(()).ok_or(format!("{value} is no {rule}"))
}

fn is_of_format(value: &Value, format: &str) -> Result<(), String> {
    let Some(text) = value.as_str() else { return Ok(()) };
    let is = match format {
        "date-time" => chrono::DateTime::parse_from_rfc3339(text).is_ok() && text.ends_with('Z'),
        "uuid" => uuid::Uuid::parse_str(text).is_ok(),
        "int32" | "int64" => true,
        other => return Err(format!("the format {other} is not checked")),
    };
    is.then_some(()).ok_or(format!("{text} is no {format}"))
}
