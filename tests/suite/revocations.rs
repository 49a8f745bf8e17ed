//! A person may say stop by any reasonable means: what reaches the company by call, letter or word is recorded at a desk, and
//! counts at once.

use chrono::Duration;
use reqwest::Method;
use serde_json::json;

use crate::support::world;

const NEW: &str = "/revocations/new";

#[actix_web::test]
async fn a_revocation_by_letter_counts_at_once_and_shows_the_laws_clock() {
    let world = world().await;
    let ana = world.lead(1);
    ana.texts("START").await;
    world.clock.advance(Duration::days(2));
    let mut sam = world.sam().await;
    let letter = [
        ("phone", "206 555 0101"),
        ("channel", "letter"),
        // The Friday before.
        ("received_on", "2026-10-30"),
        ("reason", "She wrote: leave me out of it"),
    ];
    let refused = sam.post(NEW, "/revocations", &[&letter[..], &[("confirm", "yes")]].concat()).await;
    assert_eq!(refused.status, 422);
    refused
        .says("A confirmation must be sent within 5 minutes of the opt-out")
        .says("She wrote: leave me out of it");
    assert_eq!(sam.post(NEW, "/revocations", &letter).await.status, 303);
    world.deliver().await;
    assert_eq!(ana.state().await, "opted_out");
    assert_eq!(ana.received().len(), 1, "the confirmation of START alone");
    let list = sam.open("/revocations").await;
    list.says("She wrote: leave me out of it")
        .says("Letter")
        .says("4 business days later (due ")
        .lacks("Late:");
    let (status, refused) = ana.is_sent("hello").await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("opted_out")));
}

#[actix_web::test]
async fn a_call_is_confirmed_once_if_the_lead_is_to_be_told() {
    let world = world().await;
    let ana = world.lead(2);
    ana.texts("START").await;
    let mut sam = world.sam().await;
    let today = world.clock.now().utc().format("%Y-%m-%d").to_string();
    let call = [
        ("phone", "+12065550102"),
        ("channel", "call"),
        ("received_on", &today),
        ("reason", "No more texts"),
        ("confirm", "yes"),
    ];
    for _ in 0..2 {
        assert_eq!(sam.post(NEW, "/revocations", &call).await.status, 303);
        world.deliver().await;
    }
    assert_eq!(ana.received().len(), 2, "{:?}", ana.received());
    assert!(ana.received()[1].contains("no more texts") || ana.received()[1].contains("opted out"));
    sam.open("/revocations").await.says("Same business day (due ");
}

#[actix_web::test]
async fn what_is_missing_at_the_desk_is_said_field_by_field_and_nothing_is_lost() {
    let world = world().await;
    let mut sam = world.sam().await;
    let blank =
        sam.post(NEW, "/revocations", &[("phone", "12"), ("reason", " "), ("received_on", "soon")]).await;
    assert_eq!(blank.status, 422);
    blank
        .says("Choose how the contact opted out")
        .says("Enter the day as year")
        .says("Enter what the contact said");
    let future =
        [("phone", "2065550103"), ("channel", "email"), ("received_on", "2031-01-01"), ("reason", "Enough")];
    let answer = sam.post(NEW, "/revocations", &future).await;
    assert_eq!(answer.status, 422);
    answer.says("not in the future").says("value=\"2031-01-01\"").says("Enough");
    assert_eq!(world.lead(3).state().await, "not_asked");
    assert_eq!(world.aud().await.post_with("x", "/revocations", &future).await.status, 403);
}

#[actix_web::test]
async fn a_client_of_the_api_says_when_the_revocation_came() {
    let world = world().await;
    let ana = world.lead(4);
    ana.texts("START").await;
    let path = format!("/api/v1/numbers/{}/opt-outs", ana.phone.as_str());
    let late = json!({"channel": "email", "reason": "Stop it", "received_at": "2026-10-01T10:00:00Z"});
    let (status, _) = world.call(Method::POST, &path, Some(late)).await;
    assert_eq!(status, 201);
    assert_eq!(ana.state().await, "opted_out");
    assert_eq!(ana.history().await.pop().unwrap()["occurred_at"], "2026-10-01T10:00:00.000000Z");
    world.ada().await.open("/revocations").await.says("Late: ").says("23 business days later");
    let future = json!({"channel": "email", "reason": "Stop it", "received_at": "2036-10-01T10:00:00Z"});
    let (status, refused) = world.call(Method::POST, &path, Some(future)).await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("revocation_date")));
}

#[actix_web::test]
async fn the_day_is_today_until_it_is_over_where_the_person_is() {
    let world = world().await;
    let ana = world.lead(5);
    ana.texts("START").await;
    // 22:16 in New York, and the fourth in UTC.
    world.clock.advance(Duration::hours(9) + Duration::minutes(16));
    let mut sam = world.sam().await;
    let call = |day| {
        let told = [("phone", "+12065550105"), ("channel", "call"), ("reason", "No more texts")];
        [&told[..], &[("received_on", day), ("confirm", "yes")]].concat()
    };
    let before = sam.post(NEW, "/revocations", &call("2026-11-02")).await;
    assert_eq!(before.status, 422);
    before
        .says("A confirmation must be sent within 5 minutes of the opt-out")
        .says("The deadline is 10 business days later");
    assert_eq!(sam.post(NEW, "/revocations", &call("2026-11-03")).await.status, 303);
    world.deliver().await;
    assert_eq!(ana.received().len(), 2, "{:?}", ana.received());
    let last = ana.history().await.pop().unwrap();
    assert_eq!(last["occurred_at"], last["recorded_at"]);
    // In the morning the day before is over everywhere.
    world.clock.advance(Duration::hours(10));
    let mut sam = world.ada().await;
    let over = sam.post(NEW, "/revocations", &call("2026-11-03")).await;
    assert_eq!(over.status, 422);
}
