//! Holidays, closures and caps by law at the recipient: what may not go out now is scheduled, and goes out by itself.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::programs::{RATES, add_rates};
use crate::support::{Lead, World, world};

/// A contact on the lead's number, at a ZIP code.
async fn lives_at(world: &World, lead: &Lead<'_>, zip: &str) {
    let contact = json!({"phone": lead.phone.as_str(), "name": "Ana Ames", "zip": zip});
    assert_eq!(world.call(Method::POST, "/api/v1/contacts", Some(contact)).await.0, 201);
}

async fn send(world: &World, lead: &Lead<'_>, program: &str, category: &str, body: &str) -> Value {
    let message = json!({"to": lead.phone.as_str(), "body": body, "category": category, "program": program});
    let accepted = world.call(Method::POST, "/api/v1/messages", Some(message)).await.1;
    world.deliver().await;
    accepted
}

#[actix_web::test]
async fn florida_gets_three_texts_in_24_hours_from_one_program() {
    let world = world().await;
    let mut ada = world.ada().await;
    add_rates(&mut ada).await;
    let ana = world.lead(1);
    lives_at(&world, &ana, "33101").await;
    ana.texts("START").await;
    ana.texts_to(RATES, "START").await;
    for (n, category) in ["alert", "conversation", "alert"].into_iter().enumerate() {
        let accepted = send(&world, &ana, "default", category, &format!("text {n}")).await;
        assert_eq!(accepted["status"], "queued", "{accepted}");
        world.clock.advance(Duration::minutes(1));
    }
    for category in ["alert", "conversation"] {
        let fourth = send(&world, &ana, "default", category, "one more").await;
        assert_eq!(fourth["status"], "scheduled", "{category}: {fourth}");
        let verdict = fourth["verdict"].to_string();
        assert!(verdict.contains("Florida allows 3 texts in any 24 hours from one program"), "{verdict}");
        assert!(verdict.contains("Fla. Stat. 501.616(6)(b)"), "{verdict}");
    }
    let other = send(&world, &ana, "rates", "alert", "Rates fell").await;
    assert_eq!(other["status"], "queued", "another program is another subject: {other}");
    ana.texts("HELP").await;
    assert!(ana.received().last().unwrap().contains("For help"), "an answer to the lead is not capped");
    let before = ana.received().len();
    world.clock.advance(Duration::hours(23));
    world.deliver().await;
    assert_eq!(ana.received().len(), before);
    // The first of the three is 24 hours old, and it is one in the afternoon in Miami.
    world.clock.advance(Duration::minutes(57));
    world.deliver().await;
    assert_eq!(ana.received().len(), before + 1, "one frees one");
    world.clock.advance(Duration::hours(1));
    world.deliver().await;
    assert_eq!(ana.received().len(), before + 2);
}

#[actix_web::test]
async fn oregon_counts_all_programs_together_and_georgia_caps_nothing() {
    let world = world().await;
    let mut ada = world.ada().await;
    add_rates(&mut ada).await;
    let (ana, ben) = (world.lead(2), world.lead(3));
    lives_at(&world, &ana, "97201").await;
    lives_at(&world, &ben, "30301").await;
    for lead in [&ana, &ben] {
        lead.texts("START").await;
        lead.texts_to(RATES, "START").await;
        for n in 0..2 {
            assert_eq!(
                send(&world, lead, "default", "alert", &format!("text {n}")).await["status"],
                "queued"
            );
        }
        assert_eq!(send(&world, lead, "rates", "alert", "Rates fell").await["status"], "queued");
    }
    assert_eq!(send(&world, &ana, "rates", "alert", "Rates rose").await["status"], "scheduled");
    assert_eq!(send(&world, &ben, "rates", "alert", "Rates rose").await["status"], "queued");
    // A consent check names the cap, with its next allowed time.
    let consent = ana.consent().await;
    assert_eq!(consent["checks"][7]["outcome"], "fail", "{consent}");
    assert_eq!(consent["can_text_now"], false);
    assert_eq!(consent["next_allowed_at"].as_str().unwrap().get(..10), Some("2026-11-04"));
}

#[actix_web::test]
async fn a_crowd_of_texts_accepted_at_once_keeps_the_cap() {
    let world = world().await;
    let ana = world.lead(4);
    lives_at(&world, &ana, "73102").await;
    ana.texts("START").await;
    for n in 0..5 {
        world.send(ana.phone.as_str(), &format!("alert {n}")).await;
    }
    world.deliver().await;
    assert_eq!(ana.received().len(), 4, "the confirmation, and three texts");
}

