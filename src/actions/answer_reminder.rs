//! An administrator answers the reminder of a rule that is not in force yet: done, or remind again later. Used by the Rules
//! page through `Commands`; it writes a setting and the admin log.

use chrono::{Days, NaiveDate};

use super::{ActionContext, ActionError};
use crate::domain::schedule::{PendingRule, federal_day};
use crate::domain::time::Timestamp;
use crate::store::{ReadConn, StoreError, Tx, admin_log, settings};

/// A postponed reminder comes again after so many days.
pub const POSTPONED_DAYS: u64 = 14;
const DONE: &str = "done";

/// What an administrator answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReminderAnswer {
    /// It is dealt with.
    Done,
    /// It is asked again later.
    Postpone,
}

/// Writes the answer, and who gave it.
///
/// # Errors
/// [`ActionError::NotFound`] when there is no such rule.
pub fn answer_reminder(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    name: &str,
    answer: ReminderAnswer,
) -> Result<(), ActionError> {
    let rule = PendingRule::find(name).ok_or(ActionError::NotFound("reminder"))?;
    let later =
        federal_day(context.now).checked_add_days(Days::new(POSTPONED_DAYS)).unwrap_or(NaiveDate::MAX);
    let (value, details) = match answer {
        ReminderAnswer::Done => (DONE.to_owned(), "done".to_owned()),
        ReminderAnswer::Postpone => (later.to_string(), format!("postponed until {later}")),
    };
    // Of two who answer at once both are logged, and the later answer stays.
    settings::get_or_set(tx, &key(rule), &value)?;
    settings::set(tx, &key(rule), &value)?;
    admin_log::add(
        tx,
        context.actor,
        "rule.reminder",
        &format!("pending-rule:{name}"),
        &details,
        context.now,
    )?;
    Ok(())
}

/// The reminders that are due.
///
/// # Errors
/// When the database fails.
pub fn due_reminders(
    conn: &mut ReadConn<'_>,
    now: Timestamp,
) -> Result<Vec<&'static PendingRule>, StoreError> {
    let (today, mut due) = (federal_day(now), Vec::new());
    for rule in PendingRule::all().iter().filter(|rule| rule.since <= today) {
        let is_due = match settings::get(conn, &key(rule))?.as_deref() {
            Some(DONE) => false,
            Some(date) => date.parse::<NaiveDate>().is_ok_and(|date| date <= today),
            None => true,
        };
        if is_due {
            due.push(rule);
        }
    }
    Ok(due)
}

fn key(rule: &PendingRule) -> String {
    format!("reminder:{}", rule.name)
}
