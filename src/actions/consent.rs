//! The one way by which consent changes: decide, append, and carry out what follows, in one transaction.

use chrono::Duration;

use crate::domain::actor::Actor;
use crate::domain::auto_reply::AutoReply;
use crate::domain::consent::{EventKind, StateName};
use crate::domain::decide::decide;
use crate::domain::evidence::Evidence;
use crate::domain::id::MessageId;
use crate::domain::intent::{Decision, Effect, Intent};
use crate::domain::ledger::LedgerEntry;
use crate::domain::message::{Lane, Status};
use crate::domain::program::Program;
use crate::domain::question::QuestionKind;
use crate::domain::time::Timestamp;
use crate::store::inbound_questions::{self, InboundQuestion};
use crate::store::messages::{self, Message, StatusChange};
use crate::store::numbers::{self, Number};
use crate::store::{LockedRow, StoreError, Tx, events, programs, rulebooks};

use super::{ActionError, expired_holds, spelling};

/// Who does it and how it is confirmed.
pub(super) struct ActionContext<'a> {
    pub(super) actor: &'a Actor,
    pub(super) now: Timestamp,
    /// False when the provider has already answered the lead.
    pub(super) confirm: bool,
}

impl<'a> ActionContext<'a> {
    pub(super) fn new(actor: &'a Actor, now: Timestamp) -> Self {
        ActionContext { actor, now, confirm: true }
    }
}

/// Applies an intent to a number. Returns the event that was appended, if one was.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    program: &Program,
    intent: Intent,
    occasion: &ActionContext<'_>,
) -> Result<Option<LedgerEntry>, ActionError> {
    if let Intent::OptOut(revocation, _) = &intent {
        let deadlines = rulebooks::current(tx)?.deadlines(occasion.now);
        revocation.check_confirmation(deadlines, occasion.now)?;
    }
    let decision = decide(&number.consent, program.id, intent, occasion.now)?;
    let recorded = record(tx, number, program, decision, occasion)?;
    if let Some(entry) = &recorded {
        spelling::share(tx, number, program, entry, occasion)?;
    }
    Ok(recorded)
}

/// Appends a decision's event and carries out what follows from it.
pub(super) fn record(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    program: &Program,
    decision: Decision,
    occasion: &ActionContext<'_>,
) -> Result<Option<LedgerEntry>, ActionError> {
    let Some(draft) = decision.event else { return Ok(None) };
    let entry = events::append(tx, number, draft, occasion.actor, occasion.now)?;
    if entry.event.kind == EventKind::ConsentEnded {
        // Who has the number now may speak another language.
        numbers::set_language(tx, number, None)?;
    }
    for effect in decision.effects {
        apply_effects(tx, effect, number, program, &entry, occasion)?;
    }
    Ok(Some(entry))
}

fn apply_effects(
    tx: &mut Tx<'_>,
    effect: Effect,
    number: &mut LockedRow<Number>,
    program: &Program,
    entry: &LedgerEntry,
    occasion: &ActionContext<'_>,
) -> Result<(), StoreError> {
    let now = occasion.now;
    match effect {
        Effect::SendInvitation => {
            // The event that began the invitation may name the message already; a form's does not.
            let id = invitation_of(entry).map_or_else(|| tx.new_id(now), Ok)?;
            queue(tx, id, Lane::Invitation, number, program, &program.invitation(), None, occasion)
        }
        Effect::AskOrder => ask_about(tx, QuestionKind::Order, number, entry, occasion),
        Effect::AwaitRequest => ask_about(tx, QuestionKind::Yes, number, entry, occasion),
        Effect::ReleaseHeld => {
            // What reaches all programs sets free what each of them holds.
            let all = if entry.event.program.is_none() { programs::all(tx)? } else { vec![program.clone()] };
            for program in all.iter().filter(|program| is_opted_in(number, program)) {
                release(tx, number, program, now)?;
            }
            Ok(())
        }
        Effect::CancelWaiting => cancel(tx, number, entry, occasion),
        Effect::ConfirmOptIn if occasion.confirm => {
            let (id, text) = (tx.new_id(now)?, program.auto_reply(AutoReply::Start, number.language));
            queue(tx, id, Lane::OptInConfirmation, number, program, &text, None, occasion)
        }
        Effect::ConfirmOptOut if occasion.confirm => {
            let (id, mut text) = (tx.new_id(now)?, program.auto_reply(AutoReply::Stop, number.language));
            if entry.event.program.is_some() && number.consent.may_be_texted_beside(program.id) {
                text.push_str(&program.ends_alone(number.language));
            }
            let expires = Some(now.plus(rulebooks::current(tx)?.deadlines(now).confirm_within()));
            queue(tx, id, Lane::OptOutConfirmation, number, program, &text, expires, occasion)
        }
        Effect::ConfirmOptIn | Effect::ConfirmOptOut => Ok(()),
    }
}

