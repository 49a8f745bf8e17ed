//! The gate's answer as the API tells it.

use serde::Serialize;

use crate::domain::consent::{Since, StateName};
use crate::domain::gate::{Check, CheckName, Outcome, Verdict};
use crate::domain::id::ProgramId;
use crate::domain::time::Timestamp;

/// One check, with its rule.
#[derive(Serialize)]
pub(super) struct CheckView<'a> {
    name: CheckName,
    outcome: Outcome,
    facts: &'a str,
    rule: &'static str,
    next_step: Option<&'a str>,
}

/// A verdict, whole.
#[derive(Serialize)]
pub(super) struct VerdictView<'a> {
    program: ProgramId,
    state: StateName,
    since: Option<Since>,
    history_seq: i32,
    asked_at: Timestamp,
    checks: Vec<CheckView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_allowed_at: Option<String>,
}

impl<'a> From<&'a Check> for CheckView<'a> {
    fn from(check: &'a Check) -> Self {
        CheckView {
            name: check.name,
            outcome: check.outcome,
            facts: &check.facts,
            rule: check.name.rule(),
            next_step: check.next_step.as_deref(),
        }
    }
}

/// Every check, in order.
pub(super) fn checks(verdict: &Verdict) -> Vec<CheckView<'_>> {
    verdict.checks.iter().map(CheckView::from).collect()
}

impl<'a> From<&'a Verdict> for VerdictView<'a> {
    fn from(verdict: &'a Verdict) -> Self {
        VerdictView {
            program: verdict.program,
            state: verdict.state,
            since: verdict.since,
            history_seq: verdict.history_seq,
            asked_at: verdict.asked_at,
            checks: checks(verdict),
            next_allowed_at: verdict.next_allowed_at.map(Timestamp::rfc3339),
        }
    }
}
