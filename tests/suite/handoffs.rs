//! How a hand-off ends, as the worker and housekeeping write it down: the carrier's answers come late, twice, or never.

use chrono::Duration;
use serde_json::Value;
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::deliver::{deliver_now, record_accepted, record_look_up, record_outcome, wake};
use sms_opt_in::actions::receive_receipt::receive_receipt;
use sms_opt_in::actions::record_consent::NewConsentRecord;
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::message::{LookUp, Receipt, ReceiptStatus, RejectKind, SendOutcome, Status};
use sms_opt_in::domain::unasked::UnaskedTexts;
use sms_opt_in::store::messages::Message;
use sms_opt_in::store::{ReadConn, StoreError, Tx, messages, numbers};

use crate::support::{Lead, World, claim, world};

async fn write<T: Send + 'static>(
    world: &World,
    act: impl Fn(&mut Tx<'_>) -> Result<T, ActionError> + Send + 'static,
) -> T {
    world.jobs.store.write(act).await.unwrap()
}

fn id(message: &Value) -> MessageId {
    message["id"].as_str().unwrap().parse().unwrap()
}

async fn stored(world: &World, id: MessageId) -> Message {
    world.jobs.store.read(move |conn| messages::get(conn, id)).await.unwrap().unwrap()
}

/// A text that the carrier may have taken: it did not answer in time.
async fn unanswered(world: &World, lead: &Lead<'_>, body: &str) -> MessageId {
    world.carrier_fails(Some("timeout"));
    let (_, sent) = lead.is_sent(body).await;
    world.carrier_fails(None);
    assert_eq!(world.status(&sent["id"]).await, "sending");
    id(&sent)
}

async fn looked_up(world: &World, id: MessageId, answer: LookUp) -> Message {
    let now = world.clock.now();
    write(world, move |tx| record_look_up(tx, id, &answer, "simulator", now)).await;
    stored(world, id).await
}

async fn ended(world: &World, id: MessageId, outcome: SendOutcome) -> Message {
    let now = world.clock.now();
    write(world, move |tx| record_outcome(tx, id, &outcome, "simulator", now)).await;
    stored(world, id).await
}

fn found(provider_id: &str, status: ReceiptStatus, failure: Option<(&str, RejectKind)>) -> LookUp {
    LookUp::Found {
        provider_id: provider_id.to_owned(),
        status,
        code: failure.map(|(code, _)| code.to_owned()),
        verdict: failure.map(|(_, kind)| kind),
    }
}

#[actix_web::test]
async fn a_carrier_that_does_not_know_a_text_is_asked_for_a_minute_before_it_is_sent_again() {
    let world = world().await;
    let ana = world.lead(1);
    ana.texts("START").await;
    let text = unanswered(&world, &ana, "Your rate is ready").await;
    world.clock.advance(Duration::seconds(59));
    let asked = looked_up(&world, text, LookUp::NotFound).await;
    assert_eq!(asked.status, Status::Sending, "it may be on its way still");
    assert_eq!(asked.due_at, world.clock.now().plus(Duration::seconds(10)));
    world.clock.advance(Duration::seconds(1));
    assert_eq!(looked_up(&world, text, LookUp::Unavailable).await.status, Status::Sending);
    assert_eq!(looked_up(&world, text, LookUp::NotFound).await.status, Status::Queued);
    // The answer to the first attempt arrives after all: its receipts have to find the message.
    let accepted = SendOutcome::Accepted { provider_id: "SM1".to_owned() };
    let late = ended(&world, text, accepted).await;
    assert_eq!((late.status, late.provider_id.as_deref()), (Status::Queued, Some("SM1")));
    world.is_intact().await;
}

#[actix_web::test]
async fn a_text_found_at_the_carrier_ends_as_the_carrier_says() {
    let world = world().await;
    let ana = world.lead(2);
    ana.texts("START").await;
    let texts = ["one", "two", "three"];
    for (body, status, expected) in [
        (texts[0], ReceiptStatus::Pending, Status::Sent),
        (texts[1], ReceiptStatus::Delivered, Status::Delivered),
        (texts[2], ReceiptStatus::Failed, Status::Failed),
    ] {
        let text = unanswered(&world, &ana, body).await;
        let known = looked_up(&world, text, found(body, status, None)).await;
        assert_eq!((known.status, known.provider_id.as_deref()), (expected, Some(body)));
        let code = (expected == Status::Failed).then_some("undelivered");
        assert_eq!(known.error_code.as_deref(), code, "{body}");
    }
    let passing = unanswered(&world, &ana, "four").await;
    let full = Some(("30001", RejectKind::Passing));
    let known = looked_up(&world, passing, found("SM4", ReceiptStatus::Failed, full)).await;
    assert_eq!(known.status, Status::Queued, "a full queue passes: it is sent again");
    let bo = world.lead(20);
    bo.texts("START").await;
    let blocked = unanswered(&world, &bo, "five").await;
    let block = Some(("21610", RejectKind::OptedOut));
    let known = looked_up(&world, blocked, found("SM5", ReceiptStatus::Failed, block)).await;
    assert_eq!((known.status, known.error_code.as_deref()), (Status::Failed, Some("21610")));
    assert_eq!(bo.state().await, "opted_out", "a block at the carrier is an opt-out");
    world.is_intact().await;
}

