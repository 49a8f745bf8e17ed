//! Walks the whole record and believes nothing: chains, commitments, evidence, projections, figures, seals, and for every
//! message that was handed over the event that permitted it. Used by the `verify` command and by tests; it reads every table
//! once, in order, many rows at a time, and changes nothing.

mod coverage;
mod dated;
mod documents;
mod evidence;
mod figures;
mod number;
mod outbound;
mod seals;
mod sorted;
mod steps;

use crate::domain::time::Timestamp;
use crate::store::audit_rows::{self, RowCounts};
use crate::store::seals::Seal;
use crate::store::{ReadConn, StoreError, integrity};

pub use coverage::{COVERED, NOT_COVERED, help, is_gap};
use documents::Documents;
use figures::CountCheck;
use number::NumberRows;
use sorted::SortedRows;

/// Numbers walked at a time, with all that belongs to them.
const STEP: i64 = 500;

/// What the walk found.
#[derive(Debug, Default)]
pub struct AuditFindings {
    /// Numbers walked.
    pub numbers: usize,
    /// Events checked.
    pub events: usize,
    /// Messages checked.
    pub messages: usize,
    /// Texts from leads checked.
    pub texts: usize,
    /// Documents and consent wordings checked.
    pub papers: usize,
    /// Seals checked.
    pub seals: usize,
    /// Everything that is wrong with the record, as sentences. Numbers appear by identifier only.
    pub problems: Vec<String>,
    /// Figures of ours that do not say what the history says. The history itself is as it was.
    pub figures: Vec<String>,
    /// What cannot be told, as sentences.
    pub unsettled: Vec<String>,
}

/// What all findings together mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuditConclusion {
    /// Everything that is covered is as it was recorded.
    Intact,
    /// The record was changed or damaged.
    Tampered,
    /// Part of it cannot be told.
    Unsettled,
    /// The history is intact; counts that are kept beside it are wrong.
    WrongFigures,
}

impl AuditFindings {
    fn problem(&mut self, words: impl Into<String>) {
        self.problems.push(words.into());
    }

    fn figure(&mut self, words: impl Into<String>) {
        self.figures.push(words.into());
    }

    fn unsettled(&mut self, words: impl Into<String>) {
        self.unsettled.push(words.into());
    }

    /// What they mean, the worst first.
    pub fn conclusion(&self) -> AuditConclusion {
        match self {
            AuditFindings { problems, .. } if !problems.is_empty() => AuditConclusion::Tampered,
            AuditFindings { unsettled, .. } if !unsettled.is_empty() => AuditConclusion::Unsettled,
            AuditFindings { figures, .. } if !figures.is_empty() => AuditConclusion::WrongFigures,
            _ => AuditConclusion::Intact,
        }
    }
}

/// What the seals are checked with.
#[derive(Clone, Copy, Debug)]
pub struct SealInputs<'a> {
    /// SECRET_KEY.
    pub key: &'a [u8],
    /// The seals of the file beside the database, if there is one.
    pub outside: Option<&'a [Seal]>,
    /// Says how long an event has waited for its seal.
    pub now: Timestamp,
}

/// Walks the whole record.
///
/// # Errors
/// When the database cannot be read: then nothing can be told.
pub fn verify(conn: &mut ReadConn<'_>, sealing: SealInputs<'_>) -> Result<AuditFindings, StoreError> {
    let mut findings = AuditFindings { problems: integrity::flaws(conn)?, ..AuditFindings::default() };
    let papers = Documents::check(conn, &mut findings)?;
    let mut figures = CountCheck::begin(conn, &mut findings)?;
    let states = walk_numbers(conn, &papers, &mut figures, &mut findings)?;
    check_counts(audit_rows::counts(conn)?, states, &mut findings);
    figures.compare(conn, &mut findings)?;
    dated::check(conn, &mut findings)?;
    seals::check(conn, &sealing, &mut findings)?;
    Ok(findings)
}

/// Returns how many rows of states the numbers have.
fn walk_numbers(
    conn: &mut ReadConn<'_>,
    papers: &Documents,
    figures: &mut CountCheck,
    findings: &mut AuditFindings,
) -> Result<usize, StoreError> {
    let (mut after, mut states) = (Vec::new(), 0);
    loop {
        let page = audit_rows::numbers(conn, &after, STEP)?;
        let Some(last) = page.last().map(|number| number.id.clone()) else { return Ok(states) };
        let mut events = SortedRows::new(audit_rows::events(conn, &after, &last)?);
        let mut projected = SortedRows::new(audit_rows::states(conn, &after, &last)?);
        let mut messages = SortedRows::new(audit_rows::messages(conn, &after, &last)?);
        let mut steps = SortedRows::new(audit_rows::steps(conn, &after, &last)?);
        let mut texts = SortedRows::new(audit_rows::texts(conn, &after, &last)?);
        let mut contacts = SortedRows::new(audit_rows::contacts(conn, &after, &last)?);
        for row in page {
            let has = NumberRows {
                events: events.of(&row.id),
                states: projected.of(&row.id),
                messages: messages.of(&row.id),
                steps: steps.of(&row.id),
                texts: texts.of(&row.id),
                contacts: contacts.of(&row.id).first().map_or(0, |row| row.contacts),
            };
            states += has.states.len();
            number::check(&row, has, papers, figures, findings);
        }
        after = last;
    }
}

/// Rows that belong to no number were not walked.
fn check_counts(stored: RowCounts, states: usize, findings: &mut AuditFindings) {
    let AuditFindings { events, messages, texts, .. } = *findings;
    for (what, stored, walked) in [
        ("events", stored.events, events),
        ("messages", stored.messages, messages),
        ("texts from leads", stored.texts, texts),
        ("states", stored.states, states),
    ] {
        if usize::try_from(stored) != Ok(walked) {
            findings.problem(format!(
                "{stored} {what} are stored, but {walked} belong to a number or a sound chain."
            ));
        }
    }
    if stored.stray > 0 {
        findings.problem(format!("{} messages were handed over without a recipient.", stored.stray));
    }
}
