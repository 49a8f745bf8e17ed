//! The figures on the tabs, counted again from the histories. Used by `verify`; it changes nothing.

use std::collections::BTreeMap;

use crate::domain::background_job::JobKind;
use crate::domain::consent::{NumberConsent, StateName};
use crate::domain::id::ProgramId;
use crate::domain::time::Timestamp;
use crate::store::audit_rows::ConsentRow;
use crate::store::{ReadConn, StoreError, audit_rows, background_jobs, counters};

use super::AuditFindings;

pub(super) struct CountCheck {
    /// Every program, and when it was made.
    pub(super) programs: Vec<(ProgramId, Timestamp)>,
    /// Those whose numbers do not all have their rows yet: the lists count a number without one as not asked.
    preparing: Vec<ProgramId>,
    counted: BTreeMap<(ProgramId, String), i64>,
}

impl CountCheck {
    pub(super) fn begin(
        conn: &mut ReadConn<'_>,
        findings: &mut AuditFindings,
    ) -> Result<CountCheck, StoreError> {
        let mut programs = Vec::new();
        for (id, made_at) in audit_rows::programs(conn)? {
            match ProgramId::from_slice(&id) {
                Some(id) => programs.push((id, Timestamp::from_micros(made_at))),
                None => findings.problem("A program's identifier is not readable."),
            }
        }
        let unfinished = background_jobs::unfinished(conn, JobKind::ProgramRows)?;
        let preparing = unfinished.into_iter().filter_map(|(_, program)| program).collect();
        Ok(CountCheck { programs, preparing, counted: BTreeMap::new() })
    }

    /// True where a number that was stopped at `began` may have no row yet, because the program's job is not done.
    pub(super) fn may_lack_row(&self, program: ProgramId, made_at: Timestamp, began: Timestamp) -> bool {
        began <= made_at && self.preparing.contains(&program)
    }

    /// Counts the lines of a number that has these rows: one for each contact, and one where it has none.
    pub(super) fn count(&mut self, consent: &NumberConsent, rows: &[ConsentRow], contacts: i64) {
        let lines = contacts.max(1);
        for (program, _) in &self.programs {
            let mut add =
                |state: &str| *self.counted.entry((*program, state.to_owned())).or_default() += lines;
            let has_row = || rows.iter().any(|row| row.program_id == program.as_bytes());
            match self.preparing.contains(program) && !has_row() {
                true => add(StateName::NotAsked.as_str()),
                false => add(consent.state_in(*program).name().as_str()),
            }
            add(counters::ALL);
            if consent.paused.is_some() {
                add(counters::NEEDS_REVIEW);
            }
        }
    }

    pub(super) fn compare(
        self,
        conn: &mut ReadConn<'_>,
        findings: &mut AuditFindings,
    ) -> Result<(), StoreError> {
        let mut counted = self.counted;
        for (program, state, shown) in audit_rows::figures(conn)? {
            let program = ProgramId::from_slice(&program);
            let program = program.filter(|program| self.programs.iter().any(|(id, _)| id == program));
            let is_known = [counters::ALL, counters::NEEDS_REVIEW].contains(&state.as_str())
                || state.parse::<StateName>().is_ok();
            if program.is_none() || !is_known {
                findings.figure(format!(
                    "A figure of the lists names no program or no state: {shown} lines as {state}."
                ));
                continue;
            }
            let n = program.and_then(|program| counted.remove(&(program, state.clone()))).unwrap_or(0);
            if n != shown {
                findings.figure(format!("The lists count {shown} lines as {state}; there are {n}."));
            }
        }
        for ((_, state), n) in counted {
            findings.figure(format!("The lists count no lines as {state}; there are {n}."));
        }
        Ok(())
    }
}
