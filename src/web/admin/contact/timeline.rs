//! Turns the history of a number into timeline entries: one for each event, with its evidence, grouped by day. The
//! pages of a number use it; it writes nothing.

mod facts;

use std::collections::HashMap;
use std::sync::Arc;

pub(in crate::web::admin) use self::facts::EntryFact;
use self::facts::facts;
pub(super) use self::facts::{fact, linked};
use super::questions::words;
use crate::actions::review;
use crate::domain::consent::{ConsentEvent, EventKind, NumberConsent, Source, StateName, failed_request};
use crate::domain::evidence::{Evidence, HandsetText};
use crate::domain::id::{ContactId, InboundId};
use crate::domain::ledger::StoredEvent;
use crate::domain::program::Program;
use crate::domain::question::QuestionKind;
use crate::domain::reply::UNCLEAR;
use crate::domain::schedule::Rulebook;
use crate::domain::time::Timestamp;
use crate::store::inbound_questions::InboundQuestion;
use crate::store::numbers::Number;
use crate::store::{ReadConn, StoreError, inbound, inbound_questions, rulebooks};
use crate::web::admin::names::DisplayNames;
use crate::web::admin::revocations::RevocationClock;
use crate::web::session::Calendars;
use crate::words::Label;
use data_encoding::HEXLOWER;

/// The entries of one day.
pub(in crate::web::admin) type TimelineDay = (String, Vec<TimelineEntry>);

/// Whose timeline it is, and how it is read.
#[derive(Clone, Copy)]
pub(in crate::web::admin) struct TimelineSubject<'a> {
    pub(in crate::web::admin) number: &'a Number,
    /// The contact whose moves between numbers are shown as well.
    pub(in crate::web::admin) contact: Option<ContactId>,
    /// The program whose state is shown.
    pub(in crate::web::admin) program: &'a Program,
    pub(in crate::web::admin) programs: &'a [Arc<Program>],
    pub(in crate::web::admin) names: &'a DisplayNames,
    pub(in crate::web::admin) calendars: Calendars,
}

/// One event of the history.
pub(in crate::web::admin) struct TimelineEntry {
    pub(in crate::web::admin) icon: &'static str,
    pub(in crate::web::admin) tone: &'static str,
    pub(in crate::web::admin) label: &'static str,
    /// What an address ends with to mean this entry.
    pub(in crate::web::admin) anchor: String,
    pub(in crate::web::admin) about: String,
    pub(in crate::web::admin) change: String,
    pub(in crate::web::admin) source: String,
    pub(in crate::web::admin) actor: String,
    /// When it happened and when it was recorded, where these are different days.
    pub(in crate::web::admin) late: Option<String>,
    /// The event's place in the history; 0 for a note, which is no event.
    pub(in crate::web::admin) seq: i32,
    pub(in crate::web::admin) occurred_at: Timestamp,
    pub(in crate::web::admin) recorded_at: Timestamp,
    pub(in crate::web::admin) facts: Vec<EntryFact>,
    pub(in crate::web::admin) hash: String,
    pub(in crate::web::admin) prev_hash: String,
}

/// What the history is read with: how each text was read when it arrived, what the carrier was asked about it, and the
/// rules with the deadlines of those days.
#[derive(Default)]
pub(in crate::web::admin) struct HistoryContext {
    pub(in crate::web::admin) rules: Arc<Rulebook>,
    pub(in crate::web::admin) classes: HashMap<InboundId, String>,
    pub(in crate::web::admin) questions: Vec<InboundQuestion>,
    /// By which days are grouped, and the organization's for days without a time.
    pub(in crate::web::admin) calendars: Calendars,
}

impl HistoryContext {
    /// Of the texts that these events of a history rest on.
    pub(in crate::web::admin) fn read(
        conn: &mut ReadConn<'_>,
        stored: &[StoredEvent],
        calendars: Calendars,
    ) -> Result<HistoryContext, StoreError> {
        let texts = stored.iter().filter_map(|row| match serde_json::from_str(&row.facts) {
            Ok(Evidence::HandsetText(text)) => Some((row.kind, text.inbound)),
            _ => None,
        });
        let texts: Vec<(EventKind, InboundId)> = texts.collect();
        let recorded = texts.iter().filter(|(kind, _)| *kind == EventKind::Recorded);
        let recorded: Vec<InboundId> = recorded.map(|(_, text)| *text).collect();
        Ok(HistoryContext {
            rules: rulebooks::current(conn)?,
            classes: inbound::classes(conn, &recorded)?,
            questions: inbound_questions::of_texts(conn, texts.iter().map(|(_, text)| *text))?,
            calendars,
        })
    }

