//! Failed attempts that several instances count together, and the rules of signing in.

use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::sessions::end_other_sessions;
use sms_opt_in::actions::set_failure_limits::{FailureLimitsChange, failure_limits, set_failure_limits};
use sms_opt_in::actions::sign_in_limits::{AttemptBuckets, count_attempt, forgive_attempt};
use sms_opt_in::actions::sign_in_rules::{set_sign_in_rules, sign_in_rules};
use sms_opt_in::domain::sign_in::{FailureScope, SignInRules};
use sms_opt_in::store::Tx;
use sms_opt_in::store::sessions::{self, StoredSession};

use super::stage::{ROUNDS, Stage, one_of};
use crate::support::by;

/// What a stranger's attempts of one round count against.
fn attempts_of(round: usize) -> AttemptBuckets {
    let scopes = [FailureScope::Network, FailureScope::AccountFromNetwork, FailureScope::Account];
    AttemptBuckets::new(scopes.map(|scope| (scope, format!("{scope} {round}").into_bytes())).into())
}

/// Counts an attempt; one that is refused ends in a conflict.
fn counts(
    stage: &Stage,
    attempt: &AttemptBuckets,
) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
    let (attempt, now) = (attempt.clone(), stage.now);
    move |tx| count_attempt(tx, &attempt, now)?.map_err(|spent| ActionError::Conflict(format!("{spent:?}")))
}

/// Five are allowed, also when they come in pairs.
pub async fn wrong_passwords_at_once(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let attempt = attempts_of(round);
        for _ in 0..2 {
            let (one, two) = stage.both(counts(stage, &attempt), counts(stage, &attempt)).await;
            one.unwrap();
            two.unwrap();
        }
        one_of(&stage.both(counts(stage, &attempt), counts(stage, &attempt)).await);
        let (one, two) = stage.both(counts(stage, &attempt), counts(stage, &attempt)).await;
        assert!(one.is_err() && two.is_err(), "round {round}: {one:?} {two:?}");
    }
}

/// A right password gives back what it took, and nothing of what others failed.
pub async fn a_failure_and_a_right_password(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let attempt = attempts_of(1000 + round);
        for _ in 0..4 {
            stage.given(counts(stage, &attempt)).await;
        }
        let right = attempt.clone();
        let forgives = move |tx: &mut Tx<'_>| Ok::<_, ActionError>(forgive_attempt(tx, &right)?);
        let (failed, forgiven) = stage.both(counts(stage, &attempt), forgives).await;
        failed.unwrap();
        forgiven.unwrap();
        one_of(&stage.both(counts(stage, &attempt), counts(stage, &attempt)).await);
    }
}

pub async fn the_sign_in_rules_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (standing, shown) = stage.read(sign_in_rules).await;
        let chooses = |idle_minutes: u32| {
            let (actor, now, shown) = (stage.ada(), stage.now, shown.clone());
            let rules = SignInRules { idle_minutes, ..standing.clone() };
            move |tx: &mut Tx<'_>| set_sign_in_rules(tx, &by(&actor, now), &rules, &shown)
        };
        let (one, two) = if round % 2 == 0 { (15, 30) } else { (60, 120) };
        one_of(&stage.both(chooses(one), chooses(two)).await);
    }
}

pub async fn the_limits_on_failures_twice(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let standing = FailureLimitsChange::of(&stage.read(failure_limits).await);
        let chooses = |account: usize| {
            let (actor, now) = (stage.ada(), stage.now);
            let change = FailureLimitsChange { account: account.to_string(), ..standing.clone() };
            move |tx: &mut Tx<'_>| set_failure_limits(tx, &by(&actor, now), &change)
        };
        one_of(&stage.both(chooses(100 + 2 * round), chooses(101 + 2 * round)).await);
    }
}

/// Two browsers of one person end all others at the same moment: one of them is left.
pub async fn two_browsers_end_all_others(stage: &mut Stage) {
    let (person, now) = (stage.administrator("sam@example.com").await.id, stage.now);
    for round in 0..ROUNDS {
        let keys = ["one", "two", "three"].map(|name| format!("{name} {round}").into_bytes());
        for key_hash in keys.clone() {
            let session = StoredSession {
                key_hash,
                user_id: Some(person),
                state: "{}".to_owned(),
                created_at: now,
                expires_at: now.plus(chrono::Duration::hours(12)),
                seen_at: now,
                browser: String::new(),
                network: String::new(),
            };
            stage.given(move |tx| Ok(sessions::put(tx, &session, now)?)).await;
        }
        let ends = |own: &Vec<u8>| {
            let (actor, own) = (stage.ada(), own.clone());
            move |tx: &mut Tx<'_>| end_other_sessions(tx, &by(&actor, now), person, &own)
        };
        let (one, two) = stage.both(ends(&keys[0]), ends(&keys[1])).await;
        let mut ended = [one.unwrap(), two.unwrap()];
        ended.sort_unstable();
        assert!(ended[0] == 0 && ended[1] >= 2, "round {round}: {ended:?}");
        let left = stage
            .read(move |conn| sessions::open_of(conn, person, now.plus(-chrono::Duration::hours(1)), now, 9))
            .await;
        assert_eq!(left.len(), 1, "round {round}");
    }
}
