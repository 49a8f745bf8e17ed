//! A lead's text has arrived: keep it, read it, and do what it asks. The same text twice changes nothing.

use std::borrow::Cow;

use crate::domain::actor::Actor;
use crate::domain::auto_reply::AutoReply;
use crate::domain::consent::{Intent, Scope, State, StateName};
use crate::domain::evidence::HandsetText;
use crate::domain::message::{IdCertainty, InboundText, Lane};
use crate::domain::notice::NoticeKind;
use crate::domain::phone::TextSender;
use crate::domain::program::Program;
use crate::domain::question::QuestionKind;
use crate::domain::reply::{self, Reading, Reply, Tier};
use crate::domain::schedule::Reach;
use crate::domain::time::Timestamp;
use crate::store::inbound::{self, Inbound};
use crate::store::inbound_questions::{self, InboundQuestion};
use crate::store::numbers::Number;
use crate::store::{Locked, Tx, messages, notices, numbers, programs, rulebooks};

use super::consent::{Occasion, apply, queue};
use super::{ActionError, order, requests};

/// A reply to HELP that is later than this helps nobody.
const HELP_WITHIN: chrono::Duration = chrono::Duration::minutes(5);
/// So many answers to HELP within an hour are enough for any person.
const MOST_HELP: i64 = 5;

/// What became of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Received {
    /// New: it was kept and acted upon.
    New(Reply),
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
    provider: &str,
    text: &InboundText,
    region: &str,
    now: Timestamp,
) -> Result<Received, ActionError> {
    let text = &*without_nul(text);
    if let Some(seen) = inbound::seen(tx, provider, &text.provider_id)? {
        // A repeated STOP is acknowledged no earlier than the first one.
        if let Some(number) = seen.number_id {
            tx.pass_barrier(number);
        }
        return Ok(Received::Repeated);
    }
    let (program, is_ours) = addressed(tx, &text.to, region)?;
    let mut reading = reply::read(&text.body, &program.keywords(programs::codes(tx)?));
    if text.opted_out_at_provider {
        // The lead is blocked there: the record here must say so, whatever the words were.
        reading.reply = Reply::Revoke { program_code: None };
        reading.matched = Some("the provider's own opt-out".to_owned());
    }
    let is_consent = matches!(reading.reply, Reply::OptIn | Reply::Confirm);
    if is_consent && text.id_certainty == IdCertainty::Contradicted {
        return Ok(Received::Refused);
    }
    let sender = TextSender::read(&text.from, region);
    let number = sender.phone().map(|phone| numbers::find_or_create(tx, phone, now)).transpose()?;
    let record = record(tx, provider, text, &reading, number.as_deref(), &program, now)?;
    inbound::insert(tx, &record)?;
    let Some(mut number) = number else {
        notices::raise(tx, &record, NoticeKind::UnknownSender, now)?;
        return Ok(Received::New(reading.reply));
    };
    if matches!(sender, TextSender::OtherChannel(_)) {
        act_on_other_channel(tx, &mut number, &program, text, &record, &reading, now)?;
        return Ok(Received::New(reading.reply));
    }
    if number.unreachable.is_some() {
        // Who texts can be texted.
        numbers::set_unreachable(tx, &mut number, None)?;
    }
    if reading.language.is_some() {
        numbers::set_language(tx, &mut number, reading.language)?;
    }
    if is_consent && is_ours && text.id_certainty == IdCertainty::Unsure {
        let (kind, confirm) = (QuestionKind::ConfirmText, !text.answered_by_provider);
        let question = InboundQuestion::new(record.id, kind, number.id, None, confirm, now);
        inbound_questions::open(tx, &question)?;
        return Ok(Received::New(reading.reply));
    }
    if is_ours || matches!(reading.reply, Reply::Revoke { .. } | Reply::Unclear) {
        act(tx, &mut number, &program, text, &record, &reading, now)?;
    }
    if text.opted_in_at_provider && reading.reply != Reply::OptIn {
        keep_opt_in_at_carrier(tx, &mut number, &program, &record, &reading, now)?;
    }
    Ok(Received::New(reading.reply))
}

