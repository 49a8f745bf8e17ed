//! Seals the ledger: a running digest over all events, keyed with SECRET_KEY. A history that is cut short together with its
//! projection still contradicts the seals. Used by the sealing job; it writes seals. The first one is written when the
//! installation is made, and covers nothing.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::calendar::LocalCalendar;
use crate::domain::ledger::{EventHash, GENESIS, fold_position, fold_seal};
use crate::domain::time::Timestamp;
use crate::store::seals::{self, NUMBERED, PLAIN, Seal};
use crate::store::{ReadConn, StoreError, Tx, events, settings};

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
    if !is_due(tx, key)? {
        // Recording is never held up without a reason.
        return Ok(0);
    }
    events::lock_table(tx)?;
    // Another instance may have sealed meanwhile.
    if !is_due(tx, key)? {
        return Ok(0);
    }
    let last = seals::last(tx)?;
    let from = last.as_ref().map_or(0, |seal| seal.through_position);
    let fresh = events::hashes_after(tx, from, STEP)?;
    let start = last.as_ref().map_or(Ok(GENESIS), |seal| hash_of(&seal.digest))?;
    let digest = fresh.iter().fold(start, |digest, (position, hash)| fold_position(digest, *position, hash));
    let events = i64::try_from(fresh.len()).unwrap_or(STEP);
    let mut seal = Seal {
        serial: last.map_or(0, |seal| seal.serial) + 1,
        version: NUMBERED,
        through_position: fresh.last().map_or(from, |(position, _)| *position),
        events,
        digest: digest.to_vec(),
        mac: Vec::new(),
        sealed_at: now,
        caught_up: events < STEP,
    };
    seal.mac = mac(key, &seal);
    seals::add(tx, &seal)?;
    settings::set(tx, settings::SEAL_HEAD, &head(key, &seal))?;
    Ok(fresh.len())
}

/// Is there anything that the newest seal does not say? Nothing is sealed yet, or in the oldest form only; or the
/// installation's first seal was made with another key than the one that is used now.
fn is_due(tx: &mut Tx<'_>, key: &[u8]) -> Result<bool, StoreError> {
    let Some(last) = seals::last(tx)? else { return Ok(true) };
    let needs_new_form = last.version == PLAIN || (is_start(&last) && last.mac != mac(key, &last));
    Ok(needs_new_form || !events::hashes_after(tx, last.through_position, 1)?.is_empty())
}

/// True when sealing may go on with this key: the seal was made with it, or covers nothing yet.
pub fn goes_on_with(key: &[u8], seal: &Seal) -> bool {
    is_start(seal) || seal.mac == mac(key, seal)
}

/// True for a seal in front of every event.
pub(super) fn is_start(seal: &Seal) -> bool {
    seal.through_position == 0 && seal.events == 0
}

/// How many events there are, and one digest over all their hashes in order.
///
/// # Errors
/// When the database fails.
pub fn digest_of_all(conn: &mut ReadConn<'_>) -> Result<(u64, String), StoreError> {
    let (mut position, mut count, mut digest) = (0, 0, GENESIS);
    loop {
        let step = events::hashes_after(conn, position, STEP)?;
        let Some((last, _)) = step.last() else { return Ok((count, HEXLOWER.encode(&digest))) };
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
        LocalCalendar::UTC.time(sealed_at)
    )
}

/// The seal under the key: of the oldest form only its digest and position, else everything it says.
pub(super) fn mac(key: &[u8], seal: &Seal) -> Vec<u8> {
    let through = seal.through_position.to_be_bytes();
    match seal.version {
        PLAIN => keyed(key, &[b"seal", &through, &seal.digest]),
        _ => {
            let (serial, events) = (seal.serial.to_be_bytes(), seal.events.to_be_bytes());
            let (at, caught_up) = (seal.sealed_at.micros().to_be_bytes(), [u8::from(seal.caught_up)]);
            keyed(key, &[b"seal 2", &serial, &through, &events, &at, &caught_up, &seal.digest])
        }
    }
}

/// What is kept of the newest seal outside the table of seals: without the key it cannot be written for an older one.
pub(super) fn head(key: &[u8], seal: &Seal) -> String {
    let mac = keyed(key, &[b"head", &seal.serial.to_be_bytes(), &seal.mac]);
    format!("{} {}", seal.serial, HEXLOWER.encode(&mac))
}

/// HMAC-SHA-256 over parts; all of them but the last have one length for each first part.
fn keyed(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

fn hash_of(bytes: &[u8]) -> Result<EventHash, ActionError> {
    let wrong = || StoreError::NotWritten("the last seal is damaged; run verify".to_owned());
    Ok(EventHash::try_from(bytes).map_err(|_| wrong())?)
}