    fn question(&self, text: &HandsetText) -> Option<&InboundQuestion> {
        self.questions.iter().find(|question| question.inbound_id == text.inbound)
    }
}

/// A stretch of a history by days, newest first, with what each event changed in `program`, and with what people noted beside
/// it. `known`: what was known before it.
pub(in crate::web::admin) fn history(
    stored: Vec<StoredEvent>,
    mut known: NumberConsent,
    texts: &HistoryContext,
    notes: Vec<TimelineEntry>,
    of: &TimelineSubject<'_>,
) -> Vec<TimelineDay> {
    let mut entries: Vec<TimelineEntry> =
        stored.into_iter().map(|row| entry(row, &mut known, texts, of)).collect();
    entries.reverse();
    entries.extend(notes);
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.recorded_at));
    let reader = texts.calendars.reader;
    by_heading(entries, |entry| reader.day(entry.recorded_at))
}

fn entry(
    row: StoredEvent,
    known: &mut NumberConsent,
    texts: &HistoryContext,
    of: &TimelineSubject<'_>,
) -> TimelineEntry {
    let TimelineSubject { program: shown_program, programs, names, .. } = *of;
    let before = known.state_in(shown_program.id).name();
    let (label, facts, given, by) = match serde_json::from_str::<Evidence>(&row.facts) {
        Ok(evidence) => {
            let mut facts = facts(row.kind, &evidence, texts.calendars);
            if let Evidence::HandsetText(text) = &evidence
                && let Some(question) = texts.question(text)
            {
                facts.push(fact("Asked the carrier", words(question.kind, question.answer)));
            }
            if matches!(evidence, Evidence::Revocation { .. }) {
                let organization = texts.calendars.organization;
                let (received_at, recorded_at) = (row.occurred_at, row.recorded_at);
                let clock = RevocationClock::new(&texts.rules, received_at, recorded_at, organization);
                facts.push(fact("Honored", clock.words()));
            }
            let shown = (
                title(row.kind, &evidence, before, texts),
                facts,
                dated(&evidence),
                by(row.source, &evidence),
            );
            let StoredEvent { seq, program, kind, source, occurred_at, recorded_at, .. } = row;
            known.apply(&ConsentEvent { seq, program, kind, source, occurred_at, recorded_at, evidence });
            shown
        }
        Err(_) => {
            let unread = fact("Evidence", "It cannot be read. Run verify on the server.");
            (row.kind.label(), vec![unread], None, row.source.label().to_owned())
        }
    };
    let reader = texts.calendars.reader;
    let occurred = match row.source {
        Source::Manual | Source::Import => reader.record_day(row.occurred_at),
        _ => reader.day(row.occurred_at),
    };
    let recorded = reader.day(row.recorded_at);
    let after = known.state_in(shown_program.id).name();
    let about = match row.program {
        None => "all programs".to_owned(),
        Some(id) => programs
            .iter()
            .find(|program| program.id == id)
            .map_or_else(|| id.to_string(), |p| p.name.clone()),
    };
    let (icon, tone) = look(row.kind);
    TimelineEntry {
        icon,
        tone,
        label,
        anchor: format!("event-{}", row.seq),
        about,
        change: if before == after {
            after.label().to_owned()
        } else {
            format!("{} → {}", before.label(), after.label())
        },
        source: by,
        actor: names.of(&row.actor),
        late: given
            .filter(|_| occurred != recorded)
            .map(|given| format!("{given} {occurred} · recorded {recorded}")),
        seq: row.seq,
        occurred_at: row.occurred_at,
        recorded_at: row.recorded_at,
        facts,
        hash: HEXLOWER.encode(&row.hash),
        prev_hash: HEXLOWER.encode(&row.prev_hash),
    }
}

