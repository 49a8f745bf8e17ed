//! What every text and every send asks for and people change by hand: the programs, their sender numbers and the switch of
//! all sending. Kept in memory under a version that each transaction reads, and where others may write meanwhile, once more
//! before its commit: what relied on an earlier version is not committed. So a change counts for whatever is claimed after
//! it, in this process and in every other; a hand-off that was claimed before may still begin, for no longer than
//! [`super::LEASE`].

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::locked::{self, RuleGuard};
use super::{ReadConn, StoreError, Tx, engine, program_rows, rulebook_rows, settings, unfinished_jobs};
use crate::domain::background_job::JobKind;
use crate::domain::calendar::LocalCalendar;
use crate::domain::id::{JobId, ProgramId};
use crate::domain::program::Program;
use crate::domain::schedule::Rulebook;
use crate::domain::texting_limits::TextingLimits;

/// The programs with their sender numbers, the switch, the dated rules, the organization's calendar and its limits.
#[derive(Debug)]
pub(super) struct ConfigCache {
    pub(super) version: String,
    /// The default one first.
    pub(super) programs: Arc<Vec<Arc<Program>>>,
    /// Each program's current one before its earlier ones.
    pub(super) senders: Vec<(ProgramId, String)>,
    pub(super) sending_on: bool,
    pub(super) rulebook: Arc<Rulebook>,
    pub(super) calendar: LocalCalendar,
    pub(super) limits: TextingLimits,
    /// New programs whose numbers do not all have their rows yet, and the job that adds them.
    pub(super) preparing: BTreeMap<ProgramId, JobId>,
}

/// The catalog as this process last read it.
#[derive(Default)]
pub(super) struct CachedConfig(RwLock<Option<Arc<ConfigCache>>>);

impl CachedConfig {
    fn of_version(&self, version: &str) -> Option<Arc<ConfigCache>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|catalog| catalog.version == version).map(Arc::clone)
    }

    fn keep(&self, catalog: &Arc<ConfigCache>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(catalog));
    }
}

/// The catalog as it stands.
pub(super) fn read(conn: &mut ReadConn<'_>) -> Result<Arc<ConfigCache>, StoreError> {
    if let Some(catalog) = &conn.catalog {
        return Ok(Arc::clone(catalog));
    }
    let version = settings::get(conn, settings::CATALOG)?.unwrap_or_default();
    let catalog = match conn.known.of_version(&version) {
        Some(catalog) => catalog,
        None => {
            // The version was read first: what is read after it is at least as new.
            let (programs, senders) =
                (Arc::new(program_rows::load(conn)?), program_rows::load_senders(conn)?);
            let sending_on = settings::get(conn, settings::SENDING)?.as_deref() != Some("off");
            let rulebook = rulebook_rows::load(conn)?;
            let zone = settings::get(conn, settings::TIME_ZONE)?;
            let calendar = zone.and_then(|zone| LocalCalendar::find(&zone)).unwrap_or_default();
            let limits = settings::get(conn, settings::LIMITS)?;
            let limits = limits.map(|json| serde_json::from_str::<TextingLimits>(&json)).transpose()?;
            let limits = limits.unwrap_or_default().within_bounds();
            let preparing = load_preparing(conn)?;
            let catalog = Arc::new(ConfigCache {
                version,
                programs,
                senders,
                sending_on,
                rulebook,
                calendar,
                limits,
                preparing,
            });
            conn.known.keep(&catalog);
            catalog
        }
    };
    conn.catalog = Some(Arc::clone(&catalog));
    Ok(catalog)
}

/// True when nobody changed the catalog since it had this version.
pub(super) fn is_current(tx: &mut Tx<'_>, version: &str) -> Result<bool, String> {
    let current = settings::get(tx, settings::CATALOG).map_err(|error| error.to_string())?;
    Ok(current.unwrap_or_default() == version)
}

/// Locks all that the catalog holds, and the forms: what is read of them from now on stays as it is until the commit. Whoever
/// changes any of it locks it before reading.
pub(super) fn lock(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    engine::run_exclusively(tx)?;
    locked::lock(tx, RuleGuard::Catalog)?;
    // Another transaction may have changed it while this one waited.
    tx.catalog = None;
    Ok(())
}

/// Gives the catalog a new version, in the transaction that changes it and before that transaction reads it again: else what
/// is not committed yet would be kept under the old version. Random, so that a transaction which is rolled back
/// leaves no version behind that another one could take.
pub(super) fn touch(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    // Else it could hide somebody else's change from those before it in the group.
    engine::run_exclusively(tx)?;
    let mut random = [0u8; 16];
    getrandom::fill(&mut random).map_err(|_| StoreError::Randomness)?;
    let version = data_encoding::HEXLOWER.encode(&random);
    settings::set(tx, settings::CATALOG, &version)?;
    tx.catalog = None;
    Ok(())
}

/// New programs whose numbers do not all have their rows yet, and the job that adds them, whatever became of it.
fn load_preparing(conn: &mut ReadConn<'_>) -> Result<BTreeMap<ProgramId, JobId>, StoreError> {
    let unfinished = unfinished_jobs::unfinished(conn, JobKind::ProgramRows)?;
    Ok(unfinished.into_iter().filter_map(|(job, program)| Some((program?, job))).collect())
}
