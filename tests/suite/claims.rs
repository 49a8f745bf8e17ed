//! What a claim finds: a text whose time has come, one that nothing permits any more, one that waits for another attempt.

use chrono::Duration;
use sms_opt_in::actions::deliver::{deliver_now, wake};
use sms_opt_in::actions::record_consent::NewConsentRecord;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::message::{Lane, SendOutcome, Status};
use sms_opt_in::domain::unasked::UnaskedTexts;
use sms_opt_in::store::messages::Message;
use sms_opt_in::store::{ReadConn, StoreError, Tx, messages, numbers, programs};

use crate::handoffs::{ended, id, stored, write};
use crate::support::{Lead, World, claims, world};
#[actix_web::test]
async fn a_text_that_waits_for_another_attempt_is_delivered_now_once() {
    let world = world().await;
    let ana = world.lead(5);
    ana.texts("START").await;
    let (_, sent) = world.send(ana.phone.as_str(), "Your rate is ready").await;
    let (text, now) = (id(&sent), world.clock.now());
    let press = move |tx: &mut Tx<'_>| deliver_now(tx, text, now);
    assert!(!write(&world, press).await, "it is due already");
    assert!(write(&world, claims(text, now)).await);
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
    let late = due.plus(Duration::minutes(1));
    assert_eq!(write(&world, move |tx| wake(tx, &[night, queued], late)).await, 1);
    let woken = stored(&world, night).await;
    assert_eq!((woken.status, woken.due_at), (Status::Queued, late), "behind what was due before");
    world.is_intact().await;
}

pub async fn open_request(world: &World, lead: &Lead<'_>) -> MessageId {
    lead.is_sent("Your rate is ready").await;
    request_of(world, lead).await
}

pub async fn request_of(world: &World, lead: &Lead<'_>) -> MessageId {
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
    // The same of a request that a form caused, behind which no text waits.
    let bo = world.lead(19);
    let fields = [("phone", bo.phone.as_str()), ("consent", "yes")];
    world.client.post(format!("{}/f/opt-in", world.url)).form(&fields).send().await.unwrap();
    world.deliver().await;
    let flag = NewConsentRecord::SetDoNotText("asked us by letter".to_owned());
    bo.is_recorded(flag, world.clock.now()).await.unwrap();
    assert_eq!(kinds(&bo).await, ["request_scheduled", "do_not_text_set", "invitation_failed"]);
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
    use_up(&world, &ana).await;
    world.clock.advance(Duration::hours(11));
    world.deliver().await;
    let refused = stored(&world, request).await;
    assert_eq!((refused.status, refused.error_code.as_deref()), (Status::Blocked, Some("unasked_limit")));
    assert_eq!((ana.state().await.as_str(), ana.received().len()), ("not_asked", 0));
    world.is_intact().await;
}

/// A text as nothing leaves one behind any more: it waits, and no consent is on record.
async fn waits_without_consent(world: &World, lead: &Lead<'_>, lane: Lane) -> MessageId {
    let (phone, now) = (lead.phone.clone(), world.clock.now());
    let insert = move |tx: &mut Tx<'_>| {
        let number = numbers::find_or_create(tx, &phone, now)?.id;
        let program = programs::find(tx, None)?.unwrap().id;
        let id: MessageId = tx.new_id(now)?;
        let new = Message::new(id, program, lane, phone.as_str(), "Hello", &Actor::System, now);
        messages::insert(tx, &Message { number_id: Some(number), ..new }, None)?;
        Ok(id)
    };
    write(world, insert).await
}

/// It could reach the number's next owner: it is neither held nor sent, and nobody is asked because of it.
#[actix_web::test]
async fn a_text_without_consent_behind_it_is_taken_back() {
    let world = world().await;
    let (ana, bo) = (world.lead(13), world.lead(14));
    for (lane, status, code) in [
        (Lane::Gated, Status::Cancelled, "cancelled"),
        (Lane::OptInConfirmation, Status::Blocked, "not_opted_in"),
        (Lane::Invitation, Status::Blocked, "not_opted_in"),
    ] {
        let text = waits_without_consent(&world, &ana, lane).await;
        world.deliver().await;
        let aside = stored(&world, text).await;
        assert_eq!((aside.status, aside.error_code.as_deref()), (status, Some(code)), "{lane}");
    }
    let text = waits_without_consent(&world, &bo, Lane::Gated).await;
    use_up(&world, &bo).await;
    world.deliver().await;
    assert_eq!(stored(&world, text).await.status, Status::Cancelled);
    assert_eq!((ana.received().len(), bo.received().len()), (0, 0));
    assert_eq!((ana.state().await.as_str(), bo.state().await.as_str()), ("not_asked", "not_asked"));
    world.is_intact().await;
}

#[actix_web::test]
async fn a_text_from_before_a_stop_is_not_revived_by_a_start() {
    let world = world().await;
    let ana = world.lead(15);
    for text in ["START", "STOP", "START"] {
        world.clock.advance(Duration::minutes(2));
        ana.texts(text).await;
    }
    assert_eq!(ana.state().await, "opted_in");
    let before = ana.received().len();
    let text = waits_without_consent(&world, &ana, Lane::Gated).await;
    world.deliver().await;
    assert_eq!(stored(&world, text).await.status, Status::Cancelled);
    assert_eq!(ana.received().len(), before);
    world.is_intact().await;
}

/// No unasked text goes to the number any more.
async fn use_up(world: &World, lead: &Lead<'_>) {
    let phone = lead.phone.clone();
    let use_up = move |tx: &mut Tx<'_>| {
        let id = numbers::find(tx, &phone)?.unwrap().id;
        let mut number = numbers::get_locked(tx, id)?.unwrap();
        Ok(numbers::set_unasked(tx, &mut number, UnaskedTexts::unreadable())?)
    };
    write(world, use_up).await;
}
