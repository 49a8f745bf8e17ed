//! The limits that hold texts back, by the names under which they are counted and logged. Pure.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::gate::CheckName;
use super::words::words;

words! {
    /// A limit that held a text back.
    LimitHit {
        /// The day's opt-in requests to a number.
        RequestsToday = "requests_today",
        /// All opt-in requests to a number.
        RequestsEver = "requests_ever",
        /// A region or kind of number that the program does not text.
        Region = "region",
        /// The automatic replies to a number.
        Replies = "replies",
        /// A form or prefix whose requests wait.
        PausedRequests = "paused_requests",
    }
}

impl LimitHit {
    /// The limit behind a check of the gate that refused a text for good, if it is one.
    pub const fn of(check: CheckName) -> Option<LimitHit> {
        match check {
            CheckName::UnaskedTexts => Some(LimitHit::RequestsEver),
            CheckName::Region => Some(LimitHit::Region),
            _ => None,
        }
    }
}
