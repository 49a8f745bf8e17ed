//! A person says that a number can be reached although a carrier said that it cannot: carriers make mistakes, and numbers
//! are ported. Used by the contact page through `Commands`; it writes the number, a note in its timeline and the admin log.
//! Consent does not change.

use crate::domain::decide::check_reason;
use crate::domain::id::NumberId;
use crate::domain::note::NoteKind;
use crate::store::number_notes::{self, NumberNote};
use crate::store::{Tx, admin_log, numbers};
use crate::words::refusal_text;

use super::{ActionContext, ActionError, one_line};

/// Lifts the mark that a carrier's refusal left.
///
/// # Errors
/// [`ActionError::Invalid`] without a reason, [`ActionError::Conflict`] when the number is not marked.
pub fn mark_reachable(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    id: NumberId,
    reason: &str,
) -> Result<(), ActionError> {
    let mut number = numbers::get_locked(tx, id)?.ok_or(ActionError::NotFound("number"))?;
    let Some(code) = number.unreachable.clone() else {
        return Err(ActionError::Conflict("This number is not marked as unreachable.".to_owned()));
    };
    let reason = one_line(reason);
    check_reason(&reason).map_err(|refusal| ActionError::field("reason", refusal_text(&refusal)))?;
    numbers::set_unreachable(tx, &mut number, None)?;
    let words = format!("{reason} (the carrier's code was {code})");
    let note = NumberNote {
        id: tx.new_id(context.now)?,
        number_id: id,
        contact_id: None,
        kind: NoteKind::MarkedReachable,
        other_number_id: None,
        words: words.clone(),
        actor: context.actor.to_string(),
        at: context.now,
    };
    number_notes::add(tx, &note)?;
    admin_log::add(tx, context.actor, "number.reachable", &format!("number:{id}"), &words, context.now)?;
    Ok(())
}
