//! A simulated database becomes real while a lead texts or is texted. Nothing that was simulated outlives it, and opt-outs do.

use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::become_kind::{become_kind, cancel_under_way, cancel_waiting, end_simulated};
use sms_opt_in::actions::deliver::record_accepted;
use sms_opt_in::domain::consent::StateName;
use sms_opt_in::domain::database_kind::DatabaseKind;
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::message::Status;
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::store::{Tx, messages, settings};

use super::consent::{start, stop};
use super::messages::sid;
use super::stage::{Stage, TURNS};
use crate::support::claims;

impl Stage {
    fn ends_simulated(&self) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
        let now = self.now;
        move |tx| end_simulated(tx, None, now).map(drop)
    }

    /// The whole command, as it runs after a server that was there meanwhile has ended. No number is opted in afterwards.
    async fn becomes_real(&self, phones: &[Phone]) {
        let now = self.now;
        while self.given(move |tx| cancel_waiting(tx, now)).await > 0 {}
        while self.given(move |tx| cancel_under_way(tx, None, now)).await.is_some() {}
        self.given(self.ends_simulated()).await;
        self.given(move |tx| become_kind(tx, DatabaseKind::Real, now)).await;
        assert_eq!(self.read(settings::database_kind).await, Some(DatabaseKind::Real));
        for phone in phones {
            assert_ne!(self.state(phone).await, StateName::OptedIn, "a simulated consent is left");
        }
    }

    async fn status_of(&self, id: MessageId) -> Status {
        self.read(move |conn| messages::get(conn, id)).await.unwrap().status
    }
}

pub async fn a_stop_while_becoming_real(stage: &mut Stage) {
    let mut phones = Vec::new();
    for round in 0..TURNS {
        let phone = stage.opted_in(&format!("SM{round}a")).await;
        let stop = stage.receives(stop(&phone, &format!("SM{round}b")));
        let (ended, stopped) = stage.in_turn(round, stage.ends_simulated(), stop).await;
        ended.unwrap();
        stopped.unwrap();
        assert_eq!(stage.state(&phone).await, StateName::OptedOut);
        phones.push(phone);
    }
    stage.becomes_real(&phones).await;
    for phone in &phones {
        assert_eq!(stage.state(phone).await, StateName::OptedOut, "an opt-out stays");
    }
}

pub async fn a_start_while_becoming_real(stage: &mut Stage) {
    let mut phones = Vec::new();
    for round in 0..TURNS {
        let phone = stage.opted_in(&format!("SM{round}a")).await;
        let start = stage.receives(start(&phone, &format!("SM{round}b")));
        let (ended, started) = stage.in_turn(round, stage.ends_simulated(), start).await;
        ended.unwrap();
        started.unwrap();
        // A START before the end ends with it. One after it counts until the command runs again.
        let state = if round.is_multiple_of(2) { StateName::OptedIn } else { StateName::NotAsked };
        assert_eq!(stage.state(&phone).await, state, "round {round}");
        phones.push(phone);
    }
    stage.becomes_real(&phones).await;
}

pub async fn a_send_while_becoming_real(stage: &mut Stage) {
    let mut phones = Vec::new();
    for round in 0..TURNS {
        let phone = stage.opted_in(&format!("SM{round}a")).await;
        let sends = stage.sends(&phone);
        let (ended, sent) = stage.in_turn(round, stage.ends_simulated(), sends).await;
        ended.unwrap();
        let id = sent.unwrap();
        let status = if round.is_multiple_of(2) { Status::Held } else { Status::Cancelled };
        assert_eq!(stage.status_of(id).await, status, "round {round}");
        assert!(!stage.given(claims(id, stage.now)).await, "nothing goes out without a consent");
        phones.push(phone);
    }
    stage.becomes_real(&phones).await;
}

/// A text is claimed while the consent ends, and the carrier takes it while what is under way is canceled.
pub async fn a_claim_while_becoming_real(stage: &mut Stage) {
    let mut phones = Vec::new();
    for round in 0..2 * TURNS {
        let phone = stage.opted_in(&format!("SM{round}a")).await;
        let id = stage.given(stage.sends(&phone)).await;
        let (ended, claimed) = stage.in_turn(round, stage.ends_simulated(), claims(id, stage.now)).await;
        ended.unwrap();
        let is_claimed = !round.is_multiple_of(2);
        assert_eq!(claimed.unwrap(), is_claimed, "round {round}");
        phones.push(phone);
        if is_claimed {
            let (now, accepted) = (stage.now, vec![(id, sid(id))]);
            let cancels = move |tx: &mut Tx<'_>| cancel_under_way(tx, None, now).map(drop);
            let takes = move |tx: &mut Tx<'_>| record_accepted(tx, &accepted, "simulator", now);
            let (cancelled, taken) = stage.in_turn(round / 2, cancels, takes).await;
            cancelled.unwrap();
            taken.unwrap();
        }
        let status = stage.status_of(id).await;
        assert!(matches!(status, Status::Cancelled | Status::Sent), "{status}");
    }
    stage.becomes_real(&phones).await;
}
