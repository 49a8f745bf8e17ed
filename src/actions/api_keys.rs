//! API keys: create, revoke, note a use. A secret leaves here once, and only its hash is kept. Used by the page of keys, the
//! JSON API and the command line; it writes keys and the admin log.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use sha2::{Digest, Sha256};

use crate::domain::id::ApiKeyId;
use crate::domain::time::Timestamp;
use crate::store::api_keys::{self, ApiKey};
use crate::store::{StoreError, Tx, admin_log};

use super::{ActionContext, ActionError, FieldError, one_line};

/// What a key to the JSON API may do.
pub const SCOPES: [&str; 3] = ["messages", "contacts", "consent"];
/// As much of a secret as tells keys apart and gives nothing away.
const PREFIX: usize = 8;
/// Uses are written down no oftener: every call looks the key up.
const NOTED_EVERY: Duration = Duration::hours(1);

/// Makes a key to the JSON API. The secret is told once; only its hash is kept.
///
/// # Errors
/// What is wrong with which field.
pub fn create_api_key(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    name: &str,
    scopes: &[String],
) -> Result<String, ActionError> {
    let name = one_line(name);
    check_key(&name, scopes)?;
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::Randomness)?;
    let secret = format!("sk_{}", URL_SAFE_NO_PAD.encode(bytes));
    let granted: Vec<&str> =
        SCOPES.into_iter().filter(|scope| scopes.iter().any(|asked| asked == scope)).collect();
    let key = ApiKey {
        id: tx.new_id(context.now)?,
        name: name.clone(),
        hash: Sha256::digest(secret.as_bytes()).to_vec(),
        scopes: granted.join(","),
        created_at: context.now,
        revoked_at: None,
        prefix: secret.chars().take(PREFIX).collect(),
        made_by: context.actor.to_string(),
        last_used_at: None,
    };
    api_keys::insert(tx, &key)?;
    let details = format!("{}…, scopes: {}.", key.prefix, key.scopes);
    admin_log::add(tx, context.actor, "api-key.created", &format!("api-key:{name}"), &details, context.now)?;
    Ok(secret)
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
pub fn revoke_api_key(tx: &mut Tx<'_>, context: &ActionContext<'_>, id: ApiKeyId) -> Result<(), ActionError> {
    let key = api_keys::get_locked(tx, id)?.ok_or(ActionError::NotFound("API key"))?;
    if key.revoked_at.is_none() {
        api_keys::revoke(tx, &key, context.now)?;
        admin_log::add(
            tx,
            context.actor,
            "api-key.revoked",
            &format!("api-key:{}", key.name),
            "",
            context.now,
        )?;
    }
    Ok(())
}

/// True when the key's use has not been written down for an hour.
pub fn is_use_news(key: &ApiKey, now: Timestamp) -> bool {
    key.last_used_at.is_none_or(|at| now.since(at) >= NOTED_EVERY)
}

/// Writes down that a key was used.
///
/// # Errors
/// When the database fails.
pub fn note_use(tx: &mut Tx<'_>, id: ApiKeyId, now: Timestamp) -> Result<(), ActionError> {
    Ok(api_keys::used(tx, id, now)?)
}
