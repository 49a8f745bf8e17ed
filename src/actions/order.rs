//! A START right after an opt-out: the carrier is asked when both texts were sent, and the START is decided again. In doubt,
//! and after any newer opt-out, the number stays out. Used by `receive_text` and `questions`; it writes through `transition`
//! alone.

use std::collections::HashSet;
use std::sync::Arc;

use crate::domain::actor::Actor;
use crate::domain::consent::{ConsentEvent, ConsentState, StateName};
use crate::domain::decide::{
    StartOrder, may_be_older, newest_start as newest_start_of, opt_outs_in_force, start_order,
};
use crate::domain::evidence::{Evidence, HandsetText};
use crate::domain::id::InboundId;
use crate::domain::intent::Intent;
use crate::domain::message::{FetchedText, InboundText};
use crate::domain::past_opt_out::{PastOptOut, StartArrival};
use crate::domain::phone::TextSender;
use crate::domain::program::Program;
use crate::domain::question::QuestionAnswer;
use crate::domain::reply::ReplyIntent;
use crate::domain::time::Timestamp;
use crate::store::inbound::{self, InboundRow};
use crate::store::inbound_questions::InboundQuestion;
use crate::store::numbers::{self, Number};
use crate::store::{LockedRow, ReadConn, Tx, events, programs};

use super::fetched_texts::{CarrierTimes, FetchedTexts};
use super::transition::apply_answered;
use super::{ActionContext, ActionError};

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

/// When the newest START that the late STOP `stop` may be older than was sent, told or by `times`. Only a STOP that was sent over
/// a minute before it arrived costs a query.
pub(super) fn newest_start(
    conn: &mut ReadConn<'_>,
    number: &Number,
    program: &Program,
    stop: &InboundRow,
    times: &CarrierTimes,
) -> Result<Option<Timestamp>, ActionError> {
    if !may_be_older(stop.sent_at, stop.received_at) {
        return Ok(None);
    }
    let (events, starts) = starts_in_force(conn, number, program)?;
    let time_of = |text: &HandsetText| {
        starts.contains(&text.inbound).then(|| text.time().or_else(|| times.of(text))).flatten()
    };
    Ok(newest_start_of(&events, program.id, time_of))
}

/// The events since the consent in force began, newest first, and the texts among them that are a START: no other word and
/// no other channel brings back a number that opted out.
fn starts_in_force(
    conn: &mut ReadConn<'_>,
    number: &Number,
    program: &Program,
) -> Result<(Vec<ConsentEvent>, HashSet<InboundId>), ActionError> {
    let ConsentState::OptedIn(began) = number.consent.state_in(program.id) else {
        return Ok((Vec::new(), HashSet::new()));
    };
    let mut events = events::opt_ins_since(conn, number.id, began.seq)?;
    events.retain(|event| event.program == Some(program.id));
    let texts: Vec<&HandsetText> = events.iter().filter_map(handset_text).collect();
    let ids: Vec<InboundId> = texts.iter().map(|text| text.inbound).collect();
    let words = inbound::words_of_class(conn, &ids, ReplyIntent::OptIn.as_str())?;
    let own_words = program.opt_in_words.words();
    let is_start = |text: &&HandsetText| {
        // The event of a text from another channel says so beside the word.
        words.get(&text.inbound) == Some(&text.matched) && !own_words.contains(&text.matched)
    };
    let starts = texts.into_iter().filter(is_start).map(|text| text.inbound).collect();
    Ok((events, starts))
}

fn handset_text(event: &ConsentEvent) -> Option<&HandsetText> {
    match &event.evidence {
        Evidence::HandsetText(text) => Some(text),
        _ => None,
    }
}

/// The ids of the STARTs whose time is needed before the late text `text` is taken in and that `times` does not have.
///
/// # Errors
/// When the database fails.
pub fn starts_without_time(
    conn: &mut ReadConn<'_>,
    provider: &str,
    text: &InboundText,
    times: &CarrierTimes,
    region: &str,
    now: Timestamp,
) -> Result<Vec<String>, ActionError> {
    if !may_be_older(text.sent_at, now) {
        return Ok(Vec::new());
    }
    let phone = TextSender::read(&text.from, region).phone().cloned();
    let number = phone.map(|phone| numbers::find(conn, &phone)).transpose()?.flatten();
    let Some(number) = number else { return Ok(Vec::new()) };
    let mut ids = Vec::new();
    for program in programs::all(conn)?.iter() {
        let (events, starts) = starts_in_force(conn, &number, program)?;
        let texts = events.iter().filter_map(handset_text).filter(|text| starts.contains(&text.inbound));
        let unknown =
            texts.filter(|text| text.provider == provider && text.time().or(times.of(text)).is_none());
        ids.extend(unknown.map(|text| text.provider_message_id.clone()));
    }
    Ok(ids)
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
    let mut text = start.evidence();
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
            let context = ActionContext::system(now).by(&Actor::Lead);
            apply_answered(tx, &context, number, &program, Intent::Start(text, arrival), question.confirm)?;
            Ok(Some(QuestionAnswer::Counted))
        }
    }
}

/// The program that the START was sent to.
fn program_of(conn: &mut ReadConn<'_>, start: &InboundRow) -> Result<Arc<Program>, ActionError> {
    let program = start.program_id.map(|id| programs::get(conn, id)).transpose()?.flatten();
    program.ok_or(ActionError::NotFound("program"))
}
