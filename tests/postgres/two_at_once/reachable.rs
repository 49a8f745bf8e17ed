//! A person says that a number can be reached while the carrier speaks about it; and late failures of texts that are tried again.

use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::deliver::record_look_up;
use sms_opt_in::actions::mark_reachable::mark_reachable;
use sms_opt_in::actions::receive_receipt::receive_receipt;
use sms_opt_in::domain::consent::StateName;
use sms_opt_in::domain::id::{MessageId, NumberId};
use sms_opt_in::domain::message::{LookUp, Receipt, ReceiptStatus, RejectKind, Status};
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::store::{Tx, numbers};

use super::consent::stop;
use super::messages::receipt;
use super::stage::{ROUNDS, Stage, TURNS, one_of};
use crate::support::{by, claims, database};

const LANDLINE: &str = "30006";

impl Stage {
    async fn marked(&self, phone: &Phone) -> NumberId {
        let phone = phone.clone();
        let mark = move |tx: &mut Tx<'_>| {
            let mut number = numbers::find_locked(tx, &phone)?.unwrap();
            numbers::set_unreachable(tx, &mut number, Some(LANDLINE))?;
            Ok(number.id)
        };
        self.given(mark).await
    }

    fn lifts(&self, id: NumberId) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
        let (actor, now) = (self.ada(), self.now);
        move |tx| mark_reachable(tx, &by(&actor, now), id, "They got our text on this phone")
    }

    fn told(&self, receipt: Receipt) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
        let now = self.now;
        move |tx| receive_receipt(tx, "simulator", &receipt, now)
    }

    fn is_marked(&self, id: NumberId) -> bool {
        let id = data_encoding::HEXLOWER.encode(id.as_bytes());
        let query = format!(
            "SELECT 'marked' AS line FROM numbers WHERE id = '\\x{id}' AND unreachable_code IS NOT NULL"
        );
        !database::lines(&self.world.database, &query).is_empty()
    }
}

fn landline(message: MessageId, kind: RejectKind) -> Receipt {
    let code = Some(LANDLINE.to_owned());
    Receipt { code, verdict: Some(kind), ..receipt(message, ReceiptStatus::Failed) }
}

pub async fn a_mark_lifted_twice(stage: &mut Stage) {
    for round in 0..TURNS {
        let phone = stage.opted_in(&format!("SM{round}")).await;
        let id = stage.marked(&phone).await;
        one_of(&stage.in_turn(round, stage.lifts(id), stage.lifts(id)).await);
        let notes = "SELECT 'note' AS line FROM number_notes";
        assert_eq!(database::lines(&stage.world.database, notes).len(), round + 1);
    }
}

pub async fn a_mark_lifted_and_a_claim(stage: &mut Stage) {
    for round in 0..TURNS {
        let phone = stage.opted_in(&format!("SM{round}")).await;
        let message = stage.given(stage.sends(&phone)).await;
        let id = stage.marked(&phone).await;
        let (lifted, claimed) = stage.in_turn(round, stage.lifts(id), claims(message, stage.now)).await;
        lifted.unwrap();
        assert_eq!(claimed.unwrap(), round.is_multiple_of(2), "only a text after it goes");
        assert!(!stage.is_marked(id));
    }
}

/// The carrier refuses a text as undeliverable while a person lifts the mark of an earlier one: the later word counts.
pub async fn a_mark_lifted_and_a_failure(stage: &mut Stage) {
    for round in 0..TURNS {
        let (phone, message) = stage.claimed(round).await;
        let id = stage.marked(&phone).await;
        let fails = stage.told(landline(message, RejectKind::Unreachable));
        let (lifted, failed) = stage.in_turn(round, stage.lifts(id), fails).await;
        lifted.unwrap();
        failed.unwrap();
        assert_eq!(stage.is_marked(id), round.is_multiple_of(2));
        assert_eq!(stage.state(&phone).await, StateName::OptedIn, "consent is kept");
    }
}

/// A text arrives while a person lifts the mark: it is lifted, by one of the two.
pub async fn a_mark_lifted_and_a_delivery(stage: &mut Stage) {
    for round in 0..TURNS {
        let (phone, message) = stage.claimed(round).await;
        let id = stage.marked(&phone).await;
        let arrives = stage.told(receipt(message, ReceiptStatus::Delivered));
        let (_, arrived) = stage.in_turn(round, stage.lifts(id), arrives).await;
        arrived.unwrap();
        assert!(!stage.is_marked(id));
    }
}

/// The carrier said that it never took a text, so that it is tried again; then it says that it could not deliver it, and the
/// contact texts STOP.
pub async fn a_late_failure_and_a_stop(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (phone, message) = stage.unanswered(round).await;
        let now = stage.now;
        let asks = move |tx: &mut Tx<'_>| record_look_up(tx, message, &LookUp::NotFound, "simulator", now);
        stage.given(asks).await;
        let kind = if round % 3 == 0 { RejectKind::OptedOut } else { RejectKind::Unreachable };
        let fails = stage.told(landline(message, kind));
        let stops = stage.receives(stop(&phone, &format!("SM{round}b")));
        let (failed, stopped) = match round % 5 {
            0 | 1 => stage.in_turn(round, fails, stops).await,
            _ => stage.both(fails, stops).await,
        };
        failed.unwrap();
        stopped.unwrap();
        assert_eq!(stage.state(&phone).await, StateName::OptedOut);
        let number = stage.number(&phone).await.id;
        let all = stage.messages(number).await;
        let ended = all.iter().find(|found| found.id == message).unwrap().status;
        assert!(matches!(ended, Status::Failed | Status::Cancelled), "{ended}");
    }
}
