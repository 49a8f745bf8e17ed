//! Ends sessions: people end their own, administrators those of others. The pages of the account and of users use it; it
//! writes sessions and the administration log.

use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::store::sessions::{self, StoredSession};
use crate::store::users::{self, User};
use crate::store::{LockedRow, ReadConn, StoreError, Tx};

use super::sign_in_rules::sign_in_rules;
use super::users::note;
use super::{ActionContext, ActionError};

/// Sessions that a page shows at most.
const SHOWN: i64 = 50;

/// The open sessions of a person, the newest first.
///
/// # Errors
/// When the database fails.
pub fn open_sessions(
    conn: &mut ReadConn<'_>,
    user: &User,
    now: Timestamp,
) -> Result<Vec<StoredSession>, StoreError> {
    let active_since = now.plus(-sign_in_rules(conn)?.0.idle(user.role));
    sessions::open_of(conn, user.id, active_since, now, SHOWN)
}

/// Ends one of a person's sessions. Ending it twice changes nothing.
///
/// # Errors
/// When there is no such user, or the database fails.
pub fn end_session(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    id: UserId,
    key_hash: &[u8],
) -> Result<(), ActionError> {
    let user = locked_user(tx, id)?;
    let Some(ended) = sessions::end_of(tx, user.id, key_hash, context.now)? else { return Ok(()) };
    note(tx, context, "session.ended", &user, &ended)
}

/// Ends all of a person's sessions but the one with this key. Where that one was ended meanwhile, it ends no others.
///
/// # Errors
/// As [`end_session`].
pub fn end_other_sessions(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    id: UserId,
    own: &[u8],
) -> Result<usize, ActionError> {
    let user = locked_user(tx, id)?;
    if !sessions::is_open(tx, user.id, own, context.now)? {
        return Ok(0);
    }
    let ended = sessions::end_others(tx, user.id, own, context.now)?;
    if ended > 0 {
        note(tx, context, "session.ended", &user, &format!("All others: {ended}."))?;
    }
    Ok(ended)
}

/// Ends all sessions of a person, who can sign in again.
///
/// # Errors
/// As [`end_session`].
pub fn end_all_sessions(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    id: UserId,
) -> Result<User, ActionError> {
    let user = locked_user(tx, id)?;
    // No session has an empty key.
    let ended = sessions::end_others(tx, user.id, &[], context.now)?;
    if ended > 0 {
        note(tx, context, "session.ended", &user, &format!("All: {ended}."))?;
    }
    Ok(user.into_inner())
}

fn locked_user(tx: &mut Tx<'_>, id: UserId) -> Result<LockedRow<User>, ActionError> {
    let all = users::lock(tx)?;
    users::get_locked(tx, &all, id)?.ok_or(ActionError::NotFound("user"))
}
