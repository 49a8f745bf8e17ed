//! The budget of unasked texts, where two programs reach for it at once.

use sms_opt_in::actions::create_program::{NewProgram, create_program};
use sms_opt_in::actions::drop_old_requests::drop_old_requests;
use sms_opt_in::actions::send_message::{NewMessage, send_message};
use sms_opt_in::actions::submit_form::submit_form;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::limit_hit::LimitHit;
use sms_opt_in::domain::message::{Category, Lane, Status};
use sms_opt_in::domain::request_pause::PauseKind;
use sms_opt_in::domain::texting_limits::TextingLimits;
use sms_opt_in::domain::unasked::{UnaskedBudget, UnaskedCause};
use sms_opt_in::store::{Tx, form_requests, limit_hits, organization};

use super::consent::{submission, text};
use super::stage::{ROUNDS, Stage};
use crate::support::{by, claims, database};

/// Two programs ask one number at the same moment, on two instances: one request goes, the other waits for the next day.
pub async fn two_programs_ask_one_number(stage: &mut Stage) {
    let now = stage.now;
    let new = NewProgram {
        slug: "rates".to_owned(),
        name: "Rates".to_owned(),
        brand: "Harbor Lending".to_owned(),
        contact_route: "call +1 206 555 0123".to_owned(),
        sender: "+12065550190".to_owned(),
    };
    stage.given(move |tx| create_program(tx, &by(&Actor::Operator, now), &new)).await;
    for _ in 0..ROUNDS {
        let phone = stage.phone();
        let sends = |program: &'static str| {
            let (to, body, category) = (phone.as_str().to_owned(), "Hello".to_owned(), Category::Alert);
            let wanted = NewMessage { to, body, category, program: Some(program.to_owned()), basis: None };
            move |tx: &mut Tx<'_>| send_message(tx, &by(&Actor::Operator, now), &wanted).map(drop)
        };
        stage.given(sends("default")).await;
        stage.given(sends("rates")).await;
        let number = stage.number(&phone).await.id;
        let requests: Vec<MessageId> = stage
            .messages(number)
            .await
            .iter()
            .filter(|message| message.lane == Lane::Invitation)
            .map(|message| message.id)
            .collect();
        let (one, two) = stage.both(claims(requests[0], now), claims(requests[1], now)).await;
        assert!(one.unwrap() != two.unwrap(), "one request goes");
        let number = stage.number(&phone).await;
        let budget = number.unasked.budget(UnaskedCause::System, &TextingLimits::default(), now);
        assert!(matches!(budget, UnaskedBudget::UsedToday { today: 1, .. }), "{budget:?}");
    }
}

/// Two instances claim the requests of one form that no one answers: the form pauses, without one request too many.
pub async fn two_claims_before_a_pause(stage: &mut Stage) {
    let now = stage.now;
    let mut requests = Vec::new();
    for _ in 0..2 * ROUNDS {
        let phone = stage.phone();
        let form = submission(&phone);
        stage.given(move |tx| submit_form(tx, &form, now).map(drop)).await;
        let number = stage.number(&phone).await.id;
        requests.push(stage.messages(number).await[0].id);
    }
    let mut sent = 0;
    for pair in requests.chunks(2) {
        let (one, two) = stage.both(claims(pair[0], now), claims(pair[1], now)).await;
        sent += usize::from(one.unwrap()) + usize::from(two.unwrap());
    }
    assert_eq!(sent, 20);
    let paused = stage.read(form_requests::paused).await;
    assert!(paused.iter().any(|((kind, _), _)| *kind == PauseKind::Form), "{paused:?}");
}

/// The newest requests are dropped while others are claimed, and a person resumes what is paused: no one waits for long.
pub async fn a_claim_and_the_dropping_of_old_requests(stage: &mut Stage) {
    for _ in 0..ROUNDS {
        let (phone, other, now) = (stage.phone(), stage.phone(), stage.now);
        for phone in [&phone, &other] {
            let form = submission(phone);
            stage.given(move |tx| submit_form(tx, &form, now).map(drop)).await;
        }
        let first = stage.number(&other).await.id;
        let first = stage.messages(first).await[0].id;
        stage.given(claims(first, now)).await;
        stage.later(2);
        let later = stage.now;
        let number = stage.number(&phone).await.id;
        let second = stage.messages(number).await[0].id;
        let (claimed, dropped) =
            stage.both(claims(second, later), move |tx: &mut Tx<'_>| drop_old_requests(tx, later)).await;
        assert!(claimed.is_ok() && dropped.unwrap());
        let left = database::lines(
            &stage.world.database,
            "SELECT CAST(count(*) AS TEXT) AS line FROM form_requests",
        );
        assert!(["0", "1"].contains(&left.concat().as_str()), "{left:?}");
    }
}

/// A number has one automatic reply left, and texts HELP to two instances at the same moment: one is answered.
pub async fn the_last_reply_twice(stage: &mut Stage) {
    let limits = TextingLimits { replies_a_day: 1, ..TextingLimits::default() };
    stage
        .given(move |tx| {
            organization::lock(tx)?;
            Ok(organization::set_limits(tx, &limits)?)
        })
        .await;
    for round in 0..ROUNDS {
        let phone = stage.phone();
        let texts = [1, 2].map(|n| stage.receives(text(&phone, "HELP", &format!("help-{round}-{n}"))));
        let [one, two] = texts;
        let (one, two) = stage.both(one, two).await;
        assert!(one.is_ok() && two.is_ok());
        let number = stage.number(&phone).await.id;
        let replies = stage.messages(number).await;
        let blocked = replies.iter().filter(|message| message.status == Status::Blocked).count();
        assert_eq!((replies.len(), blocked), (2, 1), "round {round}");
    }
    let hits = stage.read(limit_hits::all).await;
    let hits: Vec<_> = hits.into_iter().filter(|(hit, _)| *hit == LimitHit::Replies).collect();
    assert_eq!(hits, [(LimitHit::Replies, i64::try_from(ROUNDS).unwrap())], "each is counted once");
}
