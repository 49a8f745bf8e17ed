//! Messages: accepted, claimed, answered and given up at the same moment.

use chrono::Duration;
use futures_util::future::{join, join_all};
use reqwest::Client;
use serde_json::{Value, json};
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::background::reschedule_soon;
use sms_opt_in::actions::deliver::{claim_all, record_accepted, record_outcome, wake};
use sms_opt_in::actions::edit_program::keep_rules;
use sms_opt_in::actions::expire::expire;
use sms_opt_in::actions::expired_holds::{HoldAnswer, answer_hold};
use sms_opt_in::actions::receive_receipt::receive_receipt;
use sms_opt_in::actions::reinvite::reinvite;
use sms_opt_in::actions::send_message::{NewMessage, send_message};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::id::{MessageId, NumberId};
use sms_opt_in::domain::message::{Category, Lane, Receipt, ReceiptStatus, SendOutcome, Status};
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::jobs::run_background;
use sms_opt_in::store::messages::{self, Message, StatusChange};
use sms_opt_in::store::{Tx, expired_holds};

use super::consent::{start, stop};
use super::stage::{ROUNDS, Stage, one_of};
use crate::support::{KEY, by, claims};

impl Stage {
    pub fn sends(&self, to: &Phone) -> impl Fn(&mut Tx<'_>) -> Result<MessageId, ActionError> + Send + use<> {
        let (actor, now) = (self.ada(), self.now);
        let wanted = NewMessage {
            to: to.as_str().to_owned(),
            body: "Your rate is locked".to_owned(),
            category: Category::Alert,
            program: None,
            basis: None,
        };
        move |tx| Ok(send_message(tx, &by(&actor, now), &wanted)?.id)
    }

    pub async fn messages(&self, number: NumberId) -> Vec<Message> {
        self.read(move |conn| messages::of_number(conn, number, None, 100)).await
    }

    /// A message that is with the carrier now.
    pub async fn claimed(&mut self, round: usize) -> (Phone, MessageId) {
        let phone = self.opted_in(&format!("SM{round}a")).await;
        let id = self.given(self.sends(&phone)).await;
        let now = self.now;
        let claimed = self.given(claims(id, now)).await;
        assert!(claimed, "it may go");
        (phone, id)
    }

    async fn steps(&self, id: MessageId) -> Vec<Status> {
        self.read(move |conn| messages::steps(conn, id)).await.into_iter().map(|step| step.status).collect()
    }
}

pub fn receipt(message: MessageId, status: ReceiptStatus) -> Receipt {
    Receipt { provider_id: sid(message), message: Some(message), status, code: None, verdict: None }
}

async fn call(stage: &Stage, key: &str, to: &Phone) -> (u16, Value) {
    let body = json!({"to": to.as_str(), "body": "Your rate is locked", "category": "alert"});
    let request = Client::new().post(format!("{}/api/v1/messages", stage.world.url)).bearer_auth(KEY);
    let response = request.header("Idempotency-Key", key).json(&body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

pub async fn one_idempotency_key_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let phone = stage.opted_in(&format!("SM{round}")).await;
        let key = format!("order {round}");
        let (one, two) = join(call(stage, &key, &phone), call(stage, &key, &phone)).await;
        assert_eq!((one.0, two.0), (202, 202), "{one:?} {two:?}");
        assert_eq!(one.1["id"], two.1["id"], "the same answer");
        let number = stage.number(&phone).await.id;
        let sent = stage.messages(number).await.into_iter().filter(|message| message.lane == Lane::Gated);
        assert_eq!(sent.count(), 1);
        stage.count(false, false);
    }
}

pub async fn the_first_two_texts_to_a_number(stage: &mut Stage) {
    for _ in 0..ROUNDS {
        let phone = stage.phone();
        let (one, two) = stage.both(stage.sends(&phone), stage.sends(&phone)).await;
        one.unwrap();
        two.unwrap();
        let number = stage.number(&phone).await.id;
        let lanes: Vec<Lane> = stage.messages(number).await.iter().map(|message| message.lane).collect();
        let requests = lanes.iter().filter(|lane| **lane == Lane::Invitation).count();
        assert_eq!((requests, lanes.len()), (1, 3), "one opt-in request for both");
    }
}

pub async fn a_claim_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let phone = stage.opted_in(&format!("SM{round}")).await;
        let id = stage.given(stage.sends(&phone)).await;
        let now = stage.now;
        let (one, two) = stage.both(claims(id, now), claims(id, now)).await;
        assert!(one.unwrap() != two.unwrap(), "one worker has it");
    }
}

