//! Questions about a lead's text that have to be answered before it counts: what is asked, and how it ended. A question is a
//! row; a job asks the carrier and the action decides. It must not know how the carrier is called or where the rows are.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::words::words;

words! {
    /// What is asked about a text.
    QuestionKind {
        /// A START right after an opt-out: which of the two was sent last?
        Order = "order",
        /// A YES while the opt-in request is under way: did the carrier take the request?
        Yes = "yes",
        /// A consent in a doubtful webhook: does the carrier have this text?
        ConfirmText = "confirm_text",
    }
}

words! {
    /// How a question ended.
    QuestionAnswer {
        /// The text counts and was acted upon.
        Counted = "counted",
        /// By the carrier's times it was sent before the opt-out.
        Older = "older",
        /// Something newer was recorded before the answer came.
        Superseded = "superseded",
        /// The carrier has no such text.
        UnknownText = "unknown_text",
        /// The carrier's text is a different one.
        Mismatch = "mismatch",
        /// The carrier never took the opt-in request.
        NotAccepted = "not_accepted",
        /// The carrier gave no answer, or no time.
        NoAnswer = "no_answer",
    }
}

/// After so many requests without an answer the question is closed.
pub const MOST_ATTEMPTS: i32 = 7;

/// How long to wait after attempt number `attempt` (1-based) before the carrier is asked again: 2 s, 8 s, 32 s, then about
/// two, five and five minutes.
pub fn ask_again_after(attempt: i32) -> Duration {
    let exponent = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(5);
    Duration::from_secs((2 * 4u64.pow(exponent)).min(300))
}
