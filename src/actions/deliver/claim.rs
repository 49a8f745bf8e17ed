//! Claims of due messages: the gate is asked again, and what passes is marked as being handed over. What was asked for together
//! is read and written together. Used by the delivery worker, which holds each number's lock until the answer is written down.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::Duration;

use crate::domain::consent::StateName;
use crate::domain::gate::{CheckName, ClearedText, GateOutcome, SendPermit, Verdict};
use crate::domain::id::{MessageId, NumberId, ProgramId};
use crate::domain::limit_hit::LimitHit;
use crate::domain::message::{Lane, Status};
use crate::domain::phone::Phone;
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::domain::unasked::{UnaskedText, is_too_late};
use crate::store::messages::{self, HandOff, Message, StatusChange};
use crate::store::numbers::Number;
use crate::store::{LockedRow, Tx, numbers, programs};
use crate::words::{check_text, headline, refusal_headline};

use super::super::effects::opted_in_before;
use super::super::gate::SendingContext;
use super::super::send_message::code_of;
use super::super::{ActionError, requests, retry, sending_context};
use super::form_pause::{FormPauses, form_of, put_off};
use super::{ASK_AFTER, BEHIND, WAIT};

/// A text waits this long at most behind an earlier one to the same number, counted from that one's latest hand-off: after
/// it, order matters less than arriving.
const IN_ORDER_FOR: Duration = Duration::minutes(10);

/// Claims due messages, each to another number, and returns the texts that may be handed over. What became of the others is
/// written down too.
///
/// # Errors
/// When the database fails; then nothing is claimed.
pub fn claim_all(
    tx: &mut Tx<'_>,
    asked: &[(MessageId, NumberId)],
    now: Timestamp,
) -> Result<Vec<ClearedText>, ActionError> {
    // Numbers are locked before messages are read: what a STOP has canceled meanwhile is seen as it is.
    let mut numbers = numbers::lock_all(tx, asked.iter().map(|(_, number)| *number))?;
    let mut found = messages::get_all(tx, asked.iter().map(|(id, _)| *id))?;
    // Another instance may have tried one meanwhile and put it off, or it was moved to another spelling of its number.
    let is_due = |message: &Message, number: NumberId| {
        message.status == Status::Queued && message.due_at <= now && message.number_id == Some(number)
    };
    let due: Vec<Message> = asked
        .iter()
        .filter_map(|(id, number)| found.remove(id).filter(|message| is_due(message, *number)))
        .collect();
    let mut claims = Claims::new(tx, &due, now)?;
    let mut served = HashSet::new();
    for message in due {
        let number =
            message.number_id.and_then(|id| numbers.get_mut(&id)).ok_or(ActionError::NotFound("number"))?;
        // Two spellings of one number: the second waits until the first is written down.
        if served.insert(number.id) {
            claims.decide(tx, message, number)?;
        } else {
            messages::set_due(tx, message.id, now.plus(BEHIND))?;
        }
    }
    claims.write(tx)
}

/// The claims of one transaction, and what they all depend on.
struct Claims {
    now: Timestamp,
    programs: HashMap<ProgramId, (Arc<Program>, SendingContext)>,
    behind: HashSet<MessageId>,
    permitted: Vec<PermittedText>,
    pauses: FormPauses,
}

/// A message that the gate lets through.
struct PermittedText {
    message: Message,
    to: Phone,
    sender: String,
    permit: SendPermit,
}

impl Claims {
    fn new(tx: &mut Tx<'_>, due: &[Message], now: Timestamp) -> Result<Claims, ActionError> {
        let mut programs = HashMap::new();
        for message in due {
            if !programs.contains_key(&message.program_id) {
                let program =
                    programs::get(tx, message.program_id)?.ok_or(ActionError::NotFound("program"))?;
                let context = sending_context(tx, &program)?;
                programs.insert(program.id, (program, context));
            }
        }
        SendingContext::read_places(tx, &mut programs, due)?;
        let intended = due.iter().filter(|message| message.lane == Lane::Gated);
        let behind = messages::behind_others(tx, intended, now.plus(-IN_ORDER_FOR))?;
        Ok(Claims { now, programs, behind, permitted: Vec::new(), pauses: FormPauses::default() })
    }