/// Opens a question about the text that the event kept.
fn ask_about(
    tx: &mut Tx<'_>,
    kind: QuestionKind,
    number: &Number,
    entry: &LedgerEntry,
    occasion: &ActionContext<'_>,
) -> Result<(), StoreError> {
    let Evidence::HandsetText(text) = &entry.event.evidence else { return Ok(()) };
    let (seq, confirm) = (Some(entry.event.seq), occasion.confirm);
    let question = InboundQuestion::new(text.inbound, kind, number.id, seq, confirm, occasion.now);
    inbound_questions::open(tx, &question)
}

fn is_opted_in(number: &Number, program: &Program) -> bool {
    number.consent.state_in(program.id).name() == StateName::OptedIn
}

fn invitation_of(entry: &LedgerEntry) -> Option<MessageId> {
    match &entry.event.evidence {
        Evidence::Invitation { message, .. } => Some(*message),
        _ => None,
    }
}

/// Queues one of the texts that the system itself writes.
#[allow(clippy::too_many_arguments)]
pub(super) fn queue(
    tx: &mut Tx<'_>,
    id: MessageId,
    lane: Lane,
    number: &Number,
    program: &Program,
    text: &str,
    expires_at: Option<Timestamp>,
    occasion: &ActionContext<'_>,
) -> Result<(), StoreError> {
    let message = Message {
        number_id: Some(number.id),
        expires_at,
        accepted_seq: number.consent.seq,
        ..Message::new(id, program.id, lane, number.phone.as_str(), text, &Actor::System, occasion.now)
    };
    messages::insert(tx, &message, None)
}

fn release(tx: &mut Tx<'_>, number: &Number, program: &Program, now: Timestamp) -> Result<(), StoreError> {
    for held in messages::waiting(tx, number.id, Some(program.id))? {
        if held.lane == Lane::OptOutConfirmation {
            let why = StatusChange::coded("cancelled", "The lead opted in again before it went out.");
            messages::advance(tx, &held, Status::Cancelled, now, &why)?;
        }
        if held.lane == Lane::Invitation {
            messages::advance(tx, &held, Status::Cancelled, now, &opted_in_before())?;
        }
        if held.status != Status::Held {
            continue;
        }
        if held.expires_at.is_some_and(|until| until <= now) {
            let why = StatusChange::coded("expired", "The hold time ended before the lead opted in.");
            messages::advance(tx, &held, Status::Expired, now, &why)?;
            continue;
        }
        // The confirmation that was queued before comes first on the handset.
        let due_at = Some(now.plus(Duration::microseconds(1)));
        let why = StatusChange { due_at, ..StatusChange::noted("The lead opted in: released.") };
        messages::advance(tx, &held, Status::Queued, now, &why)?;
    }
    expired_holds::open_question(tx, number, program, now)
}

/// Why an opt-in template is taken back when the START comes first.
pub(super) fn opted_in_before() -> StatusChange<'static> {
    StatusChange::coded("cancelled", "The lead opted in before it went out.")
}

fn cancel(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    entry: &LedgerEntry,
    occasion: &ActionContext<'_>,
) -> Result<(), StoreError> {
    let note = match entry.event.kind {
        EventKind::InvitationFailed => "The opt-in request could not be delivered.",
        EventKind::DoNotTextSet => "This number is on the Do Not Text list.",
        EventKind::ConsentEnded => "The number has another owner.",
        EventKind::SimulationEnded => "The database became real.",
        _ => "The lead opted out.",
    };
    let mut invitations = Vec::new();
    for message in messages::waiting(tx, number.id, entry.event.program)? {
        if entry.event.kind.ends(message.lane) {
            messages::advance(
                tx,
                &message,
                Status::Cancelled,
                occasion.now,
                &StatusChange::coded("cancelled", note),
            )?;
        }
        if message.lane == Lane::Invitation {
            invitations.push(message);
        }
    }
    for invitation in invitations {
        undo_invitation(tx, number, &invitation, occasion)?;
    }
    expired_holds::close(tx, number, entry.event.program, occasion.actor, occasion.now)
}

/// An opt-in request that was cancelled before it went out leaves the number as it was.
fn undo_invitation(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    invitation: &Message,
    occasion: &ActionContext<'_>,
) -> Result<(), StoreError> {
    let why = "It was cancelled before it went out.".to_owned();
    let intent = Intent::InvitationFailed { message: invitation.id, seq: invitation.accepted_seq, why };
    let decision = decide(&number.consent, invitation.program_id, intent, occasion.now);
    if let Some(draft) = decision.ok().and_then(|decision| decision.event) {
        events::append(tx, number, draft, occasion.actor, occasion.now)?;
    }
    Ok(())
}
