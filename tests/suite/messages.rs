//! The message log, the page of one message and the conversation: what they say of a text.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::programs::add_rates;
use crate::support::{World, world};

async fn message(world: &World, id: &str) -> Value {
    world.call(Method::GET, &format!("/api/v1/messages/{id}"), None).await.1
}

#[actix_web::test]
async fn a_scheduled_text_says_when_it_goes_out_as_long_as_it_waits() {
    let world = world().await;
    let ana = world.lead(1);
    let page = ana.contact("Ana Ames").await;
    ana.texts("START").await;
    // Eleven at night in Seattle.
    world.clock.advance(Duration::hours(13));
    let id = ana.is_sent("Your appointment is on Friday").await.1["id"].clone();
    let id = id.as_str().unwrap();
    assert_eq!(message(&world, id).await["scheduled_for"], "2026-11-04T16:00:00.000000Z");
    let mut sam = world.sam().await;
    let when = "cheduled for <time datetime=\"2026-11-04T16:00:00.000000Z\">Nov 4, 2026, 11:00 AM EST</time>";
    sam.open("/messages?status=scheduled").await.says(when);
    sam.open(&page)
        .await
        .says(&format!("<strong>S{when}</strong> · Queued by API key tests (sk_test…), <time"));
    sam.open(&format!("/messages/{id}"))
        .await
        .says("<dt>Scheduled for</dt><dd><time datetime=\"2026-11-04T16:00:00.000000Z\">");
    world.clock.advance(Duration::hours(9));
    world.deliver().await;
    assert_eq!(message(&world, id).await["status"], "delivered");
    assert_eq!(message(&world, id).await["scheduled_for"], Value::Null);
    sam.open(&page).await.lacks("oes out on");
    sam.open(&format!("/messages/{id}")).await.lacks("Scheduled for</dt>");
}

#[actix_web::test]
async fn a_message_names_its_program_where_there_are_several() {
    let world = world().await;
    let ana = world.lead(2);
    let page = ana.contact("Ana Ames").await;
    let alone = ana.is_sent("Your statement is ready").await.1["id"].clone();
    let mut ada = world.ada().await;
    ada.open("/messages").await.lacks("data-label=\"Program\"");
    ada.open(&page).await.says("Your statement is ready").lacks("· Account updates");
    add_rates(&mut ada).await;
    ana.texts("not interested").await;
    let wanted =
        json!({"to": ana.phone.as_str(), "body": "Rates fell", "category": "alert", "program": "rates"});
    let sent = world.call(Method::POST, "/api/v1/messages", Some(wanted)).await.1["id"].clone();
    let (alone, sent) = (alone.as_str().unwrap(), sent.as_str().unwrap());
    assert_eq!(message(&world, alone).await["program"], "default");
    assert_eq!(message(&world, sent).await["program"], "rates");
    ada.open("/messages")
        .await
        .says("<td data-label=\"Program\">Rate alerts</td>")
        .says("<td data-label=\"Program\">Account updates</td>");
    ada.open(&format!("/messages/{sent}")).await.says("<dt>Program</dt><dd>Rate alerts</dd>");
    ada.open(&page)
        .await
        .says("· Rate alerts, <time")
        .says("· Account updates, <time")
        .says(" to Account updates, <time");
    let desk = ada.open("/reviews").await;
    let review = desk.page.split("href=\"/reviews/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    ada.open(&format!("/reviews/{review}"))
        .await
        .says("· Account updates, <time")
        .says(" to Account updates, <time");
}
