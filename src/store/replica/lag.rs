//! When the primary had written how far, so that a replica's place in the log becomes an age. No clock of another machine
//! is asked.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Notes at most: ten minutes of them, while something is written all the time.
const NOTES: usize = 600;

#[derive(Default)]
pub(super) struct LagHistory {
    known: Mutex<LagState>,
}

/// Of one line of primaries: what is known of another one says nothing.
#[derive(Default)]
struct LagState {
    lineage: String,
    notes: VecDeque<LagSample>,
}

struct LagSample {
    place: i64,
    /// The last time the primary was seen at this place.
    at: Instant,
}

impl LagHistory {
    /// At `at`, the primary of this lineage had written as far as `place`.
    pub(super) fn record(&self, lineage: &str, place: i64, at: Instant) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.lineage != lineage {
            *known = LagState { lineage: lineage.to_owned(), notes: VecDeque::new() };
        }
        match known.notes.back_mut() {
            Some(last) if last.place == place => last.at = at,
            _ => known.notes.push_back(LagSample { place, at }),
        }
        if known.notes.len() > NOTES {
            known.notes.pop_front();
        }
    }

    /// Nothing is known any more: another server is the primary.
    pub(super) fn forget(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = LagState::default();
    }

    /// How old the view of a replica may be that has come to `place` of this lineage; `None` when that is not known, or it
    /// follows another primary than ours.
    pub(super) fn age(&self, lineage: &str, place: i64) -> Option<Duration> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = known.notes.iter().rev().find(|note| note.place <= place);
        newest.filter(|_| known.lineage == lineage).map(|note| note.at.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ago(seconds: u64) -> Instant {
        Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap()
    }

    fn age(trail: &LagHistory, place: i64) -> Option<u64> {
        trail.age("1/a", place).map(|age| age.as_secs())
    }

    #[test]
    fn a_replica_is_as_old_as_the_newest_note_it_has_come_to() {
        let trail = LagHistory::default();
        trail.record("1/a", 100, ago(30));
        trail.record("1/a", 200, ago(20));
        trail.record("1/a", 300, ago(10));
        assert_eq!([age(&trail, 350), age(&trail, 300), age(&trail, 299)], [Some(10), Some(10), Some(20)]);
    }

    #[test]
    fn a_primary_that_writes_nothing_leaves_its_replicas_up_to_date() {
        let trail = LagHistory::default();
        trail.record("1/a", 100, ago(30));
        trail.record("1/a", 100, ago(0));
        assert_eq!(age(&trail, 100), Some(0));
    }

    #[test]
    fn nobody_knows_the_age_of_a_replica_that_is_behind_every_note() {
        let trail = LagHistory::default();
        assert_eq!(age(&trail, 100), None);
        trail.record("1/a", 200, ago(1));
        assert_eq!(age(&trail, 100), None);
    }

    #[test]
    fn a_replica_of_another_lineage_has_no_age_however_far_it_has_come() {
        let trail = LagHistory::default();
        trail.record("1/a", 1000, ago(60));
        trail.record("2/b", 950, ago(20));
        trail.record("2/b", 990, ago(10));
        let seconds = |lineage, place| trail.age(lineage, place).map(|age| age.as_secs());
        assert_eq!([seconds("2/b", 960), seconds("2/b", 1000)], [Some(20), Some(10)]);
        assert_eq!([seconds("1/a", 1001), seconds("2/c", 1000), seconds("", 1000)], [None, None, None]);
        trail.forget();
        assert_eq!([seconds("2/b", 1000), seconds("", 1000)], [None, None]);
    }

    #[test]
    fn the_oldest_notes_are_forgotten() {
        let trail = LagHistory::default();
        for place in 0..=i64::try_from(NOTES).unwrap() {
            trail.record("1/a", place, ago(1));
        }
        assert_eq!([age(&trail, 0), age(&trail, 1)], [None, Some(1)]);
    }
}
