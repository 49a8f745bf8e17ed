//! Quiet hours and the promised frequency: what may not go out now goes out by itself at the next allowed time, and what
//! answers the lead goes out at any hour.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::edit_program::keep_rules;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::message::{Lane, Status};
use sms_opt_in::domain::program::Program;
use sms_opt_in::store::contacts::{self, ContactDetails};
use sms_opt_in::store::messages::{self, Message};
use sms_opt_in::store::{ReadConn, StoreError, Tx, numbers, programs};

use crate::support::{Lead, World, by, world};

/// It is ten in the morning in Seattle: twelve hours later it is ten in the evening.
async fn night(world: &World) {
    world.clock.advance(Duration::hours(12));
}

async fn rules(world: &World, quiet_hours: bool, frequency: bool) {
    promise(world, quiet_hours, frequency, "up to 4 msgs/month").await;
}

async fn promise(world: &World, quiet_hours: bool, frequency: bool, words: &str) {
    let words = words.to_owned();
    let now = world.clock.now();
    let keep = move |tx: &mut Tx<'_>| {
        let program = keep_rules(tx, &by(&Actor::Operator, now), None, Some(quiet_hours), Some(frequency))?;
        let promising = Program { frequency: words.clone(), has_promised: true, ..program };
        let before = programs::find_locked(tx, None)?.unwrap();
        programs::update(tx, &before, promising).map_err(ActionError::from)
    };
    world.jobs.store.write(keep).await.unwrap();
}

async fn contact(world: &World, line: u8, place: Value) {
    let mut contact = json!({"phone": world.lead(line).phone.as_str(), "name": "Ana Ames"});
    contact.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
    assert_eq!(world.call(Method::POST, "/api/v1/contacts", Some(contact)).await.0, 201);
}

#[actix_web::test]
async fn what_is_accepted_at_night_waits_for_the_morning_at_the_recipient() {
    let world = world().await;
    let (ana, ben) = (world.lead(1), world.lead(2));
    ana.texts("START").await;
    ben.texts("START").await;
    night(&world).await;
    let (status, accepted) = ana.is_sent("Your rate is ready").await;
    assert_eq!((status, accepted["status"].as_str()), (202, Some("scheduled")), "{accepted}");
    ben.is_sent("Your rate is ready").await;
    let consent = ana.consent().await;
    assert_eq!(consent["next_allowed_at"], "2026-11-04T16:00:00.000000Z");
    assert_eq!(consent["can_text_now"], false);
    let quiet = consent["checks"][6]["facts"].as_str().unwrap();
    assert!(quiet.contains("It is 10:00 PM in Los Angeles; Washington allows 8:00 AM to 8:00 PM"), "{quiet}");
    assert_eq!(ana.received().len(), 1, "the confirmation of START alone");
    let mut sam = world.sam().await;
    sam.open(&format!("/messages/{}", accepted["id"].as_str().unwrap()))
        .await
        .says("Scheduled")
        .says("Nov 4, 2026, 11:00 AM EST");
    ben.texts("STOP").await;
    assert!(ben.received()[1].contains("opted out"), "a STOP is confirmed at any hour");
    world.clock.advance(Duration::hours(10));
    world.deliver().await;
    assert_eq!(ana.received()[1], "Your rate is ready");
    assert_eq!(ben.received().len(), 2, "what a STOP cancelled does not come in the morning");
}

#[actix_web::test]
async fn an_invitation_keeps_quiet_hours_too_and_the_held_message_follows_it() {
    let world = world().await;
    let dee = world.lead(3);
    night(&world).await;
    let (_, held) = dee.is_sent("Your rate is ready").await;
    assert_eq!(held["status"], "held");
    assert!(dee.received().is_empty(), "nobody is asked at ten in the evening");
    world.clock.advance(Duration::hours(10) + Duration::minutes(1));
    world.deliver().await;
    assert_eq!(dee.received().len(), 1);
    dee.texts("START").await;
    assert_eq!(dee.received().last().map(String::as_str), Some("Your rate is ready"));
}