    fn decide(
        &mut self,
        tx: &mut Tx<'_>,
        message: Message,
        number: &mut LockedRow<Number>,
    ) -> Result<(), ActionError> {
        let now = self.now;
        // The hold time of an intended message is over with its release: from then on it only waits for an allowed time.
        if message.lane != Lane::Gated && message.expires_at.is_some_and(|until| until <= now) {
            let why = StatusChange::coded("expired", "It was too late to send it.");
            return Ok(messages::advance(tx, &message, Status::Expired, now, &why)?);
        }
        if self.behind.contains(&message.id) {
            return Ok(messages::set_due(tx, message.id, now.plus(BEHIND))?);
        }
        if number.consent.seq != message.accepted_seq && retry::cancel_if_ended(tx, &message, now)? {
            return Ok(());
        }
        let (program, context) =
            self.programs.get(&message.program_id).ok_or(ActionError::NotFound("program"))?;
        let verdict = context.verdict_on(tx, &message, number, program, now)?;
        match (verdict.answer(message.lane), &context.sender) {
            (GateOutcome::Send(permit), Some(sender)) => {
                if let Some(cause) = permit.unasked() {
                    let form = form_of(tx, &message, number)?;
                    if let Some(form) = &form
                        && !self.pauses.admit(tx, form, &message, number, now)?
                    {
                        return put_off(tx, &message, now);
                    }
                    let from_form = form.is_some();
                    let text = UnaskedText { at: now, cause, message: Some(message.id), from_form };
                    numbers::set_unasked(tx, number, number.unasked.with(text))?;
                }
                let (to, sender) = (number.phone.clone(), sender.clone());
                self.permitted.push(PermittedText { message, to, sender, permit });
                Ok(())
            }
            // Passing: an administrator gives the program a sender.
            (GateOutcome::Send(_), None) => Ok(messages::set_due(tx, message.id, now.plus(WAIT))?),
            (outcome, _) => put_aside(tx, &message, outcome, &verdict, now),
        }
    }

    /// Marks what may go as being handed over.
    fn write(self, tx: &mut Tx<'_>) -> Result<Vec<ClearedText>, ActionError> {
        let hand_offs: Vec<HandOff<'_>> = self
            .permitted
            .iter()
            .map(|PermittedText { message, sender, permit, .. }| HandOff { message, sender, permit })
            .collect();
        messages::mark_sending(tx, &hand_offs, self.now, self.now.plus(ASK_AFTER))?;
        let clear = |PermittedText { message, to, sender, permit }| {
            permit.clear(message.id, to, sender, message.body)
        };
        Ok(self.permitted.into_iter().map(clear).collect())
    }
}

/// Writes down why a message is not handed over now.
fn put_aside(
    tx: &mut Tx<'_>,
    message: &Message,
    outcome: GateOutcome,
    verdict: &Verdict,
    now: Timestamp,
) -> Result<(), ActionError> {
    match outcome {
        GateOutcome::Wait { until: Some(until) }
            if verdict.fails(CheckName::UnaskedTexts) && is_too_late(message.created_at, until) =>
        {
            refuse(tx, message, verdict, CheckName::UnaskedTexts, now)?;
        }
        GateOutcome::Wait { until: Some(until) } => {
            if verdict.fails(CheckName::UnaskedTexts) {
                tx.record_hit(LimitHit::RequestsToday);
            }
            let headline = headline(verdict);
            let why = StatusChange { due_at: Some(until), ..StatusChange::noted(&headline) };
            messages::advance(tx, message, Status::Scheduled, now, &why)?;
        }
        // Passing causes: a person decides on a reply, an administrator gives the program a sender.
        GateOutcome::Wait { until: None } | GateOutcome::Refuse(CheckName::Paused | CheckName::Sender) => {
            messages::set_due(tx, message.id, now.plus(WAIT))?;
        }
        GateOutcome::Hold | GateOutcome::Refuse(CheckName::UnaskedTexts) if message.lane == Lane::Gated => {
            // Never held again: the number may have another owner by the time somebody texts START.
            let why = StatusChange::coded("cancelled", "Consent ended before it was handed over.");
            messages::advance(tx, message, Status::Cancelled, now, &why)?;
        }
        // The provider did not take the question in time: the lead has answered it unasked.
        GateOutcome::Refuse(CheckName::Consent) if verdict.state == StateName::OptedIn => {
            messages::advance(tx, message, Status::Cancelled, now, &opted_in_before())?;
        }
        GateOutcome::Refuse(check) => refuse(tx, message, verdict, check, now)?,
        // The caller hands these over; only an intended message is held.
        GateOutcome::Send(_) | GateOutcome::Hold => {}
    }
    Ok(())
}

/// Blocks a message for good, with what the check found.
fn refuse(
    tx: &mut Tx<'_>,
    message: &Message,
    verdict: &Verdict,
    check: CheckName,
    now: Timestamp,
) -> Result<(), ActionError> {
    let found = verdict.checks.iter().find(|found| found.name == check);
    LimitHit::of(check).into_iter().for_each(|hit| tx.record_hit(hit));
    let words = match found.filter(|_| check == CheckName::UnaskedTexts) {
        Some(found) => check_text(found, verdict.calendar()),
        None => refusal_headline(verdict, check),
    };
    messages::advance(tx, message, Status::Blocked, now, &StatusChange::coded(code_of(check), &words))?;
    requests::failed(tx, message, "The consent check refused the opt-in request.", now)
}
