//! An administrator publishes the dated rules anew: a new version, which counts for every text from now on. Earlier versions
//! stay, so that it can be told which rules held when.

use crate::domain::actor::Actor;
use crate::domain::consent::check_reason;
use crate::domain::schedule::{Difference, Rulebook, RulebookText, federal_day};
use crate::domain::time::Timestamp;
use crate::store::rulebooks::{self, Edition};
use crate::store::{Tx, admin_log, messages};

use super::{ActionError, FieldError, one_line};

/// So many wrong lines are named one by one.
const NAMED: usize = 20;

/// What an administrator enters about the rules.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The rules, one in a line.
    pub lines: String,
    /// Why they are changed.
    pub reason: String,
    /// The version they were changed from; `None` when it was no number.
    pub version: Option<i32>,
}

/// Publishes a version of the rules. Returns its number.
///
/// # Errors
/// What is wrong with which line or field, or [`ActionError::Conflict`] when somebody published since the page was opened.
pub fn publish_rules(
    tx: &mut Tx<'_>,
    draft: &Draft,
    actor: &Actor,
    now: Timestamp,
) -> Result<i32, ActionError> {
    let published = rulebooks::latest_locked(tx)?;
    let latest = published.as_ref().map_or(0, |edition| edition.version);
    // The first publication starts from what is built in, and so answers all of it.
    let built_in = || i32::try_from(Rulebook::edition()).unwrap_or(i32::MAX);
    let answers = published.as_ref().map_or_else(built_in, |edition| edition.answers);
    if draft.version != Some(latest) {
        return Err(ActionError::Conflict("The rules were changed while this page was open.".to_owned()));
    }
    let before = rulebooks::current(tx)?.to_string();
    let lines = check(draft, &before, now).map_err(ActionError::Invalid)?;
    let changed = Difference::between(&before, &lines);
    let edition = Edition {
        version: latest + 1,
        lines,
        published_at: now,
        published_by: actor.to_string(),
        reason: one_line(&draft.reason),
        answers,
    };
    rulebooks::publish(tx, &published, &edition)?;
    messages::look_again(tx, None, now)?;
    let details = format!(
        "lines added: {}; lines removed: {}; reason: {}",
        changed.added.len(),
        changed.removed.len(),
        edition.reason
    );
    admin_log::add(tx, actor, "rules.published", &format!("rules:{}", edition.version), &details, now)?;
    Ok(edition.version)
}

/// The rules as they are kept, or everything that is wrong with what was typed.
fn check(draft: &Draft, before: &str, now: Timestamp) -> Result<String, Vec<FieldError>> {
    let wrong = |words: String| FieldError::new("lines", words);
    let today = federal_day(now);
    let read = RulebookText::read(&draft.lines);
    let unread = |(number, why): &(usize, _)| wrong(format!("Line {number}: {why}"));
    let mut errors: Vec<FieldError> = read.unread.iter().take(NAMED).map(unread).collect();
    let is_whole = errors.is_empty();
    let book = Rulebook::new(read.rules, Rulebook::edition());
    // A rule that begins today does not hold yet where it is still yesterday.
    let left_open = book.left_open(today.pred_opt().unwrap_or(today));
    if let Some((law, days)) = left_open.filter(|_| is_whole) {
        errors.push(wrong(format!(
            "No rule for {law} holds on {}, so any hour would be allowed. Keep the rule that holds now beside a new one whose \
             date is still to come.",
            days.words()
        )));
    }
    let lines = book.to_string();
    if errors.is_empty() && Difference::between(before, &lines).is_empty() {
        errors
            .push(wrong("These rules are in effect already. Change a line, or leave this page.".to_owned()));
    }
    if let Err(why) = check_reason(&draft.reason) {
        errors.push(FieldError::new("reason", why.to_string()));
    }
    if errors.is_empty() { Ok(lines) } else { Err(errors) }
}
