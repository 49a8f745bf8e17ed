//! An administrator changes the dated rules one at a time, decides on new built-in ones, or goes back to an earlier version.
//! Used by the Rules page through `Commands`; it writes a new version, which holds for every text from then on, and the
//! admin log. Earlier versions stay.

use crate::domain::decide::check_reason;
use crate::domain::schedule::{Rulebook, RulebookDiff, RulebookText, ScheduleRule, federal_day};
use crate::domain::time::Timestamp;
use crate::store::rulebooks::{self, RulebookVersion};
use crate::store::{ReadConn, StoreError, Tx, admin_log};
use crate::words::{InWords, authority_name, refusal_text};

use super::background::reschedule_soon;
use super::{ActionContext, ActionError, FieldError, one_line};

/// One change of the rules.
#[derive(Clone, Debug)]
pub enum RuleChange {
    /// A new rule.
    Add(ScheduleRule),
    /// The rule of this id gets other values.
    Replace(String, ScheduleRule),
    /// The rule of this id is taken out.
    Remove(String),
    /// The latest built-in rules are decided on: these topics become as built in, the others stay as they are.
    Answer(Vec<String>),
    /// The rules of an earlier version hold again.
    Restore {
        /// Its number; 0 for the built-in rules.
        version: i32,
        /// Its rules.
        rules: Vec<ScheduleRule>,
        /// The edition of the built-in rules that it answered.
        answered: u32,
    },
}

impl RuleChange {
    /// Back to an earlier version; none where there is no such version, or a line of it cannot be read any more.
    ///
    /// # Errors
    /// When the database fails.
    pub fn restore(conn: &mut ReadConn<'_>, version: i32) -> Result<Option<RuleChange>, StoreError> {
        if version == 0 {
            let rules = Rulebook::builtin().rules();
            return Ok(Some(RuleChange::Restore { version, rules, answered: Rulebook::edition() }));
        }
        let Some(edition) = rulebooks::edition(conn, version)? else { return Ok(None) };
        let read = RulebookText::read(&edition.lines);
        let answered = u32::try_from(edition.answers).unwrap_or_default();
        let restore = RuleChange::Restore { version, rules: read.rules, answered };
        Ok(read.unread.is_empty().then_some(restore))
    }
}

/// What an administrator publishes.
#[derive(Clone, Debug)]
pub struct RulesDraft {
    /// The change.
    pub change: RuleChange,
    /// Why.
    pub reason: String,
    /// The version it was made upon; `None` when it was no number.
    pub version: Option<i32>,
}

/// The rules as they would be. Pure: a preview asks it too.
///
/// # Errors
/// What is wrong with the change, by field.
pub fn proposed(book: &Rulebook, change: &RuleChange, now: Timestamp) -> Result<Rulebook, Vec<FieldError>> {
    let wrong = |field: &str, words: &str| vec![FieldError::new(field, words)];
    let mut rows = book.rules();
    let at = |rows: &[ScheduleRule], id: &str| rows.iter().position(|rule| rule.id() == id);
    let gone = || wrong("", "This rule is no longer in effect. Open the rules again.");
    let mut answered = book.answered();
    match change {
        RuleChange::Add(rule) | RuleChange::Replace(_, rule) if rows.contains(rule) => {
            return Err(wrong("", "This rule is in effect already. Change a value."));
        }
        RuleChange::Add(ScheduleRule::Deadline(deadline))
        | RuleChange::Replace(_, ScheduleRule::Deadline(deadline))
            if deadline.is_over_the_law() =>
        {
            return Err(wrong(
                "amount",
                "A confirmation goes out within five minutes (47 CFR 64.1200(a)(12)). Enter 1 to 5.",
            ));
        }
        RuleChange::Add(rule) => rows.push(rule.clone()),
        RuleChange::Replace(id, rule) => {
            let old = at(&rows, id).ok_or_else(gone)?;
            rows.splice(old..=old, [rule.clone()]);
        }
        RuleChange::Remove(id) => {
            let old = at(&rows, id).ok_or_else(gone)?;
            rows.remove(old);
        }
        RuleChange::Answer(topics) => {
            answered = Rulebook::edition();
            let is_adopted = |rule: &ScheduleRule| topics.contains(&rule.topic());
            rows.retain(|rule| !is_adopted(rule));
            rows.extend(Rulebook::builtin().rules().into_iter().filter(is_adopted));
        }
        RuleChange::Restore { rules, answered: then, .. } => {
            (rows, answered) = (rules.clone(), *then);
        }
    }
    let after = Rulebook::new(rows, answered);
    if matches!(change, RuleChange::Restore { .. }) && after == *book {
        return Err(wrong("", "These rules are in effect already."));
    }
    let today = federal_day(now);
    // A rule that begins today does not hold yet where it is still yesterday.
    match after.left_open(today.pred_opt().unwrap_or(today)) {
        None => Ok(after),
        Some((law, days)) => {
            let days = days.words();
            let words = format!(
                "No hours would be in effect for {} on {days}. Keep the rule that holds now.",
                authority_name(law)
            );
            Err(wrong("from", &words))
        }
    }
}

/// Publishes a version of the rules. Returns its number.
///
/// # Errors
/// What is wrong with which field, or [`ActionError::Conflict`] when another version was published since the page was opened.
pub fn publish_rules(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    draft: &RulesDraft,
) -> Result<i32, ActionError> {
    let published = rulebooks::latest_locked(tx)?;
    let latest = published.as_ref().map_or(0, |edition| edition.version);
    if draft.version != Some(latest) {
        return Err(ActionError::Conflict("The rules were changed while this page was open.".to_owned()));
    }
    let before = rulebooks::current(tx)?;
    let proposed = proposed(&before, &draft.change, context.now);
    let mut errors = proposed.as_ref().err().cloned().unwrap_or_default();
    if let Err(why) = check_reason(&draft.reason) {
        errors.push(FieldError::new("reason", refusal_text(&why)));
    }
    let book = proposed.ok().filter(|_| errors.is_empty()).ok_or(ActionError::Invalid(errors))?;
    let edition = RulebookVersion {
        version: latest + 1,
        lines: book.to_string(),
        published_at: context.now,
        published_by: context.actor.to_string(),
        reason: match draft.change {
            RuleChange::Restore { version, .. } => {
                format!("Version {version} again. {}", one_line(&draft.reason))
            }
            _ => one_line(&draft.reason),
        },
        answers: i32::try_from(book.answered()).unwrap_or(i32::MAX),
    };
    rulebooks::publish(tx, &published, &edition)?;
    reschedule_soon(tx, context, None)?;
    let changed = RulebookDiff::between(&before.to_string(), &edition.lines);
    let details = format!(
        "rules added: {}; rules removed: {}; reason: {}",
        changed.added.len(),
        changed.removed.len(),
        edition.reason
    );
    admin_log::add(
        tx,
        context.actor,
        "rules.published",
        &format!("rules:{}", edition.version),
        &details,
        context.now,
    )?;
    Ok(edition.version)
}
