//! The gate's answer as the API shows it. The handlers of messages and numbers use it; it writes nothing.

use serde::Serialize;
use utoipa::ToSchema;

use super::words;
use crate::domain::calendar::LocalCalendar;
use crate::domain::consent::{Source, StateName, StateSince};
use crate::domain::gate::{CheckName, GateCheck, Outcome, Verdict};
use crate::domain::time::Timestamp;
use crate::words::{check_next_step, check_rule, check_text};

/// One check, with its rule.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckView {
    #[schema(schema_with = words::check)]
    name: CheckName,
    #[schema(schema_with = words::outcome)]
    outcome: Outcome,
    /// The facts, as a sentence.
    facts: String,
    /// The rule that it checks.
    rule: &'static str,
    /// What to do about a failure.
    next_step: Option<String>,
}

/// When and by which event a state began.
#[derive(Serialize, ToSchema)]
pub(super) struct SinceView {
    #[schema(format = DateTime)]
    occurred_at: String,
    #[schema(format = DateTime)]
    recorded_at: String,
    /// The event's place in the number's history.
    seq: i32,
    #[schema(schema_with = words::source)]
    source: Source,
}

/// The gate's answer for one text.
#[derive(Serialize, ToSchema)]
pub(super) struct VerdictView<'a> {
    /// The program's slug.
    program: &'a str,
    #[schema(schema_with = words::state)]
    state: StateName,
    since: Option<SinceView>,
    /// How many events the number's history had.
    history_seq: i32,
    #[schema(format = DateTime)]
    asked_at: String,
    /// Every check, in order.
    checks: Vec<CheckView>,
    /// When quiet hours and caps next allow a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_allowed_at: Option<String>,
}

impl CheckView {
    fn new(check: &GateCheck, calendar: LocalCalendar) -> Self {
        CheckView {
            name: check.name,
            outcome: check.outcome,
            facts: check_text(check, calendar),
            rule: check_rule(check.name),
            next_step: check_next_step(check),
        }
    }
}

impl From<StateSince> for SinceView {
    fn from(since: StateSince) -> Self {
        SinceView {
            occurred_at: since.occurred_at.rfc3339(),
            recorded_at: since.recorded_at.rfc3339(),
            seq: since.seq,
            source: since.source,
        }
    }
}

/// Every check, in order.
pub(super) fn checks(verdict: &Verdict) -> Vec<CheckView> {
    verdict.checks.iter().map(|check| CheckView::new(check, verdict.calendar())).collect()
}

impl<'a> VerdictView<'a> {
    /// `program` is the slug of the program that was asked about.
    pub(super) fn new(verdict: &'a Verdict, program: &'a str) -> Self {
        VerdictView {
            program,
            state: verdict.state,
            since: verdict.since.map(SinceView::from),
            history_seq: verdict.history_seq,
            asked_at: verdict.asked_at.rfc3339(),
            checks: checks(verdict),
            next_allowed_at: verdict.next_allowed_at.map(Timestamp::rfc3339),
        }
    }
}
