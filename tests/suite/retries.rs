//! A carrier that certainly did not deliver, for a reason that passes: the text is tried again, each time through the gate,
//! and a late word about an earlier attempt never fails a later one.

use sms_opt_in::store::messages;

use crate::hooks::{post, signature};
use crate::support::{World, world};

async fn later(world: &World, minutes: i64) {
    world.clock.advance(chrono::Duration::minutes(minutes));
    world.deliver().await;
}

async fn provider_id(world: &World, id: &serde_json::Value) -> Option<String> {
    let id = id.as_str().unwrap().parse().unwrap();
    let read = move |conn: &mut sms_opt_in::store::ReadConn<'_>| messages::get(conn, id);
    world.jobs.store.read(read).await.unwrap().unwrap().provider_id
}

async fn receipt(world: &World, message: &str, sid: &str, status: &str, code: &str) -> u16 {
    let path = format!("/hooks/twilio/status?message={message}");
    let fields = [("ErrorCode", code), ("MessageSid", sid), ("MessageStatus", status)];
    post(world, &path, &fields, &signature(&path, &fields)).await
}

#[actix_web::test]
async fn a_full_queue_at_the_carrier_is_tried_again() {
    let world = world().await;
    let cy = world.lead(71);
    cy.texts("START").await;
    world.carrier_fails(Some("30001"));
    let (_, answer) = cy.is_sent("Hello").await;
    let id = answer["id"].clone();
    assert_eq!(world.status(&id).await, "queued", "it waits for the next attempt");
    world.carrier_fails(None);
    later(&world, 1).await;
    assert_eq!(world.status(&id).await, "delivered");
    // It reached the handset of the simulator twice: the first time the carrier said that it was not delivered.
    assert_eq!(cy.received().iter().filter(|text| *text == "Hello").count(), 2);
    world.is_intact().await;
}

#[actix_web::test]
async fn it_is_given_up_after_three_more_attempts() {
    let world = world().await;
    let cy = world.lead(72);
    cy.texts("START").await;
    world.carrier_fails(Some("30001"));
    let id = cy.is_sent("Hello").await.1["id"].clone();
    for minutes in [1, 3, 11] {
        assert_eq!(world.status(&id).await, "queued");
        later(&world, minutes).await;
    }
    assert_eq!(world.status(&id).await, "failed");
    later(&world, 60).await;
    assert_eq!(
        cy.received().iter().filter(|text| *text == "Hello").count(),
        4,
        "three times more and no more"
    );
    world.is_intact().await;
}

#[actix_web::test]
async fn each_attempt_passes_the_gate_again() {
    let world = world().await;
    let cy = world.lead(73);
    cy.texts("START").await;
    world.carrier_fails(Some("30001"));
    let id = cy.is_sent("Hello").await.1["id"].clone();
    world.carrier_fails(None);
    cy.texts("STOP").await;
    later(&world, 10).await;
    assert_eq!(world.status(&id).await, "cancelled");
    assert_eq!(cy.received().iter().filter(|text| *text == "Hello").count(), 1);
    world.is_intact().await;
}

#[actix_web::test]
async fn a_late_receipt_of_an_earlier_attempt_never_fails_a_later_one() {
    let world = world().await;
    let cy = world.lead(74);
    cy.texts("START").await;
    world.carrier_fails(Some("30001"));
    let id = cy.is_sent("Hello").await.1["id"].clone();
    let (message, attempt) = (id.as_str().unwrap().to_owned(), first_attempt(&world, &id).await);
    assert_eq!(provider_id(&world, &id).await, None);
    assert_eq!(receipt(&world, &message, &attempt, "failed", "30001").await, 200);
    assert_eq!(world.status(&id).await, "queued", "the same news again counts no attempt and fails nothing");
    // The second attempt is with the carrier; news of the first one come late.
    world.carrier_fails(Some("timeout"));
    later(&world, 1).await;
    assert_eq!(receipt(&world, &message, &attempt, "undelivered", "30008").await, 200);
    assert_eq!(world.status(&id).await, "sending");
    sms_opt_in::jobs::reconcile(&world.jobs).await.unwrap();
    let second = provider_id(&world, &id).await;
    assert!(second.is_none() || second.as_deref() != Some(attempt.as_str()));
    world.is_intact().await;
}

#[actix_web::test]
async fn an_attempt_that_arrived_after_all_is_not_repeated() {
    let world = world().await;
    let cy = world.lead(75);
    cy.texts("START").await;
    world.carrier_fails(Some("30001"));
    let id = cy.is_sent("Hello").await.1["id"].clone();
    world.carrier_fails(None);
    let attempt = first_attempt(&world, &id).await;
    assert_eq!(receipt(&world, id.as_str().unwrap(), &attempt, "delivered", "").await, 200);
    assert_eq!(world.status(&id).await, "delivered");
    later(&world, 10).await;
    assert_eq!(cy.received().iter().filter(|text| *text == "Hello").count(), 1);
    world.is_intact().await;
}

async fn first_attempt(world: &World, id: &serde_json::Value) -> String {
    let id = id.as_str().unwrap().parse().unwrap();
    let read = move |conn: &mut sms_opt_in::store::ReadConn<'_>| messages::failed_attempts(conn, id);
    world.jobs.store.read(read).await.unwrap().remove(0).provider_id
}

