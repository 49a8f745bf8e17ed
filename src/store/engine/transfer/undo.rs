//! The way back from a move: the copy is marked first, then the mark on the source is taken away, so that at no moment both are
//! alive. A copy that was used since is not left behind: what it recorded, STOPs among it, is not in the source.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::super::{DbConn, existing_source, moving, postgres};
use super::{DatabaseTransfer, TransferMark};
use crate::store::config_cache::CachedConfig;
use crate::store::{ReadConn, StoreError, Tx, settings, starts};

/// A session that just ended is listed for a moment.
const STEPS: u32 = 30;
const STEP: Duration = Duration::from_millis(100);
const USED: &str = "The copy was used since: what was recorded there is not here, and STOPs may be among it. Go on with the copy.";
const IN_USE: &str =
    "The copy is in use. Stop every server on it, and whatever else has it open, then try again.";

/// Where the SQLite database moved to, by the mark on it.
///
/// # Errors
/// When there is no such database.
pub fn moved_to(source: &str) -> Result<Option<String>, StoreError> {
    let mut source = existing_source(source)?;
    settings::get(&mut ReadConn::new(DbConn::Sqlite(&mut source), &CachedConfig::default()), settings::MOVED)
}

/// Takes the mark back without looking at the copy: it was dropped or lost.
///
/// # Errors
/// When there is no such database, or it cannot be written.
pub fn take_mark_back(source: &str) -> Result<(), StoreError> {
    let mut source = existing_source(source)?;
    settings::clear(
        &mut Tx::new(DbConn::Sqlite(&mut source), &CachedConfig::default(), true),
        settings::MOVED,
    )
}

/// Marks the copy as left, to `back`, and takes the mark on the source away.
///
/// # Errors
/// When the copy was used since or is in use, or a database fails: then the source stays marked.
pub fn undo_move(source: &str, target: &str, back: &str) -> Result<(), StoreError> {
    let mut copy = DatabaseTransfer::reopen(source, target)?;
    if starts::any(&mut copy.target())? || starts::heartbeat(&mut copy.target())?.is_some() {
        return Err(StoreError::Move(USED.to_owned()));
    }
    // From here on nothing opens the copy; what had it open before is still listed.
    settings::set(&mut copy.writing(), settings::MOVED, back)?;
    let left = copy.check_unused();
    if left.is_err() {
        settings::clear(&mut copy.writing(), settings::MOVED)?;
    }
    left?;
    copy.revive_source()
}

impl DatabaseTransfer {
    fn reopen(source: &str, target: &str) -> Result<DatabaseTransfer, StoreError> {
        let (source, target, bridge) = moving(source, target)?;
        let (source_known, target_known) = (CachedConfig::default(), CachedConfig::default());
        let (counts, mark) = (Vec::new(), TransferMark::default());
        Ok(DatabaseTransfer { source, target, counts, mark, source_known, target_known, _bridge: bridge })
    }

    fn check_unused(&mut self) -> Result<(), StoreError> {
        let mut steps = 0;
        while postgres::other_sessions(&mut self.target)? > 0 {
            if steps == STEPS {
                return Err(StoreError::Move(IN_USE.to_owned()));
            }
            steps += 1;
            std::thread::sleep(STEP);
        }
        let differences = self.differences()?;
        if differences.is_empty() {
            Ok(())
        } else {
            Err(StoreError::Move(format!("{USED} {}", differences.join(" "))))
        }
    }

    fn revive_source(&mut self) -> Result<(), StoreError> {
        self.source.batch_execute("PRAGMA query_only = OFF")?;
        diesel::sql_query("DELETE FROM settings WHERE key = ?1")
            .bind::<diesel::sql_types::Text, _>(settings::MOVED)
            .execute(&mut *self.source)?;
        Ok(self.source.batch_execute("COMMIT")?)
    }
}
