//! The limit on automatic replies to one number: confirmations of START and STOP, and answers to HELP. Two machines that answer
//! each other must come to an end, and a text that earns somebody money must not cause others without end. The first
//! confirmation of an opt-out in the span always goes, because the law asks for it (47 CFR 64.1200(a)(12)). Pure.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::message::Lane;
use super::texting_limits::TextingLimits;
use super::time::Timestamp;

/// The span of the limit, which begins with its first reply.
const SPAN: Duration = Duration::hours(24);

/// The automatic replies to a number in the current span, as its row keeps them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ReplyCount {
    since: Timestamp,
    sent: u32,
    confirmed_stop: bool,
}

impl ReplyCount {
    /// Counts one more reply of this lane, if it may go.
    pub fn take(&mut self, lane: Lane, limits: &TextingLimits, now: Timestamp) -> bool {
        if now >= self.since.plus(SPAN) {
            *self = ReplyCount { since: now, ..ReplyCount::default() };
        }
        let is_first_stop = lane == Lane::OptOutConfirmation && !self.confirmed_stop;
        let may_go = self.sent < limits.replies_a_day || is_first_stop;
        if may_go {
            self.sent = self.sent.saturating_add(1);
            self.confirmed_stop |= is_first_stop;
        }
        may_go
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_793_728_800_000_000);

    #[test]
    fn a_loop_ends_and_the_first_confirmation_of_an_opt_out_always_goes() {
        let limits = TextingLimits { replies_a_day: 3, ..TextingLimits::default() };
        let mut count = ReplyCount::default();
        let sent = (0..10).filter(|_| count.take(Lane::OptInConfirmation, &limits, START)).count();
        assert_eq!(sent, 3);
        assert!(!count.take(Lane::Help, &limits, START));
        assert!(count.take(Lane::OptOutConfirmation, &limits, START), "the first one always goes");
        assert!(!count.take(Lane::OptOutConfirmation, &limits, START), "the loop has ended");
        let next_day = START.plus(SPAN);
        assert!(count.take(Lane::OptInConfirmation, &limits, next_day));
        let json = serde_json::to_string(&count).unwrap();
        assert_eq!(serde_json::from_str::<ReplyCount>(&json).unwrap(), count);
    }
}
