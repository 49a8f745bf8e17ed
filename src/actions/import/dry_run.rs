//! Plans a whole file without a write. What an earlier row of the file will have done by then is kept beside, so that the counts
//! are those of the import itself.

use std::collections::HashSet;

use crate::actions::{ActionContext, ActionError};
use crate::domain::import::ImportOutcome;
use crate::domain::phone::Phone;
use crate::store::ReadConn;
use crate::words::import_text;

use super::row::{RowPlan, plan_row};
use super::{FileRow, ImportOrder, RowReport};

/// A number in eight bytes: a file may hold millions.
type PhoneDigits = u64;

fn digits(phone: &Phone) -> PhoneDigits {
    let digits = phone.as_str().chars().filter_map(|letter| letter.to_digit(10));
    digits.fold(0, |number, digit| number * 10 + u64::from(digit))
}

/// What the rows so far will have done.
#[derive(Default)]
pub struct DryRun {
    seen: HashSet<PhoneDigits>,
    opted_in: HashSet<PhoneDigits>,
    opted_out: HashSet<PhoneDigits>,
}

impl DryRun {
    /// Plans the next rows of the file.
    ///
    /// # Errors
    /// When the database fails.
    pub fn plan(
        &mut self,
        conn: &mut ReadConn<'_>,
        context: &ActionContext<'_>,
        order: &ImportOrder,
        rows: &[FileRow],
    ) -> Result<Vec<RowReport>, ActionError> {
        let plan = |row: &FileRow| {
            let plan = self.after_earlier(plan_row(conn, context, order, row)?);
            self.note(&plan);
            Ok(plan.report(row.line))
        };
        rows.iter().map(plan).collect()
    }

    fn after_earlier(&self, plan: RowPlan) -> RowPlan {
        let Some(phone) = plan.phone.as_ref().map(digits) else { return plan };
        let is_out = self.opted_out.contains(&phone);
        match plan.outcome {
            ImportOutcome::Tightened if is_out => {
                plan.turned(ImportOutcome::Unchanged, import_text::OUT_ALREADY.to_owned())
            }
            _ if is_out && plan.brings_consent() => {
                plan.turned(ImportOutcome::Refused, import_text::OUT_IN_THIS_FILE.to_owned())
            }
            _ if plan.brings_consent() && self.opted_in.contains(&phone) => {
                plan.turned(ImportOutcome::Unchanged, import_text::TAKEN_ALREADY.to_owned())
            }
            ImportOutcome::New if self.seen.contains(&phone) && plan.is_number_alone() => {
                plan.turned(ImportOutcome::Unchanged, import_text::TAKEN_ALREADY.to_owned())
            }
            _ => plan,
        }
    }

    fn note(&mut self, plan: &RowPlan) {
        let taken = plan.phone.as_ref().filter(|_| plan.outcome != ImportOutcome::Refused);
        let Some(phone) = taken.map(digits) else { return };
        if plan.outcome == ImportOutcome::Tightened {
            self.opted_out.insert(phone);
        }
        if plan.brings_consent() {
            self.opted_in.insert(phone);
        }
        self.seen.insert(phone);
    }
}
