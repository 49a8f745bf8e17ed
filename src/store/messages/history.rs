//! What went to a number before, as far as the next text depends on it: what counts towards a promise, what was asked and
//! what was answered. All of it is found by the number.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::super::engine::{CachedQuery, on};
use super::super::schema::messages;
use super::super::{ReadConn, StoreError};
use super::Message;
use super::queue::{WAITING, in_status};
use crate::domain::id::{MessageId, NumberId, ProgramId};
use crate::domain::message::{Category, Lane, Status};
use crate::domain::time::Timestamp;

/// When texts were handed over to a number for a program since then that count towards a promised frequency: neither a
/// person's own nor the system's answers. The newest first, at most `most`.
///
/// # Errors
/// When the database fails.
pub fn counted_since(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    program: ProgramId,
    since: Timestamp,
    most: u32,
) -> Result<Vec<Timestamp>, StoreError> {
    on!(conn, db => {
        let query = messages::table
            .filter(messages::number_id.eq(number))
            .filter(messages::program_id.eq(program))
            .filter(messages::lane.eq(Lane::Gated))
            .filter(messages::category.ne(Category::Conversation))
            .filter(messages::claimed_at.gt(since))
            .filter(messages::status.eq_any([Status::Sending, Status::Sent, Status::Delivered]))
            .order(messages::claimed_at.desc())
            .select(messages::claimed_at.assume_not_null())
            .limit(i64::from(most));
        Ok(CachedQuery(query).load(db)?)
    })
}

/// When texts were handed over to a number since then, from one program or from all: everything that was not an answer to
/// the lead, also what the carrier refused. The newest first, at most `most`.
///
/// # Errors
/// When the database fails.
pub fn attempts_since(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    program: Option<ProgramId>,
    since: Timestamp,
    most: u32,
) -> Result<Vec<Timestamp>, StoreError> {
    on!(conn, db => {
        let query = messages::table
            .filter(messages::number_id.eq(number))
            .filter(messages::claimed_at.gt(since))
            .filter(messages::lane.eq_any([Lane::Gated, Lane::Invitation]))
            .filter(messages::status.eq_any([Status::Sending, Status::Sent, Status::Delivered, Status::Failed]))
            .order(messages::claimed_at.desc())
            .select(messages::claimed_at.assume_not_null())
            .limit(i64::from(most));
        Ok(match program {
            Some(program) => CachedQuery(query.filter(messages::program_id.eq(program))).load(db)?,
            None => CachedQuery(query).load(db)?,
        })
    })
}

/// A text that is scheduled for a number already.
#[derive(Clone, Copy, Debug)]
pub struct ArrangedMessage {
    /// Of which program.
    pub program: ProgramId,
    /// It counts towards a promised frequency.
    pub counts: bool,
    /// When it goes out.
    pub at: Timestamp,
}

/// More messages that wait are not looked at: those that were accepted last are due last, and no cap is higher.
const MOST_ARRANGED: i64 = 1000;

/// What is scheduled for a number already, from all programs: the messages that were accepted last.
///
/// # Errors
/// When the database fails.
pub fn scheduled_for(conn: &mut ReadConn<'_>, number: NumberId) -> Result<Vec<ArrangedMessage>, StoreError> {
    on!(conn, db => {
        // The status is looked at here: with it in the query SQLite would take an index over all scheduled messages.
        let query = messages::table
            .filter(messages::number_id.eq(number))
            .filter(in_status(WAITING))
            .order(messages::id.desc())
            .limit(MOST_ARRANGED)
            .select((
                messages::status,
                messages::program_id,
                messages::lane,
                messages::category,
                messages::due_at,
            ));
        let waiting: Vec<(Status, ProgramId, Lane, Category, Timestamp)> = CachedQuery(query).load(db)?;
        let scheduled = waiting.into_iter().filter(|(status, ..)| *status == Status::Scheduled);
        Ok(scheduled
            .map(|(_, program, lane, category, at)| {
                ArrangedMessage { program, counts: lane == Lane::Gated && category != Category::Conversation, at }
            })
            .collect())
    })
}

/// The opt-in request that an event of a number's history queued.
///
/// # Errors
/// When the database fails.
pub fn request(conn: &mut ReadConn<'_>, number: NumberId, seq: i32) -> Result<Option<Message>, StoreError> {
    on!(conn, db => {
        let query = messages::table
            .filter(messages::number_id.eq(number))
            .filter(messages::lane.eq(Lane::Invitation))
            .filter(messages::accepted_seq.eq(seq))
            .order(messages::id.desc())
            .select(Message::as_select());
        Ok(query.first(db).optional()?)
    })
}

