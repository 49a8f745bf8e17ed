//! A START right after an opt-out, by webhooks that carry no time: the carrier is asked, and in doubt the number stays out.

use std::sync::atomic::Ordering;

use chrono::Duration;
use sms_opt_in::actions::record_consent::{NewConsentRecord, record_consent};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::consent::Source;
use sms_opt_in::domain::evidence::RevocationChannel;
use sms_opt_in::domain::intent::Revocation;
use sms_opt_in::domain::role::Role;
use sms_opt_in::jobs::ask_carrier;
use sms_opt_in::store::{Tx, numbers};

use crate::archive::{Scene, scene};
use crate::hooks::{INBOUND, post, signature};
use crate::support::{Lead, World, by};

impl Scene {
    /// A webhook with a parameter that is not announced and that may name another text.
    async fn doubtful(&self, lead: &Lead<'_>, sid: &str, body: &str) {
        let other = "SMfedcba9876543210fedcba9876543210";
        let fields = [
            ("Body", body),
            ("From", lead.phone.as_str()),
            ("MessageSid", sid),
            ("ParentMessageSid", other),
            ("SmsMessageSid", sid),
            ("SmsSid", sid),
            ("To", "+12065550199"),
        ];
        assert_eq!(post(&self.world, INBOUND, &fields, &signature(INBOUND, &fields)).await, 200);
    }

    async fn ask(&self) -> usize {
        ask_carrier(&self.jobs).await.unwrap()
    }

    async fn kinds(&self, lead: &Lead<'_>) -> Vec<String> {
        lead.history().await.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    }
}

#[actix_web::test]
async fn a_start_right_after_a_stop_counts_once_the_carrier_says_that_it_came_later() {
    let scene = scene().await;
    let world = &scene.world;
    let (cy, dee) = (world.lead(1), world.lead(2));
    for (lead, n) in [(&cy, 1), (&dee, 2)] {
        scene.hook(lead, &format!("SM{n}0"), "START").await;
        scene.hook(lead, &format!("SM{n}1"), "STOP").await;
        scene.hook(lead, &format!("SM{n}2"), "START").await;
        assert_eq!(lead.state().await, "opted_out", "near, and no times are known");
        assert_eq!(scene.kinds(lead).await, ["opted_in", "opted_out", "recorded"]);
    }
    scene.has(&cy, "SM11", "STOP", scene.at(-20));
    scene.has(&cy, "SM12", "START", scene.at(-19));
    scene.has(&dee, "SM21", "STOP", scene.at(-19));
    scene.has(&dee, "SM22", "START", scene.at(-19));
    assert_eq!(scene.ask().await, 2);
    assert_eq!((cy.state().await, dee.state().await), ("opted_in".into(), "opted_out".into()));
    let event = cy.history().await.pop().unwrap();
    assert_eq!(event["evidence"]["sent_at"], serde_json::Value::Null, "the webhook told none");
    let asked = event["evidence"]["asked_sent_at"].as_str().unwrap();
    assert!(asked.starts_with("2026-11-03T") && asked.ends_with('Z'), "{event}");
    world.deliver().await;
    assert_eq!(cy.received().len(), 1, "the START is confirmed: {:?}", cy.received());
    assert_eq!(cy.is_sent("hello").await.1["status"], "queued");
    assert_eq!(scene.ask().await, 0, "nothing is asked twice");
    world.is_intact().await;
}

#[actix_web::test]
async fn an_older_start_that_is_told_again_under_a_new_id_stays_without_effect() {
    let scene = scene().await;
    let cy = scene.world.lead(3);
    scene.hook(&cy, "SM1", "START").await;
    scene.world.clock.advance(Duration::days(3));
    scene.hook(&cy, "SM2", "STOP").await;
    scene.hook(&cy, "SM3", "START").await;
    scene.has(&cy, "SM2", "STOP", scene.at(-2));
    scene.has(&cy, "SM3", "START", scene.at(-250_000));
    scene.ask().await;
    assert_eq!(cy.state().await, "opted_out");
    let mut sam = scene.world.sam().await;
    let page = format!("/troubleshoot?number={}", cy.phone.as_str().replace('+', "%2B"));
    sam.open(&page).await.says("The carrier says that START was sent before the opt-out");
    scene.world.is_intact().await;
}

