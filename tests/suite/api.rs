//! What integrators rely on.

use reqwest::Method;
use serde_json::{Value, json};

use sms_opt_in::web::routes::patterns;
use sms_opt_in::web::words::codes::error_codes;

use crate::support::{KEY, world};

#[actix_web::test]
async fn the_same_idempotency_key_sends_once() {
    let world = world().await;
    let body = json!({"to": "(206) 555-0130", "body": "hello", "category": "automated"});
    let send = |body: serde_json::Value| {
        let request = world.client.post(format!("{}/api/v1/messages", world.url)).bearer_auth(KEY);
        request.header("Idempotency-Key", "order-7").json(&body).send()
    };
    let first: serde_json::Value = send(body.clone()).await.unwrap().json().await.unwrap();
    let second: serde_json::Value = send(body).await.unwrap().json().await.unwrap();
    assert_eq!(first, second);
    let other = json!({"to": "(206) 555-0130", "body": "different", "category": "automated"});
    let third = send(other).await.unwrap();
    assert_eq!(third.status().as_u16(), 422);
    let problem: serde_json::Value = third.json().await.unwrap();
    assert_eq!(problem["code"], "idempotency_key_reused");
}

#[actix_web::test]
async fn a_text_that_is_no_number_is_refused_and_the_attempt_is_kept() {
    let world = world().await;
    let (status, problem) = world.send("not a number", "hello").await;
    assert_eq!((status, problem["code"].as_str()), (422, Some("invalid_number")));
    assert_eq!(world.status(&problem["id"]).await, "blocked");
}

#[actix_web::test]
async fn without_a_key_nothing_is_told() {
    let world = world().await;
    for path in ["/api/v1/messages/x", "/api/v1/numbers/+12065550100/consent", "/api/v1/contacts"] {
        let answer = world.client.get(format!("{}{path}", world.url)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 401, "{path}");
    }
}

#[actix_web::test]
async fn a_revocation_by_any_channel_blocks_and_contacts_are_found() {
    let world = world().await;
    let ana = world.lead(31);
    ana.texts("START").await;
    let contact = json!({"phone": "206-555-0131", "name": "Ana Abbott", "external_id": "crm-1"});
    let (status, made) = world.call(Method::POST, "/api/v1/contacts", Some(contact.clone())).await;
    assert_eq!(status, 201, "{made}");
    let (status, again) = world.call(Method::POST, "/api/v1/contacts", Some(contact)).await;
    assert_eq!((status, &again["id"]), (200, &made["id"]));
    for q in ["0131", "abbott", "crm-1", "%2B12065550131", "(206)%20555-0131"] {
        let (_, page) = world.call(Method::GET, &format!("/api/v1/contacts?q={q}"), None).await;
        assert_eq!(page["data"].as_array().unwrap().len(), 1, "search for {q}");
    }
    let path = format!("/api/v1/numbers/{}/opt-outs", ana.phone.as_str());
    let body = json!({"channel": "call", "reason": "Asked our agent on the phone to stop"});
    let (status, _) = world.call(Method::POST, &path, Some(body)).await;
    assert_eq!(status, 201);
    assert_eq!(ana.is_sent("hello").await.0, 422);
    let (_, page) = world.call(Method::GET, "/api/v1/contacts?state=opted_out", None).await;
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    let (status, problem) = world.call(Method::GET, "/api/v1/contacts?state=maybe", None).await;
    assert_eq!((status, problem["code"].as_str()), (422, Some("invalid")));
}

#[actix_web::test]
async fn a_query_that_cannot_be_read_is_a_problem() {
    let world = world().await;
    for path in [
        "/api/v1/contacts?limit=abc",
        "/api/v1/contacts?q=a&q=b",
        "/api/v1/numbers/+12065550100/consent?program=a&program=b",
    ] {
        let request = world.client.get(format!("{}{path}", world.url)).bearer_auth(KEY);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 422, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
        let problem: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "invalid", "{path}");
    }
    let (status, page) = world.call(Method::GET, "/api/v1/contacts?q=abc%00def", None).await;
    assert_eq!((status, page["data"].as_array().map(Vec::len)), (200, Some(0)));
}

