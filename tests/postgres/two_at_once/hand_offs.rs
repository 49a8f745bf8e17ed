//! What becomes of a text that waits or is with the carrier, where two decide about it at once; and the limits that hold texts back.

use chrono::Duration;
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::deliver::{deliver_now, record_look_up, record_outcome, wake};
use sms_opt_in::actions::receive_receipt::receive_receipt;
use sms_opt_in::actions::resume_requests::resume_requests;
use sms_opt_in::actions::set_limits::{LimitsChange, set_limits};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::message::{LookUp, ReceiptStatus, SendOutcome, Status};
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::domain::request_pause::PauseKind;
use sms_opt_in::store::messages;
use sms_opt_in::store::{Tx, form_requests, organization};

use super::consent::stop;
use super::messages::receipt;
use super::stage::{ROUNDS, Stage, one_of};
use crate::support::{by, claims, database};

impl Stage {
    async fn status(&self, id: MessageId) -> Status {
        self.read(move |conn| messages::get(conn, id)).await.unwrap().status
    }

    /// A text that the carrier may have taken, a minute and more ago.
    pub async fn unanswered(&mut self, round: usize) -> (Phone, MessageId) {
        let (phone, id) = self.claimed(round).await;
        let (silent, now) = (SendOutcome::Unknown { why: "timeout".to_owned() }, self.now);
        self.given(move |tx| record_outcome(tx, id, &silent, "simulator", now)).await;
        self.later(1);
        (phone, id)
    }

    fn looks_up(
        &self,
        id: MessageId,
        answer: LookUp,
    ) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
        let now = self.now;
        move |tx| record_look_up(tx, id, &answer, "simulator", now)
    }
}

/// A text that waits for an allowed time is delivered now, and the contact texts STOP.
pub async fn a_delivery_now_and_a_stop(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, id, _) = stage.scheduled(round).await;
        let (now, stop) = (stage.now, stop(&phone, &format!("SM{round}b")));
        let press = move |tx: &mut Tx<'_>| deliver_now(tx, id, now);
        let (pressed, stopped) = stage.both(press, stage.receives(stop)).await;
        pressed.unwrap();
        stopped.unwrap();
        assert_eq!(stage.status(id).await, Status::Cancelled, "nothing is sent after a STOP");
    }
}

/// The allowed time of a text has come, and the contact texts STOP.
pub async fn a_wake_and_a_stop(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, id, _) = stage.scheduled(round).await;
        let (due, stop) = (stage.now.plus(Duration::hours(1)), stop(&phone, &format!("SM{round}b")));
        let wakes = move |tx: &mut Tx<'_>| wake(tx, &[id], due);
        let (woken, stopped) = stage.both(wakes, stage.receives(stop)).await;
        woken.unwrap();
        stopped.unwrap();
        assert_eq!(stage.status(id).await, Status::Cancelled, "nothing is sent after a STOP");
    }
}

/// The carrier does not know a text, so that it is sent again, and the contact texts STOP.
pub async fn a_look_up_and_a_stop(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, id) = stage.unanswered(round).await;
        let asks = stage.looks_up(id, LookUp::NotFound);
        let (asked, stopped) = stage.both(asks, stage.receives(stop(&phone, &format!("SM{round}b")))).await;
        asked.unwrap();
        stopped.unwrap();
        let now = stage.now;
        let claimed = stage.given(claims(id, now)).await;
        assert!(!claimed, "nothing is sent after a STOP");
        assert_eq!(stage.status(id).await, Status::Cancelled);
    }
}

/// The carrier is asked about a text, and its receipt arrives.
pub async fn a_look_up_and_a_receipt(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (_, id) = stage.unanswered(round).await;
        let (receipt, now) = (receipt(id, ReceiptStatus::Delivered), stage.now);
        let (provider_id, status) = (receipt.provider_id.clone(), ReceiptStatus::Sent);
        let asks = stage.looks_up(id, LookUp::Found { provider_id, status, code: None, verdict: None });
        let told = move |tx: &mut Tx<'_>| receive_receipt(tx, "simulator", &receipt, now);
        let (asked, told) = stage.both(asks, told).await;
        asked.unwrap();
        told.unwrap();
        assert_eq!(stage.status(id).await, Status::Delivered, "never backwards");
    }
}

/// Two administrators change the limits from pages that they opened at the same time.
pub async fn the_limits_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let shown = stage.read(organization::limits).await;
        let chooses = |replies_a_day: usize| {
            let (actor, now) = (stage.ada(), stage.now);
            let change =
                LimitsChange { replies_a_day: replies_a_day.to_string(), ..LimitsChange::of(&shown) };
            move |tx: &mut Tx<'_>| set_limits(tx, &by(&actor, now), &change)
        };
        one_of(&stage.both(chooses(100 + 2 * round), chooses(101 + 2 * round)).await);
    }
}

/// Two people let the same requests go on: it is done once, and the log says by whom.
pub async fn a_pause_ended_twice(stage: &mut Stage) {
    let key = || (PauseKind::Form, "opt-in".to_owned());
    for round in 1..=ROUNDS {
        let now = stage.now;
        let pause = move |tx: &mut Tx<'_>| {
            let log = form_requests::lock(tx)?;
            Ok(form_requests::begin_pause(tx, &log, &key(), now)?)
        };
        stage.given(pause).await;
        let ends = || move |tx: &mut Tx<'_>| resume_requests(tx, &by(&Actor::Operator, now), &key());
        let (one, two) = stage.both(ends(), ends()).await;
        one.unwrap();
        two.unwrap();
        assert!(stage.read(form_requests::paused).await.is_empty());
        let query = "SELECT subject AS line FROM admin_log WHERE action = 'requests.resumed'";
        assert_eq!(database::lines(&stage.world.database, query).len(), round);
    }
}
