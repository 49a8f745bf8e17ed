//! The checks that say when, not whether: quiet hours, holidays and closures at the recipient, caps by law, and the frequency
//! that the program promises. What they hold back goes out by itself at the next allowed time.

use chrono::Duration;

use super::facts::{Appointment, CheckFacts, HoursFacts, PromiseFacts};
use super::{CheckName, GateCheck, GateQuestion, MessagePurpose, UsedCap, fail, pass};
use crate::domain::program::Program;
use crate::domain::schedule::{
    ApplicableRules, FrequencyCap, LegalCap, Location, RuleMoment, SendingHours, TimeZone, ask, opens_at,
    promises,
};
use crate::domain::time::Timestamp;
use crate::domain::unasked::UnaskedBudget;

/// So near to the end of the allowed hours nothing is handed over any more.
const LAST_MOMENT: Duration = Duration::seconds(30);

/// Both checks, with the times that follow from them.
pub(super) struct TimingChecks {
    pub(super) quiet_hours: GateCheck,
    pub(super) frequency: GateCheck,
    /// The next moment at which both and the budget of unasked texts allow a text, when one of them does not now.
    pub(super) next: Option<Timestamp>,
    /// On whose clock it is told.
    pub(super) zone: Option<TimeZone>,
    /// Until when quiet hours allow it, when they do now.
    pub(super) until: Option<Timestamp>,
}

pub(super) fn timing(question: &GateQuestion<'_>, budget: Option<UnaskedBudget>) -> TimingChecks {
    let now = question.now;
    let later = |at: Option<Timestamp>| at.filter(|at| *at != now);
    let answers: Vec<_> =
        question.places.iter().map(|place| (place, ask(now, place, rules(question)))).collect();
    let closes = closes_at(&answers);
    // A text that is handed over in the last moment arrives after it.
    let soon = closes.filter(|closes| closes.since(now) < LAST_MOMENT);
    let opens = match soon {
        None if is_open(&answers) => Some(now),
        _ => opens_at(question.places, rules(question), soon.unwrap_or(now)),
    };
    let free = free_at(question);
    let next = match free.max(budget.and_then(budget_frees_at)) {
        Some(free) => opens_at(question.places, rules(question), free.max(soon.unwrap_or(free))),
        None => opens,
    };
    let next = later(next);
    TimingChecks {
        quiet_hours: quiet_hours(question, &answers, soon),
        frequency: frequency(question, free),
        zone: next.and_then(|next| last_zone(question, next)),
        next,
        until: closes.filter(|_| soon.is_none()),
    }
}

fn budget_frees_at(budget: UnaskedBudget) -> Option<Timestamp> {
    match budget {
        UnaskedBudget::UsedToday { frees_at, .. } => Some(frees_at),
        UnaskedBudget::Room { .. } | UnaskedBudget::UsedUp { .. } => None,
    }
}

/// A moment with the recipient's zone, where one is known. The place that opens last counts.
pub(super) fn appointment(question: &GateQuestion<'_>, at: Timestamp) -> Appointment {
    Appointment { at, zone: last_zone(question, at) }
}

fn last_zone(question: &GateQuestion<'_>, at: Timestamp) -> Option<TimeZone> {
    let zones = question.places.iter().flat_map(|place| place.zones());
    zones.min_by_key(|zone| zone.local(at).micros).copied()
}

/// The law, of which closures bind whatever an administrator turned off, and the program's own hours.
fn rules<'a>(question: &GateQuestion<'a>) -> ApplicableRules<'a> {
    let program = question.program;
    let closures_alone = !program.keeps_quiet_hours;
    ApplicableRules { law: Some(question.rulebook), closures_alone, own: Some(&program.hours) }
}

/// What each candidate place answers about now.
type PlaceAnswers<'a> = [(&'a Location, SendingHours<'a>)];

fn is_open(answers: &PlaceAnswers<'_>) -> bool {
    answers.iter().all(|(_, hours)| hours.is_open())
}