/// The same number on another channel: a demand to stop counts here too, nothing from there opts in, and no answer goes out
/// by text.
fn act_on_other_channel(
    tx: &mut Tx<'_>,
    number: &mut Locked<Number>,
    program: &Program,
    text: &InboundText,
    record: &Inbound,
    reading: &Reading,
    now: Timestamp,
) -> Result<(), ActionError> {
    let silent = InboundText { answered_by_provider: true, ..text.clone() };
    match reading.reply {
        Reply::Revoke { .. } | Reply::Unclear => act(tx, number, program, &silent, record, reading, now),
        Reply::OptIn | Reply::Confirm => {
            let word = reading.matched.clone().unwrap_or_default();
            keep(tx, number, program, record, format!("{word}; on another channel"), now)
        }
        Reply::Help | Reply::Other => Ok(()),
    }
}

/// The carrier read START where our rules do not: it has lifted its block and welcomed the lead. Consent does not begin by
/// it; staff see it on the dashboard and in the history.
fn keep_opt_in_at_carrier(
    tx: &mut Tx<'_>,
    number: &mut Locked<Number>,
    program: &Program,
    record: &Inbound,
    reading: &Reading,
    now: Timestamp,
) -> Result<(), ActionError> {
    if number.consent.state_in(program.id).name() == StateName::OptedIn {
        return Ok(());
    }
    let read_as = reading.matched.clone().unwrap_or_else(|| "no keyword of ours".to_owned());
    keep(tx, number, program, record, format!("{read_as}; the carrier read START"), now)?;
    notices::raise(tx, record, NoticeKind::OptInAtCarrier, now)?;
    Ok(())
}

/// Writes a text into the history without a change of consent.
fn keep(
    tx: &mut Tx<'_>,
    number: &mut Locked<Number>,
    program: &Program,
    record: &Inbound,
    matched: String,
    now: Timestamp,
) -> Result<(), ActionError> {
    let evidence = HandsetText { matched, ..evidence(record) };
    apply(tx, number, program, Intent::Keep(evidence), &Occasion::new(&Actor::Lead, now))?;
    Ok(())
}

