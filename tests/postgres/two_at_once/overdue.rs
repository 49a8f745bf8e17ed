//! Reviews whose deadline has come, while an administrator decides, the lead texts STOP, or texts to the numbers are claimed.

use futures_util::future::join;
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::deliver::claim_all;
use sms_opt_in::actions::review::{ReviewDecision, ReviewedState, decide_review, expire_review};
use sms_opt_in::domain::consent::{EventKind, StateName};
use sms_opt_in::domain::id::{MessageId, NumberId};
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::domain::time::Timestamp;
use sms_opt_in::jobs::expire_reviews;
use sms_opt_in::store::{Tx, events, inbound};

use super::consent::{stop, text};
use super::stage::{ROUNDS, Stage, TURNS};
use crate::support::by;

/// What an unclear reply left: the number, since when it waits, and how many texts were read.
struct OpenReview {
    phone: Phone,
    id: NumberId,
    shown: ReviewedState,
}

impl Stage {
    /// An unclear reply that nobody has read.
    async fn unclear(&mut self, name: &str) -> OpenReview {
        let phone = self.opted_in(&format!("{name}a")).await;
        self.given(self.receives(text(&phone, "not interested", &format!("{name}b")))).await;
        let number = self.number(&phone).await;
        let (id, since) = (number.id, number.consent.paused.as_ref().expect("it pauses").since);
        let texts = self.read(move |conn| inbound::count_since(conn, id, since)).await;
        OpenReview { phone, id, shown: ReviewedState { since, texts } }
    }

    fn expires(
        &self,
        review: &OpenReview,
    ) -> impl Fn(&mut Tx<'_>) -> Result<bool, ActionError> + Send + use<> {
        let (id, since, now) = (review.id, review.shown.since, self.now);
        move |tx| expire_review(tx, (id, since), now)
    }

    fn decides(
        &self,
        review: &OpenReview,
        decision: ReviewDecision,
    ) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
        let (id, shown, actor, now) = (review.id, review.shown, self.ada(), self.now);
        move |tx| decide_review(tx, &by(&actor, now), id, shown, decision.clone())
    }

    async fn opt_outs(&self, id: NumberId) -> usize {
        let all = self.read(move |conn| events::after(conn, id, 0, 100)).await;
        all.iter().filter(|event| event.kind == EventKind::OptedOut).count()
    }
}

pub async fn an_overdue_review_and_a_decision(stage: &mut Stage) {
    for round in 0..2 * TURNS {
        let review = stage.unclear(&format!("SM{round}")).await;
        stage.later(7);
        let resumes = round % 4 < 2;
        let decision = match resumes {
            true => ReviewDecision::Resume("They meant the other offer, I called".to_owned()),
            false => ReviewDecision::Revoke,
        };
        let (expires, decides) = (stage.expires(&review), stage.decides(&review, decision));
        let (expired, decided) = stage.in_turn(round, expires, decides).await;
        assert!(expired.unwrap() != decided.is_ok(), "one of two");
        let is_out = !resumes || decided.is_err();
        let state = if is_out { StateName::OptedOut } else { StateName::OptedIn };
        assert_eq!(stage.state(&review.phone).await, state, "round {round}");
        assert_eq!(stage.opt_outs(review.id).await, usize::from(is_out));
        assert!(stage.number(&review.phone).await.consent.paused.is_none());
    }
}

pub async fn an_overdue_review_and_a_stop(stage: &mut Stage) {
    for round in 0..TURNS {
        let review = stage.unclear(&format!("SM{round}")).await;
        stage.later(7);
        let stops = stage.receives(stop(&review.phone, &format!("SM{round}c")));
        let (expired, stopped) = stage.in_turn(round, stage.expires(&review), stops).await;
        stopped.unwrap();
        assert_eq!(expired.unwrap(), round.is_multiple_of(2), "a STOP has settled it");
        assert_eq!(stage.state(&review.phone).await, StateName::OptedOut);
    }
}

/// Housekeeping decides several reviews, the longest waiting first, while texts to the same numbers are claimed together in the
/// order of the numbers: neither waits for the other in a circle.
pub async fn overdue_reviews_and_claims_of_many(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let mut claimed: Vec<(MessageId, NumberId)> = Vec::new();
        let mut phones = Vec::new();
        for n in 0..8 {
            let phone = stage.opted_in(&format!("SM{round}-{n}a")).await;
            let message = stage.given(stage.sends(&phone)).await;
            claimed.push((message, stage.number(&phone).await.id));
            phones.push(phone);
        }
        // The newest number has waited longest.
        for (n, phone) in phones.iter().rev().enumerate() {
            stage.given(stage.receives(text(phone, "not interested", &format!("SM{round}-{n}b")))).await;
            stage.now = stage.now.plus(chrono::Duration::seconds(1));
        }
        stage.later(7);
        let now: Timestamp = stage.now;
        let claims = move |tx: &mut Tx<'_>| Ok::<_, ActionError>(claim_all(tx, &claimed, now)?.len());
        let (expired, claimed) =
            join(expire_reviews(&stage.world.jobs.store, now), stage.other.write(claims)).await;
        assert_eq!((expired.unwrap(), claimed.unwrap()), (8, 0), "round {round}");
        stage.count(false, false);
    }
}
