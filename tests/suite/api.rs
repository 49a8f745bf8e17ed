//! What integrators rely on.

use reqwest::Method;
use serde_json::json;

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
