//! Whether the carrier takes texts at all. When hand-offs to several numbers in a row end without an answer or with "later",
//! all of them rest but for one probe at growing intervals. The delivery worker asks and reports; pages, metrics and `/readyz`
//! tell people. Kept in memory: a restart begins with a try.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::Duration;

use crate::domain::id::NumberId;
use crate::domain::message::SendOutcome;
use crate::domain::time::Timestamp;

/// So many different numbers in a row: a number that always fails is no outage.
const NUMBERS: usize = 5;
/// The first probe comes after this long; each one that fails doubles the wait.
const FIRST_PROBE: Duration = Duration::seconds(2);
/// The wait grows to this.
const LONGEST_WAIT: Duration = Duration::seconds(30);
/// A carrier that asks for a longer rest (`Retry-After`) gets it, up to this.
const LONGEST_REST: Duration = Duration::minutes(10);

/// What may be handed over now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandOffs {
    /// Everything that is due.
    All,
    /// One text, to see whether the carrier takes it.
    Probe,
    /// Nothing yet.
    None,
}

/// The carrier takes no texts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CarrierOutage {
    /// Since the first failure in the row.
    pub since: Timestamp,
    /// The latest cause: a code, or what happened.
    pub cause: String,
    /// When the next probe is due.
    pub next_probe: Timestamp,
}

/// Stops hand-offs while the carrier takes none.
#[derive(Default)]
pub struct CircuitBreaker {
    state: Mutex<BreakerState>,
}

#[derive(Default)]
struct BreakerState {
    /// Numbers whose hand-offs failed since the last one that did not, and when the first of them did.
    failed: HashSet<NumberId>,
    since: Timestamp,
    outage: Option<CarrierOutage>,
    wait: Option<Duration>,
    is_probing: bool,
}

impl CircuitBreaker {
    /// What may be handed over at `now`. A probe is answered by [`Self::report`] or [`Self::probe_unused`].
    pub fn hand_offs(&self, now: Timestamp) -> HandOffs {
        let mut state = self.state();
        match &state.outage {
            None => HandOffs::All,
            Some(outage) if outage.next_probe > now || state.is_probing => HandOffs::None,
            Some(_) => {
                state.is_probing = true;
                HandOffs::Probe
            }
        }
    }

    /// There was nothing to probe with, or it was not handed over after all: another text may be tried.
    pub fn probe_unused(&self) {
        self.state().is_probing = false;
    }

    /// How a hand-off to the number ended.
    pub fn report(&self, number: NumberId, is_probe: bool, outcome: &SendOutcome, now: Timestamp) {
        let mut state = self.state();
        if is_probe {
            state.is_probing = false;
        }
        let (cause, rest) = match outcome {
            SendOutcome::NotBegun => return,
            SendOutcome::Accepted { .. } | SendOutcome::Rejected { .. } => return state.close(now),
            SendOutcome::RetryLater { after, code } => (code.clone(), *after),
            SendOutcome::Unknown { why } => (why.clone(), None),
        };
        let rest = rest.and_then(|rest| Duration::from_std(rest).ok()).unwrap_or_default();
        state.failed(number, is_probe, cause, rest.min(LONGEST_REST), now);
    }

    /// Since when the carrier takes no texts, if that is so.
    pub fn outage(&self) -> Option<CarrierOutage> {
        self.state().outage.clone()
    }

    fn state(&self) -> MutexGuard<'_, BreakerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BreakerState {
    fn failed(&mut self, number: NumberId, is_probe: bool, cause: String, rest: Duration, now: Timestamp) {
        if self.outage.is_none() {
            if self.failed.is_empty() {
                self.since = now;
            }
            self.failed.insert(number);
            if self.failed.len() < NUMBERS {
                return;
            }
            log::error!(
                "The carrier accepts no texts ({cause}). They wait, and one is retried from time to time."
            );
        } else if !is_probe {
            // It was under way when the others failed.
            return;
        }
        let wait = self.wait.map_or(FIRST_PROBE, |wait| (wait * 2).min(LONGEST_WAIT));
        self.wait = Some(wait);
        self.outage = Some(CarrierOutage { since: self.since, cause, next_probe: now.plus(wait.max(rest)) });
    }

