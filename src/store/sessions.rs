//! Browser sessions. Only the hash of a session's key is kept; a deleted row is a session that has ended. Written through
//! `actions::Commands`.

use diesel::prelude::*;

use super::engine::{CachedStatement, on};
use super::schema::sessions;
use super::{StoreError, Tx};
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;

/// A session.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub struct StoredSession {
    /// SHA-256 of the key in the cookie.
    pub key_hash: Vec<u8>,
    /// Who is signed in.
    pub user_id: Option<UserId>,
    /// What the session remembers, as JSON.
    pub state: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When the person was active last, to the minute.
    pub seen_at: Timestamp,
}

/// Begins a session, or goes on with it; old ones are swept out on the way.
///
/// # Errors
/// When the database fails.
pub fn put(tx: &mut Tx<'_>, session: &StoredSession, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::delete(sessions::table.filter(sessions::expires_at.le(now))).execute(db)?;
        diesel::delete(sessions::table.find(&session.key_hash)).execute(db)?;
        diesel::insert_into(sessions::table).values(session).execute(db)?;
        Ok(())
    })
}

/// Changes what a session remembers. A session that ended meanwhile stays ended.
///
/// # Errors
/// When the database fails.
pub fn update(
    tx: &mut Tx<'_>,
    key_hash: &[u8],
    user_id: Option<UserId>,
    state: &str,
) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::update(sessions::table.find(key_hash))
            .set((sessions::user_id.eq(user_id), sessions::state.eq(state)))
            .execute(db)?;
        Ok(())
    })
}

/// Notes that the person is active. A session that ended meanwhile stays ended.
///
/// # Errors
/// When the database fails.
pub fn note_activity(tx: &mut Tx<'_>, key_hash: &[u8], now: Timestamp) -> Result<(), StoreError> {
    on!(tx, db => {
        let earlier = sessions::table.find(key_hash).filter(sessions::seen_at.lt(now));
        Ok(CachedStatement(diesel::update(earlier).set(sessions::seen_at.eq(now))).run(db)?)
    })
}

/// Ends one session.
///
/// # Errors
/// When the database fails.
pub fn end(tx: &mut Tx<'_>, key_hash: &[u8]) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::delete(sessions::table.find(key_hash)).execute(db)?;
        Ok(())
    })
}

/// Ends all sessions of a user.
///
/// # Errors
/// When the database fails.
pub fn end_all(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::delete(sessions::table.filter(sessions::user_id.eq(user))).execute(db)?;
        Ok(())
    })
}
