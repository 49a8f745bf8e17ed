//! An administrator publishes the dated rules anew: a new version, which counts for every text from now on. Earlier versions
//! stay, so that it can be told which rules held when.

use crate::domain::actor::Actor;
use crate::domain::consent::check_reason;
use crate::domain::schedule::{Difference, Sheet, federal_day};
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
    let mut errors = Vec::new();
    let checked = Sheet::read(&draft.lines).checked(today.pred_opt().unwrap_or(today));
    let lines = checked.map(|book| book.to_string()).unwrap_or_else(|found| {
        errors.extend(found.iter().take(NAMED).map(|error| wrong(error.to_string())));
        if let Some(more) = found.len().checked_sub(NAMED).filter(|more| *more > 0) {
            errors.push(wrong(format!("{more} more lines are wrong. Mend these first.")));
        }
        String::new()
    });
    if errors.is_empty() && Difference::between(before, &lines).is_empty() {
        errors.push(wrong(
            "These are the rules that hold already. Change a line, or leave this page.".to_owned(),
        ));
    }
    if let Err(why) = check_reason(&draft.reason) {
        errors.push(FieldError::new("reason", why.to_string()));
    }
    if errors.is_empty() { Ok(lines) } else { Err(errors) }
}
