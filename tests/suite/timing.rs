//! What time does to a message on its way: it is neither lost nor sent twice, an answer waits for no hour, and whoever was
//! not asked yet cannot say yes.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use sms_opt_in::actions::edit_program::keep_rules;
use sms_opt_in::actions::expire::expire;
use sms_opt_in::actions::install::install;
use sms_opt_in::actions::receive_receipt::receive_receipt;
use sms_opt_in::actions::switch_sending::switch_sending;
use sms_opt_in::actions::{ActionError, deliver};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::message::{Receipt, ReceiptStatus, SendOutcome};
use sms_opt_in::domain::program::Program;
use sms_opt_in::store::{Tx, programs};

use crate::support::person::Person;
use crate::support::{World, by, claim, start, world};

/// The allowed hours end at eight in the evening, ten hours after the tests begin.
async fn before_the_curfew(world: &World, by: Duration) {
    let curfew = start().plus(Duration::hours(10));
    world.clock.advance(curfew.plus(-by).since(world.clock.now()));
}

async fn promise(world: &World, words: &str) {
    let (now, words) = (world.clock.now(), words.to_owned());
    let keep = move |tx: &mut Tx<'_>| {
        let program = keep_rules(tx, &by(&Actor::Operator, now), None, None, Some(true))?;
        let promising = Program { frequency: words.clone(), has_promised: true, ..program };
        let before = programs::find_locked(tx, None)?.unwrap();
        programs::update(tx, &before, promising).map_err(ActionError::from)
    };
    world.jobs.store.write(keep).await.unwrap();
}

async fn time_goes_by(world: &World, time: Duration) {
    world.clock.advance(time);
    let now = world.clock.now();
    world.jobs.store.write(move |tx| expire(tx, now)).await.unwrap();
    world.deliver().await;
}

fn id(message: &Value) -> MessageId {
    message["id"].as_str().unwrap().parse().unwrap()
}

#[actix_web::test]
async fn a_receipt_counts_for_a_message_that_waits_for_the_morning_and_it_is_not_sent_again() {
    let world = world().await;
    let ana = world.lead(1);
    ana.texts("START").await;
    before_the_curfew(&world, Duration::minutes(1)).await;
    let (_, accepted) = world.send(ana.phone.as_str(), "only once please").await;
    let (message, now) = (id(&accepted), world.clock.now());
    let tried = move |tx: &mut Tx<'_>| {
        let text = claim(tx, message, now)?;
        assert!(
            text.unwrap().valid_for().is_some_and(|seconds| (50..60).contains(&seconds)),
            "until the curfew"
        );
        let later = SendOutcome::RetryLater { after: None, code: "503".to_owned() };
        deliver::record_outcome(tx, message, &later, "simulator", now)
    };
    world.jobs.store.write(tried).await.unwrap();
    time_goes_by(&world, Duration::minutes(5)).await;
    assert_eq!(world.status(&accepted["id"]).await, "scheduled");
    let receipt = Receipt {
        provider_id: "SM777".to_owned(),
        message: Some(message),
        status: ReceiptStatus::Delivered,
        code: None,
        verdict: None,
    };
    let now = world.clock.now();
    world.jobs.store.write(move |tx| receive_receipt(tx, "simulator", &receipt, now)).await.unwrap();
    assert_eq!(world.status(&accepted["id"]).await, "delivered");
    time_goes_by(&world, Duration::hours(13)).await;
    assert_eq!(ana.received().len(), 1, "the confirmation of START: the simulator never had the text");
}

#[actix_web::test]
async fn what_a_start_released_does_not_run_out_while_it_waits_for_an_allowed_time() {
    let world = world().await;
    let eve = world.lead(2);
    let (_, held) = eve.is_sent("Your rate is ready").await;
    // Ten in the evening of the day before the hold ends.
    world.clock.advance(Duration::days(6) + Duration::hours(12));
    eve.texts("START").await;
    assert_eq!(world.status(&held["id"]).await, "scheduled");
    time_goes_by(&world, Duration::hours(13)).await;
    assert_eq!(eve.received().last().map(String::as_str), Some("Your rate is ready"));

    promise(&world, "up to 2 msgs/month").await;
    let dee = world.lead(3);
    for n in 1..=4 {
        dee.is_sent(&format!("m{n}")).await;
    }
    dee.texts("START").await;
    assert_eq!(dee.received().len(), 4, "the invitation, the confirmation, and two");
    time_goes_by(&world, Duration::days(31)).await;
    assert_eq!(dee.received().len(), 6, "{:?}", dee.received());
}

