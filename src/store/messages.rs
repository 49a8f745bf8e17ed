//! Outbound texts and the steps of their lives. Written by the actions that send, deliver and cancel.

mod attempts;
mod hand_offs;
mod history;
mod lists;
mod queue;
mod reading;
mod reschedule;
mod waiting;

use diesel::prelude::*;

use super::engine::{self, on};
use super::schema::{message_steps, messages};
use super::{StoreError, Tx};
use crate::domain::actor::Actor;
use crate::domain::id::{MessageId, NumberId, ProgramId};
use crate::domain::message::{Category, Lane, Status};
use crate::domain::time::Timestamp;

pub use attempts::{FailedAttempt, failed_attempt, failed_attempts, failed_ids, keep_failed};
pub use hand_offs::{HandOff, mark_sending, mark_sent};
pub use history::{
    ArrangedMessage, any, attempts_since, confirmed_with, counted_since, failed_at_simulator, failed_request,
    helped_since, request, scheduled_for, taken_by, texted_numbers,
};
pub use lists::{of_number, page, provider_ids, twin_after};
pub use queue::{
    DueMessage, QueuePart, QueuePlace, all_waiting, behind_others, count_waiting, due, holds_ending,
    lock_holds_ending, move_to_number, scheduled_until, unanswered,
};
pub use reading::{by_provider_id, get, get_all, get_locked, owners_of, steps};
pub use reschedule::reschedule_some;
pub use waiting::{ScheduledMessage, WaitingMessages, waiting_for_a_time};

/// The code of a hand-off that the carrier did not answer.
pub const UNANSWERED: &str = "unknown";

/// An outbound text.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = messages)]
#[diesel(treat_none_as_default_value = false)]
pub struct Message {
    /// Its identifier.
    pub id: MessageId,
    /// The recipient's record; none when what was given is no phone number.
    pub number_id: Option<NumberId>,
    /// The program it belongs to.
    pub program_id: ProgramId,
    /// The recipient as given.
    pub to_text: String,
    /// The sender number, once chosen.
    pub sender: Option<String>,
    /// What it is for.
    pub category: Category,
    /// By which lane it leaves.
    pub lane: Lane,
    /// The text.
    pub body: String,
    /// Where it is in its life.
    pub status: Status,
    /// Who wanted it sent.
    pub actor: String,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When the worker may take it (or look after it) next.
    pub due_at: Timestamp,
    /// When it is too late to send it.
    pub expires_at: Option<Timestamp>,
    /// Hand-offs to the provider so far.
    pub attempts: i32,
    /// The event that permitted the last hand-off.
    pub permit_seq: Option<i32>,
    /// How long the number's history was when it was permitted.
    pub claimed_seq: Option<i32>,
    /// When the last hand-off was permitted.
    pub claimed_at: Option<Timestamp>,
    /// The provider's identifier.
    pub provider_id: Option<String>,
    /// The last error's code.
    pub error_code: Option<String>,
    /// The last error in words.
    pub error_text: Option<String>,
    /// The gate's verdict when it was accepted or refused, as JSON.
    pub verdict: Option<String>,
    /// How many steps its life has had.
    pub steps: i32,
    /// How long the number's history was when the message was accepted.
    pub accepted_seq: i32,
    /// A person at the simulated phones asked to deliver it now. Real databases never set it.
    pub skips_quiet_hours: bool,
}

impl Message {
    /// A message that is due at once; nothing has happened to it yet.
    pub fn new(
        id: MessageId,
        program_id: ProgramId,
        lane: Lane,
        to: &str,
        body: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Message {
        Message {
            id,
            number_id: None,
            program_id,
            to_text: to.to_owned(),
            sender: None,
            category: Category::Automated,
            lane,
            body: body.to_owned(),
            status: Status::Queued,
            actor: actor.to_string(),
            created_at: now,
            due_at: now,
            expires_at: None,
            attempts: 0,
            permit_seq: None,
            claimed_seq: None,
            claimed_at: None,
            provider_id: None,
            error_code: None,
            error_text: None,
            verdict: None,
            steps: 1,
            accepted_seq: 0,
            skips_quiet_hours: false,
        }
    }

    /// True while nobody knows whether the carrier took it.
    pub fn is_unanswered(&self) -> bool {
        self.status == Status::Sending && self.error_code.as_deref() == Some(UNANSWERED)
    }

    /// True for a text that a real carrier took: the simulator's identifiers begin with its name.
    pub fn is_with_real_carrier(&self) -> bool {
        self.provider_id.as_ref().is_some_and(|id| !id.starts_with("SIM"))
    }

    /// When it goes out by itself, while it waits for the next allowed time.
    pub fn scheduled_for(&self) -> Option<Timestamp> {
        (self.status == Status::Scheduled).then_some(self.due_at)
    }
}

/// One step of a message's life.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = message_steps)]
pub struct MessageStep {
    /// Whose step.
    pub message_id: MessageId,
    /// Its place, from 1.
    pub n: i32,
    /// The status it reached.
    pub status: Status,
    /// When.
    pub at: Timestamp,
    /// The provider's code, if any.
    pub code: Option<String>,
    /// In words.
    pub note: Option<String>,
}

/// What moves a message on, and what changes with it. What is `None` stays as it was.
#[derive(Debug, Default)]
pub struct StatusChange<'a> {
    /// The provider's or our own code.
    pub code: Option<&'a str>,
    /// In words.
    pub note: Option<&'a str>,
    /// When the worker looks at it next.
    pub due_at: Option<Timestamp>,
    /// The provider's identifier.
    pub provider_id: Option<&'a str>,
}