/// Two workers want the same texts, each in its own order, and one of the leads says STOP.
pub async fn claims_of_many_and_a_stop(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (mut ids, mut phones) = (Vec::new(), Vec::new());
        for n in 0..5 {
            let phone = stage.opted_in(&format!("SM{round}-{n}")).await;
            let id = stage.given(stage.sends(&phone)).await;
            ids.push((id, stage.number(&phone).await.id));
            phones.push(phone);
        }
        let now = stage.now;
        let claims = |ids: Vec<(MessageId, NumberId)>| {
            move |tx: &mut Tx<'_>| {
                let texts = claim_all(tx, &ids, now)?;
                Ok(texts.iter().map(|text| text.message()).collect::<Vec<_>>())
            }
        };
        let backwards = ids.iter().rev().copied().collect();
        // Where the claim comes first, nothing but time ends the hand-off that the STOP waits for: not in each round.
        let mut claimed = Vec::new();
        if round % 5 == 0 {
            let stop = stage.receives(stop(&phones[2], &format!("SM{round}b")));
            let (first, stopped) = stage.both(claims(ids.clone()), stop).await;
            stopped.unwrap();
            claimed = first.unwrap_or_default();
        }
        let (one, two) = stage.both(claims(ids.clone()), claims(backwards)).await;
        let mut all: Vec<_> = [claimed, one.unwrap_or_default(), two.unwrap_or_default()].concat();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(count, all.len(), "each has one worker");
        assert!((4..=5).contains(&count), "all but, perhaps, the one that was stopped");
        let ended = all.iter().map(|id| (*id, sid(*id))).collect::<Vec<_>>();
        // The receipts come one by one, the other way round, and are committed together.
        let takes = ended.iter().rev().map(|(id, _)| {
            let receipt = receipt(*id, ReceiptStatus::Delivered);
            stage.other.write(move |tx: &mut Tx<'_>| receive_receipt(tx, "simulator", &receipt, now))
        });
        let takes = join_all(takes.collect::<Vec<_>>());
        let records = ended.clone();
        let records = move |tx: &mut Tx<'_>| record_accepted(tx, &records, "simulator", now);
        let (told, taken) = join(stage.world.jobs.store.write(records), takes).await;
        told.unwrap();
        taken.into_iter().for_each(|taken| taken.unwrap());
        for id in all {
            assert_eq!(stage.steps(id).await.last(), Some(&Status::Delivered));
        }
    }
}

pub fn sid(id: MessageId) -> String {
    format!("SID-{id}")
}

pub async fn a_claim_and_a_stop(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let phone = stage.opted_in(&format!("SM{round}a")).await;
        let id = stage.given(stage.sends(&phone)).await;
        let (now, stop) = (stage.now, stop(&phone, &format!("SM{round}b")));
        let (claimed, stopped) = stage.both(claims(id, now), stage.receives(stop)).await;
        stopped.unwrap();
        let steps = stage.steps(id).await;
        let ended = if claimed.unwrap() { Status::Sending } else { Status::Cancelled };
        assert_eq!(steps.last(), Some(&ended), "{steps:?}");
    }
}

impl Stage {
    /// A text that waits for an allowed time, and an edit of its program: the gate is to be asked again.
    pub async fn scheduled(
        &mut self,
        round: usize,
    ) -> (Phone, MessageId, impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<>) {
        let phone = self.opted_in(&format!("SM{round}a")).await;
        let id = self.given(self.sends(&phone)).await;
        let (now, actor, keeps) = (self.now, self.ada(), round.is_multiple_of(2));
        let schedule = move |tx: &mut Tx<'_>| {
            let message = messages::get(tx, id)?.unwrap();
            let why = StatusChange {
                due_at: Some(now.plus(Duration::hours(1))),
                ..StatusChange::noted("Later today.")
            };
            Ok(messages::advance(tx, &message, Status::Scheduled, now, &why)?)
        };
        self.given(schedule).await;
        let edit = move |tx: &mut Tx<'_>| keep_rules(tx, &by(&actor, now), None, None, Some(keeps)).map(drop);
        (phone, id, edit)
    }
}

pub async fn a_rescheduling_and_a_stop(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, id, edit) = stage.scheduled(round).await;
        let stop = stop(&phone, &format!("SM{round}b"));
        let (edited, stopped) = stage.both(edit, stage.receives(stop)).await;
        edited.unwrap();
        stopped.unwrap();
        let now = stage.now;
        stage.given(move |tx| wake(tx, &[id], now)).await;
        let claimed = stage.given(claims(id, now)).await;
        assert!(!claimed, "nothing goes out after the STOP");
        assert_eq!(stage.steps(id).await.last(), Some(&Status::Cancelled));
    }
}

