//! Stamps of hosted forms that were used. Each counts once, also when two submissions with it come at the same moment.
//! Written by `actions::submit_form`.

use diesel::prelude::*;

use super::engine::on;
use super::schema::spent_stamps;
use super::{StoreError, Tx};
use crate::domain::time::Timestamp;

/// Spends a stamp: false when it was spent before. Stamps that are too old to be used are forgotten.
///
/// # Errors
/// When the database fails.
pub fn spend(
    tx: &mut Tx<'_>,
    sha256: &[u8],
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    on!(tx, db => {
        diesel::delete(spent_stamps::table.filter(spent_stamps::expires_at.lt(now))).execute(db)?;
        // Another submission that is spending it is waited for.
        let row = (spent_stamps::sha256.eq(sha256), spent_stamps::expires_at.eq(expires_at));
        let spent = diesel::insert_into(spent_stamps::table).values(row).on_conflict_do_nothing().execute(db)?;
        Ok(spent == 1)
    })
}
