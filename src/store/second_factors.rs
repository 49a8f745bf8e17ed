//! Second factors: the sealed secret of a person's authenticator app, the step of the last code that was used, and keyed
//! hashes of the recovery codes that are left. Written by `actions::second_factor`.

use diesel::prelude::*;

use super::engine::{first_locked, on};
use super::schema::{recovery_codes, second_factors};
use super::users::User;
use super::{LockedRow, ReadConn, StoreError, Tx};
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;

/// No person has more recovery codes.
const MOST_CODES: i64 = 100;

/// A person's second factor.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = second_factors)]
pub struct SecondFactor {
    /// Whose.
    pub user_id: UserId,
    /// The secret, encrypted under the installation's key.
    pub sealed_secret: String,
    /// The step of the last code that was used: no earlier one counts any more.
    pub last_step: i64,
    /// When it was set up.
    pub since: Timestamp,
}

/// A person's second factor, if it is on.
///
/// # Errors
/// When the database fails.
pub fn of_user(conn: &mut ReadConn<'_>, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
    on!(conn, db => {
        let found = second_factors::table.find(user).select(SecondFactor::as_select());
        Ok(found.first(db).optional()?)
    })
}

/// The same, which no other transaction uses or changes before the commit.
///
/// # Errors
/// When the database fails.
pub fn lock(tx: &mut Tx<'_>, user: UserId) -> Result<Option<LockedRow<SecondFactor>>, StoreError> {
    let found: Result<Option<SecondFactor>, StoreError> =
        first_locked!(tx, second_factors::table.find(user).select(SecondFactor::as_select()));
    Ok(found?.map(LockedRow::new))
}

/// Everyone who has one.
///
/// # Errors
/// When the database fails.
pub fn owners(conn: &mut ReadConn<'_>) -> Result<Vec<UserId>, StoreError> {
    on!(conn, db => Ok(second_factors::table.select(second_factors::user_id).limit(1000).load(db)?))
}

/// Turns a second factor on.
///
/// # Errors
/// When the database fails, or the person has one already.
pub fn insert(tx: &mut Tx<'_>, _user: &LockedRow<User>, factor: &SecondFactor) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::insert_into(second_factors::table).values(factor).execute(db)?;
        Ok(())
    })
}

/// Notes that the code of this step was used.
///
/// # Errors
/// When the database fails.
pub fn use_step(tx: &mut Tx<'_>, factor: &LockedRow<SecondFactor>, step: i64) -> Result<(), StoreError> {
    on!(tx, db => {
        let used = second_factors::table.find(factor.user_id);
        diesel::update(used).set(second_factors::last_step.eq(step)).execute(db)?;
        Ok(())
    })
}

/// Uses up a recovery code; false when it is none of this person's that is left.
///
/// # Errors
/// When the database fails.
pub fn use_recovery_code(
    tx: &mut Tx<'_>,
    factor: &LockedRow<SecondFactor>,
    hash: &[u8],
) -> Result<bool, StoreError> {
    on!(tx, db => {
        let code = recovery_codes::table.find(hash).filter(recovery_codes::user_id.eq(factor.user_id));
        Ok(diesel::delete(code).execute(db)? == 1)
    })
}

/// Gives a person these recovery codes in place of those that were left.
///
/// # Errors
/// When the database fails.
pub fn set_recovery_codes(
    tx: &mut Tx<'_>,
    _user: &LockedRow<User>,
    user: UserId,
    hashes: &[Vec<u8>],
) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user))).execute(db)?;
        for hash in hashes {
            let row = (recovery_codes::hash.eq(hash), recovery_codes::user_id.eq(user));
            diesel::insert_into(recovery_codes::table).values(row).execute(db)?;
        }
        Ok(())
    })
}

/// How many recovery codes are left.
///
/// # Errors
/// When the database fails.
pub fn recovery_codes_left(conn: &mut ReadConn<'_>, user: UserId) -> Result<usize, StoreError> {
    on!(conn, db => {
        let left = recovery_codes::table.filter(recovery_codes::user_id.eq(user)).select(recovery_codes::user_id);
        let left: Vec<UserId> = left.limit(MOST_CODES).load(db)?;
        Ok(left.len())
    })
}

/// Turns a second factor off, with its recovery codes.
///
/// # Errors
/// When the database fails.
pub fn remove(tx: &mut Tx<'_>, factor: &LockedRow<SecondFactor>) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(factor.user_id))).execute(db)?;
        diesel::delete(second_factors::table.find(factor.user_id)).execute(db)?;
        Ok(())
    })
}
