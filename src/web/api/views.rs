//! What the API answers, as types of its own, so that a change in the domain doesn't change an answer by accident.
//! Times are RFC 3339 in UTC, programs are slugs. The handlers of the API use it; it writes nothing.

use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::words;
use crate::domain::consent::{EventKind, Source, StateName};
use crate::domain::gate::RequestProgress;
use crate::domain::ledger::{LedgerEntry, StoredEvent};
use crate::domain::message::{Category, Lane, Status};
use crate::domain::time::Timestamp;
use crate::store::messages::{Message, MessageStep};

use super::verdict::CheckView;

/// A message and what became of it.
#[derive(Serialize, ToSchema)]
pub(super) struct MessageView<'a> {
    #[schema(format = "uuid")]
    pub(super) id: String,
    /// The recipient, in E.164, or as the caller wrote it when it is no number.
    pub(super) to: &'a str,
    /// The sender number it was handed over from.
    pub(super) from: Option<&'a str>,
    /// The program's slug.
    pub(super) program: Option<String>,
    pub(super) body: &'a str,
    #[schema(schema_with = words::category)]
    pub(super) category: Category,
    /// How the gate treats it.
    #[schema(schema_with = words::lane)]
    pub(super) kind: Lane,
    #[schema(schema_with = words::status)]
    pub(super) status: Status,
    /// Every status it had, oldest first.
    pub(super) status_history: Vec<StatusStepView<'a>>,
    /// Only while it waits for the next allowed time.
    #[schema(format = DateTime)]
    pub(super) scheduled_for: Option<String>,
    /// Only when it was blocked, canceled, expired, or failed.
    pub(super) error: Option<MessageErrorView<'a>>,
    /// The carrier's identifier.
    pub(super) provider_message_id: Option<&'a str>,
    #[schema(format = DateTime)]
    pub(super) created_at: String,
    /// The event of the number's history that permitted it.
    pub(super) permitted_by_event: Option<i32>,
    /// The message that was sent in place of this one, which expired.
    #[schema(format = "uuid")]
    pub(super) sent_anew_as: Option<String>,
    /// The expired message that this one was sent in place of.
    #[schema(format = "uuid")]
    pub(super) in_place_of: Option<String>,
}

impl<'a> MessageView<'a> {
    pub(super) fn new(message: &'a Message, steps: &'a [MessageStep]) -> Self {
        let has_ended =
            matches!(message.status, Status::Failed | Status::Blocked | Status::Expired | Status::Cancelled);
        let (code, detail) = (message.error_code.as_deref(), message.error_text.as_deref());
        MessageView {
            id: message.id.to_string(),
            to: &message.to_text,
            from: message.sender.as_deref(),
            program: None,
            body: &message.body,
            category: message.category,
            kind: message.lane,
            status: message.status,
            status_history: steps.iter().map(StatusStepView::from).collect(),
            scheduled_for: message.scheduled_for().map(Timestamp::rfc3339),
            error: has_ended.then_some(MessageErrorView { code, detail }),
            provider_message_id: message.provider_id.as_deref(),
            created_at: message.created_at.rfc3339(),
            permitted_by_event: message.permit_seq,
            sent_anew_as: None,
            in_place_of: None,
        }
    }
}

/// One status of a message.
#[derive(Serialize, ToSchema)]
pub(super) struct StatusStepView<'a> {
    #[schema(schema_with = words::status)]
    status: Status,
    #[schema(format = DateTime)]
    at: String,
    /// The carrier's code, or ours.
    code: Option<&'a str>,
    note: Option<&'a str>,
}

impl<'a> From<&'a MessageStep> for StatusStepView<'a> {
    fn from(step: &'a MessageStep) -> Self {
        let (code, note) = (step.code.as_deref(), step.note.as_deref());
        StatusStepView { status: step.status, at: step.at.rfc3339(), code, note }
    }
}

