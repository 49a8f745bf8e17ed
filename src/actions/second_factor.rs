//! The second factor: a code of an authenticator app, or a recovery code. A person sets it up and turns it off; an
//! administrator or the operator takes it away from someone who lost theirs. It never sees a secret: it is given what was
//! verified against which sealed one. It writes second factors, recovery codes and the administration log.

use crate::domain::id::UserId;
use crate::domain::sign_in::SignInRules;
use crate::domain::time::Timestamp;
use crate::store::second_factors::{self, SecondFactor};
use crate::store::users::{self, User};
use crate::store::{LockedRow, Tx, settings};

use super::sign_in_limits::{AttemptBuckets, forgive_attempt};
use super::users::{log_failed_sign_in, log_sign_in, note};
use super::{ActionContext, ActionError};

/// A code that was verified before the transaction.
#[derive(Clone, Debug)]
pub enum VerifiedCode {
    /// A code of the app.
    AppCode {
        /// The sealed secret that it was verified against.
        sealed_secret: String,
        /// The step that it belongs to.
        step: i64,
    },
    /// The keyed hash of what may be a recovery code.
    RecoveryCode(Vec<u8>),
}

/// A second factor that is set up.
#[derive(Clone, Debug)]
pub struct NewSecondFactor {
    /// The secret, encrypted under the installation's key.
    pub sealed_secret: String,
    /// The step of the code that proved that the app has the secret.
    pub step: i64,
    /// The keyed hashes of the recovery codes.
    pub recovery_codes: Vec<Vec<u8>>,
}

/// Turns a person's own second factor on.
///
/// # Errors
/// [`ActionError::Conflict`] when it is on already.
pub fn set_up_second_factor(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    id: UserId,
    new: NewSecondFactor,
) -> Result<(), ActionError> {
    let user = locked_user(tx, id)?;
    if second_factors::of_user(tx, id)?.is_some() {
        return Err(ActionError::Conflict("Your second factor is on already.".to_owned()));
    }
    let NewSecondFactor { sealed_secret, step, recovery_codes } = new;
    let factor = SecondFactor { user_id: id, sealed_secret, last_step: step, since: context.now };
    second_factors::insert(tx, &user, &factor)?;
    second_factors::set_recovery_codes(tx, &user, id, &recovery_codes)?;
    note(tx, context, "second-factor.on", &user, "")
}

/// Gives a person new recovery codes in place of those that were left.
///
/// # Errors
/// [`ActionError::Conflict`] when the second factor is off.
pub fn replace_recovery_codes(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    id: UserId,
    hashes: &[Vec<u8>],
) -> Result<(), ActionError> {
    let user = locked_user(tx, id)?;
    if second_factors::of_user(tx, id)?.is_none() {
        return Err(ActionError::Conflict("Your second factor is off. Set it up first.".to_owned()));
    }
    second_factors::set_recovery_codes(tx, &user, id, hashes)?;
    note(tx, context, "second-factor.recovery-codes", &user, "")
}

/// Turns a person's own second factor off. Once more is no change.
///
/// # Errors
/// [`ActionError::Conflict`] when their role needs one.
pub fn turn_off_second_factor(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    id: UserId,
) -> Result<(), ActionError> {
    let user = locked_user(tx, id)?;
    let rules = SignInRules::read(settings::get(tx, settings::SIGN_IN_RULES)?.as_deref());
    if rules.needs_second_factor(user.role) {
        return Err(ActionError::Conflict(
            "Your role needs a second factor. You can't turn it off.".to_owned(),
        ));
    }
    let Some(factor) = second_factors::lock(tx, id)? else { return Ok(()) };
    second_factors::remove(tx, &factor)?;
    note(tx, context, "second-factor.off", &user, "")
}

/// Takes away the second factor of someone who lost theirs. Their sessions end, and they are told when they sign in next.
///
/// # Errors
/// When there is no such user; [`ActionError::Conflict`] when their second factor is off.
pub fn remove_second_factor(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    id: UserId,
) -> Result<User, ActionError> {
    let user = locked_user(tx, id)?;
    let Some(factor) = second_factors::lock(tx, id)? else {
        return Err(ActionError::Conflict("This person has no second factor.".to_owned()));
    };
    second_factors::remove(tx, &factor)?;
    users::set_second_factor_removed(tx, &user, Some(&context.actor.to_string()))?;
    note(tx, context, "second-factor.removed", &user, "")?;
    Ok(user.into_inner())
}

/// Signs a person in whose password was right, with a code that was verified (none: it was wrong). Each code counts once:
/// of two at the same moment, the second is refused.
///
/// # Errors
/// When the database fails.
pub fn sign_in_with_code(
    tx: &mut Tx<'_>,
    id: UserId,
    password_hash: &str,
    code: Option<&VerifiedCode>,
    attempt: &AttemptBuckets,
    now: Timestamp,
) -> Result<Option<User>, ActionError> {
    let Some(user) = users::get(tx, id)? else { return Ok(None) };
    let is_same = user.disabled_at.is_none() && user.password_hash == password_hash;
    let factor = second_factors::lock(tx, id)?;
    let used = match (code, factor) {
        (Some(code), Some(factor)) if is_same => use_code(tx, &factor, code)?,
        _ => None,
    };
    let Some(with) = used else {
        log_failed_sign_in(tx, &user, "The second factor was wrong.", now)?;
        return Ok(None);
    };
    forgive_attempt(tx, attempt)?;
    log_sign_in(tx, &user, with, now)?;
    Ok(Some(user))
}

/// What the log says of it; `None` when the code does not count.
fn use_code(
    tx: &mut Tx<'_>,
    factor: &LockedRow<SecondFactor>,
    code: &VerifiedCode,
) -> Result<Option<&'static str>, ActionError> {
    match code {
        VerifiedCode::AppCode { sealed_secret, step } => {
            if *sealed_secret != factor.sealed_secret || *step <= factor.last_step {
                return Ok(None);
            }
            second_factors::use_step(tx, factor, *step)?;
            Ok(Some("With a code of the app."))
        }
        VerifiedCode::RecoveryCode(hash) => {
            Ok(second_factors::use_recovery_code(tx, factor, hash)?.then_some("With a recovery code."))
        }
    }
}

fn locked_user(tx: &mut Tx<'_>, id: UserId) -> Result<LockedRow<User>, ActionError> {
    let all = users::lock(tx)?;
    users::get_locked(tx, &all, id)?.ok_or(ActionError::NotFound("user"))
}
