//! Says at each start and heartbeat whether the database and the files beside it belong together. Two from different times
//! mean that a backup was put in place, and opt-outs may be missing. Used by the start and the heartbeat job; it writes the
//! mark of the start, and stops all sending after a restore.

use chrono::Duration;

use crate::domain::restore_hold::{RestoreHold, RestoreSign};
use crate::domain::time::Timestamp;
use crate::store::start_file::StartMark;
use crate::store::{ReadConn, StoreError, Tx, inbound, messages, seals, sending, settings, starts};

use super::{ActionError, restore, seal};

/// A heartbeat older than this at a start is a suspicion: a machine or a folder that was put back changes nothing else.
const QUIET: Duration = Duration::minutes(10);

/// What lies beside the database at a start.
#[derive(Clone, Debug)]
pub struct FilesBeside {
    /// The file of starts.
    pub start: Option<StartMark>,
    /// There is a file of seals.
    pub has_seals: bool,
    /// The secret key is there or given.
    pub has_key: bool,
    /// The database is in the same folder and belongs to one server.
    pub is_embedded: bool,
}

/// What a start finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StartFinding {
    /// The files and the database belong together.
    Known,
    /// They do not.
    Restored(RestoreSign),
    /// A new instance with an empty folder, or a restore: another instance that runs tells them apart.
    Newcomer(RestoreSign),
}

/// Judges a start by what lies beside the database.
///
/// # Errors
/// When the database fails.
pub fn judge_start(conn: &mut ReadConn<'_>, beside: &FilesBeside) -> Result<StartFinding, StoreError> {
    if needs_key(conn)? && !beside.has_key {
        return Ok(StartFinding::Restored(RestoreSign::NoKey));
    }
    let has_seals = seals::last(conn)?.is_some();
    let lacks_seals = has_seals && !beside.has_seals;
    if let Some(mark) = &beside.start {
        let known = starts::mark_of(conn, &mark.file)?;
        return Ok(match mark.fits(known.as_deref()) {
            false => StartFinding::Restored(RestoreSign::OtherStart),
            true if lacks_seals => StartFinding::Restored(RestoreSign::NoSealFile),
            true => StartFinding::Known,
        });
    }
    let was_started = starts::any(conn)?;
    let sign = match (lacks_seals, was_started) {
        (true, true) => RestoreSign::NoSealFile,
        (false, true) => RestoreSign::NoStartFile,
        // Seals that a command made before the first start have no file yet.
        (true, false) if has_run_before(conn)? => RestoreSign::NoSealFile,
        _ => return Ok(StartFinding::Known),
    };
    Ok(if beside.is_embedded { StartFinding::Restored(sign) } else { StartFinding::Newcomer(sign) })
}

/// True when there is a seal over events: it can be checked with its own key only.
///
/// # Errors
/// When the database fails.
pub fn needs_key(conn: &mut ReadConn<'_>) -> Result<bool, StoreError> {
    Ok(seals::last(conn)?.is_some_and(|last| !seal::is_start(&last)))
}

/// True for a database that a server of an earlier version has run on: it knows of no starts.
fn has_run_before(conn: &mut ReadConn<'_>) -> Result<bool, StoreError> {
    Ok(settings::get(conn, settings::SETUP_TOKEN)?.is_some() || messages::any(conn)? || inbound::any(conn)?)
}

/// True when no server has run for so long that the whole machine may have been put back. A database of an earlier version has
/// no heartbeat: then anything may have happened.
///
/// # Errors
/// When the database fails.
pub fn was_quiet(conn: &mut ReadConn<'_>, now: Timestamp) -> Result<bool, StoreError> {
    match starts::heartbeat(conn)? {
        Some(last) => Ok(now.since(last) > QUIET),
        None => Ok(messages::any(conn)? || inbound::any(conn)?),
    }
}

/// Stops all sending because a restore was noticed, unless that is known.
///
/// # Errors
/// When the database fails.
pub fn suspect_restore(tx: &mut Tx<'_>, sign: RestoreSign, now: Timestamp) -> Result<bool, ActionError> {
    if sending::standstill(tx)?.is_some_and(RestoreHold::awaits_after_restore) {
        return Ok(false);
    }
    let since = restore::complete_until(tx)?;
    restore::suspend_sending(tx, RestoreHold::Suspected { sign, since }, now)?;
    Ok(true)
}

/// Writes down the file's next mark and shows that the server runs. Returns false when the database holds a mark that the
/// file cannot have: then it was put back, and sending stands still from now on.
///
/// # Errors
/// When the database fails.
pub fn mark_start(
    tx: &mut Tx<'_>,
    file: &StartMark,
    next: &str,
    now: Timestamp,
) -> Result<bool, ActionError> {
    let fits = file.fits(starts::mark_of(tx, &file.file)?.as_deref());
    if !fits {
        suspect_restore(tx, RestoreSign::OtherStart, now)?;
    }
    starts::set_mark(tx, &file.file, next)?;
    starts::beat(tx, now)?;
    Ok(fits)
}
