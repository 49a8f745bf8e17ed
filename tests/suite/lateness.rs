//! What comes late, twice or in the wrong order never ends less restrictive than the rules say.

use proptest::prelude::*;
use sms_opt_in::actions::receive_receipt::receive_receipt;
use sms_opt_in::actions::receive_text::receive_text;
use sms_opt_in::actions::record_consent::NewConsentRecord;
use sms_opt_in::actions::{ActionError, install};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::consent::StateName;
use sms_opt_in::domain::message::{IdCertainty, InboundText, Receipt, ReceiptStatus, RejectKind};
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::jobs::reconcile;
use sms_opt_in::store::{Store, messages, numbers, programs};

use crate::support::{World, by, database, start, world};

async fn minutes_later(world: &World) {
    world.clock.advance(chrono::Duration::minutes(5));
    reconcile(&world.jobs).await.unwrap();
    world.deliver().await;
}

#[actix_web::test]
async fn a_text_from_before_a_stop_is_not_revived_by_the_next_start() {
    let world = world().await;
    let ana = world.lead(80);
    ana.texts("START").await;
    world.carrier_fails(Some("500"));
    let (_, sent) = ana.is_sent("from before the stop").await;
    assert_eq!(world.status(&sent["id"]).await, "sending", "nobody knows whether the carrier took it");
    world.carrier_fails(None);
    ana.texts("STOP").await;
    ana.texts("START").await;
    assert_eq!(ana.state().await, "opted_in");
    minutes_later(&world).await;
    assert_eq!(world.status(&sent["id"]).await, "cancelled");
    assert!(!ana.received().contains(&"from before the stop".to_owned()));
}

#[actix_web::test]
async fn a_text_for_the_owner_before_never_reaches_the_next_one() {
    let world = world().await;
    let ana = world.lead(81);
    ana.texts("START").await;
    world.carrier_fails(Some("500"));
    let (_, sent) = ana.is_sent("for the old owner").await;
    world.carrier_fails(None);
    let reassigned = NewConsentRecord::Reassigned("the carrier says that it has another owner".to_owned());
    ana.is_recorded(reassigned, world.clock.now()).await.unwrap();
    world.clock.advance(chrono::Duration::seconds(1));
    ana.texts("START").await;
    minutes_later(&world).await;
    assert_eq!(world.status(&sent["id"]).await, "cancelled");
    assert!(!ana.received().contains(&"for the old owner".to_owned()));
}

#[actix_web::test]
async fn news_about_an_old_invitation_says_nothing_about_the_new_one() {
    let world = world().await;
    let cy = world.lead(82);
    cy.is_sent("first").await;
    let (phone, now) = (cy.phone.clone(), world.clock.now());
    let invitation = world
        .jobs
        .store
        .read(move |conn| {
            let number = numbers::find(conn, &phone)?.unwrap().id;
            let all = messages::of_number(conn, number, None, 10)?;
            Ok::<_, ActionError>(all.into_iter().find(|message| message.provider_id.is_some()).unwrap())
        })
        .await
        .unwrap();
    let reassigned = NewConsentRecord::Reassigned("the carrier says that it has another owner".to_owned());
    cy.is_recorded(reassigned, now).await.unwrap();
    let (_, held) = cy.is_sent("second").await;
    assert_eq!(cy.state().await, "not_asked", "the handset got a request today");
    world.clock.advance(chrono::Duration::hours(24));
    world.deliver().await;
    assert_eq!(cy.state().await, "invited");
    let receipt = Receipt {
        provider_id: invitation.provider_id.unwrap(),
        message: Some(invitation.id),
        status: ReceiptStatus::Failed,
        code: Some("30003".to_owned()),
        verdict: Some(RejectKind::Other),
    };
    world.jobs.store.write(move |tx| receive_receipt(tx, "simulator", &receipt, now)).await.unwrap();
    assert_eq!(cy.state().await, "invited", "the new invitation is still out");
    assert_eq!(world.status(&held["id"]).await, "held");
}

#[actix_web::test]
async fn a_block_told_late_counts_although_the_message_is_over() {
    let world = world().await;
    let ana = world.lead(83);
    ana.texts("START").await;
    let (_, sent) = ana.is_sent("hello").await;
    assert_eq!(world.status(&sent["id"]).await, "delivered");
    let receipt = Receipt {
        provider_id: "SIM-late".to_owned(),
        message: None,
        status: ReceiptStatus::Failed,
        code: Some("21610".to_owned()),
        verdict: Some(RejectKind::OptedOut),
    };
    let id = sent["id"].as_str().unwrap().parse().unwrap();
    let now = world.clock.now();
    let late = move |tx: &mut sms_opt_in::store::Tx<'_>| {
        let provider_id = messages::get(tx, id)?.unwrap().provider_id.unwrap();
        receive_receipt(tx, "simulator", &Receipt { provider_id, ..receipt.clone() }, now)
    };
    world.jobs.store.write(late.clone()).await.unwrap();
    assert_eq!(ana.state().await, "opted_out");
    assert_eq!(world.status(&sent["id"]).await, "delivered", "a receipt never moves a message backwards");
    world.clock.advance(chrono::Duration::seconds(5));
    ana.texts("START").await;
    world.jobs.store.write(late).await.unwrap();
    assert_eq!(ana.state().await, "opted_in", "the same receipt again says nothing about the new START");
}

