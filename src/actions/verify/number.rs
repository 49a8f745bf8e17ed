//! One number: its chain, what its events rest on, its projections, and what was handed over to it. Used by `verify`; it
//! changes nothing.

use std::collections::HashSet;

use crate::domain::consent::NumberConsent;
use crate::domain::id::{NumberId, ProgramId};
use crate::domain::language::Language;
use crate::domain::ledger::{EventHash, GENESIS, LedgerEntry, StoredEvent};
use crate::domain::phone::Phone;
use crate::domain::reply_budget::ReplyCount;
use crate::domain::time::Timestamp;
use crate::domain::unasked::UnaskedTexts;
use crate::store::audit_rows::{AuditEventRow, AuditNumberRow, ConsentRow, MessageRow, StepRow, TextRow};

use super::AuditFindings;
use super::documents::Documents;
use super::evidence::{EvidenceSources, check_texts};
use super::figures::CountCheck;
use super::outbound::SentMessages;
use super::{dated, steps};

/// All rows that belong to a number.
pub(super) struct NumberRows {
    pub(super) events: Vec<AuditEventRow>,
    pub(super) states: Vec<ConsentRow>,
    pub(super) messages: Vec<MessageRow>,
    pub(super) steps: Vec<StepRow>,
    pub(super) texts: Vec<TextRow>,
    pub(super) contacts: i64,
}

pub(super) fn check(
    row: &AuditNumberRow,
    has: NumberRows,
    papers: &Documents,
    figures: &mut CountCheck,
    findings: &mut AuditFindings,
) {
    findings.numbers += 1;
    findings.messages += has.messages.len();
    findings.texts += has.texts.len();
    let (Some(id), Some(phone)) = (NumberId::from_slice(&row.id), Phone::from_e164(&row.e164)) else {
        findings.events += has.events.len();
        findings.problem("A number's identifier or digits are not readable.");
        return;
    };
    let mut problems = Vec::new();
    let miscounted = steps::check(&has.messages, &has.steps, &mut problems);
    findings.figures.extend(miscounted.into_iter().map(|what| format!("Number {id}, {what}.")));
    check_made(row, &has, &mut problems);
    let mut walked =
        HistoryProgress { seq: 0, hash: GENESIS, consent: NumberConsent::default(), texts: HashSet::new() };
    let mut outbound = SentMessages::new(&has.messages, &has.texts, &phone, &mut problems);
    let evident = EvidenceSources { papers, messages: &has.messages, texts: &has.texts };
    outbound.reach(&walked.consent, &mut problems);
    let broken = has.events.into_iter().find_map(|event| {
        let place = event.seq;
        match walked.step(id, &phone, event) {
            Ok(entry) => {
                findings.events += 1;
                walked.texts.extend(evident.check(&entry, &mut problems));
                outbound.reach(&walked.consent, &mut problems);
                None
            }
            Err(flaw) => Some(format!("event {place}: {flaw}")),
        }
    });
    match broken {
        // What follows from the history cannot be told any more.
        Some(flaw) => problems.push(flaw),
        None => {
            outbound.end(&mut problems);
            check_texts(&has.texts, &walked.texts, &phone, &mut problems);
            check_row(row, &walked, &mut problems);
            check_states(&has.states, &walked.consent, figures, &mut problems);
        }
    }
    figures.count(&walked.consent, &has.states, has.contacts);
    if i64::from(row.contact_count) != has.contacts {
        let (counted, there) = (row.contact_count, has.contacts);
        findings.figure(format!("Number {id}: {counted} contacts are counted, but {there} point at it."));
    }
    findings.problems.extend(problems.into_iter().map(|what| format!("Number {id}, {what}.")));
}

/// The number, its messages and its texts say when they came to be; so do their identifiers.
fn check_made(row: &AuditNumberRow, has: &NumberRows, problems: &mut Vec<String>) {
    let messages = has.messages.iter().map(|message| (&message.id, message.created_at, "a message to it"));
    let texts = has.texts.iter().map(|text| (&text.id, text.received_at, "a text from it"));
    for (id, at, what) in
        std::iter::once((&row.id, row.created_at, "its record")).chain(messages).chain(texts)
    {
        if !dated::is_minted_at(id, at) {
            problems.push(format!("{what} was not made when it says"));
        }
    }
}