/// Until when every place is open; `None` when one of them is not now.
fn closes_at(answers: &PlaceAnswers<'_>) -> Option<Timestamp> {
    let closings = answers.iter().map(|(_, hours)| match hours {
        SendingHours::Open { until, .. } => Some(*until),
        SendingHours::Quiet { .. } => None,
    });
    closings.collect::<Option<Vec<_>>>()?.into_iter().min()
}

fn quiet_hours(
    question: &GateQuestion<'_>,
    answers: &PlaceAnswers<'_>,
    soon: Option<Timestamp>,
) -> GateCheck {
    let name = CheckName::QuietHours;
    let is_closed = soon.is_some() || !is_open(answers);
    if !question.program.keeps_hours() && !is_closed {
        return pass(name, CheckFacts::NoQuietHours);
    }
    if question.purpose.is_reply() {
        return pass(name, CheckFacts::AnyHour);
    }
    let quiet = answers.iter().find(|(_, hours)| !hours.is_open());
    let Some((place, hours)) = quiet.or(answers.first()) else { return pass(name, CheckFacts::NoPlace) };
    let facts = HoursFacts {
        is_open: hours.is_open(),
        closes_soon: hours.is_open() && soon.is_some(),
        rule: hours.rules().first().map(RuleMoment::facts),
        place: (*place).clone(),
    };
    let check = if facts.is_quiet() { fail } else { pass };
    check(name, CheckFacts::Hours(facts))
}

/// What was promised: by the program as it stands, and by the wording that the lead agreed to. All of it is kept: who raises
/// the frequency has the consent of those who read it then, and of nobody before.
pub fn caps(program: &Program, agreed: &[String]) -> Vec<FrequencyCap> {
    if !program.keeps_frequency {
        return Vec::new();
    }
    let mut caps = promises(&program.frequency);
    for cap in agreed.iter().flat_map(|words| promises(words)) {
        if !caps.contains(&cap) {
            caps.push(cap);
        }
    }
    caps
}

/// When the caps by law and the promised frequency next allow a text, if not now. The law binds a conversation and the
/// opt-in template too; the promise is about the others.
fn free_at(question: &GateQuestion<'_>) -> Option<Timestamp> {
    let promised = match question.purpose {
        MessagePurpose::Counted => {
            question.caps.iter().filter_map(|cap| cap.next_allowed(question.sent, question.now)).max()
        }
        _ => None,
    };
    promised.max(legal_cap(question).map(|(_, free)| free))
}

/// The cap by law that forbids a text now and frees last, with the moment at which it does.
fn legal_cap<'a>(question: &GateQuestion<'a>) -> Option<(&'a LegalCap, Timestamp)> {
    if question.purpose.is_reply() {
        return None;
    }
    let free =
        |used: &'a UsedCap<'a>| Some((used.cap, used.cap.cap().next_allowed(&used.sent, question.now)?));
    question.legal_caps.iter().filter_map(free).max_by_key(|(_, free)| *free)
}

fn frequency(question: &GateQuestion<'_>, free_at: Option<Timestamp>) -> GateCheck {
    let name = CheckName::Frequency;
    if let Some((cap, _)) = legal_cap(question) {
        return fail(name, CheckFacts::LegalCap(cap.facts()));
    }
    let promise = promise(question, free_at);
    if matches!(promise, PromiseFacts::Reached(_)) {
        return fail(name, CheckFacts::Frequency { promise, law: None });
    }
    let law = question.legal_caps.first().filter(|_| !question.purpose.is_reply());
    pass(name, CheckFacts::Frequency { promise, law: law.map(|used| used.cap.facts()) })
}

fn promise(question: &GateQuestion<'_>, free_at: Option<Timestamp>) -> PromiseFacts {
    let program = question.program;
    if !program.keeps_frequency {
        return PromiseFacts::Off { keeps_law: program.keeps_quiet_hours };
    }
    if question.purpose != MessagePurpose::Counted {
        return PromiseFacts::Uncounted(question.purpose);
    }
    let caps = || question.caps.to_vec();
    match free_at {
        _ if question.caps.is_empty() => PromiseFacts::None { words: program.frequency.clone() },
        None => PromiseFacts::Kept(caps()),
        Some(_) => PromiseFacts::Reached(caps()),
    }
}