#[actix_web::test]
async fn without_an_answer_the_number_stays_out_and_a_start_after_the_minute_counts_at_once() {
    let scene = scene().await;
    let (world, cy) = (&scene.world, scene.world.lead(4));
    let page = cy.contact("Cy Cole").await;
    scene.hook(&cy, "SM1", "START").await;
    scene.hook(&cy, "SM2", "STOP").await;
    scene.hook(&cy, "SM3", "START").await;
    let mut sam = world.sam().await;
    sam.open(&page)
        .await
        .says("We are asking the carrier which was sent last")
        .says("START right after the opt-out");
    let mut rounds = 0;
    while rounds < 20 {
        scene.ask().await;
        world.clock.advance(Duration::minutes(6));
        rounds += 1;
    }
    assert_eq!(scene.carrier.asked.load(Ordering::SeqCst), 14, "seven times about each text, then no more");
    assert_eq!(cy.state().await, "opted_out");
    sam.open(&page).await.says("the carrier could not tell which was sent last");
    scene.hook(&cy, "SM4", "START").await;
    assert_eq!(cy.state().await, "opted_in");
    let trace = format!("/troubleshoot?number={}", cy.phone.as_str().replace('+', "%2B"));
    // The record keeps what was asked; above it nothing is said of it any more.
    sam.open(&trace).await.lacks("<span>START arrived right after the opt-out");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_newer_opt_out_wins_whatever_the_carrier_says() {
    let scene = scene().await;
    let cy = scene.world.lead(5);
    scene.hook(&cy, "SM1", "STOP").await;
    scene.hook(&cy, "SM2", "START").await;
    scene.hook(&cy, "SM3", "STOP").await;
    scene.has(&cy, "SM1", "STOP", scene.at(-60));
    scene.has(&cy, "SM2", "START", scene.at(-3));
    scene.has(&cy, "SM3", "STOP", scene.at(-50));
    scene.ask().await;
    assert_eq!(cy.state().await, "opted_out");
    assert_eq!(scene.kinds(&cy).await, ["opted_out", "recorded", "opt_out_repeated"]);
    scene.world.is_intact().await;
}

/// Somebody records an opt-out by phone.
async fn calls(world: &World, lead: &Lead<'_>) {
    let (phone, now) = (lead.phone.clone(), world.clock.now());
    let recorded = move |tx: &mut Tx<'_>| {
        let number = numbers::find_or_create(tx, &phone, now)?.id;
        let revocation = Revocation::now(RevocationChannel::Call, "asked us to stop".to_owned());
        record_consent(
            tx,
            &by(&Actor::Operator, now),
            number,
            None,
            NewConsentRecord::OptOut(revocation),
            Source::Manual,
        )
    };
    world.jobs.store.write(recorded).await.unwrap();
}

#[actix_web::test]
async fn against_an_opt_out_that_is_no_text_a_start_is_five_seconds_later() {
    let scene = scene().await;
    let world = &scene.world;
    let leads = [(world.lead(6), 4, "opted_out"), (world.lead(7), 5, "opted_in")];
    for (lead, seconds, expected) in &leads {
        calls(world, lead).await;
        let sid = format!("SM{seconds}");
        scene.hook(lead, &sid, "START").await;
        assert_eq!(lead.state().await, "opted_out");
        // The webhook took a second; the opt-out was recorded before it.
        scene.has(lead, &sid, "START", scene.at(seconds - 1));
        scene.ask().await;
        assert_eq!(lead.state().await, *expected, "{seconds}");
    }
    assert_eq!(scene.carrier.asked.load(Ordering::SeqCst), 2, "there is only the START to ask about");
    // A simulated phone tells the time itself.
    let (eve, fay) = (world.lead(8), world.lead(9));
    for lead in [&eve, &fay] {
        calls(world, lead).await;
    }
    world.clock.advance(Duration::seconds(4));
    eve.texts("START").await;
    fay.texts("START").await;
    assert_eq!((eve.state().await, fay.state().await), ("opted_out".into(), "opted_in".into()));
    world.is_intact().await;
}

/// Twilio's webhooks carry no time: what counts is when they arrive, until the carrier says when the texts were sent.
#[actix_web::test]
async fn a_start_counts_at_once_a_minute_after_the_stop_and_no_sooner() {
    let scene = scene().await;
    let world = &scene.world;
    let cases = [
        (12, Duration::milliseconds(25), "opted_out"),
        (13, Duration::milliseconds(59_999), "opted_out"),
        (14, Duration::seconds(60), "opted_in"),
    ];
    for (line, gap, expected) in cases {
        let lead = world.lead(line);
        scene.hook(&lead, &format!("SM{line}a"), "START").await;
        world.clock.advance(Duration::minutes(5));
        scene.hook(&lead, &format!("SM{line}b"), "STOP").await;
        // The hook before has moved the clock on by a second.
        world.clock.advance(gap - Duration::seconds(1));
        scene.hook(&lead, &format!("SM{line}c"), "START").await;
        assert_eq!(lead.state().await, expected, "{gap}");
    }
    // By the carrier's times one second decides.
    let cases = [(12, 25, "opted_out"), (13, 1_000, "opted_in")];
    for (line, gap, _) in cases {
        let lead = world.lead(line);
        scene.has(&lead, &format!("SM{line}b"), "STOP", scene.at(-300));
        let sent = scene.at(-300).map(|at| at.plus(Duration::milliseconds(gap)));
        scene.has(&lead, &format!("SM{line}c"), "START", sent);
    }
    scene.ask().await;
    for (line, gap, expected) in cases {
        assert_eq!(world.lead(line).state().await, expected, "{gap} ms");
    }
    world.is_intact().await;
}

