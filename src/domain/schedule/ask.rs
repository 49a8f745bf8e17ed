//! May a text arrive there now, until when, and if not: when next? Every candidate zone and every law must agree. Moments
//! are never tried one by one: between clock changes, midnights and the borders of the rules nothing can change, so the
//! search goes from one such border to the next.

use super::answer::{AppliedRule, RuleMoment, SendingHours};
use super::book::Rulebook;
use super::closed_days::Holiday;
use super::dated::date_of;
use super::hour_rule::{AllowedHours, RuleAuthority};
use super::own_hours::OwnHours;
use super::place::Location;
use super::rule_table::{LawRows, LawRules};
use super::zone::{DAY, LocalTime, TimeZone, ZoneSpan};
use crate::domain::time::Timestamp;

/// Farther ahead than this nothing is promised.
const HORIZON: i64 = 14 * DAY;
const MINUTE: i64 = 60_000_000;

/// What is asked: the law, unless it does not bind, and a program's own hours.
#[derive(Clone, Copy, Debug)]
pub struct ApplicableRules<'a> {
    /// The dated rules, where they bind.
    pub law: Option<&'a Rulebook>,
    /// Quiet hours are turned off: of the dated rules only the closures bind, which a person set for a place.
    pub closures_alone: bool,
    /// The hours of the program's own choice.
    pub own: Option<&'a OwnHours>,
}

impl<'a> From<&'a Rulebook> for ApplicableRules<'a> {
    fn from(book: &'a Rulebook) -> Self {
        ApplicableRules { law: Some(book), closures_alone: false, own: None }
    }
}

/// Asks every rule in every candidate zone of the place.
pub fn ask<'a>(now: Timestamp, place: &Location, rules: impl Into<ApplicableRules<'a>>) -> SendingHours<'a> {
    let start = now.micros();
    let mut search = OpeningSearch::new(place, rules.into());
    if search.look(start).open {
        let until = search.closes_after(start);
        return SendingHours::Open {
            until: Timestamp::from_micros(until),
            rules: search.closed(until, start),
        };
    }
    let next = search.opens_after(start).map(Timestamp::from_micros);
    SendingHours::Quiet { next, rules: search.closed(start, start) }
}

/// From when on every place allows a text; `None` when not within the horizon.
pub fn opens_at(places: &[Location], rules: ApplicableRules<'_>, from: Timestamp) -> Option<Timestamp> {
    let mut at = from;
    // Each step is one place's next opening: a fortnight has no more of them.
    for _ in 0..64 {
        let openings = places.iter().map(|place| match ask(at, place, rules) {
            SendingHours::Open { .. } => Some(at),
            SendingHours::Quiet { next, .. } => next,
        });
        let latest = openings.collect::<Option<Vec<_>>>()?.into_iter().max().unwrap_or(at);
        if latest == at {
            return Some(at);
        }
        at = latest;
    }
    None
}

/// A span of time in which every place allows a text, or in which one of them forbids it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenWindow {
    /// Every place allows a text.
    pub is_open: bool,
    /// The first moment after it.
    pub until: Timestamp,
}

/// The window that begins at a moment.
pub fn window(places: &[Location], rules: ApplicableRules<'_>, at: Timestamp) -> OpenWindow {
    let (mut closes, mut opens) = (Timestamp::from_micros(i64::MAX), None);
    for place in places {
        match ask(at, place, rules) {
            SendingHours::Open { until, .. } => closes = closes.min(until),
            SendingHours::Quiet { next, .. } => {
                let next = next.unwrap_or(Timestamp::from_micros(at.micros().saturating_add(HORIZON)));
                opens = opens.max(Some(next));
            }
        }
    }
    OpenWindow { is_open: opens.is_none(), until: opens.unwrap_or(closes) }
}

/// What holds at a moment, and the first later moment at which it may be otherwise.
struct HoursAt {
    open: bool,
    until: i64,
}

struct OpeningSearch<'a> {
    laws: Vec<LawRules<'a>>,
    clocks: Vec<(TimeZone, ZoneSpan)>,
}