#[actix_web::test]
async fn do_not_text_takes_back_an_invitation_that_has_not_gone_out() {
    let world = world().await;
    let dee = world.lead(84);
    let (_, held) = world.send(dee.phone.as_str(), "hello").await;
    assert_eq!(dee.consent().await["request"], "scheduled");
    let (reason, now) = ("the lawyer wrote to us about it".to_owned(), world.clock.now());
    dee.is_recorded(NewConsentRecord::SetDoNotText(reason.clone()), now).await.unwrap();
    world.deliver().await;
    assert!(dee.received().is_empty());
    assert_eq!(world.status(&held["id"]).await, "cancelled");
    assert_eq!(dee.state().await, "not_asked", "nobody has asked this lead");
    dee.is_recorded(NewConsentRecord::ClearDoNotText { reason, set_at: now }, now).await.unwrap();
    dee.is_sent("hello again").await;
    assert_eq!(dee.received().len(), 1, "the lead may be asked once the flag is lifted");
}

#[actix_web::test]
async fn stop_start_stop_before_any_answer_is_confirmed_once() {
    let world = world().await;
    let ben = world.lead(85);
    let simulator = world.bound_app.simulator.as_ref().unwrap();
    for word in ["START", "STOP", "START", "STOP"] {
        simulator.lead_texts(&ben.phone, "+12065550199", word).await.unwrap();
        world.clock.advance(chrono::Duration::seconds(1));
    }
    world.deliver().await;
    let received = ben.received();
    assert_eq!(received.len(), 1, "one confirmation of the last STOP: {received:?}");
    assert!(received[0].contains("opted out"));
}

#[actix_web::test]
async fn a_text_that_must_be_repeated_is_not_overtaken() {
    let world = world().await;
    let ana = world.lead(86);
    ana.texts("START").await;
    world.carrier_fails(Some("429"));
    ana.is_sent("first").await;
    world.carrier_fails(None);
    ana.is_sent("second").await;
    for _ in 0..20 {
        world.clock.advance(chrono::Duration::seconds(2));
        world.deliver().await;
    }
    let received = ana.received();
    let content: Vec<_> = received.iter().filter(|text| text.len() < 8).map(String::as_str).collect();
    assert_eq!(content, ["first", "second"]);
}

/// One text of a lead: what it says, and when the handset sent it (seconds).
type Sent = (&'static str, i64);

fn texts() -> impl Strategy<Value = Vec<Sent>> {
    let word = prop_oneof![Just("START"), Just("STOP"), Just("YES"), Just("who is this?")];
    prop::collection::vec((word, 0i64..900), 1..=6)
}

/// Through the action that the webhook calls, with its memory of what was seen: late, repeated, in any order.
#[test]
fn late_and_repeated_webhooks_never_end_less_restrictive() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&database::fresh(&directory)).unwrap();
    store.write_now(|tx| install::install(tx, Some("+12065550199"), "US", start())).unwrap();
    let cases = std::cell::Cell::new(0u32);
    let strategy = (texts(), Just((0..12usize).collect::<Vec<_>>()).prop_shuffle());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let run = runner.run(&strategy, |(sent, order)| {
        let case = cases.get();
        cases.set(case + 1);
        let from = format!("+1{}5550{}", 201 + case % 700, 100 + case / 700 % 100);
        for (arrival, n) in order.iter().map(|n| n % 6).filter(|n| *n < sent.len()).enumerate() {
            let (body, at) = sent[n];
            let now = start().plus(chrono::Duration::seconds(1000 + arrival as i64));
            let text = InboundText {
                provider_id: format!("SM-{case}-{n}"),
                from: from.clone(),
                to: "+12065550199".to_owned(),
                body: body.to_owned(),
                sent_at: Some(start().plus(chrono::Duration::seconds(at))),
                answered_by_provider: false,
                opted_out_at_provider: false,
                opted_in_at_provider: false,
                id_certainty: IdCertainty::Certain,
            };
            store.write_now(move |tx| receive_text(tx, &by(&Actor::Lead, now), "test", &text)).unwrap();
        }
        let last = |word: &str| sent.iter().filter(|(body, _)| *body == word).map(|(_, at)| *at).max();
        let phone = Phone::from_e164(&from).unwrap();
        let state = store
            .read_now(|conn| {
                let program = programs::find(conn, None)?.unwrap().id;
                let number = numbers::find(conn, &phone)?.unwrap();
                Ok::<_, ActionError>(number.consent.state_in(program).name())
            })
            .unwrap();
        let stopped = last("STOP").is_some_and(|stop| last("START").is_none_or(|start| start <= stop));
        if stopped {
            prop_assert_eq!(state, StateName::OptedOut);
        }
        if last("START").is_none() {
            prop_assert_ne!(state, StateName::OptedIn, "YES without an invitation is not consent");
        }
        Ok(())
    });
    run.unwrap();
}

/// The page showed one flag; another one was set since, for another reason.
#[actix_web::test]
async fn a_flag_that_was_set_anew_is_not_lifted_from_an_old_page() {
    let world = world().await;
    let dee = world.lead(87);
    dee.texts("START").await;
    let reason = || "the lawyer wrote to us about it".to_owned();
    let first = world.clock.now();
    let second = first.plus(chrono::Duration::minutes(1));
    let set = || NewConsentRecord::SetDoNotText(reason());
    let clear = |set_at| NewConsentRecord::ClearDoNotText { reason: reason(), set_at };
    dee.is_recorded(set(), first).await.unwrap();
    dee.is_recorded(clear(first), first).await.unwrap();
    dee.is_recorded(set(), second).await.unwrap();
    let late = dee.is_recorded(clear(first), second).await;
    assert!(matches!(late, Err(ActionError::Conflict(_))), "{late:?}");
    dee.is_recorded(clear(second), second).await.unwrap();
    world.is_intact().await;
}