#[actix_web::test]
async fn a_release_at_night_is_confirmed_at_once_and_delivered_in_the_morning() {
    let world = world().await;
    let dee = world.lead(4);
    dee.is_sent("Your rate is ready").await;
    night(&world).await;
    dee.texts("START").await;
    assert_eq!(dee.received().len(), 2, "the invitation, and the confirmation of START");
    world.clock.advance(Duration::hours(11));
    world.deliver().await;
    assert_eq!(dee.received().last().map(String::as_str), Some("Your rate is ready"));
}

#[actix_web::test]
async fn the_zip_code_decides_against_the_area_code_and_an_own_zone_sets_the_clock() {
    let world = world().await;
    contact(&world, 5, json!({"zip": "10001"})).await;
    contact(&world, 6, json!({"time_zone": "Pacific/Honolulu"})).await;
    let facts = async |line: u8| {
        let consent = world.lead(line).consent().await;
        (consent["checks"][6]["outcome"].clone(), consent["checks"][6]["facts"].as_str().unwrap().to_owned())
    };
    let (open, words) = facts(5).await;
    assert!(
        open == "pass" && words.contains("1:00 PM in New York") && words.contains("by ZIP 10001"),
        "{words}"
    );
    let (open, words) = facts(6).await;
    assert!(open == "pass" && words.contains("8:00 AM in Honolulu"), "{words}");
    // Seven in the evening in Seattle, ten in New York, five in Honolulu.
    world.clock.advance(Duration::hours(9));
    assert_eq!(facts(5).await.0, "fail");
    assert_eq!(facts(6).await.0, "pass");
    // Two contacts on one number: each of them must be awake.
    contact(&world, 6, json!({"zip": "10001", "external_id": "other"})).await;
    assert_eq!(facts(6).await.0, "fail");
}

#[actix_web::test]
async fn the_promised_frequency_is_a_cap_and_a_conversation_is_none() {
    let world = world().await;
    rules(&world, true, true).await;
    let ana = world.lead(7);
    ana.texts("START").await;
    for n in 1..=4 {
        assert_eq!(ana.is_sent(&format!("alert {n}")).await.1["status"], "queued");
        world.clock.advance(Duration::minutes(1));
    }
    let (status, fifth) = ana.is_sent("alert 5").await;
    assert_eq!((status, fifth["status"].as_str()), (202, Some("scheduled")));
    assert!(fifth["verdict"].to_string().contains("at most 4 texts in any 30 days"), "{fifth}");
    assert_eq!(ana.received().len(), 5);
    let typed = json!({"to": ana.phone.as_str(), "body": "as you asked", "category": "conversation"});
    assert_eq!(world.call(Method::POST, "/api/v1/messages", Some(typed)).await.1["status"], "queued");
    world.deliver().await;
    assert_eq!(ana.received().len(), 6);
    world.clock.advance(Duration::days(30));
    world.deliver().await;
    assert_eq!(ana.received().last().map(String::as_str), Some("alert 5"));
}

#[actix_web::test]
async fn who_agreed_to_four_texts_a_month_gets_no_more_when_the_program_promises_nine() {
    let world = world().await;
    rules(&world, true, true).await;
    let (ana, ben, cy) = (world.lead(10), world.lead(11), world.lead(12));
    assert_eq!(ana.is_sent("alert 1").await.1["status"], "held");
    ana.texts("START").await;
    // Nobody asked Cy: the confirmation said what is promised.
    cy.texts("START").await;
    cy.is_sent("alert 1").await;
    promise(&world, true, true, "up to 9 msgs/month").await;
    assert_eq!(ben.is_sent("alert 1").await.1["status"], "held");
    ben.texts("START").await;
    for n in 2..=5 {
        world.clock.advance(Duration::minutes(1));
        let status = if n <= 4 { "queued" } else { "scheduled" };
        assert_eq!(ana.is_sent(&format!("alert {n}")).await.1["status"], status, "{n}");
        assert_eq!(cy.is_sent(&format!("alert {n}")).await.1["status"], status, "{n}");
        assert_eq!(ben.is_sent(&format!("alert {n}")).await.1["status"], "queued", "{n}");
    }
}

#[actix_web::test]
async fn a_crowd_of_messages_accepted_at_once_is_spread_as_promised() {
    let world = world().await;
    rules(&world, true, true).await;
    let ana = world.lead(8);
    ana.texts("START").await;
    for n in 0..6 {
        world.send(ana.phone.as_str(), &format!("alert {n}")).await;
    }
    world.deliver().await;
    assert_eq!(ana.received().len(), 5, "the confirmation, and as many as are promised in a month");
}