impl<'a> OpeningSearch<'a> {
    fn new(place: &Location, rules: ApplicableRules<'a>) -> Self {
        // A stretch that is over is looked up when it is first asked.
        let over = ZoneSpan { until: i64::MIN, offset: 0 };
        let own = rules.own.map(|own| LawRules::from(own.rules()));
        let known = |book: &'a Rulebook| laws(place).flat_map(|law| book.of_place(law));
        // A place that may lie anywhere keeps the holidays and closures of every state.
        let anywhere = rules.law.filter(|_| place.is_unknown()).into_iter().flat_map(Rulebook::anywhere);
        let bound = |law: LawRules<'a>| match rules.closures_alone {
            true => LawRules { hours: LawRows(&[]), holidays: &[], ..law },
            false => law,
        };
        let laws = rules.law.into_iter().flat_map(known).chain(anywhere).map(bound).chain(own).collect();
        OpeningSearch { laws, clocks: place.zones().iter().map(|zone| (*zone, over)).collect() }
    }

    /// While open: until the first zone may close. While closed: until the last closed zone may open.
    fn look(&mut self, at: i64) -> HoursAt {
        let (mut closes, mut opens) = (i64::MAX, i64::MIN);
        for (zone, stretch) in &mut self.clocks {
            if stretch.until <= at {
                *stretch = zone.stretch(at);
            }
            let look = look(at, *stretch, &self.laws);
            if look.open {
                closes = closes.min(look.until);
            } else {
                opens = opens.max(look.until);
            }
        }
        if opens == i64::MIN {
            HoursAt { open: true, until: closes }
        } else {
            HoursAt { open: false, until: opens }
        }
    }

    fn closes_after(&mut self, start: i64) -> i64 {
        let horizon = start.saturating_add(HORIZON);
        let mut at = start;
        while at < horizon {
            let look = self.look(at);
            if !look.open {
                return at;
            }
            at = look.until;
        }
        horizon
    }

    fn opens_after(&mut self, start: i64) -> Option<i64> {
        let horizon = start.saturating_add(HORIZON);
        let mut at = start;
        while at <= horizon && at < i64::MAX {
            let look = self.look(at);
            if look.open {
                return Some(at);
            }
            at = look.until;
        }
        None
    }

    /// The rules that forbid a text at `at`, the last to open first, with the clocks of `now`.
    fn closed(&self, at: i64, now: i64) -> Vec<RuleMoment<'a>> {
        let mut found = Vec::new();
        for (zone, _) in &self.clocks {
            let stretch = zone.stretch(at);
            let local = LocalTime::at(at, stretch.offset);
            for (rule, open, until) in verdicts(local, &self.laws) {
                if !open {
                    let clock = LocalTime::at(now, zone.stretch(now).offset);
                    found.push((until - local.micros, RuleMoment { zone: *zone, local: clock, rule }));
                }
            }
        }
        found.sort_by_key(|(wait, _)| std::cmp::Reverse(*wait));
        found.into_iter().map(|(_, because)| because).collect()
    }
}

/// One zone. The borders of the local day hold on the clock as it goes now, so none lies behind the next clock change.
fn look(at: i64, stretch: ZoneSpan, laws: &[LawRules<'_>]) -> HoursAt {
    let local = LocalTime::at(at, stretch.offset);
    let (mut closes, mut opens) = (DAY, i64::MIN);
    for (_, open, until) in verdicts(local, laws) {
        if open {
            closes = closes.min(until);
        } else {
            opens = opens.max(until);
        }
    }
    let open = opens == i64::MIN;
    let border = if open { closes } else { opens };
    // Always ahead: the search must end whatever a rule says.
    let until = at.saturating_add((border - local.micros).max(1)).min(stretch.until);
    HoursAt { open, until }
}

/// Each rule in force on the local day: is it open, and until which time of the day does that hold? What closes the whole
/// day comes first: it says more than the hours do.
fn verdicts<'a>(
    local: LocalTime,
    laws: &[LawRules<'a>],
) -> impl Iterator<Item = (AppliedRule<'a>, bool, i64)> {
    let (weekday, date) = (local.weekday(), date_of(local.day));
    let closed = laws.iter().flat_map(move |law| {
        let closures = law.closures.iter().filter(move |closure| closure.dated.holds_on(local.day));
        let is_on = move |holiday: &&Holiday| date.is_some_and(|date| holiday.is_on(date));
        let holidays = law.holidays.iter().filter(is_on).map(AppliedRule::Holiday);
        closures.map(AppliedRule::Closure).chain(holidays).map(|rule| (rule, false, DAY))
    });
    let hours = laws.iter().flat_map(move |law| law.hours.on(local.day, weekday)).map(move |rule| {
        let (open, until) = match rule.allowed {
            AllowedHours::Nothing => (false, DAY),
            AllowedHours::Between(from, until) => {
                let (from, until) = (i64::from(from) * MINUTE, i64::from(until) * MINUTE);
                match local.micros {
                    micros if micros < from => (false, from),
                    micros if micros < until => (true, until),
                    _ => (false, DAY),
                }
            }
        };
        (AppliedRule::Hours(rule), open, until)
    });
    closed.chain(hours)
}

/// The state's own rules first: a sentence names the narrower law where both forbid.
fn laws(place: &Location) -> impl Iterator<Item = RuleAuthority> {
    let cautious = place.is_unknown().then_some(RuleAuthority::Unknown);
    place.states().iter().copied().map(RuleAuthority::State).chain(cautious).chain([RuleAuthority::Federal])
}
