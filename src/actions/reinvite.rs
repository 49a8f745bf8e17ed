//! A person sends an opt-in request once more, long after one without an answer. Nothing else repeats a request. Used by the
//! contact page through `Commands`; it writes through `transition`.

use crate::domain::evidence::ContactBasis;
use crate::domain::gate::{CheckName, GateOutcome};
use crate::domain::id::NumberId;
use crate::domain::intent::Intent;
use crate::domain::message::Lane;
use crate::store::{Tx, numbers, programs};
use crate::words::headline;

use super::send_message::{CHOOSE_BASIS, check_basis};
use super::transition::apply;
use super::{ActionContext, ActionError, FieldError, sending_context};

/// Sends the opt-in template of the default program once more. Held messages stay as they are, and as long as they were to.
///
/// # Errors
/// The rules' refusal, [`ActionError::Invalid`] when the program asks how we got the number and no basis is given, and
/// [`ActionError::Conflict`] when no text can go to the number or from the program.
pub fn reinvite(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    number: NumberId,
    program: Option<&str>,
    basis: Option<ContactBasis>,
) -> Result<(), ActionError> {
    let program = programs::find(tx, program)?.ok_or(ActionError::NotFound("program"))?;
    let mut number = numbers::get_locked(tx, number)?.ok_or(ActionError::NotFound("number"))?;
    if let Err(error) = check_basis(basis.as_ref()) {
        return Err(ActionError::Invalid(vec![error]));
    }
    if program.requires_basis && basis.is_none() {
        let error = FieldError::new("basis.kind", CHOOSE_BASIS);
        return Err(ActionError::Invalid(vec![error]));
    }
    // What the rules of consent refuse, they say in their own words below.
    let verdict = sending_context(tx, &program)?.verdict_on_repeat(tx, &number, &program, context.now)?;
    let in_the_way = verdict.answer(Lane::Invitation);
    use CheckName::{Number, Region, Sender, UnaskedTexts};
    if let GateOutcome::Refuse(Number | Region | Sender | UnaskedTexts) = in_the_way {
        return Err(ActionError::Conflict(headline(&verdict)));
    }
    let intent = Intent::Reinvite { message: tx.new_id(context.now)?, text: program.invitation(), basis };
    apply(tx, context, &mut number, &program, intent)?;
    Ok(())
}
