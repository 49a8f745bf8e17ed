//! The review desk: an unclear reply paused its number, and a person decides whether it was an opt-out. Without a decision
//! in time it counts as one. Used by the Review page and the housekeeping job; it writes through `transition`.

use chrono::Duration;

use crate::domain::business_days;
use crate::domain::consent::Source;
use crate::domain::evidence::RevocationChannel;
use crate::domain::id::NumberId;
use crate::domain::intent::{Intent, Revocation};
use crate::domain::time::Timestamp;
use crate::store::numbers::Number;
use crate::store::{
    LockedRow, ReadConn, StoreError, Tx, inbound, numbers, organization, programs, reviews, rulebooks,
};

use super::transition::apply;
use super::{ActionContext, ActionError};

/// So many at a time; the rest follows with the next.
const AT_ONCE: i64 = 100;
/// The first words of a reply are enough to find it by.
const FIRST_WORDS: usize = 200;

/// What stands before the quoted reply where time decided.
const UNDECIDED: (&str, &str) = ("Undecided for ", ", so it counts as a revocation: ");

/// The time that passed, in words, and the reply, of a revocation that was recorded because it was not reviewed in time.
pub fn undecided(reason: &str) -> Option<(&str, &str)> {
    reason.strip_prefix(UNDECIDED.0)?.split_once(UNDECIDED.1)
}

/// "three business days": numbers up to ten as words, as earlier versions wrote this one.
fn in_words(days: u32) -> String {
    let words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let word = usize::try_from(days).ok().and_then(|days| words.get(days.checked_sub(1)?));
    let number = word.map_or_else(|| days.to_string(), |word| (*word).to_owned());
    format!("{number} business {}", if days == 1 { "day" } else { "days" })
}

/// What a person decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReviewDecision {
    /// The reply was a revocation.
    Revoke,
    /// It was none, and why.
    Resume(String),
}

/// What was on the page that a person decided from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReviewedState {
    /// Since when the reply waits.
    pub since: Timestamp,
    /// How many texts the lead had written since about then.
    pub texts: i64,
}

/// Records what a person decided about the reply that has paused the number.
///
/// # Errors
/// [`ActionError::Conflict`] when it is decided already, another reply is waiting by now, or the lead has written a
/// newer text that the person has not read; and the rules' refusal.
pub fn decide_review(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    number: NumberId,
    shown: ReviewedState,
    decision: ReviewDecision,
) -> Result<(), ActionError> {
    let number = match &decision {
        ReviewDecision::Revoke => numbers::get_locked_with_twin(tx, number, context.now)?,
        ReviewDecision::Resume(_) => numbers::get_locked(tx, number)?,
    };
    let mut number = number.ok_or(ActionError::NotFound("number"))?;
    if !waits_since(&number, shown.since) {
        let words = "This reply was already decided, or the contact has sent a clear one since.";
        return Err(ActionError::Conflict(words.to_owned()));
    }
    let intent = match decision {
        ReviewDecision::Resume(_) if has_written_since(tx, &number, shown)? => {
            return Err(ActionError::Conflict(
                "The contact has written again. Read the new message first.".to_owned(),
            ));
        }
        ReviewDecision::Resume(reason) => Intent::Resume { reason },
        // The stricter decision stands whatever else the lead has written.
        ReviewDecision::Revoke => {
            let reply = quoted(tx, &number, shown.since)?;
            let reason = format!("Read in the review desk as a revocation: {reply}");
            Intent::OptOut(Revocation::now(RevocationChannel::Text, reason), Source::Manual)
        }
    };
    record(tx, context, &mut number, intent)
}

/// Reviews whose deadline has come, the longest waiting first, at most [`AT_ONCE`].
///
/// # Errors
/// When the database fails.
pub fn overdue_reviews(
    conn: &mut ReadConn<'_>,
    now: Timestamp,
) -> Result<Vec<(NumberId, Timestamp)>, StoreError> {
    let (days, calendar) = (review_days(conn, now)?, organization::calendar(conn)?);
    // Business days are no shorter than days.
    let latest = now.plus(-Duration::days(days.into()));
    let mut found = reviews::older_than(conn, latest, AT_ONCE)?;
    found.retain(|(_, since)| business_days::after(*since, days, calendar) <= now);
    Ok(found)
}

/// Revokes where an unclear reply has waited for as many business days as the rules give a review. False when it was decided
/// meanwhile. One number in a transaction: who locks several, as a claim does, locks them in another order.
///
/// # Errors
/// When the database fails.
pub fn expire_review(
    tx: &mut Tx<'_>,
    (id, since): (NumberId, Timestamp),
    now: Timestamp,
) -> Result<bool, ActionError> {
    let days = review_days(tx, now)?;
    let number = numbers::get_locked_with_twin(tx, id, now)?;
    let Some(mut number) = number.filter(|number| waits_since(number, since)) else { return Ok(false) };
    let reply = quoted(tx, &number, since)?;
    let reason = format!("{}{}{}{reply}", UNDECIDED.0, in_words(days), UNDECIDED.1);
    let intent = Intent::OptOut(Revocation::now(RevocationChannel::Text, reason), Source::System);
    record(tx, &ActionContext::system(now), &mut number, intent)?;
    Ok(true)
}

/// For how many business days an unclear reply waits for a person.
fn review_days(conn: &mut ReadConn<'_>, now: Timestamp) -> Result<u32, StoreError> {
    Ok(rulebooks::current(conn)?.deadlines(now).review_days)
}

/// True when the lead may have written more than a person has read: past the end of the count nobody can tell.
fn has_written_since(tx: &mut Tx<'_>, number: &Number, shown: ReviewedState) -> Result<bool, ActionError> {
    let texts = inbound::count_since(tx, number.id, shown.since)?;
    Ok(texts != shown.texts || texts >= inbound::COUNTED)
}

fn waits_since(number: &Number, since: Timestamp) -> bool {
    number.consent.paused.as_ref().is_some_and(|flag| flag.since == since)
}

fn record(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    number: &mut LockedRow<Number>,
    intent: Intent,
) -> Result<(), ActionError> {
    let program = programs::find(tx, None)?.ok_or(ActionError::NotFound("program"))?;
    apply(tx, context, number, &program, intent)?;
    Ok(())
}

/// The reply in its own words.
fn quoted(tx: &mut Tx<'_>, number: &Number, since: Timestamp) -> Result<String, ActionError> {
    let texts = inbound::unclear_since(tx, number.id, since)?;
    let body = texts.first().map_or("", |text| text.body.as_str());
    Ok(format!("“{}”", body.chars().take(FIRST_WORDS).collect::<String>()))
}
