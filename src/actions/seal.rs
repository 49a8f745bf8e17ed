//! Seal the ledger: a running digest over all event hashes, keyed with SECRET_KEY. A history that is cut short together
//! with its projection still contradicts the seals.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::ledger::{GENESIS, Hash, fold_seal};
use crate::domain::time::Timestamp;
use crate::store::events::{self, Seal};
use crate::store::{StoreError, Tx};

use super::ActionError;

/// Events sealed at most in one step.
const STEP: i64 = 5000;

/// Seals what was recorded since the last seal. Returns how many events it added.
///
/// # Errors
/// When the database fails.
pub fn seal(tx: &mut Tx<'_>, key: &[u8], now: Timestamp) -> Result<usize, ActionError> {
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