#[actix_web::test]
async fn a_known_external_id_changes_what_is_sent_and_keeps_the_rest() {
    let world = world().await;
    let save = |body: serde_json::Value| world.call(Method::POST, "/api/v1/contacts", Some(body));
    let blank = json!({"phone": "206-555-0140", "external_id": "  "});
    let (first, second) = (save(blank.clone()).await, save(blank).await);
    assert_eq!((first.0, second.0), (201, 201), "a blank external id is none");
    save(json!({"phone": "206-555-0141", "name": "An\u{0}a\n Abbott", "email": "ana@example.com", "external_id": "crm\u{0}-9"})).await;
    let (status, _) = save(json!({"phone": "206-555-0141", "external_id": "crm-9"})).await;
    assert_eq!(status, 200);
    let (_, found) = world.call(Method::GET, "/api/v1/contacts?q=crm-9", None).await;
    let contact = &found["data"][0];
    assert_eq!(
        (contact["name"].as_str(), contact["email"].as_str()),
        (Some("Ana Abbott"), Some("ana@example.com"))
    );
    save(json!({"phone": "206-555-0141", "external_id": "crm-9", "email": null})).await;
    let (_, found) = world.call(Method::GET, "/api/v1/contacts?q=crm-9", None).await;
    assert_eq!(
        (found["data"][0]["name"].as_str(), found["data"][0]["email"].as_str()),
        (Some("Ana Abbott"), None)
    );
}

#[actix_web::test]
async fn figures_are_there_for_a_monitoring_system() {
    let world = world().await;
    let dee = world.lead(32);
    let contact = json!({"phone": dee.phone.as_str(), "name": "Dee Dubois"});
    world.call(Method::POST, "/api/v1/contacts", Some(contact)).await;
    dee.is_sent("hello").await;
    let answer = world.client.get(format!("{}/metrics", world.url)).send().await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    let text = answer.text().await.unwrap();
    for line in [
        "sms_opt_in_contacts{state=\"invited\"} 1",
        "sms_opt_in_messages_waiting{status=\"held\"} 1",
        "sms_opt_in_sending_on 1",
        "sms_opt_in_forged_webhooks_total 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[actix_web::test]
async fn the_api_describes_every_address_it_has() {
    let world = world().await;
    let answer = world.client.get(format!("{}/api/v1/openapi.json", world.url)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "without a key");
    let document: Value = answer.json().await.unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let source = include_str!("../../src/web/api/mod.rs");
    let routes = source.lines().filter_map(|line| {
        let (name, handler) =
            line.trim().strip_prefix(".route(below_api(patterns::")?.split_once("), routing::")?;
        let (_, pattern) = patterns::ALL.iter().find(|(known, _)| *known == name)?;
        Some(((*pattern).to_owned(), handler.split('(').next()?.to_owned()))
    });
    let routes: Vec<(String, String)> = routes.filter(|(path, _)| !path.ends_with("openapi.json")).collect();
    let described = document["paths"].as_object().unwrap();
    let described: Vec<(String, String)> = described
        .iter()
        .flat_map(|(path, operations)| {
            operations.as_object().unwrap().keys().map(|method| (path.clone(), method.clone()))
        })
        .collect();
    assert!(routes.len() >= 7);
    for route in &routes {
        assert!(described.contains(route), "{route:?} is not described");
    }
    for (path, method) in &described {
        assert!(
            routes.contains(&(path.clone(), method.clone())),
            "{method} {path} is described and not there"
        );
        let operation = &document["paths"][path][method];
        assert!(
            !operation["summary"].as_str().unwrap().is_empty()
                && !operation["security"][0]["key"][0].is_null()
        );
        let url = format!("{}{}", world.url, path.replace("{number}", "+12065550100").replace("{id}", "x"));
        let method = reqwest::Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let answer = world.client.request(method.clone(), &url).send().await.unwrap();
        let status = answer.status().as_u16();
        assert_eq!(status, 401, "{method} {path} without a key");
        crate::support::contract::check(&method, path, status, &answer.json().await.unwrap());
    }
}

#[actix_web::test]
async fn the_reference_shows_every_call_and_asks_nobody_else() {
    let world = world().await;
    let page = world.client.get(format!("{}/api", world.url)).send().await.unwrap().text().await.unwrap();
    for shown in [
        "Send a message",
        "POST",
        "/api/v1/messages",
        "Idempotency-Key",
        "opted_out",
        "Scope: consent",
        "RFC 3339",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"));
}

/// Rust sources below a folder.
pub fn sources(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(std::fs::read_to_string(path).unwrap());
        }
    }
    found
}

/// The first text in quotation marks after each place of `mark`, if it stands near.
fn words_after<'a>(source: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    source.split(mark).skip(1).filter_map(|rest| {
        let (before, rest) = rest.split_once('"')?;
        (before.len() < 60 && !before.contains(';')).then(|| rest.split('"').next())?
    })
}

