//! Strangers cause opt-in requests through public forms. Where hardly any of the numbers answers START, nobody asked for the
//! texts: the form, or the prefix of the numbers, pauses until a person looks, or until answers come after all. Pure.

use std::str::FromStr;

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::phone::Phone;
use super::texting_limits::TextingLimits;
use super::time::Timestamp;
use super::words::words;

/// Requests of this span are looked at together.
pub const SPAN: Duration = Duration::hours(1);
/// `+` and seven digits.
const PREFIX: usize = 8;

words! {
    /// By what requests are looked at together.
    PauseKind {
        /// The form they came through.
        Form = "form",
        /// The first seven digits of the numbers.
        Prefix = "prefix",
    }
}

/// A form's address or a prefix of numbers.
pub type PauseKey = (PauseKind, String);

/// Both ways to look at a request to a number through a form.
pub fn pause_keys(form: &str, phone: &Phone) -> [PauseKey; 2] {
    let prefix: String = phone.as_str().chars().take(PREFIX).collect();
    [(PauseKind::Form, form.to_owned()), (PauseKind::Prefix, prefix)]
}

/// A pause as it was last written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestPause {
    /// When it began.
    pub since: Timestamp,
    /// When it ended, if it did.
    pub resumed_at: Option<Timestamp>,
}

impl RequestPause {
    /// True while requests wait.
    pub fn is_open(&self) -> bool {
        self.resumed_at.is_none()
    }
}

/// From when on requests are looked at: those of the last hour, since a person let them go on, or those that led to the pause.
pub fn sample_from(pause: Option<RequestPause>, now: Timestamp) -> Timestamp {
    let hour_ago = now.plus(-SPAN);
    match pause {
        None => hour_ago,
        Some(RequestPause { since, resumed_at: None }) => since.plus(-SPAN),
        Some(RequestPause { resumed_at: Some(at), .. }) => hour_ago.max(at),
    }
}

/// Requests that were handed over, and how many of the numbers opted in since.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RequestSample {
    /// Requests.
    pub asked: usize,
    /// Of them answered with START.
    pub answered: usize,
}

impl RequestSample {
    /// True when there are enough of them, and too few were answered.
    pub fn is_suspicious(&self, limits: &TextingLimits) -> bool {
        let (least, percent) = (limits.pause_after as usize, limits.least_answers_percent as usize);
        self.asked >= least && self.answered * 100 < self.asked * percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_793_728_800_000_000);

    #[test]
    fn twenty_requests_without_an_answer_are_suspicious_and_one_answer_clears_them() {
        let limits = TextingLimits::default();
        for (asked, answered, expected) in
            [(19, 0, false), (20, 0, true), (20, 1, false), (21, 1, true), (100, 4, true), (100, 5, false)]
        {
            assert_eq!(
                RequestSample { asked, answered }.is_suspicious(&limits),
                expected,
                "{asked} {answered}"
            );
        }
    }

    #[test]
    fn a_person_begins_a_new_sample_and_a_pause_keeps_its_own() {
        let (hour, now) = (Duration::hours(1), START);
        assert_eq!(sample_from(None, now), now.plus(-hour));
        let since = now.plus(-hour * 5);
        let open = RequestPause { since, resumed_at: None };
        assert_eq!(sample_from(Some(open), now), since.plus(-hour));
        let resumed = RequestPause { since, resumed_at: Some(now) };
        assert_eq!(sample_from(Some(resumed), now), now);
        let phone = Phone::from_e164("+12065550100").unwrap();
        assert_eq!(pause_keys("opt-in", &phone)[1], (PauseKind::Prefix, "+1206555".to_owned()));
    }
}
