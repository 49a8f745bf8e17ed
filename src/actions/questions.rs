//! Questions about leads' texts: a text that raises one is kept and does not count yet; a job asks the carrier, and this
//! decides again under the number's lock. Used by the job and by the actions that open questions.

use chrono::Duration;

use crate::domain::consent::{ConsentState, StateName};
use crate::domain::id::InboundId;
use crate::domain::message::FetchedText;
use crate::domain::notice::NoticeKind;
use crate::domain::question::{MOST_ATTEMPTS, QuestionAnswer, QuestionKind, ask_again_after};
use crate::domain::time::Timestamp;
use crate::store::inbound::{self, InboundRow};
use crate::store::inbound_questions::{self, InboundQuestion};
use crate::store::numbers::{self, Number};
use crate::store::{LockedRow, ReadConn, Tx, notices};

use super::fetched_texts::FetchedTexts;
use super::receive_text::act_on_confirmed;
use super::{ActionError, order};

/// An attempt ends within this time; after a crash another instance takes the question then.
const LEASE: Duration = Duration::seconds(60);

/// Takes a question for one attempt. Returns the ids of the texts to fetch; `None` when another instance was faster.
///
/// # Errors
/// When the database fails.
pub fn take(
    tx: &mut Tx<'_>,
    question: &InboundQuestion,
    provider: &str,
    now: Timestamp,
) -> Result<Option<Vec<String>>, ActionError> {
    if !inbound_questions::take(tx, question, now.plus(LEASE))? {
        return Ok(None);
    }
    let text = text_of(tx, question)?;
    if text.provider != provider {
        // Another provider brought it, and cannot be asked here.
        return Ok(Some(Vec::new()));
    }
    match question.kind {
        QuestionKind::Order => {
            let number = numbers::get(tx, question.number_id)?.ok_or(ActionError::NotFound("number"))?;
            order::texts_to_fetch(tx, &number, &text).map(Some)
        }
        QuestionKind::ConfirmText => Ok(Some(vec![text.provider_id])),
        QuestionKind::Yes => Ok(Some(Vec::new())),
    }
}

/// Decides again with what the carrier said. Without an answer it is asked again later, a bounded number of times.
///
/// # Errors
/// When the database fails.
pub fn settle(
    tx: &mut Tx<'_>,
    inbound: InboundId,
    kind: QuestionKind,
    texts: &FetchedTexts,
    now: Timestamp,
) -> Result<(), ActionError> {
    let missing = ActionError::NotFound("question");
    let Some(question) = inbound_questions::get(tx, inbound, kind)? else { return Err(missing) };
    let mut number = numbers::get_locked(tx, question.number_id)?.ok_or(ActionError::NotFound("number"))?;
    // Read again behind the lock: it may have been answered meanwhile.
    let Some(question) = inbound_questions::get(tx, inbound, kind)?.filter(|q| q.answered_at.is_none())
    else {
        return Ok(());
    };
    let text = text_of(tx, &question)?;
    match decide_again(tx, &mut number, &question, &text, texts, now)? {
        Some(answer) => end(tx, &question, &text, answer, now)?,
        None if question.attempts >= MOST_ATTEMPTS => {
            end(tx, &question, &text, QuestionAnswer::NoAnswer, now)?;
        }
        None => {
            let wait = Duration::from_std(ask_again_after(question.attempts)).unwrap_or(LEASE);
            inbound_questions::set_due(tx, &question, now.plus(wait))?;
        }
    }
    Ok(())
}

/// Closes a question. Staff hear of a consent that does not count because the carrier did not confirm its text.
fn end(
    tx: &mut Tx<'_>,
    question: &InboundQuestion,
    text: &InboundRow,
    answer: QuestionAnswer,
    now: Timestamp,
) -> Result<(), ActionError> {
    inbound_questions::close(tx, question, answer, now)?;
    let is_unconfirmed = !matches!(answer, QuestionAnswer::Counted | QuestionAnswer::Superseded);
    if question.kind == QuestionKind::ConfirmText && is_unconfirmed {
        notices::raise(tx, text, NoticeKind::UnconfirmedConsent, now)?;
    }
    Ok(())
}

/// How a question ends; `None` while the carrier has not answered.
fn decide_again(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    question: &InboundQuestion,
    text: &InboundRow,
    texts: &FetchedTexts,
    now: Timestamp,
) -> Result<Option<QuestionAnswer>, ActionError> {
    match question.kind {
        QuestionKind::ConfirmText => {
            let answer = confirmed(text, texts);
            if answer != Some(QuestionAnswer::Counted) {
                return Ok(answer);
            }
            if opted_out_since(number, text.received_at) {
                return Ok(Some(QuestionAnswer::Superseded));
            }
            let asked_sent_at = texts.sent_at(&text.provider_id).filter(|_| text.sent_at.is_none());
            act_on_confirmed(tx, number, text, asked_sent_at, question.confirm, now)?;
            Ok(answer)
        }
        QuestionKind::Order => order::decide_again(tx, number, question, text, texts, now),
        // Settled by the outcome of the opt-in request.
        QuestionKind::Yes => Ok(None),
    }
}

/// True when an opt-out or another owner was recorded then or later.
fn opted_out_since(number: &Number, received_at: Timestamp) -> bool {
    let consent = &number.consent;
    let everywhere = consent.stopped_everywhere.map(|since| since.recorded_at);
    let narrow = consent.programs.values().filter(|state| state.name() == StateName::OptedOut);
    let narrow = narrow.filter_map(ConsentState::since).map(|since| since.recorded_at).max();
    [consent.last_opt_out, everywhere, narrow].into_iter().flatten().any(|at| at >= received_at)
}

/// Does the carrier have the text as the webhook brought it?
fn confirmed(text: &InboundRow, texts: &FetchedTexts) -> Option<QuestionAnswer> {
    match texts.get(&text.provider_id) {
        FetchedText::NoAnswer => None,
        FetchedText::Unknown => Some(QuestionAnswer::UnknownText),
        FetchedText::Found(found) => {
            // A text is kept without the character that a database refuses.
            let body = found.body.replace('\0', "");
            let is_same =
                found.from == text.from_text && found.to == text.to_text && body.trim() == text.body.trim();
            Some(if is_same { QuestionAnswer::Counted } else { QuestionAnswer::Mismatch })
        }
    }
}

fn text_of(conn: &mut ReadConn<'_>, question: &InboundQuestion) -> Result<InboundRow, ActionError> {
    inbound::get(conn, question.inbound_id)?.ok_or(ActionError::NotFound("text"))
}
