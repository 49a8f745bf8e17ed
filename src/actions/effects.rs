//! What follows from a recorded event: messages are canceled, released or queued, and questions are asked. One loop over a
//! flat list; everything was decided before, and nothing here changes consent. Used by `transition`; it writes messages,
//! questions for the carrier and questions about expired messages.

use chrono::Duration;

use crate::domain::actor::Actor;
use crate::domain::auto_reply::AutoReply;
use crate::domain::consent::{EventKind, StateName};
use crate::domain::evidence::Evidence;
use crate::domain::id::{MessageId, ProgramId};
use crate::domain::intent::Effect;
use crate::domain::ledger::LedgerEntry;
use crate::domain::limit_hit::LimitHit;
use crate::domain::message::{Lane, Status};
use crate::domain::program::Program;
use crate::domain::question::QuestionKind;
use crate::domain::time::Timestamp;
use crate::store::inbound_questions::{self, InboundQuestion};
use crate::store::messages::{self, Message, StatusChange, WaitingMessages};
use crate::store::numbers::Number;
use crate::store::{StoreError, Tx, programs, rulebooks};

use super::{ActionContext, hold_questions};

/// An event that was just recorded, and what its effects need.
#[derive(Clone, Copy)]
pub(super) struct RecordedEvent<'a> {
    /// The number as it is after the event.
    pub(super) number: &'a Number,
    /// The program that answers.
    pub(super) program: &'a Program,
    /// The event.
    pub(super) entry: &'a LedgerEntry,
    /// False when the provider has already answered the lead.
    pub(super) confirm: bool,
    /// False when the number's limit on automatic replies is reached.
    pub(super) may_reply: bool,
}

/// Carries out the effects of an event, in order.
pub(super) fn apply_effects(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    recorded: RecordedEvent<'_>,
    effects: &[Effect],
) -> Result<(), StoreError> {
    for effect in effects {
        match effect {
            Effect::SendInvitation => recorded.send_request(tx, context)?,
            Effect::AskOrder => recorded.ask(tx, context, QuestionKind::Order)?,
            Effect::AwaitRequest => recorded.ask(tx, context, QuestionKind::Yes)?,
            Effect::ReleaseHeld => recorded.release(tx, context)?,
            Effect::CancelWaiting => recorded.cancel(tx, context)?,
            Effect::ConfirmOptIn if recorded.confirm => recorded.confirm_opt_in(tx, context)?,
            Effect::ConfirmOptOut if recorded.confirm => recorded.confirm_opt_out(tx, context)?,
            Effect::ConfirmOptIn | Effect::ConfirmOptOut => {}
        }
    }
    Ok(())
}

/// One of the texts that the system itself writes.
pub(super) struct SystemText<'a> {
    /// What it answers.
    pub(super) lane: Lane,
    /// Its words.
    pub(super) text: &'a str,
    /// When it is too late to send it.
    pub(super) expires_at: Option<Timestamp>,
    /// The number's limit on automatic replies is reached: it is kept and not sent.
    pub(super) is_over_limit: bool,
}

/// Queues a text of the system. `id` is its identifier where an event names it already.
pub(super) fn queue(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    number: &Number,
    program: ProgramId,
    id: Option<MessageId>,
    text: &SystemText<'_>,
) -> Result<(), StoreError> {
    let id = id.map_or_else(|| tx.new_id(context.now), Ok)?;
    let message = Message {
        number_id: Some(number.id),
        expires_at: text.expires_at,
        accepted_seq: number.consent.seq,
        ..Message::new(id, program, text.lane, number.phone.as_str(), text.text, &Actor::System, context.now)
    };
    if !text.is_over_limit {
        return messages::insert(tx, &message, None);
    }
    tx.record_hit(LimitHit::Replies);
    let (code, words) = (Some(REPLY_LIMIT.to_owned()), Some(NO_REPLY.to_owned()));
    let kept = Message { status: Status::Blocked, error_code: code, error_text: words, ..message };
    messages::insert(tx, &kept, Some(NO_REPLY))
}

/// The code of an automatic reply over the number's limit.
const REPLY_LIMIT: &str = "reply_limit";
const NO_REPLY: &str = "This number got as many automatic replies as are allowed in 24 hours.";

/// Why an opt-in request is canceled when the START comes first.
pub(super) fn opted_in_before() -> StatusChange<'static> {
    StatusChange::coded("cancelled", "The contact opted in before it was sent.")
}

