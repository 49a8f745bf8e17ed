//! Second factors: each code counts once, whichever instances it comes to.

use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::second_factor::{
    NewSecondFactor, VerifiedCode, remove_second_factor, replace_recovery_codes, set_up_second_factor,
    sign_in_with_code, turn_off_second_factor,
};
use sms_opt_in::actions::sign_in_limits::AttemptBuckets;
use sms_opt_in::actions::users::{NewUser, create_user};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::role::Role;
use sms_opt_in::domain::sign_in::FailureScope;
use sms_opt_in::store::users::User;
use sms_opt_in::store::{Tx, second_factors};

use super::stage::{ROUNDS, Stage, one_of};
use crate::support::by;

const HASH: &str = "no password";

fn recovery_code(n: usize) -> Vec<u8> {
    format!("recovery code {n}").into_bytes()
}

fn sets_up(stage: &Stage, user: &User) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
    let (actor, now, id) = (stage.ada(), stage.now, user.id);
    let recovery_codes = (0..ROUNDS).map(recovery_code).collect();
    let new = NewSecondFactor { sealed_secret: "sealed".to_owned(), step: 1, recovery_codes };
    move |tx| set_up_second_factor(tx, &by(&actor, now), id, new.clone())
}

async fn person(stage: &Stage) -> User {
    let (email, name) = ("sam@example.com".to_owned(), "Sam".to_owned());
    let new = NewUser { email, name, role: Role::Support, password_hash: HASH.to_owned() };
    let now = stage.now;
    stage.given(move |tx| create_user(tx, &by(&Actor::Operator, now), new.clone())).await
}

async fn owner(stage: &Stage) -> User {
    let user = person(stage).await;
    stage.given(sets_up(stage, &user)).await;
    user
}

/// Enters a code; one that does not count ends in a conflict.
fn enters(
    stage: &Stage,
    user: &User,
    code: VerifiedCode,
) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
    let (id, now) = (user.id, stage.now);
    let attempt = AttemptBuckets::new(vec![(FailureScope::Account, b"sam".to_vec())]);
    move |tx| {
        let done = sign_in_with_code(tx, id, HASH, Some(&code), &attempt, now)?;
        done.map(drop).ok_or_else(|| ActionError::Conflict("refused".to_owned()))
    }
}

fn app_code(step: usize) -> VerifiedCode {
    VerifiedCode::AppCode { sealed_secret: "sealed".to_owned(), step: i64::try_from(step).unwrap() }
}

fn removes(stage: &Stage, user: &User) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
    let (actor, now, id) = (stage.ada(), stage.now, user.id);
    move |tx| remove_second_factor(tx, &by(&actor, now), id).map(drop)
}

pub async fn one_app_code_twice(stage: &mut Stage) {
    let user = owner(stage).await;
    for round in 0..ROUNDS {
        let enters = || enters(stage, &user, app_code(100 + round));
        let (one, two) = (enters(), enters());
        one_of(&stage.both(one, two).await);
    }
}

pub async fn one_recovery_code_twice(stage: &mut Stage) {
    let user = owner(stage).await;
    for round in 0..ROUNDS {
        let enters = || enters(stage, &user, VerifiedCode::RecoveryCode(recovery_code(round)));
        let (one, two) = (enters(), enters());
        one_of(&stage.both(one, two).await);
    }
    let id = user.id;
    assert_eq!(stage.read(move |conn| second_factors::recovery_codes_left(conn, id)).await, 0);
}

pub async fn a_factor_set_up_twice(stage: &mut Stage) {
    let user = person(stage).await;
    for _ in 0..ROUNDS {
        one_of(&stage.both(sets_up(stage, &user), sets_up(stage, &user)).await);
        stage.given(removes(stage, &user)).await;
    }
}

/// The code comes first and counts, or too late and is refused.
pub async fn a_code_and_a_removal(stage: &mut Stage) {
    let user = owner(stage).await;
    for round in 0..ROUNDS {
        let (_, removed) =
            stage.both(enters(stage, &user, app_code(100 + round)), removes(stage, &user)).await;
        removed.unwrap();
        let after = enters(stage, &user, app_code(200 + round));
        assert!(stage.other.write(after).await.is_err(), "no code counts any more");
        stage.given(sets_up(stage, &user)).await;
    }
}

pub async fn new_recovery_codes_twice(stage: &mut Stage) {
    let user = owner(stage).await;
    for round in 0..ROUNDS {
        let replaces = |first: usize| {
            let (actor, now, id) = (stage.ada(), stage.now, user.id);
            let hashes = vec![recovery_code(first), recovery_code(first + 1)];
            move |tx: &mut Tx<'_>| replace_recovery_codes(tx, &by(&actor, now), id, &hashes)
        };
        let (one, two) = (replaces(1000 + 4 * round), replaces(1002 + 4 * round));
        let (one, two) = stage.both(one, two).await;
        one.unwrap();
        two.unwrap();
        let id = user.id;
        assert_eq!(stage.read(move |conn| second_factors::recovery_codes_left(conn, id)).await, 2);
    }
}

pub async fn a_factor_turned_off_and_removed(stage: &mut Stage) {
    let user = owner(stage).await;
    for round in 0..ROUNDS {
        let (actor, now, id) = (stage.ada(), stage.now, user.id);
        let off = move |tx: &mut Tx<'_>| turn_off_second_factor(tx, &by(&actor, now), id);
        if round % 2 == 0 {
            let (off, _) = stage.both(off, removes(stage, &user)).await;
            off.unwrap();
        } else {
            one_of(&stage.both(removes(stage, &user), removes(stage, &user)).await);
        }
        stage.given(sets_up(stage, &user)).await;
    }
}
