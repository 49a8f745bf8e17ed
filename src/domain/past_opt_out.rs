//! The opt-outs that a START has to be later than, and when it arrived.

use chrono::Duration;

use super::time::Timestamp;

/// Without both times, a START that arrives within this time after an opt-out may be older than it.
const NEAR: Duration = Duration::seconds(60);

/// An opt-out, or the end of an owner's consent, that a START has to be later than.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastOptOut {
    /// Its place in the number's history.
    pub seq: i32,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The text that it was, if it was one.
    pub text: Option<OptOutText>,
}

/// The text behind an opt-out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OptOutText {
    /// Who brought it.
    pub provider: String,
    /// The provider's id of it.
    pub provider_message_id: String,
    /// When it was sent, where the provider told or was asked.
    pub sent_at: Option<Timestamp>,
}

impl PastOptOut {
    /// True for a text without a time that arrived so shortly before `arrived_at` that its time matters.
    pub fn needs_time(&self, arrived_at: Timestamp) -> bool {
        self.is_near(arrived_at) && self.text.as_ref().is_some_and(|text| text.sent_at.is_none())
    }

    pub(super) fn is_near(&self, arrived_at: Timestamp) -> bool {
        arrived_at.since(self.recorded_at) < NEAR
    }
}

/// When a START arrived, and the opt-outs in force then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StartArrival {
    /// When it reached us.
    pub at: Timestamp,
    /// The opt-outs since the program's last opt-in.
    pub opt_outs: Vec<PastOptOut>,
}