/// What an event was, in the words of a timeline: an event that changed nothing still has a name. `before` is the state
/// it met.
pub(in crate::web::admin) fn title(
    kind: EventKind,
    evidence: &Evidence,
    before: StateName,
    texts: &HistoryContext,
) -> &'static str {
    let is_out = before == StateName::OptedOut;
    match (kind, evidence) {
        (EventKind::RequestScheduled, _) if before == StateName::Invited => "Opt-in reminder scheduled",
        (EventKind::Invited, _) if before == StateName::Invited => "Opt-in reminder sent",
        (EventKind::Recorded, _) if failed_request(kind, evidence).is_some() => {
            EventKind::RequestFailed.label()
        }
        (EventKind::Recorded, Evidence::Document(_) | Evidence::ImportedConsent(_)) => "Document added",
        (EventKind::Recorded, Evidence::WebForm(_)) if is_out => "Form submitted, stays opted out",
        (EventKind::Recorded, Evidence::WebForm(_)) => "Form submitted again",
        (EventKind::Recorded, Evidence::HandsetText(text)) => title_of_text(text, is_out, texts),
        (EventKind::Recorded | EventKind::ConsentEnded, Evidence::Note { .. }) if is_out => {
            "Owner changed, stays opted out"
        }
        (EventKind::Recorded, Evidence::Note { .. }) => "Owner changed",
        _ => kind.label(),
    }
}

/// By whom or what, and why it was the system.
fn by(source: Source, evidence: &Evidence) -> String {
    let undecided = match evidence {
        Evidence::Revocation { reason, .. } if source == Source::System => review::undecided(reason),
        _ => None,
    };
    match undecided {
        Some((time, reply)) => format!("{}: no decision within {time} on {reply}", source.label()),
        None => source.label().to_owned(),
    }
}

/// By how the text was read when it arrived, never by today's rules.
fn title_of_text(text: &HandsetText, is_out: bool, texts: &HistoryContext) -> &'static str {
    // Kept for the record alone.
    if text.matched.ends_with("; on another channel") || text.matched.ends_with("; the carrier read START") {
        return EventKind::Recorded.label();
    }
    let kind = texts.question(text).map(|question| question.kind);
    match (texts.classes.get(&text.inbound).map(String::as_str), kind) {
        (Some("opt_in"), Some(QuestionKind::Order)) => "START right after the opt-out",
        (Some("opt_in"), _) if is_out => "START from before the opt-out",
        (Some("opt_in"), _) => "START again",
        (Some("confirm"), _) => "YES while the opt-in request was being sent",
        (Some("revoke"), _) => "STOP from before the opt-in",
        (Some(UNCLEAR), _) => "Another unclear reply",
        _ => EventKind::Recorded.label(),
    }
}

/// Where the day it happened is a statement of its own, what happened then: a document's consent was given, a letter received.
fn dated(evidence: &Evidence) -> Option<&'static str> {
    match evidence {
        Evidence::Document(_) | Evidence::ImportedConsent(_) => Some("given"),
        Evidence::Revocation { .. } | Evidence::ImportedOptOut(_) => Some("received"),
        _ => None,
    }
}

fn look(kind: EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::OptedIn => ("pass", "green"),
        EventKind::OptedOut | EventKind::OptOutRepeated | EventKind::DoNotTextSet => ("fail", "red"),
        EventKind::RequestScheduled => ("clock", "blue"),
        EventKind::Invited => ("message", "blue"),
        EventKind::InvitationFailed | EventKind::RequestFailed | EventKind::Paused => ("warn", "amber"),
        EventKind::ConsentEnded | EventKind::SimulationEnded => ("person", "amber"),
        EventKind::Recorded | EventKind::DoNotTextCleared | EventKind::Resumed => ("note", ""),
    }
}

/// The items under their headings, in the order in which they come.
pub(super) fn by_heading<T>(items: Vec<T>, heading: impl Fn(&T) -> String) -> Vec<(String, Vec<T>)> {
    let mut groups: Vec<(String, Vec<T>)> = Vec::new();
    for item in items {
        let heading = heading(&item);
        match groups.last_mut().filter(|(last, _)| *last == heading) {
            Some((_, items)) => items.push(item),
            None => groups.push((heading, vec![item])),
        }
    }
    groups
}