#[actix_web::test]
async fn an_administrator_answers_for_a_program_that_keeps_no_quiet_hours() {
    let world = world().await;
    rules(&world, false, false).await;
    let ana = world.lead(9);
    ana.texts("START").await;
    night(&world).await;
    assert_eq!(ana.is_sent("Your code is 4711").await.1["status"], "queued");
    assert_eq!(ana.received().last().map(String::as_str), Some("Your code is 4711"));
    let mut ada = world.ada().await;
    ada.open("/log").await.says("quiet hours");
}

/// So many contacts share a number, and so many texts went to it this month.
const CROWD: i64 = 5_000;

/// Contacts on a lead's number, each with its own name and the ZIP of its place in the row, and texts that arrived yesterday.
async fn crowd(world: &World, lead: &Lead<'_>, zip: fn(i64) -> String) {
    let (phone, now) = (lead.phone.clone(), world.clock.now());
    let fill = move |tx: &mut Tx<'_>| {
        let program = programs::find(tx, None)?.unwrap().id;
        let mut number = numbers::find_locked(tx, &phone)?.unwrap();
        let yesterday = now.plus(-Duration::days(1));
        for n in 0..CROWD {
            let details = ContactDetails {
                name: format!("Person {n}"),
                zip: Some(zip(n)),
                ..ContactDetails::default()
            };
            contacts::insert(tx, &mut number, &details, now)?;
            let at = yesterday.plus(Duration::seconds(n));
            let id = tx.new_id(at)?;
            let sent = Message::new(id, program, Lane::Gated, phone.as_str(), "Hello", &Actor::Operator, at);
            let (number_id, status, claimed_at) = (Some(number.id), Status::Delivered, Some(at));
            messages::insert(tx, &Message { number_id, status, claimed_at, ..sent }, None)?;
        }
        Ok::<_, ActionError>(())
    };
    world.jobs.store.write(fill).await.unwrap();
}

/// Of places the gate looks at a hundred at most, and else at the cautious hours; of texts at as many as the limit counts.
#[actix_web::test]
async fn a_number_with_thousands_of_contacts_and_texts_asks_no_more_of_the_gate() {
    let world = world().await;
    rules(&world, true, true).await;
    let (ana, ben) = (world.lead(40), world.lead(41));
    for (lead, zip) in [(&ana, zip_of_its_own as fn(i64) -> String), (&ben, |_| "98101".to_owned())] {
        lead.texts("START").await;
        crowd(&world, lead, zip).await;
        let phone = lead.phone.clone();
        let since = world.clock.now().plus(-Duration::days(30));
        let read = move |conn: &mut ReadConn<'_>| {
            let program = programs::find(conn, None)?.unwrap().id;
            let number = numbers::find(conn, &phone)?.unwrap().id;
            let promised = messages::counted_since(conn, number, program, since, 4)?.len();
            Ok::<_, StoreError>((promised, messages::attempts_since(conn, number, None, since, 3)?.len()))
        };
        assert_eq!(world.jobs.store.read(read).await.unwrap(), (4, 3));
        let consent = lead.consent().await;
        assert!(consent.to_string().len() < 20_000, "{} bytes", consent.to_string().len());
        let sent = lead.is_sent("One more").await.1;
        assert_eq!(sent["verdict"]["checks"][7]["outcome"], "fail", "the limits count what was sent: {sent}");
        assert_eq!(sent["status"], "scheduled");
    }
    rules(&world, true, false).await;
    // It is one in the afternoon in New York, but eight in the morning in Honolulu.
    assert_eq!(ana.consent().await["can_text_now"], false, "{}", ana.consent().await["checks"][6]);
    assert_eq!(ben.consent().await["can_text_now"], true, "all of them are in one place");
    assert_eq!(ana.is_sent("To anywhere").await.1["status"], "scheduled");
    let (_, sent) = ben.is_sent("To Seattle").await;
    assert_eq!(world.status(&sent["id"]).await, "delivered");
}

/// All of them are in New York.
fn zip_of_its_own(n: i64) -> String {
    format!("{:05}", 10_000 + n)
}
