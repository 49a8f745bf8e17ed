//! A person decides about a message that expired while it waited for START: send it now, through the gate, or leave it. The
//! first decision counts. Used by the dashboard through `Commands`; it writes the answer, and a new message if one is sent.
//! `hold_questions` asks.

use crate::domain::consent::StateName;
use crate::domain::id::MessageId;
use crate::domain::message::{HoldDecision, Status};
use crate::store::expired_holds::{self, HoldQuestion};
use crate::store::messages::{self, Message, StatusChange};
use crate::store::numbers::Number;
use crate::store::{Tx, numbers, programs};

use super::send_message::{NewMessage, SendResult, send_message};
use super::{ActionContext, ActionError};

/// What a person decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HoldAnswer {
    /// It goes through the gate anew.
    Send,
    /// It stays as it is.
    Leave,
}

/// Records what a person decided about a message that ran out. Returns what became of the new one, if there is one. When
/// the gate refuses it, the attempt is kept and the question stays.
///
/// # Errors
/// [`ActionError::Conflict`] when another person was faster, or the consent it was written under has ended.
pub fn answer_hold(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    message: MessageId,
    choice: HoldAnswer,
) -> Result<Option<SendResult>, ActionError> {
    let missing = ActionError::NotFound("question");
    let Some(asked) = expired_holds::get(tx, message)? else { return Err(missing) };
    let number = numbers::get_locked(tx, asked.number_id)?.ok_or(ActionError::NotFound("number"))?;
    // Read again behind the lock: only one of two people at once finds it open.
    let (Some(asked), Some(old)) = (expired_holds::get(tx, message)?, messages::get(tx, message)?) else {
        return Err(missing);
    };
    match asked.decision {
        Some(HoldDecision::Sent | HoldDecision::Left) => Err(decided()),
        Some(HoldDecision::Withdrawn) if choice == HoldAnswer::Leave => Err(decided()),
        _ if choice == HoldAnswer::Send => send_anew(tx, context, &asked, &old, &number).map(Some),
        _ => {
            let (decision, note) = (HoldDecision::Left, "A person decided to leave it.");
            apply(tx, context, &old, decision, None, note)?;
            Ok(None)
        }
    }
}

fn send_anew(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    asked: &HoldQuestion,
    old: &Message,
    number: &Number,
) -> Result<SendResult, ActionError> {
    let program = programs::get(tx, old.program_id)?.ok_or(ActionError::NotFound("program"))?;
    let state = number.consent.state_in(program.id).name();
    // An opt-out is the gate's to refuse, with the attempt on record.
    let is_over = match state {
        StateName::OptedIn => asked.decision == Some(HoldDecision::Withdrawn),
        StateName::OptedOut => false,
        StateName::NotAsked | StateName::Invited => true,
    };
    if is_over {
        let words = "The consent that it was waiting for has ended since; a later START does not revive it. Write a new text.";
        return Err(ActionError::Conflict(words.to_owned()));
    }
    let wanted = NewMessage {
        to: number.phone.as_str().to_owned(),
        body: old.body.clone(),
        category: old.category,
        program: Some(program.slug.clone()),
        basis: None,
    };
    let accepted = send_message(tx, context, &wanted)?;
    if accepted.status != Status::Blocked {
        let note = format!("It stays expired. A person sent it again as message {}.", accepted.id);
        apply(tx, context, old, HoldDecision::Sent, Some(accepted.id), &note)?;
    }
    Ok(accepted)
}

fn apply(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    old: &Message,
    decision: HoldDecision,
    sent_as: Option<MessageId>,
    note: &str,
) -> Result<(), ActionError> {
    if !expired_holds::decide(tx, old.id, decision, sent_as, context.actor, context.now)? {
        return Err(decided());
    }
    messages::advance(tx, old, Status::Expired, context.now, &StatusChange::noted(note))?;
    Ok(())
}

fn decided() -> ActionError {
    ActionError::Conflict("Another person has already decided about this message.".to_owned())
}