/// The carrier is asked by recipient and words, and the same words were sent twice.
#[actix_web::test]
async fn what_the_carrier_has_belongs_to_one_message() {
    let world = world().await;
    let ana = world.lead(3);
    ana.texts("START").await;
    let first = id(&ana.is_sent("Your rate is ready").await.1);
    let theirs = stored(&world, first).await.provider_id.unwrap();
    let second = unanswered(&world, &ana, "Your rate is ready").await;
    let known = looked_up(&world, second, found(&theirs, ReceiptStatus::Delivered, None)).await;
    assert_eq!((known.status, known.provider_id), (Status::Sending, None), "nothing is known about it");
    assert_eq!(stored(&world, first).await.provider_id.as_deref(), Some(theirs.as_str()));
    // The answer to the hand-off itself is certain.
    let (now, answer) = (world.clock.now(), (second, theirs.clone()));
    write(&world, move |tx| record_accepted(tx, &[answer.clone()], "simulator", now)).await;
    let known = stored(&world, second).await;
    assert_eq!((known.status, known.provider_id), (Status::Sent, Some(theirs)));
    assert_eq!(stored(&world, first).await.provider_id, None);
    world.is_intact().await;
}

#[actix_web::test]
async fn an_answer_about_an_attempt_that_a_receipt_failed_changes_nothing() {
    let world = world().await;
    let ana = world.lead(4);
    ana.texts("START").await;
    let text = unanswered(&world, &ana, "Your rate is ready").await;
    let full = Some(("30001", RejectKind::Passing));
    let failed = looked_up(&world, text, found("SM1", ReceiptStatus::Failed, full)).await;
    assert_eq!((failed.status, failed.provider_id), (Status::Queued, None));
    let accepted = SendOutcome::Accepted { provider_id: "SM1".to_owned() };
    let late = ended(&world, text, accepted).await;
    assert_eq!((late.status, late.provider_id), (Status::Queued, None), "SM1 is over");
    world.clock.advance(Duration::minutes(1));
    world.deliver().await;
    assert_eq!(stored(&world, text).await.status, Status::Delivered);
    world.is_intact().await;
}

#[actix_web::test]
async fn a_text_that_waits_for_another_attempt_is_delivered_now_once() {
    let world = world().await;
    let ana = world.lead(5);
    ana.texts("START").await;
    let (_, sent) = world.send(ana.phone.as_str(), "Your rate is ready").await;
    let (text, now) = (id(&sent), world.clock.now());
    let press = move |tx: &mut Tx<'_>| deliver_now(tx, text, now);
    assert!(!write(&world, press).await, "it is due already");
    assert!(write(&world, move |tx| Ok(claim(tx, text, now)?.is_some())).await);
    assert!(!write(&world, press).await, "it is being handed over");
    let hour = Some(std::time::Duration::from_secs(3_600));
    let later = SendOutcome::RetryLater { after: hour, code: "429".to_owned() };
    let waits = ended(&world, text, later).await;
    assert_eq!(waits.due_at, now.plus(Duration::hours(1)), "as the carrier asked");
    assert!(write(&world, press).await);
    assert_eq!(stored(&world, text).await.due_at, now);
    world.deliver().await;
    assert_eq!(stored(&world, text).await.status, Status::Delivered);
    assert!(!write(&world, press).await, "it is over");
    world.is_intact().await;
}

/// The request was with the carrier when the contact texted START, and the carrier never took it.
#[actix_web::test]
async fn a_request_that_comes_back_after_the_start_is_taken_back() {
    let world = world().await;
    let ana = world.lead(6);
    world.carrier_fails(Some("timeout"));
    let request = open_request(&world, &ana).await;
    world.carrier_fails(None);
    ana.texts("START").await;
    let before = ana.received().len();
    world.clock.advance(Duration::minutes(2));
    assert_eq!(looked_up(&world, request, LookUp::NotFound).await.status, Status::Queued);
    world.deliver().await;
    assert_eq!(stored(&world, request).await.status, Status::Cancelled, "it was answered unasked");
    assert_eq!((ana.received().len(), ana.state().await.as_str()), (before, "opted_in"));
    world.is_intact().await;
}