/// Why a message did not arrive.
#[derive(Serialize, ToSchema)]
pub(super) struct MessageErrorView<'a> {
    code: Option<&'a str>,
    detail: Option<&'a str>,
}

/// The consent of a number in a program, and whether a text may go out now.
#[derive(Serialize, ToSchema)]
pub(super) struct ConsentView<'a> {
    /// E.164.
    pub(super) number: &'a str,
    /// The program's slug.
    pub(super) program: &'a str,
    #[schema(schema_with = words::state)]
    pub(super) state: StateName,
    /// When the state began.
    #[schema(format = DateTime)]
    pub(super) since: Option<String>,
    pub(super) do_not_text: bool,
    /// An unclear reply waits for a person.
    pub(super) paused: bool,
    pub(super) can_text_now: bool,
    /// The result in one sentence.
    pub(super) headline: String,
    /// Every check, in order.
    pub(super) checks: Vec<CheckView>,
    #[schema(format = DateTime)]
    pub(super) next_allowed_at: Option<String>,
    /// How far the opt-in request is, until the carrier has taken it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::request)]
    pub(super) request: Option<RequestProgress>,
}

/// An event of a number's history.
#[derive(Serialize, ToSchema)]
pub(super) struct EventView<'a> {
    /// Its place in the number's history, from 1.
    seq: i32,
    #[schema(schema_with = words::event_kind)]
    kind: EventKind,
    #[schema(schema_with = words::source)]
    source: Source,
    /// The program's slug; null means every program.
    program: Option<&'a str>,
    #[schema(format = DateTime)]
    occurred_at: String,
    #[schema(format = DateTime)]
    recorded_at: String,
    /// Who did it, for example "lead" or "user:ada@example.com".
    actor: &'a str,
    /// What the event rests on.
    #[schema(value_type = Object)]
    evidence: Value,
    /// SHA-256 over this event and the hash before it, in hexadecimal.
    hash: String,
    prev_hash: String,
}

impl<'a> EventView<'a> {
    pub(super) fn new(stored: &'a StoredEvent, program: Option<&'a str>) -> Self {
        EventView {
            seq: stored.seq,
            kind: stored.kind,
            source: stored.source,
            program,
            occurred_at: stored.occurred_at.rfc3339(),
            recorded_at: stored.recorded_at.rfc3339(),
            actor: &stored.actor,
            evidence: evidence(&stored.facts),
            hash: HEXLOWER.encode(&stored.hash),
            prev_hash: HEXLOWER.encode(&stored.prev_hash),
        }
    }
}

/// Times in the stored facts, which are microseconds there.
const FACT_TIMES: [&str; 3] = ["sent_at", "asked_sent_at", "given_at"];

/// The stored facts, with times as everywhere in the API.
fn evidence(facts: &str) -> Value {
    let mut evidence: Value = serde_json::from_str(facts).unwrap_or_default();
    for name in FACT_TIMES {
        if let Some(time) = evidence.get_mut(name)
            && let Some(micros) = time.as_i64()
        {
            *time = Value::from(Timestamp::from_micros(micros).rfc3339());
        }
    }
    evidence
}

/// An opt-out that was recorded.
#[derive(Serialize, ToSchema)]
pub(super) struct RecordedOptOutView {
    seq: i32,
    #[schema(schema_with = words::event_kind)]
    kind: EventKind,
    #[schema(format = DateTime)]
    recorded_at: String,
    hash: String,
}

impl From<&LedgerEntry> for RecordedOptOutView {
    fn from(entry: &LedgerEntry) -> Self {
        RecordedOptOutView {
            seq: entry.event.seq,
            kind: entry.event.kind,
            recorded_at: entry.event.recorded_at.rfc3339(),
            hash: HEXLOWER.encode(&entry.hash),
        }
    }
}

/// A contact that was saved.
#[derive(Serialize, ToSchema)]
pub(super) struct SavedContactView {
    #[schema(format = "uuid")]
    pub(super) id: String,
}
