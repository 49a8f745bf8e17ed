//! The people who sign in. It never sees a password: it is given hashes, because hashing is slow and this runs in the one
//! write transaction. Used by the pages of users, sign-in and setup, and the command line; it writes users and the admin
//! log.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use validator::ValidateEmail;

use crate::domain::actor::Actor;
use crate::domain::id::UserId;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::store::users::{self, User, UserCounts};
use crate::store::{LockedRow, ReadConn, StoreError, Tx, admin_log, second_factors, settings};
use crate::words::Label;

use super::sign_in_limits::{AttemptBuckets, forgive_attempt};
use super::{ActionContext, ActionError, FieldError, check_revision, check_shown, one_line, revision_tag};

/// A new user.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// E-mail address, in any case.
    pub email: String,
    /// Name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Argon2id hash of the password.
    pub password_hash: String,
}

/// Adds a user.
///
/// # Errors
/// What is wrong with which field.
pub fn create_user(tx: &mut Tx<'_>, context: &ActionContext<'_>, new: NewUser) -> Result<User, ActionError> {
    let all = users::lock(tx)?;
    add_user(tx, context, &all, new)
}

fn add_user(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    all: &LockedRow<UserCounts>,
    new: NewUser,
) -> Result<User, ActionError> {
    let (email, name) = (new.email.trim().to_lowercase(), one_line(&new.name));
    let errors = person_errors(tx, &email, &name)?;
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    let user = User {
        id: tx.new_id(context.now)?,
        email,
        name,
        role: new.role,
        password_hash: new.password_hash,
        created_at: context.now,
        disabled_at: None,
        time_zone: None,
        second_factor_removed_by: None,
    };
    users::insert(tx, all, &user)?;
    note(tx, context, "user.created", &user, &format!("Role: {}.", user.role.label()))?;
    Ok(user)
}

/// What is wrong with the e-mail and the name of somebody new.
///
/// # Errors
/// When the database fails.
pub fn person_errors(
    conn: &mut ReadConn<'_>,
    email: &str,
    name: &str,
) -> Result<Vec<FieldError>, StoreError> {
    let (email, name) = (email.trim().to_lowercase(), one_line(name));
    let mut errors = Vec::new();
    if !email.validate_email() || email.len() > 254 {
        errors.push(FieldError::new("email", "Enter an email address, like name@example.com."));
    } else if users::by_email(conn, &email)?.is_some() {
        errors.push(FieldError::new("email", "This email address is already in use."));
    }
    if name.is_empty() || name.chars().count() > 200 {
        errors.push(FieldError::new("name", "Enter a name of at most 200 characters."));
    }
    Ok(errors)
}

/// True if `token` is the one-time setup token and there is no user yet.
///
/// # Errors
/// When the database fails.
pub fn may_set_up(conn: &mut ReadConn<'_>, token: &str) -> Result<bool, StoreError> {
    let kept = settings::get(conn, settings::SETUP_TOKEN)?.unwrap_or_default();
    let given = HEXLOWER.encode(&Sha256::digest(token.as_bytes()));
    let same: bool = kept.as_bytes().ct_eq(given.as_bytes()).into();
    Ok(same && !users::any(conn)?)
}

/// Keeps the hash of a fresh setup token in place of an older one, while there is no user. False when there is one.
///
/// # Errors
/// When the database fails.
pub fn offer_setup(tx: &mut Tx<'_>, token_hash: &str) -> Result<bool, ActionError> {
    if users::lock(tx)?.any {
        return Ok(false);
    }
    settings::set(tx, settings::SETUP_TOKEN, token_hash)?;
    Ok(true)
}

/// Adds the first administrator; the setup token is spent.
///
/// # Errors
/// [`ActionError::Conflict`] when the token is wrong or was used already.
pub fn first_administrator(
    tx: &mut Tx<'_>,
    token: &str,
    new: NewUser,
    now: Timestamp,
) -> Result<User, ActionError> {
    // Of two who use the link at once, the second finds it spent.
    let all = users::lock(tx)?;
    if !may_set_up(tx, token)? {
        return Err(ActionError::Conflict(
            "This setup link was used already, or is not the latest one. The newest is in the server's log."
                .to_owned(),
        ));
    }
    let user = add_user(tx, &ActionContext::system(now), &all, NewUser { role: Role::Administrator, ..new })?;
    settings::clear(tx, settings::SETUP_TOKEN)?;
    Ok(user)
}

/// A person whose password was right.
#[derive(Clone, Debug)]
pub struct PasswordMatch {
    /// Who. Says who took their second factor away, if they have not been told yet.
    pub user: User,
    /// They are not signed in yet: a code of their second factor is asked for next.
    pub needs_code: bool,
}