/// The words of the latest confirmation of a START to a program.
///
/// # Errors
/// When the database fails.
pub fn confirmed_with(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    program: ProgramId,
) -> Result<Option<String>, StoreError> {
    on!(conn, db => {
        let query = messages::table
            .filter(messages::number_id.eq(number))
            .filter(messages::program_id.eq(program))
            .filter(messages::lane.eq(Lane::OptInConfirmation))
            .order(messages::id.desc())
            .select(messages::body);
        Ok(query.first(db).optional()?)
    })
}

/// How many answers to HELP were made for a number since then, at most `most`.
///
/// # Errors
/// When the database fails.
pub fn helped_since(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    since: Timestamp,
    most: i64,
) -> Result<i64, StoreError> {
    let found: Vec<MessageId> = on!(conn, db => messages::table
        .filter(messages::number_id.eq(number))
        .filter(messages::lane.eq(Lane::Help))
        .filter(messages::created_at.gt(since))
        .order(messages::id.desc())
        .select(messages::id)
        .limit(most)
        .load(db))?;
    Ok(i64::try_from(found.len()).unwrap_or(most))
}

/// Whether the simulator ever took a message, and whether a real provider did: the simulator's identifiers begin with its name.
///
/// # Errors
/// When the database fails.
pub fn taken_by(conn: &mut ReadConn<'_>) -> Result<(bool, bool), StoreError> {
    on!(conn, db => {
        let simulators = messages::table.filter(messages::provider_id.like("SIM%"));
        let others = messages::table.filter(messages::provider_id.not_like("SIM%"));
        let (simulated, real): (Option<MessageId>, Option<MessageId>) = (
            simulators.select(messages::id).first(db).optional()?,
            others.select(messages::id).first(db).optional()?,
        );
        Ok((simulated.is_some(), real.is_some()))
    })
}

/// When the program's latest opt-in request to the number was handed over and with which code it failed. None when the latest
/// one did not fail at the carrier.
///
/// # Errors
/// When the database fails.
pub fn failed_request(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    program: ProgramId,
) -> Result<Option<(Timestamp, String)>, StoreError> {
    type Latest = (Status, Option<Timestamp>, Option<String>);
    let latest: Option<Latest> = on!(conn, db => messages::table
        .filter(messages::number_id.eq(number))
        .filter(messages::program_id.eq(program))
        .filter(messages::lane.eq(Lane::Invitation))
        .order(messages::id.desc())
        .select((messages::status, messages::claimed_at, messages::error_code))
        .first(db)
        .optional()?);
    Ok(match latest {
        Some((Status::Failed, Some(at), Some(code))) => Some((at, code)),
        _ => None,
    })
}

/// True when the simulator took a text to the number that failed with this code.
///
/// # Errors
/// When the database fails.
pub fn failed_at_simulator(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    code: &str,
) -> Result<bool, StoreError> {
    let found: Option<MessageId> = on!(conn, db => messages::table
        .filter(messages::number_id.eq(number))
        .filter(messages::error_code.eq(code))
        .filter(messages::provider_id.like("SIM%"))
        .select(messages::id)
        .first(db)
        .optional()?);
    Ok(found.is_some())
}

/// True when any message is kept.
///
/// # Errors
/// When the database fails.
pub fn any(conn: &mut ReadConn<'_>) -> Result<bool, StoreError> {
    let found: Option<MessageId> =
        on!(conn, db => messages::table.select(messages::id).first(db).optional()?);
    Ok(found.is_some())
}

/// One number for each seven characters with which numbers begin that were ever handed to a carrier: enough to tell every region
/// that was texted. It reads all messages, once at an upgrade.
///
/// # Errors
/// When the database fails.
pub fn texted_numbers(conn: &mut ReadConn<'_>) -> Result<Vec<String>, StoreError> {
    let begin = || sql::<Text>("substr(messages.to_text, 1, 7)");
    on!(conn, db => {
        let query = messages::table
            .filter(messages::claimed_at.is_not_null())
            .group_by(begin())
            .select(diesel::dsl::min(messages::to_text).assume_not_null());
        Ok(query.load(db)?)
    })
}