#[actix_web::test]
async fn who_was_not_asked_yet_cannot_say_yes_and_a_start_takes_the_question_back() {
    let world = world().await;
    world.clock.advance(Duration::hours(12));
    let (ana, ben) = (world.lead(4), world.lead(5));
    ana.is_sent("Your rate is ready").await;
    ben.is_sent("Your rate is ready").await;
    assert!(ana.received().is_empty(), "the opt-in template waits for the morning");
    ana.texts("yes").await;
    assert_eq!(ana.state().await, "not_asked", "yes to what?");
    ben.texts("START").await;
    assert_eq!(ben.state().await, "opted_in");
    time_goes_by(&world, Duration::hours(11)).await;
    assert!(ana.received()[0].contains("Reply START"));
    assert!(!ben.received().iter().any(|text| text.contains("Reply START to get")), "{:?}", ben.received());
    assert_eq!(ben.received().last().map(String::as_str), Some("Your rate is ready"));
    ana.texts("yes").await;
    assert_eq!(ana.state().await, "opted_in");
    let mut sam = world.sam().await;
    sam.open("/messages?status=cancelled").await.says("The contact opted in before it was sent.");
}

#[actix_web::test]
async fn an_answer_at_night_waits_for_the_switch_alone() {
    let world = world().await;
    let ana = world.lead(6);
    ana.texts("START").await;
    world.clock.advance(Duration::hours(12));
    let switch = async |on: bool| {
        let now = world.clock.now();
        let switch = move |tx: &mut Tx<'_>| switch_sending(tx, &by(&Actor::System, now), on, None);
        world.jobs.store.write(switch).await.unwrap();
    };
    switch(false).await;
    ana.texts("HELP").await;
    ana.texts("STOP").await;
    switch(true).await;
    time_goes_by(&world, Duration::minutes(2)).await;
    let received = ana.received();
    // The answer to HELP was waiting when the STOP came: nothing but the one confirmation goes out after it.
    assert!(received.len() == 2 && received[1].contains("opted out"), "{received:?}");
}

#[actix_web::test]
async fn in_the_last_half_minute_nothing_is_begun() {
    let world = world().await;
    let ana = world.lead(7);
    ana.texts("START").await;
    before_the_curfew(&world, Duration::seconds(29)).await;
    assert_eq!(ana.is_sent("Good night").await.1["status"], "scheduled");
    assert_eq!(ana.consent().await["next_allowed_at"], "2026-11-04T16:00:00.000000Z");
}

#[actix_web::test]
async fn a_time_is_told_only_where_nothing_but_the_time_is_in_the_way() {
    let world = world().await;
    let (ana, ben) = (world.lead(8), world.lead(9));
    ana.texts("STOP").await;
    world.clock.advance(Duration::hours(12));
    assert_eq!(ana.consent().await["next_allowed_at"], Value::Null);
    assert_eq!(ben.consent().await["next_allowed_at"], Value::Null);
    let mut sam = world.sam().await;
    sam.open(&format!("/troubleshoot?number={}", ben.phone.national())).await.says("been invited to");
}

#[actix_web::test]
async fn what_is_arranged_already_counts_for_what_is_arranged_next() {
    let world = world().await;
    promise(&world, "up to 1 msg/week").await;
    let ana = world.lead(10);
    ana.texts("START").await;
    let mut days = Vec::new();
    for n in 0..3 {
        let accepted = ana.is_sent(&format!("m{n}")).await.1;
        days.push(accepted["verdict"]["next_allowed_at"].as_str().map(|at| at[..10].to_owned()));
    }
    assert_eq!(days, [None, Some("2026-11-10".to_owned()), Some("2026-11-17".to_owned())]);
    for _ in 0..3 {
        time_goes_by(&world, Duration::days(7)).await;
    }
    assert_eq!(ana.received().len(), 4, "one in each week: {:?}", ana.received());
}