/// Signs a person in whose password was verified against `verified_hash` (none: it was wrong, or there is no such
/// account). The refusal is the same for every reason, and is written down. A right attempt does not count as a failure.
/// With a second factor the person is signed in by `second_factor::sign_in_with_code`.
///
/// # Errors
/// When the database fails.
pub fn sign_in(
    tx: &mut Tx<'_>,
    email: &str,
    verified_hash: Option<&str>,
    attempt: &AttemptBuckets,
    now: Timestamp,
) -> Result<Option<PasswordMatch>, ActionError> {
    let Some(user) = users::by_email(tx, email)? else {
        // The address is not written down: people type passwords into the wrong field.
        admin_log::add(tx, &Actor::System, "sign-in.failed", "unknown account", "", now)?;
        return Ok(None);
    };
    if user.disabled_at.is_some() || verified_hash != Some(user.password_hash.as_str()) {
        log_failed_sign_in(tx, &user, "", now)?;
        return Ok(None);
    }
    forgive_attempt(tx, attempt)?;
    let needs_code = second_factors::of_user(tx, user.id)?.is_some();
    if !needs_code {
        log_sign_in(tx, &user, "", now)?;
    }
    if !needs_code && user.second_factor_removed_by.is_some() {
        let all = users::lock(tx)?;
        if let Some(told) = users::get_locked(tx, &all, user.id)? {
            users::set_second_factor_removed(tx, &told, None)?;
        }
    }
    Ok(Some(PasswordMatch { user, needs_code }))
}

/// Records that a person signed in, and with what beside their password.
pub(super) fn log_sign_in(
    tx: &mut Tx<'_>,
    user: &User,
    with: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    note(tx, &ActionContext::system(now).by(&Actor::User(user.email.clone())), "sign-in", user, with)
}

/// Records that nobody was signed in.
pub(super) fn log_failed_sign_in(
    tx: &mut Tx<'_>,
    user: &User,
    why: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    note(tx, &ActionContext::system(now), "sign-in.failed", user, why)
}

/// Records that a user signed out.
///
/// # Errors
/// When the database fails.
pub fn sign_out(tx: &mut Tx<'_>, user: &User, now: Timestamp) -> Result<(), ActionError> {
    note(tx, &ActionContext::system(now).by(&Actor::User(user.email.clone())), "sign-out", user, "")
}

/// The [`revision_tag`] of a user's access: for the pages that change it, and for sessions, which end with it.
pub fn user_revision(user: &User) -> String {
    let since = user.disabled_at.map_or_else(|| "active".to_owned(), |at| at.micros().to_string());
    revision_tag([user.role.as_str(), &since, &user.password_hash])
}

/// Changes what a user may do; their sessions end.
///
/// # Errors
/// [`ActionError::Conflict`] for the last administrator, and when the user was changed since the page was opened.
pub fn change_role(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    id: UserId,
    role: Role,
    revision: &str,
) -> Result<User, ActionError> {
    let all = users::lock(tx)?;
    let user = users::get_locked(tx, &all, id)?.ok_or(ActionError::NotFound("user"))?;
    check_revision(revision, &user_revision(&user))?;
    if user.role == role {
        return Ok(user.into_inner());
    }
    keep_an_administrator(&all, &user)?;
    users::set_role(tx, &user, role)?;
    let details = format!("From {} to {}.", user.role.label(), role.label());
    note(tx, context, "user.role_changed", &user, &details)?;
    Ok(User { role, ..user.into_inner() })
}

/// At least one administrator must remain after the change of this user.
fn keep_an_administrator(all: &LockedRow<UserCounts>, user: &User) -> Result<(), ActionError> {
    let is_one = user.role == Role::Administrator && user.disabled_at.is_none();
    if is_one && all.administrators <= 1 {
        return Err(ActionError::Conflict(
            "This is the last administrator. Make another user an administrator first.".to_owned(),
        ));
    }
    Ok(())
}

/// Deactivates an account, or activates it again; its sessions end. Once more is no change.
///
/// # Errors
/// [`ActionError::Conflict`] for the last administrator, and when the user was changed since the page was opened.
pub fn set_active(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    id: UserId,
    active: bool,
    revision: &str,
) -> Result<User, ActionError> {
    let all = users::lock(tx)?;
    let user = users::get_locked(tx, &all, id)?.ok_or(ActionError::NotFound("user"))?;
    if user.disabled_at.is_none() == active {
        return Ok(user.into_inner());
    }
    check_shown(revision, &user_revision(&user))?;
    keep_an_administrator(&all, &user)?;
    users::set_disabled(tx, &user, (!active).then_some(context.now))?;
    let action = if active { "user.reactivated" } else { "user.deactivated" };
    note(tx, context, action, &user, "")?;
    Ok(user.into_inner())
}

/// Changes a user's password; their sessions end.
///
/// # Errors
/// When there is no such user, or [`ActionError::Conflict`] when the user was changed since the page was opened.
pub fn change_password(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    id: UserId,
    password_hash: &str,
    revision: &str,
) -> Result<User, ActionError> {
    let all = users::lock(tx)?;
    let user = users::get_locked(tx, &all, id)?.ok_or(ActionError::NotFound("user"))?;
    check_shown(revision, &user_revision(&user))?;
    users::set_password(tx, &user, password_hash)?;
    note(tx, context, "user.password_changed", &user, "")?;
    Ok(User { password_hash: password_hash.to_owned(), ..user.into_inner() })
}

pub(super) fn note(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    action: &str,
    user: &User,
    details: &str,
) -> Result<(), ActionError> {
    admin_log::add(tx, context.actor, action, &format!("user:{}", user.email), details, context.now)?;
    Ok(())
}
