//! A START right after an opt-out: the carrier is asked when both texts were sent, and it is decided again. In doubt, and
//! after any newer opt-out, the number stays out.

use crate::domain::actor::Actor;
use crate::domain::consent::StateName;
use crate::domain::decide::{StartOrder, opt_outs_in_force, start_order};
use crate::domain::intent::Intent;
use crate::domain::message::FetchedText;
use crate::domain::past_opt_out::{PastOptOut, StartArrival};
use crate::domain::program::Program;
use crate::domain::question::QuestionAnswer;
use crate::domain::time::Timestamp;
use crate::store::inbound::InboundRow;
use crate::store::inbound_questions::InboundQuestion;
use crate::store::numbers::Number;
use crate::store::{LockedRow, ReadConn, Tx, events, programs};

use super::ActionError;
use super::consent::{ActionContext, apply};
use super::fetched_texts::FetchedTexts;
use super::receive_text::evidence;

/// When a START arrives, and what it has to be later than. Only a number that ever opted out costs a query.
pub(super) fn arrival(
    conn: &mut ReadConn<'_>,
    number: &Number,
    program: &Program,
    at: Timestamp,
) -> Result<StartArrival, ActionError> {
    let is_in = number.consent.state_in(program.id).name() == StateName::OptedIn;
    let opt_outs = match number.consent.last_opt_out {
        Some(_) if !is_in => opt_outs_in_force(&events::turns(conn, number.id)?, program.id),
        _ => Vec::new(),
    };
    Ok(StartArrival { at, opt_outs })
}

/// The texts whose time the carrier is asked for: the START and each STOP shortly before it, where no time was told.
pub(super) fn texts_to_fetch(
    conn: &mut ReadConn<'_>,
    number: &Number,
    start: &InboundRow,
) -> Result<Vec<String>, ActionError> {
    let program = program_of(conn, start)?;
    let opt_outs = arrival(conn, number, &program, start.received_at)?.opt_outs;
    let stops = opt_outs.into_iter().filter(|opt_out| opt_out.needs_time(start.received_at));
    let stops = stops.filter_map(|opt_out| opt_out.text).filter(|text| text.provider == start.provider);
    let own = start.sent_at.is_none().then(|| start.provider_id.clone());
    Ok(own.into_iter().chain(stops.map(|text| text.provider_message_id)).collect())
}

/// How the question ends; `None` while the carrier has not answered.
pub(super) fn decide_again(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    question: &InboundQuestion,
    start: &InboundRow,
    texts: &FetchedTexts,
    now: Timestamp,
) -> Result<Option<QuestionAnswer>, ActionError> {
    let program = program_of(tx, start)?;
    let mut arrival = arrival(tx, number, &program, start.received_at)?;
    let is_newer = |opt_out: &PastOptOut| question.event_seq.is_none_or(|seq| opt_out.seq > seq);
    if arrival.opt_outs.is_empty() || arrival.opt_outs.iter().any(is_newer) {
        return Ok(Some(QuestionAnswer::Superseded));
    }
    let mut text = evidence(start);
    match (start.sent_at, texts.get(&start.provider_id)) {
        (None, FetchedText::Unknown) => return Ok(Some(QuestionAnswer::UnknownText)),
        (None, FetchedText::Found(found)) if found.body != start.body => {
            return Ok(Some(QuestionAnswer::Mismatch));
        }
        (None, FetchedText::Found(found)) => text.asked_sent_at = found.sent_at,
        _ => {}
    }
    let mut is_silent = text.time().is_none() && *texts.get(&start.provider_id) == FetchedText::NoAnswer;
    for opt_out in arrival.opt_outs.iter_mut().filter(|opt_out| opt_out.needs_time(start.received_at)) {
        let Some(stop) = &mut opt_out.text else { continue };
        match texts.get(&stop.provider_message_id) {
            FetchedText::Found(found) if stop.provider == start.provider => stop.sent_at = found.sent_at,
            FetchedText::NoAnswer if stop.provider == start.provider => is_silent = true,
            _ => {}
        }
    }
    match start_order(text.time(), &arrival) {
        StartOrder::Older => Ok(Some(QuestionAnswer::Older)),
        StartOrder::Unknown if is_silent => Ok(None),
        StartOrder::Unknown => Ok(Some(QuestionAnswer::UnknownText)),
        StartOrder::Later => {
            let occasion = ActionContext { actor: &Actor::Lead, now, confirm: question.confirm };
            apply(tx, number, &program, Intent::Start(text, arrival), &occasion)?;
            Ok(Some(QuestionAnswer::Counted))
        }
    }
}

/// The program that the START was sent to.
fn program_of(conn: &mut ReadConn<'_>, start: &InboundRow) -> Result<Program, ActionError> {
    let program = start.program_id.map(|id| programs::get(conn, id)).transpose()?.flatten();
    program.ok_or(ActionError::NotFound("program"))
}
