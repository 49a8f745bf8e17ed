//! A lead's text has arrived: keep it, read it, and do what it asks. A repeated text changes nothing. Used by the inbound
//! webhook, the inbox job and `after-restore`; it writes the text, notices and questions, and consent through `transition`.

mod incoming;

use std::borrow::Cow;
use std::sync::Arc;

use crate::domain::actor::Actor;
use crate::domain::id::InboundId;
use crate::domain::message::{IdCertainty, InboundText};
use crate::domain::notice::NoticeKind;
use crate::domain::phone::TextSender;
use crate::domain::program::Program;
use crate::domain::question::QuestionKind;
use crate::domain::reply::{self, ReplyIntent, ReplyReading};
use crate::domain::time::Timestamp;
use crate::store::inbound::{self, InboundRow};
use crate::store::inbound_questions::{self, InboundQuestion};
use crate::store::numbers::Number;
use crate::store::{Tx, notices, numbers, programs};

use super::fetched_texts::CarrierTimes;
use super::{ActionContext, ActionError};
use incoming::IncomingText;
pub(super) use incoming::act_on_confirmed;

/// What became of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReceivedResult {
    /// New: it was kept and acted upon.
    New(ReplyIntent),
    /// It was known already.
    Repeated,
    /// A consent in a webhook that contradicts itself: nothing was written.
    Refused,
}

/// Takes in a text from a lead.
///
/// # Errors
/// When the database fails, or the installation has no program.
pub fn receive_text(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    provider: &str,
    text: &InboundText,
) -> Result<ReceivedResult, ActionError> {
    receive_listed_text(tx, context, provider, text, &CarrierTimes::default())
}

/// Takes in a text from the carrier's own list, whose times tell what it is older than.
///
/// # Errors
/// When the database fails, or the installation has no program.
pub fn receive_listed_text(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    provider: &str,
    text: &InboundText,
    times: &CarrierTimes,
) -> Result<ReceivedResult, ActionError> {
    let mut text = without_nul(text);
    // No carrier can be asked about a text without an identifier, and without our number it may be another text, cut anew.
    let is_doubtful = text.provider_id.is_empty() || text.to.trim().is_empty();
    if text.provider_id.is_empty() {
        text.to_mut().provider_id = format!("none-{}", tx.new_id::<InboundId>(context.now)?);
    }
    let text = &*text;
    if let Some(seen) = inbound::seen(tx, provider, &text.provider_id)? {
        // A repeated STOP is acknowledged no earlier than the first one.
        if let Some(number) = seen.number_id {
            tx.pass_barrier(number);
        }
        return Ok(ReceivedResult::Repeated);
    }
    let (program, is_ours) = addressed(tx, &text.to, context.region)?;
    let mut reading = reply::read(&text.body, &program.keywords(programs::codes(tx)?));
    if text.opted_out_at_provider {
        // The lead is blocked there: the record here must say so, whatever the words were.
        reading.reply = ReplyIntent::Revoke { program_code: None };
        reading.matched = Some("the provider's own opt-out".to_owned());
    }
    let is_consent = matches!(reading.reply, ReplyIntent::OptIn | ReplyIntent::Confirm);
    if is_consent && text.id_certainty == IdCertainty::Contradicted {
        return Ok(ReceivedResult::Refused);
    }
    let sender = TextSender::read(&text.from, context.region);
    let is_revocation = matches!(reading.reply, ReplyIntent::Revoke { .. });
    let lock = if is_revocation { numbers::find_or_create_with_twin } else { numbers::find_or_create };
    let number = sender.phone().map(|phone| lock(tx, phone, context.now)).transpose()?;
    let record = record(tx, provider, text, &reading, number.as_deref(), &program, context.now)?;
    inbound::insert(tx, &record)?;
    let Some(mut number) = number else {
        notices::raise(tx, &record, NoticeKind::UnknownSender, context.now)?;
        return Ok(ReceivedResult::New(reading.reply));
    };
    let confirm = !text.answered_by_provider;
    let lead = context.by(&Actor::Lead);
    let incoming = IncomingText::new(&program, &record, &reading, times, confirm, lead);
    if matches!(sender, TextSender::OtherChannel(_)) {
        incoming.act_on_other_channel(tx, &mut number)?;
        return Ok(ReceivedResult::New(reading.reply));
    }
    if number.unreachable.is_some() {
        // Who texts can be texted.
        numbers::set_unreachable(tx, &mut number, None)?;
    }
    if reading.language.is_some() {
        numbers::set_language(tx, &mut number, reading.language)?;
    }
    if is_consent && is_doubtful {
        notices::raise(tx, &record, NoticeKind::UnconfirmedConsent, context.now)?;
        return Ok(ReceivedResult::New(reading.reply));
    }
    if is_consent && is_ours && text.id_certainty == IdCertainty::Unsure {
        let (kind, confirm) = (QuestionKind::ConfirmText, incoming.confirm);
        let question = InboundQuestion::new(record.id, kind, number.id, None, confirm, context.now);
        inbound_questions::open(tx, &question)?;
        return Ok(ReceivedResult::New(reading.reply));
    }
    if is_ours || matches!(reading.reply, ReplyIntent::Revoke { .. } | ReplyIntent::Unclear) {
        incoming.act(tx, &mut number)?;
    }
    if reading.is_consent_question() && !number.consent.state_in(program.id).may_be_texted() {
        // A lead who is in, or was asked, is among the replies to read.
        notices::raise(tx, &record, NoticeKind::ConsentQuestion, context.now)?;
    }
    if text.opted_in_at_provider && reading.reply != ReplyIntent::OptIn {
        incoming.keep_opt_in_at_carrier(tx, &mut number)?;
    }
    Ok(ReceivedResult::New(reading.reply))
}

