//! What a kept text asks for: an intent is made of it, HELP is answered, and a text without effect stays in the history.
//! Used by `receive_text` and `questions`; it writes consent through `transition`.

use std::sync::Arc;

use crate::actions::effects::{SystemText, queue};
use crate::actions::fetched_texts::CarrierTimes;
use crate::actions::transition::{apply, apply_answered};
use crate::actions::{ActionContext, ActionError, order, requests};
use crate::domain::actor::Actor;
use crate::domain::auto_reply::AutoReply;
use crate::domain::consent::{ConsentState, StateName};
use crate::domain::evidence::HandsetText;
use crate::domain::intent::{Intent, RevocationScope};
use crate::domain::message::Lane;
use crate::domain::notice::NoticeKind;
use crate::domain::program::Program;
use crate::domain::reply::{ReplyIntent, ReplyReading, ReplyTier};
use crate::domain::schedule::Reach;
use crate::domain::time::Timestamp;
use crate::store::inbound::InboundRow;
use crate::store::numbers::Number;
use crate::store::{LockedRow, Tx, messages, notices, numbers, organization, programs, rulebooks};

/// A later reply to HELP is not sent.
const HELP_WITHIN: chrono::Duration = chrono::Duration::minutes(5);
/// So many answers to HELP within an hour are enough for any person.
const MOST_HELP: i64 = 5;

/// A text that is kept, and what is known of it.
#[derive(Clone, Copy)]
pub(super) struct IncomingText<'a> {
    program: &'a Program,
    record: &'a InboundRow,
    reading: &'a ReplyReading,
    /// When it was sent, as the carrier answered when it was asked.
    asked_sent_at: Option<Timestamp>,
    /// The times in the carrier's list that the text was read from; none for a text that came by webhook.
    times: &'a CarrierTimes,
    /// The lead is to get our answer: the provider has not sent its own.
    pub(super) confirm: bool,
    context: ActionContext<'a>,
}

/// A consent that waited for the carrier's word on its text, which was sent at `asked_sent_at`, if the carrier said so. Right
/// after an opt-out this opens the question which of the two was sent last.
pub(in crate::actions) fn act_on_confirmed(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    record: &InboundRow,
    asked_sent_at: Option<Timestamp>,
    confirm: bool,
    now: Timestamp,
) -> Result<(), ActionError> {
    let program = record.program_id.map(|id| programs::get(tx, id)).transpose()?.flatten();
    let program = program.ok_or(ActionError::NotFound("program"))?;
    // As it was read when it came, whatever the words mean today.
    let reply =
        if record.class == ReplyIntent::Confirm.as_str() { ReplyIntent::Confirm } else { ReplyIntent::OptIn };
    let reading =
        ReplyReading { reply, tier: ReplyTier::Keyword, matched: record.matched.clone(), language: None };
    let context = ActionContext::system(now).by(&Actor::Lead);
    let times = CarrierTimes::default();
    let incoming = IncomingText::new(&program, record, &reading, &times, confirm, context);
    IncomingText { asked_sent_at, ..incoming }.act(tx, number)
}

