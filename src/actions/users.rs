//! The people who sign in, the keys they hand to programs, and the switch of all sending. It must not know passwords: it
//! is given their hashes, because hashing is slow and this runs in the one write transaction.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use validator::ValidateEmail;

use crate::domain::actor::Actor;
use crate::domain::id::{ApiKeyId, UserId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::store::api_keys::{self, ApiKey};
use crate::store::users::{self, User};
use crate::store::{Conn, StoreError, Tx, admin_log, settings};

use super::record_consent::hex;
use super::{ActionError, FieldError};

/// What a key to the JSON API may do.
pub const SCOPES: [&str; 3] = ["messages", "contacts", "consent"];

/// Somebody who is to sign in.
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
pub fn create_user(
    tx: &mut Tx<'_>,
    new: NewUser,
    actor: &Actor,
    now: Timestamp,
) -> Result<User, ActionError> {
    let (email, name) = (new.email.trim().to_lowercase(), new.name.trim().to_owned());
    check_person(tx, &email, &name)?;
    let user = User {
        id: tx.new_id(now)?,
        email,
        name,
        role: new.role,
        password_hash: new.password_hash,
        created_at: now,
        disabled_at: None,
    };
    users::insert(tx, &user)?;
    note(tx, actor, "user.created", &user, &format!("Role: {}.", user.role.label()), now)?;
    Ok(user)
}

fn check_person(tx: &mut Tx<'_>, email: &str, name: &str) -> Result<(), ActionError> {
    let mut errors = Vec::new();
    if !email.validate_email() || email.len() > 254 {
        errors.push(FieldError::new("email", "Enter an e-mail address, like name@example.com."));
    } else if users::by_email(tx, email)?.is_some() {
        errors.push(FieldError::new("email", "Somebody already signs in with this e-mail address."));
    }
    if name.is_empty() || name.chars().count() > 200 {
        errors.push(FieldError::new("name", "Enter a name of at most 200 characters."));
    }
    if errors.is_empty() { Ok(()) } else { Err(ActionError::Invalid(errors)) }
}

/// True if `token` is the one-time setup token and nobody can sign in yet.
///
/// # Errors
/// When the database fails.
pub fn may_set_up(conn: &mut Conn<'_>, token: &str) -> Result<bool, StoreError> {
    let kept = settings::get(conn, settings::SETUP_TOKEN)?.unwrap_or_default();
    let given = hex(&Sha256::digest(token.as_bytes()));
    let same: bool = kept.as_bytes().ct_eq(given.as_bytes()).into();
    Ok(same && !users::any(conn)?)
}

/// Adds the first administrator; the setup token is spent.
///
/// # Errors
/// [`ActionError::Conflict`] when the token is not the right one or somebody was quicker.
pub fn first_administrator(
    tx: &mut Tx<'_>,
    token: &str,
    new: NewUser,
    now: Timestamp,
) -> Result<User, ActionError> {
    if !may_set_up(tx, token)? {
        return Err(ActionError::Conflict(
            "This setup link was used already, or is not the latest one. The newest is in the server's log."
                .to_owned(),
        ));
    }
    let user = create_user(tx, NewUser { role: Role::Administrator, ..new }, &Actor::System, now)?;
    settings::clear(tx, settings::SETUP_TOKEN)?;
    Ok(user)
}

/// Signs somebody in whose password was verified against `verified_hash` (none: it was wrong, or there is no such
/// account). The refusal is the same for every reason, and is written down.
///
/// # Errors
/// When the database fails.
pub fn sign_in(
    tx: &mut Tx<'_>,
    email: &str,
    verified_hash: Option<&str>,
    now: Timestamp,
) -> Result<Option<User>, ActionError> {
    let Some(user) = users::by_email(tx, email)? else {
        // The address is not written down: people type passwords into the wrong field.
        admin_log::add(tx, &Actor::System, "sign-in.failed", "unknown account", "", now)?;
        return Ok(None);
    };
    if user.disabled_at.is_some() || verified_hash != Some(user.password_hash.as_str()) {
        note(tx, &Actor::System, "sign-in.failed", &user, "", now)?;
        return Ok(None);
    }
    let actor = Actor::User(user.email.clone());
    note(tx, &actor, "sign-in", &user, "", now)?;
    Ok(Some(user))
}

/// Writes down that somebody signed out.
///
/// # Errors
/// When the database fails.
pub fn sign_out(tx: &mut Tx<'_>, user: &User, now: Timestamp) -> Result<(), ActionError> {
    note(tx, &Actor::User(user.email.clone()), "sign-out", user, "", now)
}

/// Changes what a user may do; their sessions end.
///
/// # Errors
/// [`ActionError::Conflict`] for the last administrator.
pub fn change_role(
    tx: &mut Tx<'_>,
    id: UserId,
    role: Role,
    actor: &Actor,
    now: Timestamp,
) -> Result<User, ActionError> {
    let user = users::get(tx, id)?.ok_or(ActionError::NotFound("user"))?;
    if user.role == role {
        return Ok(user);
    }
    if user.role == Role::Administrator && users::administrators(tx)? <= 1 {
        return Err(ActionError::Conflict(
            "This is the last administrator. Make somebody else an administrator first.".to_owned(),
        ));
    }
    users::set_role(tx, id, role)?;
    let details = format!("From {} to {}.", user.role.label(), role.label());
    note(tx, actor, "user.role_changed", &user, &details, now)?;
    Ok(User { role, ..user })
}

/// Changes a user's password; their sessions end.
///
/// # Errors
/// When there is no such user.
pub fn change_password(
    tx: &mut Tx<'_>,
    id: UserId,
    password_hash: &str,
    actor: &Actor,
    now: Timestamp,
) -> Result<User, ActionError> {
    let user = users::get(tx, id)?.ok_or(ActionError::NotFound("user"))?;
    users::set_password(tx, id, password_hash)?;
    note(tx, actor, "user.password_changed", &user, "", now)?;
    Ok(user)
}

/// Makes a key to the JSON API. The secret is told once; only its hash is kept.
///
/// # Errors
/// What is wrong with which field.
pub fn create_api_key(
    tx: &mut Tx<'_>,
    name: &str,
    scopes: &[String],
    actor: &Actor,
    now: Timestamp,
) -> Result<(ApiKeyId, String), ActionError> {
    let name = name.trim();
    check_key(name, scopes)?;
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::Randomness)?;
    let secret = format!("sk_{}", URL_SAFE_NO_PAD.encode(bytes));
    let granted: Vec<&str> =
        SCOPES.into_iter().filter(|scope| scopes.iter().any(|asked| asked == scope)).collect();
    let key = ApiKey {
        id: tx.new_id(now)?,
        name: name.to_owned(),
        hash: Sha256::digest(secret.as_bytes()).to_vec(),
        scopes: granted.join(","),
        created_at: now,
        revoked_at: None,
    };
    api_keys::insert(tx, &key)?;
    let details = format!("Scopes: {}.", key.scopes);
    admin_log::add(tx, actor, "api-key.created", &format!("api-key:{name}"), &details, now)?;
    Ok((key.id, secret))
}