/// A database may refuse the character that ends a string elsewhere, and no STOP may be lost to it.
fn without_nul(text: &InboundText) -> Cow<'_, InboundText> {
    if ![&text.from, &text.to, &text.body].iter().any(|words| words.contains('\0')) {
        return Cow::Borrowed(text);
    }
    let clean = |words: &str| words.replace('\0', "");
    let (from, to, body) = (clean(&text.from), clean(&text.to), clean(&text.body));
    Cow::Owned(InboundText { from, to, body, ..text.clone() })
}

/// The program the text was sent to, and whether that is certain. A number of the provider's account that no program has
/// belongs to the default program; with several programs a START there says yes to none of them.
fn addressed(tx: &mut Tx<'_>, to: &str, region: &str) -> Result<(Arc<Program>, bool), ActionError> {
    let ours = TextSender::read(to, region);
    let to = ours.phone().map_or(to, |phone| phone.as_str());
    let (program, is_certain) = match programs::of_sender(tx, to)? {
        Some(id) => (programs::get(tx, id)?, true),
        None => (programs::find(tx, None)?, programs::ids(tx)?.len() == 1),
    };
    Ok((program.ok_or(ActionError::NotFound("program"))?, is_certain))
}

fn record(
    tx: &mut Tx<'_>,
    provider: &str,
    text: &InboundText,
    reading: &ReplyReading,
    number: Option<&Number>,
    program: &Program,
    now: Timestamp,
) -> Result<InboundRow, ActionError> {
    Ok(InboundRow {
        id: tx.new_id(now)?,
        provider: provider.to_owned(),
        provider_id: text.provider_id.clone(),
        number_id: number.map(|number| number.id),
        program_id: Some(program.id),
        from_text: text.from.clone(),
        to_text: text.to.clone(),
        body: text.body.clone(),
        class: reading.reply.as_str().to_owned(),
        matched: reading.matched.clone(),
        sent_at: text.sent_at,
        received_at: now,
    })
}
