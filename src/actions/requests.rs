//! The opt-in request from its hand-off on: what the carrier's acceptance or a failure means for the number, and the YES that
//! waited for it. Used by delivery, receipts and inbound texts; it writes consent through `apply` alone.

use std::sync::Arc;

use crate::domain::actor::Actor;
use crate::domain::consent::{ConsentState, EventKind};
use crate::domain::evidence::Evidence;
use crate::domain::intent::{Intent, RequestStatus};
use crate::domain::message::{Lane, Status};
use crate::domain::phone::Phone;
use crate::domain::program::Program;
use crate::domain::question::{QuestionAnswer, QuestionKind};
use crate::domain::time::Timestamp;
use crate::store::messages::{self, Message};
use crate::store::numbers::Number;
use crate::store::{
    LockedRow, ReadConn, StoreError, Tx, events, inbound, inbound_questions, numbers, programs,
};

use super::transition::{apply, apply_answered};
use super::{ActionContext, ActionError};

/// What is known of the current opt-in request when a YES arrives. Only a number that was asked costs a query.
pub(super) fn current_request(
    conn: &mut ReadConn<'_>,
    number: &Number,
    program: &Program,
) -> Result<RequestStatus, ActionError> {
    let message = match (number.consent.state_in(program.id), number.consent.open_request(program.id)) {
        (ConsentState::Invited(since), _) => invitation_of(conn, number, since.seq)?,
        (ConsentState::NotAsked, Some(open)) => messages::request(conn, number.id, open.seq)?,
        _ => None,
    };
    Ok(match message.map(|message| (message.status, message.claimed_at)) {
        Some((Status::Sent | Status::Delivered, Some(at))) => RequestStatus::At(at),
        Some((Status::Sending, Some(since))) => RequestStatus::UnderWay { since },
        _ => RequestStatus::No,
    })
}

/// The request behind an invited state. Versions before called a number invited by the event that queued the request.
pub(super) fn invitation_of(
    conn: &mut ReadConn<'_>,
    number: &Number,
    seq: i32,
) -> Result<Option<Message>, StoreError> {
    Ok(match events::evidence_of(conn, number.id, seq)? {
        Some(Evidence::Invitation { message, .. }) => messages::get(conn, message)?,
        _ => messages::request(conn, number.id, seq)?,
    })
}

/// The carrier took a message: if it is an opt-in request, the number is invited, and a YES that waited is decided again.
pub(super) fn accepted(
    tx: &mut Tx<'_>,
    message: &Message,
    provider: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    let Some((mut number, program)) = request_of(tx, message)? else { return Ok(()) };
    let asked_at = message.claimed_at.unwrap_or(now);
    let (text, seq) = (message.body.clone(), message.accepted_seq);
    let intent = Intent::RequestAccepted { message: message.id, seq, text, asked_at };
    let actor = Actor::Provider(provider.to_owned());
    apply(tx, &ActionContext::system(now).by(&actor), &mut number, &program, intent)?;
    decide_yes(tx, &mut number, &program, RequestStatus::At(asked_at), now)
}

/// An opt-in request that was not delivered leaves the number as it was.
pub(super) fn failed(
    tx: &mut Tx<'_>,
    message: &Message,
    why: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    let Some((mut number, program)) = request_of(tx, message)? else { return Ok(()) };
    let (seq, why) = (message.accepted_seq, why.to_owned());
    let intent = Intent::InvitationFailed { message: message.id, seq, why };
    apply(tx, &ActionContext::system(now), &mut number, &program, intent)?;
    decide_yes(tx, &mut number, &program, RequestStatus::No, now)
}

/// Locks the number of a text before the message is written, as everything does that writes both: where the answer is a refusal, and
/// so may change the number, and where the text may be unasked. A block in the answer is an opt-out of its twin as well.
pub(super) fn lock_number(tx: &mut Tx<'_>, message: &Message, is_refusal: bool) -> Result<(), ActionError> {
    let is_needed = is_refusal || may_be_unasked(message);
    let (true, Some(number)) = (is_needed, message.number_id) else { return Ok(()) };
    let phone = Phone::from_e164(&message.to_text);
    match phone.and_then(|phone| Some((phone.twin()?, phone))) {
        Some((twin, phone)) => numbers::lock_twins(tx, &phone, &twin)?,
        None => numbers::get_locked(tx, number).map(drop)?,
    }
    Ok(())
}

fn may_be_unasked(message: &Message) -> bool {
    matches!(message.lane, Lane::Invitation | Lane::OptInConfirmation)
}

/// Gives an unasked text back to the number's budget: the carrier refused it before it took it, so it reached nobody.
pub(super) fn give_back(tx: &mut Tx<'_>, message: &Message) -> Result<(), ActionError> {
    let (true, Some(number)) = (may_be_unasked(message), message.number_id) else { return Ok(()) };
    let Some(mut number) = numbers::get_locked(tx, number)? else { return Ok(()) };
    match number.unasked.without(message.id) {
        Some(rest) => Ok(numbers::set_unasked(tx, &mut number, rest)?),
        None => Ok(()),
    }
}

/// The number that an opt-in request went to, and its program.
type RequestSubject = (LockedRow<Number>, Arc<Program>);

fn request_of(tx: &mut Tx<'_>, message: &Message) -> Result<Option<RequestSubject>, ActionError> {
    let (Lane::Invitation, Some(number)) = (message.lane, message.number_id) else { return Ok(None) };
    let Some(number) = numbers::get_locked(tx, number)? else { return Ok(None) };
    let program = programs::get(tx, message.program_id)?.ok_or(ActionError::NotFound("program"))?;
    Ok(Some((number, program)))
}

/// Decides again on each YES that came while the request was under way.
fn decide_yes(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    program: &Program,
    asked: RequestStatus,
    now: Timestamp,
) -> Result<(), ActionError> {
    for question in inbound_questions::open_of(tx, number.id, QuestionKind::Yes)? {
        let text = inbound::get(tx, question.inbound_id)?.ok_or(ActionError::NotFound("text"))?;
        if text.program_id != Some(program.id) {
            continue;
        }
        let context = ActionContext::system(now).by(&Actor::Lead);
        let intent = Intent::Yes { text: text.evidence(), arrived_at: text.received_at, asked };
        let entry = apply_answered(tx, &context, number, program, intent, question.confirm)?;
        let answer = match (entry.map(|entry| entry.event.kind), asked) {
            (Some(EventKind::OptedIn), _) => QuestionAnswer::Counted,
            (_, RequestStatus::At(_)) => QuestionAnswer::Superseded,
            _ => QuestionAnswer::NotAccepted,
        };
        inbound_questions::close(tx, &question, answer, now)?;
    }
    Ok(())
}