/// A consent in a webhook that leaves a doubt, right after an opt-out: once the carrier has confirmed the text, the times
/// decide as for any other START.
#[actix_web::test]
async fn a_doubtful_start_right_after_a_stop_is_decided_by_the_times() {
    let scene = scene().await;
    let world = &scene.world;
    for (line, start, expected, says) in [
        (15, Some(-9), "opted_in", ""),
        (16, Some(-30), "opted_out", "START was sent before the opt-out"),
        (17, None, "opted_out", "could not tell which was sent last"),
    ] {
        let lead = world.lead(line);
        scene.hook(&lead, &sid(line, 'a'), "START").await;
        world.clock.advance(Duration::minutes(5));
        scene.hook(&lead, &sid(line, 'b'), "STOP").await;
        world.clock.advance(Duration::seconds(10));
        scene.doubtful(&lead, &sid(line, 'c'), "START").await;
        assert_eq!(lead.state().await, "opted_out");
        scene.has(&lead, &sid(line, 'b'), "STOP", scene.at(-11));
        scene.has(&lead, &sid(line, 'c'), "START", start.and_then(|seconds| scene.at(seconds)));
        while scene.ask().await > 0 {}
        assert_eq!(lead.state().await, expected, "{start:?}");
        let mut sam = world.person(&format!("sam{line}"), "Sam Sato", Role::Support).await;
        let page = format!("/troubleshoot?number={}", lead.phone.as_str().replace('+', "%2B"));
        sam.open(&page).await.says(says);
        world.clock.advance(Duration::minutes(2));
        scene.hook(&lead, &sid(line, 'd'), "START").await;
        assert_eq!(lead.state().await, "opted_in", "a START after the minute counts at once");
    }
    // A STOP that comes before the carrier's answer is the newer word, whatever the times are.
    let lead = world.lead(18);
    scene.hook(&lead, &sid(18, 'b'), "STOP").await;
    world.clock.advance(Duration::seconds(10));
    scene.doubtful(&lead, &sid(18, 'c'), "START").await;
    world.clock.advance(Duration::seconds(5));
    scene.hook(&lead, &sid(18, 'e'), "STOP").await;
    scene.has(&lead, &sid(18, 'b'), "STOP", scene.at(-60));
    scene.has(&lead, &sid(18, 'c'), "START", scene.at(-5));
    scene.has(&lead, &sid(18, 'e'), "STOP", scene.at(-50));
    while scene.ask().await > 0 {}
    assert_eq!(lead.state().await, "opted_out");
    world.is_intact().await;
}

fn sid(line: u8, end: char) -> String {
    format!("SM{line:031}{end}")
}

#[actix_web::test]
async fn a_start_typed_on_a_simulated_phone_right_after_a_stop_works() {
    let scene = scene().await;
    let cy = scene.world.lead(10);
    for word in ["START", "STOP", "START"] {
        cy.texts(word).await;
    }
    assert_eq!(cy.state().await, "opted_in");
    assert_eq!(scene.carrier.asked.load(Ordering::SeqCst), 0, "both times were told");
}

#[actix_web::test]
async fn a_question_outlives_a_crash_and_is_asked_by_one_instance_at_a_time() {
    let scene = scene().await;
    let (world, cy) = (&scene.world, scene.world.lead(11));
    scene.hook(&cy, "SM1", "STOP").await;
    scene.hook(&cy, "SM2", "START").await;
    let now = world.clock.now();
    let crashes = move |tx: &mut Tx<'_>| {
        let question = sms_opt_in::store::inbound_questions::due(tx, now, 10)?.pop().unwrap();
        sms_opt_in::actions::questions::take(tx, &question, "twilio", now)
    };
    let ids = world.jobs.store.write(crashes).await.unwrap().unwrap();
    assert_eq!(ids, ["SM2", "SM1"]);
    assert_eq!(scene.ask().await, 0, "another instance has it");
    world.clock.advance(Duration::seconds(61));
    scene.has(&cy, "SM1", "STOP", scene.at(-100));
    scene.has(&cy, "SM2", "START", scene.at(-90));
    let (one, other) = tokio::join!(ask_carrier(&scene.jobs), ask_carrier(&scene.jobs));
    assert!(one.unwrap() + other.unwrap() >= 1);
    assert_eq!(scene.carrier.asked.load(Ordering::SeqCst), 2, "each text once");
    assert_eq!(cy.state().await, "opted_in");
    assert_eq!(scene.kinds(&cy).await, ["opted_out", "recorded", "opted_in"]);
    world.is_intact().await;
}
