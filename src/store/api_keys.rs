//! Keys to the JSON API, of which only hashes are kept, and the answers that were given to `Idempotency-Key`s. Written by
//! `actions::api_keys` and `actions::send_idempotently`.

use diesel::prelude::*;

use super::engine::{CachedStatement, first_locked, on};
use super::schema::{api_keys, idempotency_keys};
use super::{LockedRow, ReadConn, StoreError, Tx};
use crate::domain::id::{ApiKeyId, MessageId};
use crate::domain::time::Timestamp;

/// A key, without its secret.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys)]
pub struct ApiKey {
    /// Its identifier.
    pub id: ApiKeyId,
    /// Its name for people.
    pub name: String,
    /// SHA-256 of the secret.
    pub hash: Vec<u8>,
    /// What it may do, separated by commas.
    pub scopes: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// How its secret begins, for people to tell keys apart.
    pub prefix: String,
    /// Who made it.
    pub made_by: String,
    /// When it was last used, to the hour.
    pub last_used_at: Option<Timestamp>,
}

/// The answer once given to an `Idempotency-Key`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys)]
#[diesel(treat_none_as_default_value = false)]
pub struct IdempotentAnswer {
    /// Whose key.
    pub api_key_id: ApiKeyId,
    /// The `Idempotency-Key`.
    pub key: String,
    /// SHA-256 of the request.
    pub request_sha256: Vec<u8>,
    /// When it was given.
    pub created_at: Timestamp,
    /// The message, or the refused attempt, that the answer was about.
    pub message_id: Option<MessageId>,
}

/// Keeps a new key.
///
/// # Errors
/// When the database fails.
pub fn insert(tx: &mut Tx<'_>, key: &ApiKey) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::insert_into(api_keys::table).values(key).execute(db)?;
        Ok(())
    })
}

/// The key with this hash, unless it was revoked.
///
/// # Errors
/// When the database fails.
pub fn by_hash(conn: &mut ReadConn<'_>, hash: &[u8]) -> Result<Option<ApiKey>, StoreError> {
    on!(conn, db => {
        let query = api_keys::table.filter(api_keys::hash.eq(hash)).filter(api_keys::revoked_at.is_null());
        Ok(query.select(ApiKey::as_select()).first(db).optional()?)
    })
}

/// Keys before this one, or the last ones: newest first.
///
/// # Errors
/// When the database fails.
pub fn page(
    conn: &mut ReadConn<'_>,
    before: Option<ApiKeyId>,
    limit: i64,
) -> Result<Vec<ApiKey>, StoreError> {
    let before = before.unwrap_or(ApiKeyId::from(uuid::Uuid::max()));
    on!(conn, db => {
        let query = api_keys::table.filter(api_keys::id.lt(before)).order(api_keys::id.desc());
        Ok(query.select(ApiKey::as_select()).limit(limit).load(db)?)
    })
}

/// A key.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut ReadConn<'_>, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
    on!(conn, db => Ok(api_keys::table.find(id).select(ApiKey::as_select()).first(db).optional()?))
}

/// Writes down that a key was used.
///
/// # Errors
/// When the database fails.
pub fn used(tx: &mut Tx<'_>, id: ApiKeyId, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, db => CachedStatement(diesel::update(api_keys::table.find(id)).set(api_keys::last_used_at.eq(now))).run(db))?;
    Ok(())
}

/// A key by identifier, which no other transaction changes before the commit.
///
/// # Errors
/// When the database fails.
pub fn get_locked(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<Option<LockedRow<ApiKey>>, StoreError> {
    let row: Result<Option<ApiKey>, StoreError> =
        first_locked!(tx, api_keys::table.filter(api_keys::id.eq(id)).select(ApiKey::as_select()));
    Ok(row?.map(LockedRow::new))
}

/// Revokes a key.
///
/// # Errors
/// When the database fails.
pub fn revoke(tx: &mut Tx<'_>, key: &LockedRow<ApiKey>, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::update(api_keys::table.find(key.id)).set(api_keys::revoked_at.eq(now)).execute(db)?;
        Ok(())
    })
}

/// What was answered to this `Idempotency-Key` before.
///
/// # Errors
/// When the database fails.
pub fn answered(
    conn: &mut ReadConn<'_>,
    id: ApiKeyId,
    key: &str,
) -> Result<Option<IdempotentAnswer>, StoreError> {
    on!(conn, db => {
        let query = idempotency_keys::table.find((id, key)).select(IdempotentAnswer::as_select());
        Ok(query.first(db).optional()?)
    })
}

/// Keeps an answer.
///
/// # Errors
/// When the database fails.
pub fn keep_answer(tx: &mut Tx<'_>, answer: &IdempotentAnswer) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::insert_into(idempotency_keys::table).values(answer).execute(db)?;
        Ok(())
    })
}