impl<'a> StatusChange<'a> {
    /// A move that only needs words.
    pub fn noted(note: &'a str) -> Self {
        StatusChange { note: Some(note), ..StatusChange::default() }
    }

    /// A move with a code and its words.
    pub fn coded(code: &'a str, note: &'a str) -> Self {
        StatusChange { code: Some(code), ..StatusChange::noted(note) }
    }
}

/// Adds a message with its first step.
///
/// # Errors
/// When the database fails.
pub fn insert(tx: &mut Tx<'_>, message: &Message, note: Option<&str>) -> Result<(), StoreError> {
    on!(tx, db => diesel::insert_into(messages::table).values(message).execute(db))?;
    let why = StatusChange { code: message.error_code.as_deref(), note, ..StatusChange::default() };
    step(tx, message.id, message.steps, message.status, message.created_at, &why)?;
    if message.status == Status::Queued {
        tx.wake_delivery();
    }
    Ok(())
}

#[derive(AsChangeset)]
#[diesel(table_name = messages)]
struct StepChange<'a> {
    status: Status,
    steps: i32,
    // A bad end without a code keeps the earlier code and its words; every other step without one clears them.
    error_code: Option<Option<&'a str>>,
    error_text: Option<Option<&'a str>>,
    due_at: Option<Timestamp>,
    provider_id: Option<&'a str>,
}

/// Moves a message, as it was just read, to `status` and writes down the step.
///
/// # Errors
/// When the database fails; also when the message has moved since it was read.
pub fn advance(
    tx: &mut Tx<'_>,
    message: &Message,
    status: Status,
    at: Timestamp,
    why: &StatusChange<'_>,
) -> Result<(), StoreError> {
    let is_told = why.code.is_some() || !status.is_bad_end();
    let change = StepChange {
        status,
        steps: message.steps + 1,
        error_code: is_told.then_some(why.code),
        error_text: is_told.then(|| why.code.and(why.note)),
        due_at: why.due_at,
        provider_id: why.provider_id,
    };
    on!(tx, db => engine::CachedStatement(diesel::update(messages::table.find(message.id)).set(change)).run(db))?;
    step(tx, message.id, message.steps + 1, status, at, why)?;
    if status == Status::Queued {
        tx.wake_delivery();
    }
    Ok(())
}

fn step(
    tx: &mut Tx<'_>,
    message: MessageId,
    n: i32,
    status: Status,
    at: Timestamp,
    why: &StatusChange<'_>,
) -> Result<(), StoreError> {
    on!(tx, db => {
        use message_steps as t;
        diesel::insert_into(t::table)
            .values((
                t::message_id.eq(message),
                t::n.eq(n),
                t::status.eq(status),
                t::at.eq(at),
                t::code.eq(why.code),
                t::note.eq(why.note),
            ))
            .execute(db)?;
        Ok(())
    })
}

/// Lets a message of a simulated database go out in quiet hours.
///
/// # Errors
/// When the database fails.
pub fn skip_quiet_hours(tx: &mut Tx<'_>, id: MessageId) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::update(messages::table.find(id)).set(messages::skips_quiet_hours.eq(true)).execute(db)?;
        Ok(())
    })
}

/// When the worker looks at a message next.
///
/// # Errors
/// When the database fails.
pub fn set_due(tx: &mut Tx<'_>, id: MessageId, due_at: Timestamp) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::update(messages::table.find(id)).set(messages::due_at.eq(due_at)).execute(db)?;
        Ok(())
    })
}

/// Writes down the provider's identifier.
///
/// # Errors
/// When the database fails.
pub fn set_provider_id(tx: &mut Tx<'_>, id: MessageId, provider_id: &str) -> Result<(), StoreError> {
    on!(tx, db => {
        let update = diesel::update(messages::table.find(id)).set(messages::provider_id.eq(provider_id));
        Ok(engine::CachedStatement(update).run(db)?)
    })
}

/// Takes the provider's identifier away from any message but `id`: the provider itself has said whose it is.
///
/// # Errors
/// When the database fails.
pub fn clear_provider_id(tx: &mut Tx<'_>, id: MessageId, provider_id: &str) -> Result<(), StoreError> {
    on!(tx, db => {
        let others = messages::table.filter(messages::provider_id.eq(provider_id)).filter(messages::id.ne(id));
        Ok(engine::CachedStatement(diesel::update(others).set(messages::provider_id.eq(None::<String>))).run(db)?)
    })
}
