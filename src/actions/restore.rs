//! Notice that the database is older than what was sealed outside it, and stop all sending: it may not know of people who
//! said stop meanwhile. Only an administrator switches sending on again.

use crate::domain::actor::Actor;
use crate::domain::standstill::Standstill;
use crate::domain::time::Timestamp;
use crate::store::events::{self, Seal};
use crate::store::{Conn, StoreError, Tx, admin_log, settings};

use super::ActionError;

/// What has to be written down now that the file of seals ends with `outside`; nothing when all is known.
///
/// # Errors
/// When the database fails.
pub fn finding(conn: &mut Conn<'_>, outside: Option<&Seal>) -> Result<Option<Standstill>, StoreError> {
    let known = settings::standstill(conn)?;
    let lacking = match outside {
        Some(outside) if is_behind(conn, outside)? => Some(outside.sealed_at),
        _ => None,
    };
    Ok(match (lacking, known) {
        // Whoever moved the file away accepted the older database.
        (None, Some(Standstill::Behind { sealed_at, since })) => {
            Some(Standstill::Accepted { sealed_at, since })
        }
        (None, _) => None,
        (Some(lacks), Some(Standstill::Behind { sealed_at, .. }))
            if lacks == sealed_at && !settings::sending_on(conn)? =>
        {
            None
        }
        (Some(sealed_at), _) => Some(Standstill::Behind { sealed_at, since: complete_until(conn)? }),
    })
}

/// Writes down what was found and switches sending off.
///
/// # Errors
/// When the database fails.
pub fn stand_still(tx: &mut Tx<'_>, why: Standstill, now: Timestamp) -> Result<(), ActionError> {
    settings::stand_still(tx, why)?;
    admin_log::add(tx, &Actor::System, "sending.off", "all sending", &why.facts(), now)?;
    Ok(())
}

/// True when the database lacks a seal that was made.
///
/// # Errors
/// When the database fails.
pub fn is_behind(conn: &mut Conn<'_>, outside: &Seal) -> Result<bool, StoreError> {
    Ok(events::seal_through(conn, outside.through_position)?.as_ref() != Some(outside))
}

/// What leads sent before is in the database. The last seal says it, because nothing is sealed while the database is behind,
/// however many new texts arrive.
///
/// # Errors
/// When the database fails.
pub fn complete_until(conn: &mut Conn<'_>) -> Result<Timestamp, StoreError> {
    Ok(events::last_seal(conn)?.map_or(Timestamp::default(), |seal| seal.sealed_at))
}