#[actix_web::test]
async fn an_opt_in_request_counts_towards_the_cap_and_keeps_it() {
    let world = world().await;
    let mut ada = world.ada().await;
    add_rates(&mut ada).await;
    let ana = world.lead(5);
    lives_at(&world, &ana, "97201").await;
    ana.texts("START").await;
    for n in 0..3 {
        send(&world, &ana, "default", "alert", &format!("text {n}")).await;
    }
    let held = send(&world, &ana, "rates", "alert", "Rates fell").await;
    assert_eq!(held["status"], "held", "{held}");
    assert_eq!(ana.received().len(), 4, "the opt-in request waits for the cap too");
    world.clock.advance(Duration::hours(24) + Duration::minutes(1));
    world.deliver().await;
    assert_eq!(ana.received_from(RATES).len(), 1);
}

#[actix_web::test]
async fn a_holiday_at_the_recipient_waits_for_the_next_day() {
    let world = world().await;
    let ana = world.lead(6);
    lives_at(&world, &ana, "36602").await;
    world.clock.advance(Duration::days(23));
    ana.texts("START").await;
    assert_eq!(ana.received().len(), 1, "the answer to START goes out on Thanksgiving too");
    let waits = send(&world, &ana, "default", "alert", "Your rate is ready").await;
    assert_eq!(waits["status"], "scheduled", "{waits}");
    let verdict = waits["verdict"].to_string();
    assert!(verdict.contains("Alabama allows no texts on Thanksgiving Day"), "{verdict}");
    assert_eq!(waits["verdict"]["next_allowed_at"], "2026-11-27T14:00:00.000000Z");
    world.clock.advance(Duration::hours(20));
    world.deliver().await;
    assert_eq!(ana.received().last().map(String::as_str), Some("Your rate is ready"));
}

/// Marketing: STOP with the code ends everything. Informational: it ends that program, until the waiver ends.
#[actix_web::test]
async fn a_code_narrows_a_stop_to_an_informational_program_alone() {
    let world = world().await;
    let mut ada = world.ada().await;
    add_rates(&mut ada).await;
    let state = async |lead: &Lead<'_>, program: &str| {
        let path = format!("/api/v1/numbers/{}/consent?program={program}", lead.phone.as_str());
        world.call(Method::GET, &path, None).await.1["state"].as_str().unwrap().to_owned()
    };
    let joins = async |lead: &Lead<'_>| {
        lead.texts("START").await;
        lead.texts_to(RATES, "START").await;
    };
    let set = |kind: &'static str| [("code", "rates"), ("kind", kind)];
    assert_eq!(ada.post("/programs/rates", "/programs/rates/sending", &set("marketing")).await.status, 303);
    ada.open("/programs/rates").await.says("<dt>Kind</dt><dd>Marketing</dd>");
    let ana = world.lead(7);
    joins(&ana).await;
    ana.texts("STOP RATES").await;
    assert_eq!(
        (state(&ana, "default").await, state(&ana, "rates").await),
        ("opted_out".into(), "opted_out".into())
    );
    ada.open("/reply-tester?text=stop+rates").await.says("for all programs");
    let saved = ada.post("/programs/rates", "/programs/rates/sending", &set("informational")).await;
    assert_eq!(saved.status, 303);
    ada.open("/log").await.says("Kind of texts");
    let ben = world.lead(8);
    joins(&ben).await;
    ben.texts("STOP RATES").await;
    assert_eq!(
        (state(&ben, "default").await, state(&ben, "rates").await),
        ("opted_in".into(), "opted_out".into())
    );
    let wrong = ada.post("/programs/rates", "/programs/rates/sending", &set("both")).await;
    assert_eq!(wrong.status, 422);
    wrong.says("Choose marketing or informational.");
}

#[actix_web::test]
async fn legal_caps_bind_a_program_as_its_quiet_hours_do_and_the_check_says_so() {
    let world = world().await;
    let ana = world.lead(1);
    lives_at(&world, &ana, "33101").await;
    ana.texts("START").await;
    world.quiet_hours(false).await;
    for n in 0..4 {
        let accepted = send(&world, &ana, "default", "alert", &format!("code {n}")).await;
        assert_eq!(accepted["status"], "queued", "texts that sell nothing are not capped: {accepted}");
        assert!(accepted["verdict"].to_string().contains("Neither are legal caps"), "{accepted}");
    }
}