/// An opt-in request that the carrier certainly did not deliver is tried again like any text; nobody is invited by it.
#[actix_web::test]
async fn an_opt_in_request_is_tried_again_and_ends_when_it_is_given_up() {
    let world = world().await;
    let (cy, dee) = (world.lead(76), world.lead(77));
    world.carrier_fails(Some("30001"));
    let held = cy.is_sent("Hello").await.1["id"].clone();
    assert_eq!(cy.state().await, "invited", "the carrier took it before it failed");
    cy.texts("YES").await;
    assert_eq!(cy.state().await, "invited", "no request has reached the lead that YES could answer");
    world.carrier_fails(None);
    later(&world, 1).await;
    assert_eq!(cy.received().len(), 1, "the first attempt was the day's opt-in request");
    later(&world, 24 * 60).await;
    cy.texts("YES").await;
    assert_eq!((cy.state().await.as_str(), world.status(&held).await.as_str()), ("opted_in", "delivered"));

    world.carrier_fails(Some("30001"));
    let held = dee.is_sent("Hello").await.1["id"].clone();
    for minutes in [1, 24 * 60, 1, 24 * 60] {
        later(&world, minutes).await;
    }
    let requests = dee.received().iter().filter(|text| text.contains("Reply START")).count();
    assert_eq!(requests, 2, "once more on the next day and no more");
    let consent = dee.consent().await;
    assert_eq!(
        (consent["state"].as_str(), &consent["request"]),
        (Some("not_asked"), &serde_json::Value::Null)
    );
    assert_eq!(world.status(&held).await, "cancelled");
    let kinds: Vec<String> =
        dee.history().await.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds.last().map(String::as_str), Some("invitation_failed"), "{kinds:?}");
    world.carrier_fails(None);
    dee.is_sent("Hello again").await;
    assert_eq!(dee.state().await, "invited", "the next message asks anew");
    world.is_intact().await;
}

/// Nothing but the one confirmation begins after a STOP, whatever waited for another attempt.
#[actix_web::test]
async fn a_reply_from_before_a_stop_never_comes_after_it() {
    for fault in ["30001", "429"] {
        let world = world().await;
        let cy = world.lead(76);
        cy.texts("START").await;
        world.carrier_fails(Some(fault));
        cy.texts("HELP").await;
        world.carrier_fails(None);
        let before = cy.received().len();
        cy.texts("STOP").await;
        later(&world, 1).await;
        later(&world, 4).await;
        let after: Vec<String> = cy.received().split_off(before);
        assert_eq!(after.len(), 1, "{fault}: the one confirmation, and no answer to the HELP: {after:?}");
        assert!(after[0].contains("no more messages") || after[0].contains("START"), "{after:?}");
        cy.texts("HELP").await;
        assert_eq!(cy.received().len(), before + 2, "a HELP after the STOP is answered");
        world.is_intact().await;
    }
}

/// The carrier's word on an older text comes after the STOP: it does not bring the text back, and says so at once.
#[actix_web::test]
async fn a_receipt_after_a_stop_ends_the_message_with_its_cause() {
    let world = world().await;
    let cy = world.lead(77);
    cy.texts("START").await;
    world.carrier_fails(Some("timeout"));
    cy.texts("HELP").await;
    let id = cy.is_sent("Hello").await.1["id"].clone();
    let help = newest(&world, "help").await;
    world.carrier_fails(None);
    cy.texts("STOP").await;
    let before = cy.received().len();
    for (message, sid) in [(id.as_str().unwrap(), "SM71"), (help.as_str(), "SM72")] {
        assert_eq!(receipt(&world, message, sid, "failed", "30001").await, 200);
        let answer = world.call(reqwest::Method::GET, &format!("/api/v1/messages/{message}"), None).await.1;
        assert_eq!(
            (answer["status"].as_str(), answer["error"]["code"].as_str()),
            (Some("failed"), Some("opted_out")),
            "{answer}"
        );
    }
    later(&world, 1).await;
    assert_eq!(cy.received().len(), before, "nothing begins after the STOP");
    let mut sam = world.sam().await;
    sam.open(&format!("/messages/{}", id.as_str().unwrap()))
        .await
        .says("This contact opted out")
        .says("not sent again");
    world.is_intact().await;
}

#[actix_web::test]
async fn the_page_of_a_text_that_waits_says_what_holds_it() {
    let world = world().await;
    let cy = world.lead(78);
    cy.texts("START").await;
    world.carrier_fails(Some("30001"));
    let id = cy.is_sent("Hello").await.1["id"].clone();
    cy.texts("hmm I don't think I want these anymore maybe").await;
    let mut sam = world.sam().await;
    let page = sam.open(&format!("/messages/{}", id.as_str().unwrap())).await;
    page.says("What this message is waiting for").says("paused").lacks("We retry this automatically");
    world.is_intact().await;
}

async fn newest(world: &World, lane: &str) -> String {
    let read = move |conn: &mut sms_opt_in::store::ReadConn<'_>| messages::page(conn, None, None, None, 20);
    let found = world.jobs.store.read(read).await.unwrap();
    found.into_iter().find(|message| message.lane.as_str() == lane).unwrap().id.to_string()
}