fn check_key(name: &str, scopes: &[String]) -> Result<(), ActionError> {
    let mut errors = Vec::new();
    if name.is_empty() || name.chars().count() > 100 {
        errors.push(FieldError::new("name", "Enter a name of at most 100 characters."));
    }
    if scopes.is_empty() || !scopes.iter().all(|scope| SCOPES.contains(&scope.as_str())) {
        errors.push(FieldError::new("scopes", "Choose one or more of messages, contacts, consent."));
    }
    if errors.is_empty() { Ok(()) } else { Err(ActionError::Invalid(errors)) }
}

/// Revokes a key to the JSON API; twice is once.
///
/// # Errors
/// When there is no such key.
pub fn revoke_api_key(
    tx: &mut Tx<'_>,
    id: ApiKeyId,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), ActionError> {
    let keys = api_keys::all(tx)?;
    let key = keys.iter().find(|key| key.id == id).ok_or(ActionError::NotFound("API key"))?;
    if key.revoked_at.is_none() {
        api_keys::revoke(tx, id, now)?;
        admin_log::add(tx, actor, "api-key.revoked", &format!("api-key:{}", key.name), "", now)?;
    }
    Ok(())
}

/// Switches all sending on or off.
///
/// # Errors
/// When the database fails.
pub fn switch_sending(tx: &mut Tx<'_>, on: bool, actor: &Actor, now: Timestamp) -> Result<(), ActionError> {
    if settings::sending_on(tx)? != on {
        settings::set(tx, settings::SENDING, if on { "on" } else { "off" })?;
        let action = if on { "sending.on" } else { "sending.off" };
        admin_log::add(tx, actor, action, "all sending", "", now)?;
    }
    Ok(())
}

fn note(
    tx: &mut Tx<'_>,
    actor: &Actor,
    action: &str,
    user: &User,
    details: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    admin_log::add(tx, actor, action, &format!("user:{}", user.email), details, now)?;
    Ok(())
}