#[actix_web::test]
async fn only_what_waits_for_its_time_is_woken_and_not_before() {
    let world = world().await;
    let (ana, bo) = (world.lead(7), world.lead(8));
    for lead in [&ana, &bo] {
        lead.texts("START").await;
    }
    let now = world.clock.now();
    let queued = id(&world.send(ana.phone.as_str(), "Your rate is ready").await.1);
    assert_eq!(write(&world, move |tx| wake(tx, &[queued], now)).await, 0, "it is queued already");
    world.deliver().await;
    world.clock.advance(Duration::hours(12));
    let night = id(&bo.is_sent("Your rate is ready").await.1);
    let waits = stored(&world, night).await;
    assert_eq!(waits.status, Status::Scheduled);
    let (due, tick) = (waits.due_at, Duration::microseconds(1));
    assert_eq!(write(&world, move |tx| wake(tx, &[night], due.plus(-tick))).await, 0, "too early");
    assert_eq!(write(&world, move |tx| wake(tx, &[night, queued], due)).await, 1);
    assert_eq!(stored(&world, night).await.status, Status::Queued);
    world.is_intact().await;
}

/// The opt-in request that goes before a text.
async fn open_request(world: &World, lead: &Lead<'_>) -> MessageId {
    lead.is_sent("Your rate is ready").await;
    request_of(world, lead).await
}

async fn request_of(world: &World, lead: &Lead<'_>) -> MessageId {
    let phone = lead.phone.clone();
    let request = move |conn: &mut ReadConn<'_>| {
        let number = numbers::find(conn, &phone)?.unwrap();
        let open = *number.consent.requests.values().next().unwrap();
        Ok::<_, StoreError>(messages::request(conn, number.id, open.seq)?.unwrap().id)
    };
    world.jobs.store.read(request).await.unwrap()
}

async fn kinds(lead: &Lead<'_>) -> Vec<String> {
    lead.history().await.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_request_that_a_flag_cancels_leaves_the_number_not_asked() {
    let world = world().await;
    let ana = world.lead(9);
    world.clock.advance(Duration::hours(12));
    let request = open_request(&world, &ana).await;
    let flag = NewConsentRecord::SetDoNotText("asked us by letter".to_owned());
    ana.is_recorded(flag, world.clock.now()).await.unwrap();
    assert_eq!(stored(&world, request).await.status, Status::Cancelled);
    assert_eq!(kinds(&ana).await, ["request_scheduled", "do_not_text_set", "invitation_failed"]);
    let set_at = world.clock.now();
    let reason = "they changed their mind".to_owned();
    ana.is_recorded(NewConsentRecord::ClearDoNotText { reason, set_at }, set_at).await.unwrap();
    world.clock.advance(Duration::hours(12));
    ana.is_sent("Your rate is ready").await;
    assert_eq!(ana.received().len(), 1, "no request went out before: this one is the first");
    assert_eq!(ana.state().await, "invited");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_request_without_any_budget_left_is_refused_with_that_cause() {
    let world = world().await;
    let ana = world.lead(10);
    world.clock.advance(Duration::hours(12));
    let request = open_request(&world, &ana).await;
    let phone = ana.phone.clone();
    let use_up = move |tx: &mut Tx<'_>| {
        let id = numbers::find(tx, &phone)?.unwrap().id;
        let mut number = numbers::get_locked(tx, id)?.unwrap();
        Ok(numbers::set_unasked(tx, &mut number, UnaskedTexts::unreadable())?)
    };
    write(&world, use_up).await;
    world.clock.advance(Duration::hours(11));
    world.deliver().await;
    let refused = stored(&world, request).await;
    assert_eq!((refused.status, refused.error_code.as_deref()), (Status::Blocked, Some("unasked_limit")));
    assert_eq!((ana.state().await.as_str(), ana.received().len()), ("not_asked", 0));
    world.is_intact().await;
}

/// The worker writes down together what the carrier took together: one of them had its receipt first, one is a request.
#[actix_web::test]
async fn answers_that_come_together_are_each_taken_as_they_are() {
    let world = world().await;
    let (ana, bo) = (world.lead(11), world.lead(12));
    ana.texts("START").await;
    let text = id(&world.send(ana.phone.as_str(), "Your rate is ready").await.1);
    world.send(bo.phone.as_str(), "Your rate is ready").await;
    let request = request_of(&world, &bo).await;
    let now = world.clock.now();
    for message in [text, request] {
        assert!(write(&world, move |tx| Ok(claim(tx, message, now)?.is_some())).await);
    }
    let (status, provider_id) = (ReceiptStatus::Delivered, "SM1".to_owned());
    let receipt = Receipt { provider_id, message: Some(text), status, code: None, verdict: None };
    write(&world, move |tx| receive_receipt(tx, "simulator", &receipt, now)).await;
    let accepted = [(text, "SM1".to_owned()), (request, "SM2".to_owned())];
    write(&world, move |tx| record_accepted(tx, &accepted, "simulator", now)).await;
    assert_eq!(stored(&world, text).await.status, Status::Delivered, "a receipt never moves back");
    assert_eq!(stored(&world, request).await.status, Status::Sent);
    assert_eq!(bo.state().await, "invited");
    world.is_intact().await;
}