/// One list of codes for pages, answers, description and reference; whoever adds a code adds its words.
#[actix_web::test]
async fn every_code_of_the_program_is_in_the_one_list_and_in_the_reference() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut used: std::collections::BTreeSet<String> = std::collections::BTreeSet::new();
    for source in sources(&root.join("web")) {
        used.extend(words_after(&source, "ProblemDetails::new(").map(str::to_owned));
    }
    for source in sources(&root.join("actions")) {
        used.extend(words_after(&source, "StatusChange::coded(").map(str::to_owned));
    }
    let refusals = std::fs::read_to_string(root.join("domain/intent.rs")).unwrap();
    let (_, refusals) = refusals.split_once("fn code(&self)").unwrap();
    let (refusals, _) = refusals.split_once("\n    }\n").unwrap();
    used.extend(words_after(refusals, "=>").map(str::to_owned));
    assert!(used.len() > 30 && used.contains("busy") && used.contains("gave_up"), "{used:?}");
    let world = world().await;
    let page = world.client.get(format!("{}/api", world.url)).send().await.unwrap().text().await.unwrap();
    let document: Value = serde_json::from_str(sms_opt_in::web::api::openapi::document()).unwrap();
    let described = document["components"]["schemas"]["ProblemView"]["properties"]["code"]["enum"].clone();
    for code in &used {
        let known = error_codes().iter().find(|known| known.code == *code);
        let known = known.unwrap_or_else(|| panic!("{code} is not in src/web/words/codes.toml"));
        if known.is_problem {
            assert!(described.as_array().unwrap().contains(&json!(code)), "{code} in the description");
            assert!(page.contains(&format!("<code>{code}</code>")), "{code} in the reference");
        }
    }
}

#[actix_web::test]
async fn a_key_for_messages_does_not_read_what_people_wrote_about_a_number() {
    let world = world().await;
    let (ana, mut ada) = (world.lead(36), world.ada().await);
    ana.texts("START").await;
    let form = format!("{}/consents", ana.contact("Ana").await);
    let flag = [("update", "do_not_text"), ("reason", "Their lawyer wrote to us")];
    let page = format!("{form}/new");
    assert_eq!(ada.upload(&page, &form, &flag, None).await.status, 303);
    world.key_with("sk_messages", "messages").await;
    let message = json!({"to": ana.phone.as_str(), "body": "hello", "category": "alert"});
    for (key, is_told) in [("sk_messages", false), (KEY, true)] {
        let asked = world.client.post(format!("{}/api/v1/messages", world.url)).bearer_auth(key);
        let answer = asked.json(&message).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 422);
        let told = answer.text().await.unwrap();
        assert!(told.contains("Added to the Do Not Text list on"), "{told}");
        assert_eq!(told.contains("Their lawyer"), is_told, "{key}: {told}");
        let id = serde_json::from_str::<Value>(&told).unwrap()["id"].as_str().unwrap().to_owned();
        let asked = world.client.get(format!("{}/api/v1/messages/{id}", world.url)).bearer_auth(key);
        assert!(!asked.send().await.unwrap().text().await.unwrap().contains("Their lawyer"));
    }
}

#[actix_web::test]
async fn two_keys_of_one_name_differ_in_the_record() {
    let world = world().await;
    let ana = world.lead(37);
    ana.texts("START").await;
    let path = format!("{}/api/v1/numbers/{}/opt-outs", world.url, ana.phone.as_str());
    for key in ["sk_one", "sk_two"] {
        world.key_with(key, "consent").await;
        let asked = json!({"channel": "call", "reason": "Asked our agent to stop"});
        let answer = world.client.post(&path).bearer_auth(key).json(&asked).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201);
    }
    let history = ana.history().await;
    let actors: Vec<&str> = history.iter().filter_map(|event| event["actor"].as_str()).collect();
    assert!(actors.ends_with(&["api-key:tests (sk_one…)", "api-key:tests (sk_two…)"]), "{actors:?}");
}