    fn close(&mut self, now: Timestamp) {
        if let Some(outage) = &self.outage {
            log::warn!(
                "The carrier accepts texts again, after {} seconds.",
                now.since(outage.since).num_seconds()
            );
        }
        (self.outage, self.wait) = (None, None);
        self.failed.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn number(n: u128) -> NumberId {
        NumberId::from(uuid::Uuid::from_u128(n))
    }

    fn later(after: Option<u64>) -> SendOutcome {
        SendOutcome::RetryLater { after: after.map(std::time::Duration::from_secs), code: "503".to_owned() }
    }

    fn accepted() -> SendOutcome {
        SendOutcome::Accepted { provider_id: "SM1".to_owned() }
    }

    fn broken() -> CircuitBreaker {
        let breaker = CircuitBreaker::default();
        (1..=5).for_each(|n| breaker.report(number(n), false, &later(None), at(n.try_into().unwrap())));
        breaker
    }

    #[test]
    fn several_numbers_in_a_row_open_it_and_one_number_does_not() {
        let breaker = CircuitBreaker::default();
        (1..100).for_each(|n| breaker.report(number(7), false, &later(None), at(n)));
        assert_eq!(breaker.hand_offs(at(100)), HandOffs::All);
        let breaker = CircuitBreaker::default();
        for n in 1..100 {
            breaker.report(number(n), false, &later(None), at(1));
            if n % 4 == 0 {
                breaker.report(number(n), false, &accepted(), at(1));
            }
        }
        assert_eq!(breaker.outage(), None, "not in a row");
        assert_eq!(broken().outage().unwrap().since, at(1));
        assert_eq!(broken().hand_offs(at(6)), HandOffs::None);
    }

    #[test]
    fn one_probe_at_growing_intervals() {
        let (breaker, mut probes) = (broken(), Vec::new());
        for second in 5..200 {
            if breaker.hand_offs(at(second)) == HandOffs::Probe {
                assert_eq!(breaker.hand_offs(at(second)), HandOffs::None, "one at a time");
                breaker.report(number(9), true, &later(None), at(second));
                probes.push(second);
            }
        }
        assert_eq!(probes, [7, 11, 19, 35, 65, 95, 125, 155, 185]);
        breaker.report(number(9), false, &accepted(), at(200));
        assert_eq!(breaker.hand_offs(at(200)), HandOffs::All);
    }

    #[test]
    fn a_longer_rest_that_the_carrier_asks_for_is_kept() {
        let breaker = broken();
        assert_eq!(breaker.hand_offs(at(7)), HandOffs::Probe);
        breaker.report(number(9), true, &later(Some(90)), at(7));
        assert_eq!(breaker.hand_offs(at(96)), HandOffs::None);
        assert_eq!(breaker.hand_offs(at(97)), HandOffs::Probe);
        breaker.report(number(9), true, &later(Some(86_400)), at(97));
        assert_eq!(breaker.outage().unwrap().next_probe, at(697), "a day is too long");
    }

    #[test]
    fn what_was_under_way_changes_nothing_and_an_unused_probe_is_tried_again() {
        let breaker = broken();
        breaker.report(number(6), false, &later(Some(60)), at(6));
        assert_eq!(breaker.hand_offs(at(7)), HandOffs::Probe);
        breaker.probe_unused();
        assert_eq!(breaker.hand_offs(at(7)), HandOffs::Probe);
        breaker.report(number(9), true, &SendOutcome::NotBegun, at(7));
        assert_eq!(breaker.hand_offs(at(8)), HandOffs::Probe);
    }
}