pub async fn a_rescheduling_and_a_claim(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (_, id, edit) = stage.scheduled(round).await;
        let now = stage.now.plus(Duration::hours(1));
        let claims = move |tx: &mut Tx<'_>| {
            wake(tx, &[id], now)?;
            claims(id, now)(tx)
        };
        let (edited, claimed) = stage.both(edit, claims).await;
        edited.unwrap();
        assert!(claimed.unwrap(), "the worker has it");
        let steps = stage.steps(id).await;
        let queued = [Status::Queued, Status::Scheduled, Status::Queued, Status::Sending];
        assert_eq!(steps, queued, "once");
    }
}

pub async fn a_rescheduling_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (_, id, _) = stage.scheduled(round).await;
        let now = stage.now;
        let queue = || move |tx: &mut Tx<'_>| reschedule_soon(tx, &by(&Actor::Operator, now), None);
        let (one, two) = stage.both(queue(), queue()).await;
        one.unwrap();
        two.unwrap();
        let (one, two) = tokio::join!(
            run_background(&stage.world.jobs.store, &stage.world.clock),
            run_background(&stage.other, &stage.world.clock)
        );
        assert!(one.unwrap() + two.unwrap() > 0);
        let message = stage.read(move |conn| messages::get(conn, id)).await.unwrap();
        assert_eq!((message.status, message.due_at), (Status::Scheduled, now));
    }
}

pub async fn a_receipt_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (_, id) = stage.claimed(round).await;
        let told = |status| {
            let (receipt, now) = (receipt(id, status), stage.now);
            move |tx: &mut Tx<'_>| receive_receipt(tx, "simulator", &receipt, now)
        };
        let (one, two) = stage.both(told(ReceiptStatus::Delivered), told(ReceiptStatus::Sent)).await;
        one.unwrap();
        two.unwrap();
        assert_eq!(stage.steps(id).await.last(), Some(&Status::Delivered), "never backwards");
    }
}

pub async fn a_receipt_and_the_answer(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (_, id) = stage.claimed(round).await;
        let (receipt, now) = (receipt(id, ReceiptStatus::Delivered), stage.now);
        let outcome = SendOutcome::Accepted { provider_id: receipt.provider_id.clone() };
        let (one, two) = stage
            .both(
                move |tx| receive_receipt(tx, "simulator", &receipt, now),
                move |tx| record_outcome(tx, id, &outcome, "simulator", now),
            )
            .await;
        one.unwrap();
        two.unwrap();
        assert_eq!(stage.steps(id).await.last(), Some(&Status::Delivered));
    }
}

impl Stage {
    /// A message that waited for START until its hold time was over.
    pub async fn held_too_long(&mut self) -> (Phone, MessageId) {
        let (_, phone) = self.contact().await;
        let id = self.given(self.sends(&phone)).await;
        self.later(8);
        (phone, id)
    }
}

pub async fn an_expired_hold_decided_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, id) = stage.held_too_long().await;
        let now = stage.now;
        stage.given(move |tx| expire(tx, now)).await;
        stage.given(stage.receives(start(&phone, &format!("SM{round}")))).await;
        let decide = |choice: HoldAnswer| {
            let (actor, now) = (stage.ada(), stage.now);
            move |tx: &mut Tx<'_>| answer_hold(tx, &by(&actor, now), id, choice).map(drop)
        };
        let other = if round % 2 == 0 { HoldAnswer::Send } else { HoldAnswer::Leave };
        one_of(&stage.both(decide(HoldAnswer::Send), decide(other)).await);
        let asked = stage.read(move |conn| expired_holds::get(conn, id)).await.unwrap();
        let number = stage.number(&phone).await.id;
        let sent = stage.messages(number).await;
        let anew = sent.iter().filter(|message| message.lane == Lane::Gated && message.id != id).count();
        assert_eq!(anew, usize::from(asked.sent_as.is_some()), "it goes once at most");
    }
}

pub async fn an_expiry_and_a_start(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, id) = stage.held_too_long().await;
        let (now, start) = (stage.now, start(&phone, &format!("SM{round}")));
        let (one, two) = stage.both(move |tx| expire(tx, now).map(drop), stage.receives(start)).await;
        one.unwrap();
        two.unwrap();
        assert_eq!(stage.steps(id).await.last(), Some(&Status::Expired), "nothing stale goes out");
    }
}

pub async fn a_reminder_twice(stage: &mut Stage) {
    for _ in 0..ROUNDS {
        let (_, phone) = stage.contact().await;
        stage.given(stage.sends(&phone)).await;
        stage.world.deliver().await;
        stage.later(31);
        let number = stage.number(&phone).await.id;
        let reminds = || {
            let (actor, now) = (stage.ada(), stage.now);
            move |tx: &mut Tx<'_>| reinvite(tx, &by(&actor, now), number, None, None)
        };
        one_of(&stage.both(reminds(), reminds()).await);
        let all = stage.messages(number).await;
        let requests = all.iter().filter(|message| message.lane == Lane::Invitation).count();
        assert_eq!(requests, 2, "the opt-in request and one reminder");
    }
}
