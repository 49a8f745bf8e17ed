//! What a database is for, simulated or real. Used at each start; it writes the kind once, and after that only `become`
//! changes it.

use crate::domain::database_kind::{DatabaseKind, TextsHeld};
use crate::domain::restore_hold::RestoreHold;
use crate::domain::time::Timestamp;
use crate::store::{ReadConn, StoreError, Tx, inbound, messages, sending, settings};

use super::{ActionError, restore};

/// What the database is; written down now if it was not. `None` when it holds texts of both kinds: then sending stands still
/// until a person decides.
///
/// # Errors
/// When the database fails.
pub fn settle_kind(
    tx: &mut Tx<'_>,
    starts_simulated: bool,
    now: Timestamp,
) -> Result<Option<DatabaseKind>, ActionError> {
    if let Some(kind) = settings::database_kind(tx)? {
        return Ok(Some(kind));
    }
    match texts_held(tx)?.judge(starts_simulated) {
        // Of two servers that start at once, both get what the first one wrote.
        Some(kind) => Ok(settings::keep_database_kind(tx, kind)?),
        None => {
            if !sending::standstill(tx)?.is_some_and(RestoreHold::keeps_sending_off) {
                restore::suspend_sending(tx, RestoreHold::Mixed, now)?;
            }
            Ok(None)
        }
    }
}

/// The texts that the database holds, by those who brought or took them.
///
/// # Errors
/// When the database fails.
pub fn texts_held(conn: &mut ReadConn<'_>) -> Result<TextsHeld, StoreError> {
    let (sent_simulated, sent_real) = messages::taken_by(conn)?;
    let real = sent_real || inbound::any_by(conn, "twilio")? || inbound::any_by(conn, "telnyx")?;
    Ok(TextsHeld { simulated: sent_simulated || inbound::any_by(conn, "simulator")?, real })
}
