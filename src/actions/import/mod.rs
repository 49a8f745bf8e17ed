//! Takes contacts, consents and suppressions from a file of another system. Each row is planned by the same checks that write it,
//! so that a dry run says what will be; an opted-out number stays out whatever the file says. Used by the command line; it
//! writes contacts, and consent through `transition`.

mod contact;
mod dry_run;
mod file;
mod row;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::actor::Actor;
use crate::domain::import::{ColumnMap, DateOrder, ImportKind, ImportLine, ImportOutcome};
use crate::domain::phone::Phone;
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::{StoreError, Tx, admin_log, numbers};

use super::{ActionContext, ActionError};

pub use dry_run::DryRun;
pub use file::{FileRow, ImportFile, ImportFileError};
pub use row::{RowPlan, plan_row};

/// What all rows of an import share.
#[derive(Clone, Debug)]
pub struct ImportOrder {
    /// What the rows are about.
    pub kind: ImportKind,
    /// The system that the file was exported from.
    pub source: String,
    /// The day of the export, where it is known.
    pub exported_on: Option<NaiveDate>,
    /// The file's name.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    pub file_sha256: String,
    /// Which column holds what.
    pub columns: ColumnMap,
    /// How many columns have a heading.
    pub width: usize,
    /// How dates with slashes are written.
    pub dates: DateOrder,
    /// The program that consents are for.
    pub program: Arc<Program>,
}

impl ImportOrder {
    fn line(&self, line: u64) -> ImportLine {
        ImportLine {
            source: self.source.clone(),
            exported_on: self.exported_on,
            file: self.file.clone(),
            file_sha256: self.file_sha256.clone(),
            line,
        }
    }
}

/// What became of a row, or will.
#[derive(Clone, Debug)]
pub struct RowReport {
    /// The row's line.
    pub line: u64,
    /// What it does.
    pub outcome: ImportOutcome,
    /// Why, as sentences.
    pub notes: Vec<String>,
}

/// Takes a portion of rows, in one transaction. A row that was taken before says nothing new, so that a portion may be taken twice.
///
/// # Errors
/// When the database fails; then none of the portion is taken.
pub fn take_rows(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    order: &ImportOrder,
    rows: &[FileRow],
) -> Result<Vec<RowReport>, ActionError> {
    let mut made = lock_numbers(tx, context, order, rows)?;
    let take = |row: &FileRow| {
        let plan = plan_row(tx, context, order, row)?;
        let mut report = plan.report(row.line);
        let is_new = plan.phone.as_ref().is_some_and(|phone| made.remove(phone));
        if is_new && plan.is_number_alone() && report.outcome == ImportOutcome::Unchanged {
            report.outcome = ImportOutcome::New;
        }
        plan.carry_out(tx, context, order)?;
        Ok(report)
    };
    rows.iter().map(take).collect()
}

/// What is on record of the numbers is locked in the order in which everybody locks several. The new ones are made behind them, in
/// the order of their digits: of two files with the same numbers, neither waits for the other in a circle. Returns the new ones.
fn lock_numbers(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    order: &ImportOrder,
    rows: &[FileRow],
) -> Result<BTreeSet<Phone>, ActionError> {
    let (mut ids, mut new) = (Vec::new(), BTreeSet::new());
    for row in rows {
        let Ok(phone) = row::phone(order, row, context.region) else { continue };
        match numbers::find_spelled(tx, &phone)? {
            Some(number) => ids.push(number.id),
            None if plan_row(tx, context, order, row)?.outcome == ImportOutcome::Refused => {}
            None => drop(new.insert(phone.clone())),
        }
        if let Some(twin) = phone.twin() {
            ids.extend(numbers::find_spelled(tx, &twin)?.map(|number| number.id));
        }
    }
    numbers::lock_all(tx, ids)?;
    for phone in &new {
        numbers::find_or_create(tx, phone, context.now)?;
    }
    Ok(new)
}

/// Writes down that an import begins or ended.
///
/// # Errors
/// When the database fails.
pub fn note_import(
    tx: &mut Tx<'_>,
    actor: &Actor,
    what: &str,
    file_sha256: &str,
    facts: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    admin_log::add(tx, actor, what, &format!("file:{file_sha256}"), facts, now)
}
