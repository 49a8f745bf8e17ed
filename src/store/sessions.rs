//! Browser sessions. Only the hash of a session's key is kept; a deleted row is a session that has ended. Written through
//! `actions::Commands`.

use diesel::prelude::*;

use super::engine::{CachedStatement, on};
use super::schema::sessions;
use super::{ReadConn, StoreError, Tx};
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
    /// The browser in plain words; empty where it is not known.
    pub browser: String,
    /// A part of the address of the network from which the person signed in.
    pub network: String,
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

/// A person's open sessions, the newest first: those that were active since `active_since`.
///
/// # Errors
/// When the database fails.
pub fn open_of(
    conn: &mut ReadConn<'_>,
    user: UserId,
    active_since: Timestamp,
    now: Timestamp,
    most: i64,
) -> Result<Vec<StoredSession>, StoreError> {
    on!(conn, db => {
        let open = sessions::expires_at.gt(now).and(sessions::seen_at.gt(active_since));
        let query = sessions::table.filter(sessions::user_id.eq(user)).filter(open);
        Ok(query.order(sessions::created_at.desc()).limit(most).select(StoredSession::as_select()).load(db)?)
    })
}

/// True while a person's session is open.
///
/// # Errors
/// When the database fails.
pub fn is_open(tx: &mut Tx<'_>, user: UserId, key_hash: &[u8], now: Timestamp) -> Result<bool, StoreError> {
    on!(tx, db => {
        let open = sessions::table.find(key_hash).filter(sessions::user_id.eq(user));
        let open = open.filter(sessions::expires_at.gt(now)).select(sessions::created_at);
        let found: Option<Timestamp> = open.first(db).optional()?;
        Ok(found.is_some())
    })
}

/// Ends one of a person's sessions, and says in which browser it was; `None` when it had ended.
///
/// # Errors
/// When the database fails.
pub fn end_of(
    tx: &mut Tx<'_>,
    user: UserId,
    key_hash: &[u8],
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    on!(tx, db => {
        let open = sessions::table.find(key_hash).filter(sessions::user_id.eq(user));
        let ended = diesel::delete(open.filter(sessions::expires_at.gt(now))).returning(sessions::browser);
        let ended: Vec<String> = ended.load(db)?;
        Ok(ended.into_iter().next())
    })
}

/// Ends a person's open sessions except the one with this key. Returns how many.
///
/// # Errors
/// When the database fails.
pub fn end_others(tx: &mut Tx<'_>, user: UserId, own: &[u8], now: Timestamp) -> Result<usize, StoreError> {
    on!(tx, db => {
        let others = sessions::table.filter(sessions::user_id.eq(user)).filter(sessions::key_hash.ne(own));
        Ok(diesel::delete(others.filter(sessions::expires_at.gt(now))).execute(db)?)
    })
}
