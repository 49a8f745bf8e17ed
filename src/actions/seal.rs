//! Seal the ledger: a running digest over all event hashes, keyed with SECRET_KEY. A history that is cut short together
//! with its projection still contradicts the seals.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::hex::hex;
use crate::domain::ledger::{GENESIS, Hash, fold_seal};
use crate::domain::time::Timestamp;
use crate::store::events::{self, Seal};
use crate::store::{Conn, StoreError, Tx};

use super::{ActionError, restore};

/// Events sealed at most in one step.
const STEP: i64 = 5000;

/// Seals what was recorded since the last seal, at most 5,000 events. Returns how many there were. `outside` is the last
/// seal in the file beside the database: a database that lacks it was cut short or is a backup, and is not sealed over.
///
/// # Errors
/// [`ActionError::Conflict`] when the database lies behind `outside`; else when the database fails.
pub fn seal(
    tx: &mut Tx<'_>,
    key: &[u8],
    outside: Option<&Seal>,
    now: Timestamp,
) -> Result<usize, ActionError> {
    if let Some(outside) = outside
        && restore::is_behind(tx, outside)?
    {
        return Err(ActionError::Conflict(behind(outside.sealed_at)));
    }
    let sealed = events::last_seal(tx)?.map_or(0, |seal| seal.through_position);
    if events::hashes_after(tx, sealed, 1)?.is_empty() {
        // Nobody has to stand still for nothing.
        return Ok(0);
    }
    events::hold_still(tx)?;
    let last = events::last_seal(tx)?;
    let (from, mut digest) = match &last {
        Some(seal) => (seal.through_position, hash_of(&seal.digest)?),
        None => (0, GENESIS),
    };
    let fresh = events::hashes_after(tx, from, STEP)?;
    let Some((through_position, _)) = fresh.last() else { return Ok(0) };
    for (_, hash) in &fresh {
        digest = fold_seal(digest, hash);
    }
    let mac = mac(key, *through_position, &digest);
    let events = i64::try_from(fresh.len()).unwrap_or(STEP);
    let seal =
        Seal { through_position: *through_position, events, digest: digest.to_vec(), mac, sealed_at: now };
    events::add_seal(tx, &seal)?;
    Ok(fresh.len())
}

/// Seals everything, where sealing began before: for commands that write while no server may be running.
///
/// # Errors
/// When the database fails.
pub fn go_on(tx: &mut Tx<'_>, key: &[u8], now: Timestamp) -> Result<(), ActionError> {
    while events::last_seal(tx)?.is_some() && seal(tx, key, None, now)? > 0 {}
    Ok(())
}

/// How many events there are, and one digest over all their hashes in order.
///
/// # Errors
/// When the database fails.
pub fn digest_of_all(conn: &mut Conn<'_>) -> Result<(u64, String), StoreError> {
    let (mut position, mut count, mut digest) = (0, 0, GENESIS);
    loop {
        let step = events::hashes_after(conn, position, STEP)?;
        let Some((last, _)) = step.last() else { return Ok((count, hex(&digest))) };
        position = *last;
        for (_, hash) in &step {
            count += 1;
            digest = fold_seal(digest, hash);
        }
    }
}

/// What a database without a seal that the file beside it holds means.
pub(super) fn behind(sealed_at: Timestamp) -> String {
    format!(
        "The database is older than the last seal of {}: was a backup restored, or were seals deleted?",
        sealed_at.words()
    )
}

/// The seal's keyed digest.
pub(super) fn mac(key: &[u8], through: i64, digest: &Hash) -> Vec<u8> {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(b"seal");
            mac.update(&through.to_be_bytes());
            mac.update(digest);
            mac.finalize().into_bytes().to_vec()
        }
        Err(_) => Vec::new(),
    }
}

fn hash_of(bytes: &[u8]) -> Result<Hash, ActionError> {
    let wrong = || StoreError::Commit("the last seal is damaged; run verify".to_owned());
    Ok(Hash::try_from(bytes).map_err(|_| wrong())?)
}
