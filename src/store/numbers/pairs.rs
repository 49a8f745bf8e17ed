//! Two records that are locked together: a contact's old and new number, or the two spellings of one handset. Used by
//! `actions::save_contact` and `actions::spelling`.

use super::{Number, find, find_or_create, find_spelled, get, get_locked};
use crate::domain::id::NumberId;
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;
use crate::store::{LockedRow, StoreError, Tx};

/// The number that a contact points at from now on, and the one that it leaves, where that is another one. Locked in the
/// order of their identifiers, a new one last: of two contacts that swap their numbers, none waits for the other.
///
/// # Errors
/// When the database fails.
pub fn lock_both(
    tx: &mut Tx<'_>,
    to: &Phone,
    from: NumberId,
    now: Timestamp,
) -> Result<(LockedRow<Number>, Option<LockedRow<Number>>), StoreError> {
    let Some(known) = find(tx, to)? else {
        let left = get_locked(tx, from)?;
        return Ok((find_or_create(tx, to, now)?, left));
    };
    if known.id < from {
        return Ok((find_or_create(tx, to, now)?, get_locked(tx, from)?));
    }
    let left = get_locked(tx, from)?.filter(|left| left.id != known.id);
    Ok((find_or_create(tx, to, now)?, left))
}

/// The number's record, made if it is new, for a write that may end its consent: its twin, to which an opt-out is written as
/// well, is locked with it. Both in the order of their identifiers, new ones last and in the order of their digits: of two
/// opt-outs that come under both spellings at once, none waits for the other.
///
/// # Errors
/// When the database fails.
pub fn find_or_create_with_twin(
    tx: &mut Tx<'_>,
    phone: &Phone,
    now: Timestamp,
) -> Result<LockedRow<Number>, StoreError> {
    let phone = phone.canonical();
    let Some(twin) = phone.twin() else { return find_or_create(tx, &phone, now) };
    lock_twins(tx, &phone, &twin)?;
    let (first, second) = if phone < twin { (&phone, &twin) } else { (&twin, &phone) };
    find_or_create(tx, first, now)?;
    find_or_create(tx, second, now)?;
    find_or_create(tx, &phone, now)
}

/// Locks what is on record of a number and its twin, in the order of their identifiers.
///
/// # Errors
/// When the database fails.
pub fn lock_twins(tx: &mut Tx<'_>, phone: &Phone, twin: &Phone) -> Result<(), StoreError> {
    let mut known = Vec::new();
    for spelling in [phone, twin] {
        known.extend(find_spelled(tx, spelling)?.map(|number| number.id));
    }
    known.sort_unstable();
    for id in known {
        get_locked(tx, id)?;
    }
    Ok(())
}

/// As [`find_or_create_with_twin`], for a record by its identifier.
///
/// # Errors
/// When the database fails.
pub fn get_locked_with_twin(
    tx: &mut Tx<'_>,
    id: NumberId,
    now: Timestamp,
) -> Result<Option<LockedRow<Number>>, StoreError> {
    match get(tx, id)?.map(|number| number.phone).filter(|phone| phone.twin().is_some()) {
        Some(phone) => find_or_create_with_twin(tx, &phone, now).map(Some),
        None => get_locked(tx, id),
    }
}
