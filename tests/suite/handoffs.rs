//! How a hand-off ends, as the worker and housekeeping write it down: the carrier's answers come late, twice, or never.

use chrono::Duration;
use serde_json::Value;
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::deliver::{record_accepted, record_look_up, record_outcome};
use sms_opt_in::actions::receive_receipt::receive_receipt;
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::message::{LookUp, Receipt, ReceiptStatus, RejectKind, SendOutcome, Status};
use sms_opt_in::store::messages::Message;
use sms_opt_in::store::{Tx, messages};

use crate::claims::{open_request, request_of};
use crate::support::{Lead, World, claims, world};

pub async fn write<T: Send + 'static>(
    world: &World,
    act: impl Fn(&mut Tx<'_>) -> Result<T, ActionError> + Send + 'static,
) -> T {
    world.jobs.store.write(act).await.unwrap()
}

pub fn id(message: &Value) -> MessageId {
    message["id"].as_str().unwrap().parse().unwrap()
}

pub async fn stored(world: &World, id: MessageId) -> Message {
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

pub async fn ended(world: &World, id: MessageId, outcome: SendOutcome) -> Message {
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
    write(&world, move |tx| record_accepted(tx, std::slice::from_ref(&answer), "simulator", now)).await;
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

/// The receipt was faster than the answer: the carrier has the text, whatever became of its answer.
#[actix_web::test]
async fn an_answer_after_the_receipt_changes_nothing() {
    let world = world().await;
    let ana = world.lead(18);
    ana.texts("START").await;
    let (code, text) = ("21610".to_owned(), "blocked".to_owned());
    for outcome in [
        SendOutcome::Rejected { code, text, kind: RejectKind::OptedOut },
        SendOutcome::RetryLater { after: None, code: "429".to_owned() },
        SendOutcome::NotBegun,
        SendOutcome::Unknown { why: "timeout".to_owned() },
    ] {
        let text = id(&world.send(ana.phone.as_str(), "Your rate is ready").await.1);
        let now = world.clock.now();
        assert!(write(&world, claims(text, now)).await);
        let (status, provider_id) = (ReceiptStatus::Delivered, text.to_string());
        let receipt = Receipt { provider_id, message: Some(text), status, code: None, verdict: None };
        write(&world, move |tx| receive_receipt(tx, "simulator", &receipt, now)).await;
        assert_eq!(ended(&world, text, outcome.clone()).await.status, Status::Delivered, "{outcome:?}");
    }
    assert_eq!(ana.state().await, "opted_in");
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
        assert!(write(&world, claims(message, now)).await);
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

#[actix_web::test]
async fn a_text_that_the_carrier_refuses_for_the_moment_is_given_up_after_eight_attempts() {
    let world = world().await;
    let ana = world.lead(15);
    ana.texts("START").await;
    let text = id(&world.send(ana.phone.as_str(), "Your rate is ready").await.1);
    for attempt in 1..=8 {
        let now = world.clock.now();
        assert!(write(&world, claims(text, now)).await, "attempt {attempt}");
        let later = SendOutcome::RetryLater { after: None, code: "429".to_owned() };
        let tried = ended(&world, text, later).await;
        let expected = if attempt < 8 { Status::Queued } else { Status::Failed };
        assert_eq!(tried.status, expected, "attempt {attempt}");
        world.clock.advance(Duration::minutes(20));
    }
    assert_eq!(stored(&world, text).await.error_code.as_deref(), Some("gave_up"));
    world.is_intact().await;
}

#[actix_web::test]
async fn a_carrier_that_did_not_answer_is_asked_ten_seconds_later() {
    let world = world().await;
    let ana = world.lead(16);
    ana.texts("START").await;
    let text = id(&world.send(ana.phone.as_str(), "Your rate is ready").await.1);
    let now = world.clock.now();
    assert!(write(&world, claims(text, now)).await);
    world.clock.advance(Duration::seconds(15));
    let silent = ended(&world, text, SendOutcome::Unknown { why: "timeout".to_owned() }).await;
    assert_eq!(silent.status, Status::Sending);
    assert_eq!(silent.due_at, now.plus(Duration::seconds(25)), "from the end of the hand-off on");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_text_that_the_carrier_never_takes_is_given_up_after_eight_attempts() {
    let world = world().await;
    let ana = world.lead(17);
    ana.texts("START").await;
    let text = id(&world.send(ana.phone.as_str(), "Your rate is ready").await.1);
    for attempt in 1..=8 {
        let now = world.clock.now();
        assert!(write(&world, claims(text, now)).await, "attempt {attempt}");
        ended(&world, text, SendOutcome::Unknown { why: "timeout".to_owned() }).await;
        world.clock.advance(Duration::minutes(2));
        let asked = looked_up(&world, text, LookUp::NotFound).await;
        let expected = if attempt < 8 { Status::Queued } else { Status::Failed };
        assert_eq!(asked.status, expected, "attempt {attempt}");
    }
    assert_eq!(stored(&world, text).await.error_code.as_deref(), Some("gave_up"));
    world.is_intact().await;
}