/// A consent that waited for the carrier's word on its text.
pub(super) fn act_on_confirmed(
    tx: &mut Tx<'_>,
    number: &mut Locked<Number>,
    record: &Inbound,
    confirm: bool,
    now: Timestamp,
) -> Result<(), ActionError> {
    let missing = ActionError::NotFound("program");
    let Some(program) = record.program_id.map(|id| programs::get(tx, id)).transpose()?.flatten() else {
        return Err(missing);
    };
    // As it was read when it came, whatever the words mean today.
    let reply = if record.class == Reply::Confirm.as_str() { Reply::Confirm } else { Reply::OptIn };
    let reading = Reading { reply, tier: Tier::Keyword, matched: record.matched.clone(), language: None };
    let text = InboundText {
        provider_id: record.provider_id.clone(),
        from: record.from_text.clone(),
        to: record.to_text.clone(),
        body: record.body.clone(),
        sent_at: record.sent_at,
        answered_by_provider: !confirm,
        opted_out_at_provider: false,
        opted_in_at_provider: false,
        id_certainty: IdCertainty::Certain,
    };
    act(tx, number, &program, &text, record, &reading, now)
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
fn addressed(tx: &mut Tx<'_>, to: &str, region: &str) -> Result<(Program, bool), ActionError> {
    let ours = TextSender::read(to, region);
    let to = ours.phone().map_or(to, |phone| phone.as_str());
    let (program, is_certain) = match programs::of_sender(tx, to)? {
        Some(id) => (programs::get(tx, id)?, true),
        None => (programs::find(tx, None)?, programs::ids(tx)?.len() == 1),
    };
    Ok((program.ok_or(ActionError::NotFound("program"))?, is_certain))
}

/// True for a word of the program's own, beside START itself.
fn is_own_word(program: &Program, reading: &Reading) -> bool {
    reading.matched.as_ref().is_some_and(|word| program.opt_in_words.words().contains(word))
}

/// Two machines that answer each other must not go on for ever.
fn is_flooding(tx: &mut Tx<'_>, number: &Number, now: Timestamp) -> Result<bool, ActionError> {
    let answers = messages::helped_since(tx, number.id, now.plus(-chrono::Duration::hours(1)), MOST_HELP)?;
    Ok(answers >= MOST_HELP)
}

/// The one program that `STOP RATES` reaches, where the rules let a code narrow a STOP to programs of its kind.
fn narrowed(
    tx: &mut Tx<'_>,
    number: &Number,
    code: Option<&str>,
    now: Timestamp,
) -> Result<Option<Program>, ActionError> {
    let Some(named) = code.map(|code| programs::of_code(tx, code)).transpose()?.flatten() else {
        return Ok(None);
    };
    let reach = rulebooks::current(tx)?.stop_reach(named.kind.text_kind(), now);
    // A lead who was never in it means the texts that do come.
    let narrows = reach == Reach::Program && number.consent.state_in(named.id) != State::NotAsked;
    Ok(Some(named).filter(|_| narrows))
}

fn record(
    tx: &mut Tx<'_>,
    provider: &str,
    text: &InboundText,
    reading: &Reading,
    number: Option<&Number>,
    program: &Program,
    now: Timestamp,
) -> Result<Inbound, ActionError> {
    Ok(Inbound {
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

/// A text as the evidence of an event.
pub(super) fn evidence(record: &Inbound) -> HandsetText {
    HandsetText {
        inbound: record.id,
        provider: record.provider.clone(),
        provider_message_id: record.provider_id.clone(),
        body: record.body.clone(),
        to: record.to_text.clone(),
        matched: record.matched.clone().unwrap_or_default(),
        sent_at: record.sent_at,
        asked_sent_at: None,
    }
}

fn act(
    tx: &mut Tx<'_>,
    number: &mut Locked<Number>,
    program: &Program,
    text: &InboundText,
    record: &Inbound,
    reading: &Reading,
    now: Timestamp,
) -> Result<(), ActionError> {
    let occasion = Occasion { actor: &Actor::Lead, now, confirm: !text.answered_by_provider };
    let intent = match &reading.reply {
        Reply::OptIn => {
            let arrival = order::arrival(tx, number, program, record.received_at)?;
            match is_own_word(program, reading) {
                true => Intent::Join(evidence(record), arrival),
                false => Intent::Start(evidence(record), arrival),
            }
        }
        Reply::Confirm => {
            let asked = requests::asked(tx, number, program)?;
            Intent::Yes { text: evidence(record), arrived_at: record.received_at, asked }
        }
        Reply::Revoke { program_code } => {
            tx.pass_barrier(number.id);
            if let Some(narrowed) = narrowed(tx, number, program_code.as_deref(), now)? {
                apply(tx, number, &narrowed, Intent::Stop(evidence(record), Scope::Program), &occasion)?;
                return Ok(());
            }
            Intent::Stop(evidence(record), Scope::Everywhere)
        }
        Reply::Unclear => Intent::Unclear(evidence(record)),
        Reply::Help if occasion.confirm && !is_flooding(tx, number, now)? => {
            let (id, help) = (tx.new_id(now)?, program.auto_reply(AutoReply::Help, number.language));
            queue(tx, id, Lane::Help, number, program, &help, Some(now.plus(HELP_WITHIN)), &occasion)?;
            return Ok(());
        }
        Reply::Help | Reply::Other => return Ok(()),
    };
    apply(tx, number, program, intent, &occasion)?;
    Ok(())
}