#[actix_web::test]
async fn what_waits_is_looked_at_again_when_the_rules_leave_it_more_room() {
    let world = world().await;
    let mut ada = world.ada().await;
    let ana = world.lead(12);
    ana.texts("START").await;
    let hours = async |ada: &mut Person, hours: &str| {
        let fields = [("hours", hours)];
        let page = "/programs/default";
        assert_eq!(ada.post(page, "/programs/default/sending", &fields).await.status, 303);
    };
    hours(&mut ada, "Sat 10:00-12:00").await;
    let (_, waits) = ana.is_sent("Your rate is ready").await;
    assert_eq!(waits["status"], "scheduled");
    ada.open(&format!("/messages/{}", waits["id"].as_str().unwrap())).await.says("Nov 7, 2026");
    hours(&mut ada, "").await;
    time_goes_by(&world, Duration::seconds(1)).await;
    assert_eq!(ana.received().last().map(String::as_str), Some("Your rate is ready"));
    let never =
        ada.post("/programs/default", "/programs/default/sending", &[("hours", "Mon-Sun closed")]).await;
    never.says("nothing would ever go out");
}

#[actix_web::test]
async fn a_promise_in_the_consent_language_alone_is_kept_too() {
    let world = world().await;
    promise(&world, "msg frequency varies").await;
    let mut ada = world.ada().await;
    let wording =
        "I agree to at most 2 texts a month. Msg & data rates may apply. HELP for help, STOP to stop.";
    let form = [("title", "Sign up"), ("wording", wording), ("opt_in", "double")];
    assert_eq!(ada.post("/forms/opt-in", "/forms/opt-in", &form).await.status, 303);
    let ana = world.lead(13);
    let fields = [("phone", ana.phone.as_str()), ("consent", "yes")];
    world.client.post(format!("{}/f/opt-in", world.url)).form(&fields).send().await.unwrap();
    ana.texts("START").await;
    assert_eq!(ana.state().await, "opted_in");
    for n in 1..=3 {
        let status = if n <= 2 { "queued" } else { "scheduled" };
        assert_eq!(ana.is_sent(&format!("m{n}")).await.1["status"], status, "{n}");
    }
}

#[actix_web::test]
async fn a_time_zone_is_understood_or_refused_and_every_contact_on_a_number_must_be_awake() {
    let world = world().await;
    let contact =
        |zone: &str, n: u8| json!({"phone": "+12065550111", "time_zone": zone, "external_id": n.to_string()});
    for wrong in ["Eastern", "America/NewYork", "-05:00"] {
        let (status, problem) = world.call(Method::POST, "/api/v1/contacts", Some(contact(wrong, 0))).await;
        assert_eq!(status, 422, "{wrong}");
        assert!(problem.to_string().contains("time_zone"), "{problem}");
    }
    for n in 1..=55 {
        let zone = if n == 55 { "America/New_York" } else { "America/Los_Angeles" };
        assert_eq!(world.call(Method::POST, "/api/v1/contacts", Some(contact(zone, n))).await.0, 201);
    }
    // Seven in the evening in Seattle, ten in the East.
    world.clock.advance(Duration::hours(9));
    let check = &world.lead(11).consent().await["checks"][6];
    assert_eq!(check["outcome"], "fail", "{check}");
}

#[actix_web::test]
async fn a_restart_leaves_the_number_that_an_administrator_chose() {
    let world = world().await;
    let now = world.clock.now();
    let sender = async || {
        let read = |conn: &mut sms_opt_in::store::ReadConn<'_>| {
            let program = programs::find(conn, None)?.unwrap();
            programs::sender(conn, program.id)
        };
        world.jobs.store.read(read).await.unwrap().unwrap()
    };
    let starts = async |configured: &'static str| {
        world.jobs.store.write(move |tx| install(tx, Some(configured), "US", now)).await.unwrap();
    };
    starts("+12065550190").await;
    assert_eq!(sender().await, "+12065550190");
    let choose = move |tx: &mut Tx<'_>| {
        let program = programs::find_locked(tx, None)?.unwrap();
        programs::text_from(tx, &program, "+12065550177", now)
    };
    world.jobs.store.write(choose).await.unwrap();
    starts("+12065550190").await;
    assert_eq!(sender().await, "+12065550177", "the configuration is the same as before");
    starts("+12065550191").await;
    assert_eq!(sender().await, "+12065550191", "the configuration has changed");
}