impl<'a> IncomingText<'a> {
    pub(super) fn new(
        program: &'a Program,
        record: &'a InboundRow,
        reading: &'a ReplyReading,
        times: &'a CarrierTimes,
        confirm: bool,
        context: ActionContext<'a>,
    ) -> IncomingText<'a> {
        IncomingText { program, record, reading, asked_sent_at: None, times, confirm, context }
    }

    /// Does what the text asks for.
    pub(super) fn act(self, tx: &mut Tx<'_>, number: &mut LockedRow<Number>) -> Result<(), ActionError> {
        let intent = match &self.reading.reply {
            ReplyIntent::OptIn => self.opt_in(tx, number)?,
            ReplyIntent::Confirm => {
                let asked = requests::current_request(tx, number, self.program)?;
                Intent::Yes { text: self.evidence(), arrived_at: self.record.received_at, asked }
            }
            ReplyIntent::Revoke { program_code } => return self.revoke(tx, number, program_code.as_deref()),
            ReplyIntent::Unclear => Intent::Unclear(self.evidence()),
            ReplyIntent::Help => return self.help(tx, number),
            ReplyIntent::Other => return Ok(()),
        };
        apply_answered(tx, &self.context, number, self.program, intent, self.confirm).map(drop)
    }

    /// The same number on another channel: a demand to stop counts here too, nothing from there opts in, and no answer goes
    /// out by text.
    pub(super) fn act_on_other_channel(
        self,
        tx: &mut Tx<'_>,
        number: &mut LockedRow<Number>,
    ) -> Result<(), ActionError> {
        match self.reading.reply {
            ReplyIntent::Revoke { .. } | ReplyIntent::Unclear => {
                IncomingText { confirm: false, ..self }.act(tx, number)
            }
            ReplyIntent::OptIn | ReplyIntent::Confirm => {
                let word = self.reading.matched.clone().unwrap_or_default();
                self.keep(tx, number, format!("{word}; on another channel"))
            }
            ReplyIntent::Help | ReplyIntent::Other => Ok(()),
        }
    }

    /// The carrier read START where our rules do not: it has lifted its block and welcomed the lead. Consent does not begin
    /// by it; staff see it on the dashboard and in the history.
    pub(super) fn keep_opt_in_at_carrier(
        self,
        tx: &mut Tx<'_>,
        number: &mut LockedRow<Number>,
    ) -> Result<(), ActionError> {
        if number.consent.state_in(self.program.id).name() == StateName::OptedIn {
            return Ok(());
        }
        let read_as = self.reading.matched.clone().unwrap_or_else(|| "no keyword of ours".to_owned());
        self.keep(tx, number, format!("{read_as}; the carrier read START"))?;
        notices::raise(tx, self.record, NoticeKind::OptInAtCarrier, self.context.now)?;
        Ok(())
    }

    fn evidence(&self) -> HandsetText {
        HandsetText { asked_sent_at: self.asked_sent_at, ..self.record.evidence() }
    }

    fn opt_in(&self, tx: &mut Tx<'_>, number: &Number) -> Result<Intent, ActionError> {
        let arrival = order::arrival(tx, number, self.program, self.record.received_at)?;
        let own_words = self.program.opt_in_words.words();
        // A word of the program's own, beside START itself.
        Ok(match self.reading.matched.as_ref().is_some_and(|word| own_words.contains(word)) {
            true => Intent::Join(self.evidence(), arrival),
            false => Intent::Start(self.evidence(), arrival),
        })
    }

    fn revoke(
        &self,
        tx: &mut Tx<'_>,
        number: &mut LockedRow<Number>,
        code: Option<&str>,
    ) -> Result<(), ActionError> {
        tx.pass_barrier(number.id);
        let narrowed = self.narrowed(tx, number, code)?;
        let scope = if narrowed.is_some() { RevocationScope::Program } else { RevocationScope::Everywhere };
        let program = narrowed.as_deref().unwrap_or(self.program);
        let newest_start = order::newest_start(tx, number, program, self.record, self.times)?;
        let stop = Intent::Stop { text: self.evidence(), scope, newest_start };
        apply_answered(tx, &self.context, number, program, stop, self.confirm).map(drop)
    }

    /// The one program that `STOP RATES` reaches, where the rules let a code narrow a STOP to programs of its kind.
    fn narrowed(
        &self,
        tx: &mut Tx<'_>,
        number: &Number,
        code: Option<&str>,
    ) -> Result<Option<Arc<Program>>, ActionError> {
        let Some(named) = code.map(|code| programs::of_code(tx, code)).transpose()?.flatten() else {
            return Ok(None);
        };
        let reach = rulebooks::current(tx)?.stop_reach(named.kind.text_kind(), self.context.now);
        // A lead who never joined that program means the texts that do come.
        let narrows = reach == Reach::Program && number.consent.state_in(named.id) != ConsentState::NotAsked;
        Ok(Some(named).filter(|_| narrows))
    }

    fn help(&self, tx: &mut Tx<'_>, number: &mut LockedRow<Number>) -> Result<(), ActionError> {
        if !self.confirm || self.is_flooding(tx, number)? {
            return Ok(());
        }
        let text = self.program.auto_reply(AutoReply::Help, number.language);
        let (lane, expires_at) = (Lane::Help, Some(self.context.now.plus(HELP_WITHIN)));
        let limits = organization::limits(tx)?;
        let is_over_limit = !numbers::count_reply(number, lane, &limits, self.context.now);
        numbers::write_replies(tx, number)?;
        let help = SystemText { lane, text: &text, expires_at, is_over_limit };
        Ok(queue(tx, &self.context, number, self.program.id, None, &help)?)
    }

    /// Two machines that answer each other must come to an end.
    fn is_flooding(&self, tx: &mut Tx<'_>, number: &Number) -> Result<bool, ActionError> {
        let since = self.context.now.plus(-chrono::Duration::hours(1));
        Ok(messages::helped_since(tx, number.id, since, MOST_HELP)? >= MOST_HELP)
    }

    /// Writes the text into the history without a change of consent.
    fn keep(
        self,
        tx: &mut Tx<'_>,
        number: &mut LockedRow<Number>,
        matched: String,
    ) -> Result<(), ActionError> {
        let evidence = HandsetText { matched, ..self.record.evidence() };
        apply(tx, &self.context, number, self.program, Intent::Keep(evidence)).map(drop)
    }
}
