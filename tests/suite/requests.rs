//! The opt-in request: scheduled, sent, unknown or failed. An event says what has happened, and a YES answers the request that
//! the carrier took.

use chrono::Duration;
use serde_json::Value;
use sms_opt_in::actions::become_kind::become_kind;
use sms_opt_in::actions::record_consent::NewConsentRecord;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::consent::{EventKind, Source};
use sms_opt_in::domain::database_kind::DatabaseKind;
use sms_opt_in::domain::evidence::Evidence;
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::intent::EventDraft;
use sms_opt_in::domain::message::Lane;
use sms_opt_in::jobs::reconcile;
use sms_opt_in::store::messages::Message;
use sms_opt_in::store::{StoreError, Tx, events, messages, numbers, programs};

use crate::support::{Lead, World, database, world};

async fn kinds(lead: &Lead<'_>) -> Vec<String> {
    lead.history().await.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

/// Ten in the evening in Seattle.
fn night(world: &World) {
    world.clock.advance(Duration::hours(12));
}

fn requests(lead: &Lead<'_>) -> usize {
    lead.received().iter().filter(|text| text.contains("Reply START")).count()
}

#[actix_web::test]
async fn a_request_is_scheduled_at_night_and_the_number_is_invited_when_the_carrier_took_it() {
    let world = world().await;
    let cy = world.lead(1);
    let page = cy.contact("Cy Cole").await;
    night(&world);
    let (_, held) = cy.is_sent("Your rate is ready").await;
    cy.is_sent("One more").await;
    let consent = cy.consent().await;
    assert_eq!(
        (consent["state"].as_str(), consent["request"].as_str()),
        (Some("not_asked"), Some("scheduled"))
    );
    assert_eq!(kinds(&cy).await, ["request_scheduled"], "one request, however many messages wait");
    let headline = consent["headline"].as_str().unwrap();
    assert_eq!(headline, "No. Opt-in request scheduled for Nov 4, 2026, 11:00 AM EST.");
    assert!(
        consent.to_string().contains("Opt-in request scheduled for 8:00 AM on Wed, Nov 4 in"),
        "{consent}"
    );
    let mut sam = world.sam().await;
    sam.open(&page)
        .await
        .says("Opt-in request scheduled for 8:00 AM")
        .says("Opt-in request scheduled")
        .lacks("heard back");
    let trace = format!("/troubleshoot?number={}", cy.phone.as_str().replace('+', "%2B"));
    sam.open(&trace).await.says("Opt-in request scheduled for 8:00 AM");
    sam.open("/contacts?state=not_asked").await.says("Cy Cole");
    sam.open("/contacts?state=invited").await.lacks("Cy Cole");
    sam.post("/simulator", "/simulator/handsets", &[("phone", cy.phone.as_str())]).await;
    sam.open("/simulator").await.says("Opt-in request scheduled for").says("Deliver now (simulator)");
    world.clock.advance(Duration::hours(10) + Duration::minutes(1));
    world.deliver().await;
    let consent = cy.consent().await;
    assert_eq!((consent["state"].as_str(), &consent["request"]), (Some("invited"), &Value::Null));
    assert_eq!(kinds(&cy).await, ["request_scheduled", "invited"]);
    sam.open("/contacts?state=invited").await.says("Cy Cole");
    cy.texts("yes").await;
    assert_eq!(world.status(&held["id"]).await, "delivered");
    assert_eq!(requests(&cy), 1);
    world.is_intact().await;
}

#[actix_web::test]
async fn a_yes_answers_no_request_that_the_carrier_has_not_taken() {
    let world = world().await;
    let cy = world.lead(2);
    cy.contact("Cy Cole").await;
    world.carrier_fails(Some("429"));
    cy.is_sent("Your rate is ready").await;
    assert_eq!(cy.consent().await["request"], "scheduled");
    cy.texts("YES").await;
    assert_eq!(cy.state().await, "not_asked");
    world.carrier_fails(None);
    world.clock.advance(Duration::minutes(1));
    world.deliver().await;
    assert_eq!((cy.state().await.as_str(), requests(&cy)), ("invited", 1), "the old YES answered nothing");
    cy.texts("YES").await;
    assert_eq!(cy.state().await, "opted_in");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_yes_while_the_outcome_is_unknown_counts_once_the_carrier_confirms_the_request() {
    let world = world().await;
    let cy = world.lead(3);
    let page = cy.contact("Cy Cole").await;
    world.carrier_fails(Some("timeout"));
    let (_, held) = cy.is_sent("Your rate is ready").await;
    world.carrier_fails(None);
    assert_eq!(cy.consent().await["request"], "unknown");
    cy.is_sent("One more").await;
    assert_eq!(requests(&cy), 1, "no second request while the first one is unknown");
    cy.texts("Yes").await;
    assert_eq!(cy.state().await, "not_asked");
    let mut sam = world.sam().await;
    sam.open(&page).await.says("It counts once the carrier confirms the request");
    world.clock.advance(Duration::minutes(5));
    reconcile(&world.jobs).await.unwrap();
    assert_eq!(cy.state().await, "opted_in");
    assert_eq!(kinds(&cy).await, ["request_scheduled", "recorded", "invited", "opted_in"]);
    world.clock.advance(Duration::seconds(1));
    world.deliver().await;
    assert_eq!(world.status(&held["id"]).await, "delivered");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_yes_from_before_the_request_was_really_sent_does_not_count() {
    let world = world().await;
    let cy = world.lead(4);
    let page = cy.contact("Cy Cole").await;
    world.carrier_fails(Some("500"));
    cy.is_sent("Your rate is ready").await;
    world.carrier_fails(None);
    cy.texts("Yes").await;
    world.clock.advance(Duration::minutes(5));
    reconcile(&world.jobs).await.unwrap();
    assert_eq!(cy.state().await, "not_asked", "the carrier never took it");
    // It may have left all the same: another attempt counts as another request, and waits for the next day.
    world.clock.advance(Duration::hours(24));
    world.deliver().await;
    assert_eq!((cy.state().await.as_str(), requests(&cy)), ("invited", 1));
    world.sam().await.open(&page).await.lacks("It counts once the carrier confirms the request");
    cy.texts("Yes").await;
    assert_eq!(cy.state().await, "opted_in");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_stop_while_the_request_is_under_way_ends_it_all() {
    let world = world().await;
    let cy = world.lead(5);
    cy.contact("Cy Cole").await;
    world.carrier_fails(Some("timeout"));
    cy.is_sent("Your rate is ready").await;
    world.carrier_fails(None);
    cy.texts("Yes").await;
    cy.texts("STOP").await;
    world.clock.advance(Duration::minutes(5));
    reconcile(&world.jobs).await.unwrap();
    assert_eq!(cy.state().await, "opted_out");
    assert_eq!(kinds(&cy).await, ["request_scheduled", "recorded", "opted_out"]);
    world.is_intact().await;
}

#[actix_web::test]
async fn a_request_that_fails_leaves_the_number_not_asked_and_a_new_message_may_ask_again() {
    let world = world().await;
    let cy = world.lead(6);
    let page = cy.contact("Cy Cole").await;
    world.carrier_fails(Some("30007"));
    let (_, held) = cy.is_sent("Your rate is ready").await;
    world.deliver().await;
    assert_eq!(cy.state().await, "not_asked");
    assert_eq!(kinds(&cy).await, ["request_scheduled", "invited", "invitation_failed"]);
    assert_eq!(world.status(&held["id"]).await, "cancelled");
    world.clock.advance(Duration::hours(24));
    world.carrier_fails(Some("21408"));
    cy.is_sent("Your rate is ready").await;
    assert_eq!(kinds(&cy).await[3..], ["request_scheduled", "invitation_failed"]);
    let failed = cy.history().await.pop().unwrap();
    assert_eq!(failed["evidence"]["type"], "request_failed");
    let mut sam = world.sam().await;
    sam.open(&page).await.says("Opt-in request could not be delivered");
    // What was cancelled says so, and nothing of what was to come next when it was accepted.
    let cancelled = sam.open(&format!("/messages/{}", held["id"].as_str().unwrap())).await;
    cancelled.says(
        "This message was canceled before it was sent. Reason: The opt-in request could not be delivered.",
    );
    cancelled.lacks("Next step").lacks("No action needed: messages are held");
    world.carrier_fails(None);
    cy.is_sent("Your rate is ready").await;
    assert_eq!(cy.state().await, "invited");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_form_schedules_a_request_and_only_one() {
    let world = world().await;
    night(&world);
    let eva = world.lead(7);
    let fields = [("phone", eva.phone.as_str()), ("consent", "yes")];
    for _ in 0..2 {
        let answer = world.client.post(format!("{}/f/opt-in", world.url)).form(&fields).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    }
    world.deliver().await;
    assert_eq!(kinds(&eva).await, ["request_scheduled", "recorded"]);
    assert_eq!(eva.history().await[0]["evidence"]["type"], "web_form");
    world.clock.advance(Duration::hours(11));
    world.deliver().await;
    assert_eq!((eva.state().await.as_str(), requests(&eva)), ("invited", 1));
    world.is_intact().await;
}

/// The button under a scheduled text on the simulated phones.
async fn deliver_now(world: &World, lead: &Lead<'_>) -> String {
    let phone = lead.phone.clone();
    let scheduled = move |conn: &mut sms_opt_in::store::ReadConn<'_>| {
        let number = numbers::find(conn, &phone)?.unwrap().id;
        let mut waiting = messages::WaitingMessages::of(number, None).next_portion(conn)?.unwrap();
        waiting.retain(|message| message.lane == Lane::Invitation);
        Ok::<_, StoreError>(waiting.pop().unwrap().id)
    };
    let id = world.jobs.store.read(scheduled).await.unwrap();
    format!("/simulator/messages/{id}/delivery")
}

#[actix_web::test]
async fn deliver_now_skips_quiet_hours_and_no_other_check() {
    let world = world().await;
    night(&world);
    let cy = world.lead(8);
    cy.contact("Cy Cole").await;
    let dee = world.lead(9);
    dee.contact("Cy Cole").await;
    cy.is_sent("Your rate is ready").await;
    dee.is_sent("Your rate is ready").await;
    dee.texts("who is this? not interested").await;
    let mut sam = world.sam().await;
    sam.open("/simulator").await.says("Deliver now (simulator)");
    for lead in [&cy, &dee] {
        let path = deliver_now(&world, lead).await;
        let done = sam.post("/simulator", &path, &[]).await;
        sam.follow(&done).await.says("Quiet hours were skipped");
    }
    world.deliver().await;
    assert_eq!((requests(&cy), requests(&dee)), (1, 0), "an unclear reply waits for a person");
    assert_eq!((cy.state().await.as_str(), dee.state().await.as_str()), ("invited", "not_asked"));
    let mut aud = world.aud().await;
    let path = deliver_now(&world, &dee).await;
    assert_eq!(aud.post("/simulator", &path, &[]).await.status, 403);
    // It is gone once the database has become real, whatever provider the server was started with.
    let now = world.clock.now();
    let become_real = move |tx: &mut Tx<'_>| become_kind(tx, DatabaseKind::Real, now);
    world.jobs.store.write(become_real).await.unwrap();
    sam.open("/simulator").await.lacks("Deliver now (simulator)");
    assert_eq!(sam.post("/simulator", &path, &[]).await.status, 404);
    world.deliver().await;
    assert_eq!(requests(&dee), 0);
    world.is_intact().await;
}

/// As a version before requests were scheduled left it: invited by the event that queued the request.
async fn invited_by_an_older_version(world: &World, lead: &Lead<'_>) {
    let (phone, now) = (lead.phone.clone(), world.clock.now());
    let write = move |tx: &mut Tx<'_>| {
        let program = programs::find(tx, None)?.unwrap();
        let mut number = numbers::find_or_create(tx, &phone, now)?;
        let (message, text): (MessageId, _) = (tx.new_id(now)?, program.invitation());
        let evidence = Evidence::Invitation { message, text: text.clone(), basis: None };
        let (kind, source) = (EventKind::Invited, Source::System);
        let draft = EventDraft { kind, program: Some(program.id), source, occurred_at: now, evidence };
        events::append(tx, &mut number, draft, &Actor::System, now)?;
        let queued =
            Message::new(message, program.id, Lane::Invitation, phone.as_str(), &text, &Actor::System, now);
        let queued = Message { number_id: Some(number.id), accepted_seq: number.consent.seq, ..queued };
        messages::insert(tx, &queued, None)
    };
    world.jobs.store.write(write).await.unwrap();
}

#[actix_web::test]
async fn requests_that_wait_at_an_upgrade_stay_invited_and_go_out() {
    let world = world().await;
    night(&world);
    let (cy, dee) = (world.lead(10), world.lead(11));
    for lead in [&cy, &dee] {
        invited_by_an_older_version(&world, lead).await;
        world.deliver().await;
        assert_eq!(lead.state().await, "invited");
        lead.texts("yes").await;
        assert_eq!(lead.state().await, "invited", "yes to what?");
    }
    world.is_intact().await;
    world.clock.advance(Duration::hours(11));
    world.deliver().await;
    assert_eq!((requests(&cy), kinds(&cy).await), (1, vec!["invited".to_owned()]));
    cy.texts("yes").await;
    dee.texts("STOP").await;
    assert_eq!((cy.state().await, dee.state().await), ("opted_in".into(), "opted_out".into()));
    world.is_intact().await;
    // One that a flag cancels leaves the number not asked.
    let fay = world.lead(13);
    invited_by_an_older_version(&world, &fay).await;
    let flag = NewConsentRecord::SetDoNotText("asked us by letter".to_owned());
    fay.is_recorded(flag, world.clock.now()).await.unwrap();
    assert_eq!(kinds(&fay).await, ["invited", "do_not_text_set", "invitation_failed"]);
    // One that fails says so as it did before.
    let eva = world.lead(12);
    invited_by_an_older_version(&world, &eva).await;
    world.carrier_fails(Some("21408"));
    world.deliver().await;
    assert_eq!(eva.state().await, "not_asked");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_timeout_that_was_resolved_heads_no_page() {
    let world = world().await;
    let ana = world.lead(13);
    ana.contact("Cy Cole").await;
    ana.texts("START").await;
    world.carrier_fails(Some("timeout"));
    let (_, sent) = ana.is_sent("hello").await;
    world.carrier_fails(None);
    let page = format!("/messages/{}", sent["id"].as_str().unwrap());
    let mut sam = world.sam().await;
    sam.open(&page)
        .await
        .says("The provider didn&#39;t respond in time.")
        .says("Waiting for the provider")
        .lacks("wasn’t delivered");
    sam.open("/messages").await.says("The provider didn&#39;t respond in time");
    world.clock.advance(Duration::minutes(5));
    reconcile(&world.jobs).await.unwrap();
    assert_eq!(world.status(&sent["id"]).await, "sent");
    sam.open(&page)
        .await
        .says("Confirmed: the provider has the message.")
        .lacks("Waiting for the provider")
        .lacks("Why this message");
    sam.open("/messages").await.lacks("respond in time");
    // Older databases still have the code on the message.
    database::run(&world.database, "UPDATE messages SET error_code = 'unknown' WHERE status = 'sent'")
        .unwrap();
    sam.open(&page).await.lacks("Waiting for the provider").lacks("Why this message");
    sam.open("/messages").await.lacks("respond in time");
}

#[actix_web::test]
async fn the_timeline_shows_how_a_text_was_read_then() {
    let world = world().await;
    let ana = world.lead(14);
    let page = ana.contact("Cy Cole").await;
    ana.texts("START").await;
    ana.texts("Start").await;
    let mut sam = world.sam().await;
    sam.open(&page).await.says("START again");
    // As if the word had meant nothing to us then: what was recorded is shown, whatever today's rules say.
    database::run(&world.database, "UPDATE inbound_texts SET class = 'other' WHERE body = 'Start'").unwrap();
    sam.open(&page).await.lacks("START again").says("Recorded, no change");
}