/// How far the history was walked, and what it says so far.
struct HistoryProgress {
    seq: i32,
    hash: EventHash,
    consent: NumberConsent,
    /// The texts that events rest on.
    texts: HashSet<Vec<u8>>,
}

impl HistoryProgress {
    fn step(&mut self, number: NumberId, phone: &Phone, row: AuditEventRow) -> Result<LedgerEntry, String> {
        let stored = parse_event(number, row)?;
        let entry = stored.check(phone, self.seq, self.hash).map_err(|flaw| flaw.to_string())?;
        (self.seq, self.hash) = (entry.event.seq, entry.hash);
        self.consent.apply(&entry.event);
        Ok(entry)
    }
}

fn parse_event(number: NumberId, row: AuditEventRow) -> Result<StoredEvent, String> {
    let unknown = |what: &str, word: &str| format!("its {what} {word:?} is no known word");
    let program = match &row.program_id {
        Some(id) => Some(ProgramId::from_slice(id).ok_or("its program is not readable")?),
        None => None,
    };
    Ok(StoredEvent {
        number,
        seq: row.seq,
        program,
        kind: row.kind.parse().map_err(|_| unknown("kind", &row.kind))?,
        source: row.source.parse().map_err(|_| unknown("source", &row.source))?,
        actor: row.actor,
        occurred_at: Timestamp::from_micros(row.occurred_at),
        recorded_at: Timestamp::from_micros(row.recorded_at),
        salt: row.salt,
        facts: row.facts,
        commitment: row.commitment,
        prev_hash: row.prev_hash,
        hash: row.hash,
    })
}

fn check_row(row: &AuditNumberRow, walked: &HistoryProgress, problems: &mut Vec<String>) {
    match serde_json::from_str::<NumberConsent>(&row.consent) {
        Ok(consent) if consent == walked.consent => {}
        Ok(_) => problems.push("its state is not what its history says".to_owned()),
        Err(_) => problems.push("its state is not readable".to_owned()),
    }
    if row.head_hash != walked.hash || row.head_seq != walked.seq {
        problems.push(format!("its history ends at event {}, not where it was left", walked.seq));
    }
    let paused_at = walked.consent.paused.as_ref().map(|flag| flag.since.micros());
    let flags = (walked.consent.do_not_text.is_some(), paused_at.is_some(), paused_at);
    if (row.do_not_text, row.paused, row.paused_at) != flags {
        problems.push("its flags in the lists are not what its history says".to_owned());
    }
    if row.language.as_ref().is_some_and(|word| word.parse::<Language>().is_err()) {
        problems.push("its language is not one of the known words".to_owned());
    }
    if row.unasked.as_ref().is_some_and(|json| serde_json::from_str::<UnaskedTexts>(json).is_err()) {
        problems.push("its count of unasked texts is not readable".to_owned());
    }
    if row.replies.as_ref().is_some_and(|json| serde_json::from_str::<ReplyCount>(json).is_err()) {
        problems.push("its count of automatic replies is not readable".to_owned());
    }
}

fn check_states(
    rows: &[ConsentRow],
    consent: &NumberConsent,
    figures: &CountCheck,
    problems: &mut Vec<String>,
) {
    for (program, made_at) in &figures.programs {
        let state = consent.state_in(*program);
        let began = state.since().map_or(Timestamp::default(), |since| since.recorded_at);
        let sound = match rows.iter().find(|row| row.program_id == program.as_bytes()) {
            Some(row) => row.state == state.name().as_str() && row.since == began.micros(),
            // Never asked, or stopped for all programs before this one was made.
            None => {
                state.since().is_none() || began < *made_at || figures.may_lack_row(*program, *made_at, began)
            }
        };
        if !sound {
            problems.push("its state in the lists is not what its history says".to_owned());
        }
    }
    if rows.len() > figures.programs.len() {
        problems.push("it has a state in a program that does not exist".to_owned());
    }
}
