//! Counts and logs what the limits hold back, since the start of this process and without a number. Used by the actions that
//! meet a limit and by the metrics; it writes log lines.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::gate::CheckName;

/// A limit that held a text back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LimitHit {
    /// The day's opt-in requests to a number.
    RequestsToday,
    /// All opt-in requests to a number.
    RequestsEver,
    /// A region or kind of number that the program does not text.
    Region,
    /// The automatic replies to a number.
    Replies,
    /// A form or prefix whose requests wait.
    PausedRequests,
}

/// How often each limit held a text back, by its name.
static HITS: [(LimitHit, &str, AtomicU64); 5] = [
    (LimitHit::RequestsToday, "requests_today", AtomicU64::new(0)),
    (LimitHit::RequestsEver, "requests_ever", AtomicU64::new(0)),
    (LimitHit::Region, "region", AtomicU64::new(0)),
    (LimitHit::Replies, "replies", AtomicU64::new(0)),
    (LimitHit::PausedRequests, "paused_requests", AtomicU64::new(0)),
];

/// Counts and logs a text that was held back.
pub(super) fn record_hit(hit: LimitHit) {
    for (_, name, count) in HITS.iter().filter(|(known, ..)| *known == hit) {
        count.fetch_add(1, Ordering::Relaxed);
        log::warn!("A limit held a text back: {name}");
    }
}

/// The same for a check of the gate that refused a text.
pub(super) fn record_refusal(check: CheckName) {
    match check {
        CheckName::UnaskedTexts => record_hit(LimitHit::RequestsEver),
        CheckName::Region => record_hit(LimitHit::Region),
        _ => {}
    }
}

/// The counts, with the name of each limit.
pub fn limit_hits() -> impl Iterator<Item = (&'static str, u64)> {
    HITS.iter().map(|(_, name, count)| (*name, count.load(Ordering::Relaxed)))
}
