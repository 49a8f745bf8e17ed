//! The checks that say when, not whether: quiet hours at the recipient, and the frequency that the program promises. What
//! they hold back goes out by itself at the next allowed time.

use super::checks::{fail, pass};
use super::{Check, CheckName, Question};
use crate::domain::program::Program;
use crate::domain::rules::{Cap, Hours, Rules, ask, promises};
use crate::domain::time::Timestamp;

/// Both checks, with the times that follow from them.
pub(super) struct Timing {
    pub(super) quiet_hours: Check,
    pub(super) frequency: Check,
    /// The next moment at which both allow a text, when one of them does not now.
    pub(super) next: Option<Timestamp>,
    /// Until when quiet hours allow it, when they do now.
    pub(super) until: Option<Timestamp>,
}

pub(super) fn timing(question: &Question<'_>) -> Timing {
    let free = free_at(question);
    let at = free.unwrap_or(question.now);
    let next = opens_at(question, at);
    let is_open = free.is_none() && next == Some(question.now);
    Timing {
        quiet_hours: quiet_hours(question),
        frequency: frequency(question, free),
        next: next.filter(|_| !is_open),
        until: if is_open { closes_at(question) } else { None },
    }
}

/// The law, unless an administrator said that it does not bind, and the program's own hours.
fn rules<'a>(question: &Question<'a>) -> Rules<'a> {
    let program = question.program;
    Rules { law: program.keeps_quiet_hours.then_some(question.rulebook), own: Some(&program.hours) }
}

/// From when on every candidate place allows a text; `None` when not within the rules' horizon.
fn opens_at(question: &Question<'_>, from: Timestamp) -> Option<Timestamp> {
    let mut at = from;
    // Each step is one place's next opening: a fortnight has no more of them.
    for _ in 0..64 {
        let openings = question.places.iter().map(|place| match ask(at, place, rules(question)) {
            Hours::Open { .. } => Some(at),
            Hours::Quiet { next, .. } => next,
        });
        let latest = openings.collect::<Option<Vec<_>>>()?.into_iter().max().unwrap_or(at);
        if latest == at {
            return Some(at);
        }
        at = latest;
    }
    None
}

fn closes_at(question: &Question<'_>) -> Option<Timestamp> {
    let closings =
        question.places.iter().filter_map(|place| match ask(question.now, place, rules(question)) {
            Hours::Open { until, .. } => Some(until),
            Hours::Quiet { .. } => None,
        });
    closings.min()
}

fn quiet_hours(question: &Question<'_>) -> Check {
    let name = CheckName::QuietHours;
    if !question.program.keeps_hours() {
        return pass(
            name,
            "This program keeps none: an administrator said that its texts are no solicitation.",
        );
    }
    let answers: Vec<_> =
        question.places.iter().map(|place| (place, ask(question.now, place, rules(question)))).collect();
    let quiet = answers.iter().find(|(_, hours)| !hours.is_open());
    match quiet.or(answers.first()) {
        Some((place, hours)) if !hours.is_open() => {
            let facts = format!("{} The place is known {}.", hours.words(), place.words());
            fail(
                name,
                &facts,
                "Nothing is to be done: what waits goes out by itself at the next allowed time.",
            )
        }
        Some((place, hours)) => {
            pass(name, &format!("{} The place is known {}.", hours.words(), place.words()))
        }
        None => pass(name, "No place is asked about."),
    }
}

/// What was promised: by the program as it stands, and by the wording that the lead agreed to. All of it is kept: who raises
/// the frequency has the consent of those who read it then, and of nobody before.
pub fn caps(program: &Program, agreed: Option<&str>) -> Vec<Cap> {
    if !program.keeps_frequency {
        return Vec::new();
    }
    let mut caps = promises(&program.frequency);
    for cap in agreed.map(promises).unwrap_or_default() {
        if !caps.contains(&cap) {
            caps.push(cap);
        }
    }
    caps
}

/// When the promised frequency next allows a text, if not now.
fn free_at(question: &Question<'_>) -> Option<Timestamp> {
    if question.is_conversation {
        return None;
    }
    question.caps.iter().filter_map(|cap| cap.next_allowed(question.sent, question.now)).max()
}

fn frequency(question: &Question<'_>, free_at: Option<Timestamp>) -> Check {
    let name = CheckName::Frequency;
    if !question.program.keeps_frequency {
        return pass(name, "An administrator said that this program's frequency is no cap.");
    }
    if question.is_conversation {
        return pass(name, "A text that a person writes in a conversation does not count.");
    }
    if question.caps.is_empty() {
        let words = &question.program.frequency;
        return pass(name, &format!("The program promises no number of texts: “{words}”."));
    }
    let promised = question.caps.iter().map(Cap::words).collect::<Vec<_>>().join(", and ");
    match free_at {
        None => pass(name, &format!("Within what was promised: {promised}.")),
        Some(free_at) => fail(
            name,
            &format!(
                "What was promised is {promised}, and as many went out. The next may go on {}.",
                free_at.words()
            ),
            "Nothing is to be done: what waits goes out by itself then. Raising the program's frequency does not help: a lead \
             keeps what the wording promised when they agreed.",
        ),
    }
}
