//! The budget of unasked texts, where two programs reach for it at once.

use sms_opt_in::actions::create_program::{NewProgram, create_program};
use sms_opt_in::actions::send_message::{NewMessage, send_message};
use sms_opt_in::actions::submit_form::submit_form;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::message::{Category, Lane};
use sms_opt_in::domain::request_pause::PauseKind;
use sms_opt_in::domain::texting_limits::TextingLimits;
use sms_opt_in::domain::unasked::{UnaskedBudget, UnaskedCause};
use sms_opt_in::store::{Tx, form_requests};

use super::consent::submission;
use super::stage::{ROUNDS, Stage};
use crate::support::{by, claim};

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
        let claims = |id: MessageId| move |tx: &mut Tx<'_>| Ok(claim(tx, id, now)?.is_some());
        let (one, two) = stage.both(claims(requests[0]), claims(requests[1])).await;
        assert!(one.unwrap() != two.unwrap(), "one request goes");
        let number = stage.number(&phone).await;
        let budget = number.unasked.budget(UnaskedCause::System, &TextingLimits::default(), now);
        assert!(matches!(budget, UnaskedBudget::UsedToday { today: 1, .. }), "{budget:?}");
    }
}

/// Two instances claim the requests of one form that no one answers: the form pauses, with one request too many at most.
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
        let claims = |id: MessageId| move |tx: &mut Tx<'_>| Ok(claim(tx, id, now)?.is_some());
        let (one, two) = stage.both(claims(pair[0]), claims(pair[1])).await;
        sent += usize::from(one.unwrap()) + usize::from(two.unwrap());
    }
    assert!((20..=21).contains(&sent), "{sent}");
    let paused = stage.read(form_requests::paused).await;
    assert!(paused.iter().any(|((kind, _), _)| *kind == PauseKind::Form), "{paused:?}");
}