impl RecordedEvent<'_> {
    fn queue(
        self,
        tx: &mut Tx<'_>,
        context: &ActionContext<'_>,
        id: Option<MessageId>,
        text: &SystemText<'_>,
    ) -> Result<(), StoreError> {
        queue(tx, context, self.number, self.program.id, id, text)
    }

    fn send_request(self, tx: &mut Tx<'_>, context: &ActionContext<'_>) -> Result<(), StoreError> {
        // The event that schedules the request may name the message already; the event of a form does not.
        let id = match &self.entry.event.evidence {
            Evidence::Invitation { message, .. } => Some(*message),
            _ => None,
        };
        let text = self.program.invitation();
        self.queue(
            tx,
            context,
            id,
            &SystemText { lane: Lane::Invitation, text: &text, expires_at: None, is_over_limit: false },
        )
    }

    fn confirm_opt_in(self, tx: &mut Tx<'_>, context: &ActionContext<'_>) -> Result<(), StoreError> {
        let text = self.program.auto_reply(AutoReply::Start, self.number.language);
        let lane = Lane::OptInConfirmation;
        let is_over_limit = !self.may_reply;
        self.queue(tx, context, None, &SystemText { lane, text: &text, expires_at: None, is_over_limit })
    }

    fn confirm_opt_out(self, tx: &mut Tx<'_>, context: &ActionContext<'_>) -> Result<(), StoreError> {
        let language = self.number.language;
        let mut text = self.program.auto_reply(AutoReply::Stop, language);
        if self.entry.event.program.is_some() && self.number.consent.may_be_texted_beside(self.program.id) {
            text.push_str(&self.program.ends_alone(language));
        }
        let within = rulebooks::current(tx)?.deadlines(context.now).confirm_within();
        let (lane, expires_at) = (Lane::OptOutConfirmation, Some(context.now.plus(within)));
        let is_over_limit = !self.may_reply;
        self.queue(tx, context, None, &SystemText { lane, text: &text, expires_at, is_over_limit })
    }

    /// Opens a question about the text that the event keeps.
    fn ask(self, tx: &mut Tx<'_>, context: &ActionContext<'_>, kind: QuestionKind) -> Result<(), StoreError> {
        let Evidence::HandsetText(text) = &self.entry.event.evidence else { return Ok(()) };
        let seq = Some(self.entry.event.seq);
        let question =
            InboundQuestion::new(text.inbound, kind, self.number.id, seq, self.confirm, context.now);
        inbound_questions::open(tx, &question)
    }

    fn cancel(self, tx: &mut Tx<'_>, context: &ActionContext<'_>) -> Result<(), StoreError> {
        let event = &self.entry.event;
        let why = StatusChange::coded("cancelled", why_canceled(event.kind));
        let mut waiting = WaitingMessages::of(self.number.id, event.program);
        while let Some(portion) = waiting.next_portion(tx)? {
            for message in portion.iter().filter(|message| event.kind.ends(message.lane)) {
                messages::advance(tx, message, Status::Cancelled, context.now, &why)?;
            }
        }
        hold_questions::close(tx, context, self.number, event.program)
    }

    /// Releases what waits for the event's program, or for each program in which the number is opted in.
    fn release(self, tx: &mut Tx<'_>, context: &ActionContext<'_>) -> Result<(), StoreError> {
        let programs = match self.entry.event.program {
            Some(_) => vec![self.program.id],
            None => programs::ids(tx)?,
        };
        let is_opted_in = |id: &ProgramId| self.number.consent.state_in(*id).name() == StateName::OptedIn;
        for program in programs.into_iter().filter(is_opted_in) {
            let mut waiting = WaitingMessages::of(self.number.id, Some(program));
            while let Some(portion) = waiting.next_portion(tx)? {
                for message in portion {
                    if let Some((status, why)) = after_opt_in(&message, context.now) {
                        messages::advance(tx, &message, status, context.now, &why)?;
                    }
                }
            }
            hold_questions::open(tx, context, self.number, program)?;
        }
        Ok(())
    }
}

fn why_canceled(kind: EventKind) -> &'static str {
    match kind {
        EventKind::InvitationFailed => "The opt-in request could not be delivered.",
        EventKind::DoNotTextSet => "This number is on the Do Not Text list.",
        EventKind::ConsentEnded => "The number has another owner.",
        EventKind::SimulationEnded => "The database became real.",
        _ => "The contact opted out.",
    }
}

/// What becomes of a waiting message when its lead opts in.
fn after_opt_in(message: &Message, now: Timestamp) -> Option<(Status, StatusChange<'static>)> {
    let is_expired = message.expires_at.is_some_and(|until| until <= now);
    match (message.lane, message.status) {
        (Lane::OptOutConfirmation, _) => {
            let why = StatusChange::coded("cancelled", "The contact opted in again before it was sent.");
            Some((Status::Cancelled, why))
        }
        (Lane::Invitation, _) => Some((Status::Cancelled, opted_in_before())),
        (_, Status::Held) if is_expired => {
            let why = StatusChange::coded("expired", "The hold time ended before the contact opted in.");
            Some((Status::Expired, why))
        }
        (_, Status::Held) => {
            // The confirmation that was queued before comes first on the handset.
            let due_at = Some(now.plus(Duration::microseconds(1)));
            let why = StatusChange { due_at, ..StatusChange::noted("The contact opted in: released.") };
            Some((Status::Queued, why))
        }
        _ => None,
    }
}
