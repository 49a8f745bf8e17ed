//! The one way by which consent changes: decide (in `domain`), append the event with its projection, then carry out what
//! follows, all in one transaction. Used by every verb that has an intent; it writes histories, and through `effects` the
//! messages and questions that follow from them.

use data_encoding::HEXLOWER;

use crate::domain::consent::{EventKind, StateName};
use crate::domain::decide::{decide, share_opt_out};
use crate::domain::evidence::{Evidence, OtherSpelling};
use crate::domain::intent::{Decision, Effect, EventDraft, Intent};
use crate::domain::ledger::LedgerEntry;
use crate::domain::message::Lane;
use crate::domain::program::Program;
use crate::domain::unasked::{UnaskedTexts, begins_anew};
use crate::store::messages::WaitingMessages;
use crate::store::numbers::{self, Number};
use crate::store::{LockedRow, StoreError, Tx, events, form_requests, organization, rulebooks};

use super::effects::{RecordedEvent, apply_effects};
use super::{ActionContext, ActionError};

/// Applies an intent to a number. Returns the event that was appended, if one was.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    number: &mut LockedRow<Number>,
    program: &Program,
    intent: Intent,
) -> Result<Option<LedgerEntry>, ActionError> {
    apply_answered(tx, context, number, program, intent, true)
}

/// As [`apply`]; `confirm` is false when the provider has already answered the lead.
pub(super) fn apply_answered(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    number: &mut LockedRow<Number>,
    program: &Program,
    intent: Intent,
    confirm: bool,
) -> Result<Option<LedgerEntry>, ActionError> {
    if let Intent::OptOut(revocation, _) = &intent {
        let deadlines = rulebooks::current(tx)?.deadlines(context.now);
        revocation.check_confirmation(deadlines, context.now)?;
    }
    let calendar = organization::calendar(tx)?;
    let decision = decide(&number.consent, program.id, intent, context.now, calendar)?;
    Ok(record(tx, context, number, program, decision, confirm)?)
}

/// Appends what was decided, to the number's twin as well if it is an opt-out, and carries out the effects.
pub(super) fn record(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    number: &mut LockedRow<Number>,
    program: &Program,
    decision: Decision,
    confirm: bool,
) -> Result<Option<LedgerEntry>, StoreError> {
    let Decision { event: Some(draft), effects } = decision else { return Ok(None) };
    let may_reply = match reply_lane(&effects).filter(|_| confirm) {
        Some(lane) => numbers::count_reply(number, lane, &organization::limits(tx)?, context.now),
        None => true,
    };
    let entry = append(tx, context, number, draft, &effects)?;
    let twin = append_to_twin(tx, context, number, &entry)?;
    apply_effects(
        tx,
        context,
        RecordedEvent { number, program, entry: &entry, confirm, may_reply },
        &effects,
    )?;
    if let Some(TwinEvent { twin: number, entry, effects }) = &twin {
        apply_effects(tx, context, RecordedEvent { number, program, entry, confirm, may_reply }, effects)?;
    }
    Ok(Some(entry))
}

/// The automatic reply among the effects.
fn reply_lane(effects: &[Effect]) -> Option<Lane> {
    effects.iter().find_map(|effect| match effect {
        Effect::ConfirmOptIn => Some(Lane::OptInConfirmation),
        Effect::ConfirmOptOut => Some(Lane::OptOutConfirmation),
        _ => None,
    })
}

/// Appends an event and what it means for the rest of the number's record.
fn append(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    number: &mut LockedRow<Number>,
    draft: EventDraft,
    effects: &[Effect],
) -> Result<LedgerEntry, StoreError> {
    let entry = events::append(tx, number, draft, context.actor, context.now)?;
    if entry.event.kind == EventKind::ConsentEnded {
        // The next owner of the number may speak another language.
        numbers::set_language(tx, number, None)?;
    }
    if begins_anew(entry.event.kind, entry.event.source) && !number.unasked.is_empty() {
        if number.unasked.has_form_request() {
            form_requests::answer(tx, number.id, context.now)?;
        }
        numbers::set_unasked(tx, number, UnaskedTexts::default())?;
    }
    if effects.contains(&Effect::CancelWaiting) && has_request(number) {
        undo_requests(tx, context, number, &entry)?;
    }
    Ok(entry)
}

/// True while an opt-in request may wait. An opt-out has ended it already, so a STOP costs no query here.
fn has_request(number: &Number) -> bool {
    let is_invited = number.consent.programs.values().any(|state| state.name() == StateName::Invited);
    is_invited || !number.consent.requests.is_empty()
}

/// An opt-in request that is canceled before it went out leaves the number as it was.
fn undo_requests(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    number: &mut LockedRow<Number>,
    entry: &LedgerEntry,
) -> Result<(), StoreError> {
    let calendar = organization::calendar(tx)?;
    let mut waiting = WaitingMessages::of(number.id, entry.event.program);
    while let Some(portion) = waiting.next_portion(tx)? {
        for message in portion.into_iter().filter(|message| message.lane == Lane::Invitation) {
            let why = "It was cancelled before it went out.".to_owned();
            let intent = Intent::InvitationFailed { message: message.id, seq: message.accepted_seq, why };
            let decision = decide(&number.consent, message.program_id, intent, context.now, calendar);
            if let Some(draft) = decision.ok().and_then(|decision| decision.event) {
                events::append(tx, number, draft, context.actor, context.now)?;
            }
        }
    }
    Ok(())
}

/// The opt-out of a number's twin, and what follows from it.
struct TwinEvent {
    twin: LockedRow<Number>,
    entry: LedgerEntry,
    effects: Vec<Effect>,
}

/// Appends an opt-out to the number's twin, which is locked with it, and returns the twin's event with its effects. An
/// acknowledgment waits until nothing is being handed over to the twin either.
fn append_to_twin(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    number: &Number,
    entry: &LedgerEntry,
) -> Result<Option<TwinEvent>, StoreError> {
    let event = &entry.event;
    let is_opt_out = matches!(event.kind, EventKind::OptedOut | EventKind::OptOutRepeated);
    if !is_opt_out || matches!(event.evidence, Evidence::OtherSpelling(_)) {
        return Ok(None);
    }
    let Some(twin) = number.phone.twin() else { return Ok(None) };
    let mut twin = numbers::find_or_create(tx, &twin, context.now)?;
    tx.pass_barrier(twin.id);
    let link = link(number);
    let decision = share_opt_out(&twin.consent, event.program, event.source, event.occurred_at, link);
    let Decision { event: Some(draft), effects } = decision else { return Ok(None) };
    let entry = append(tx, context, &mut twin, draft, &effects)?;
    Ok(Some(TwinEvent { twin, entry, effects }))
}

/// The end of a number's history, as evidence for another one.
pub(super) fn link(number: &Number) -> OtherSpelling {
    OtherSpelling {
        number: number.id,
        e164: number.phone.as_str().to_owned(),
        seq: number.consent.seq,
        hash: HEXLOWER.encode(&number.head_hash),
        reason: String::new(),
    }
}
