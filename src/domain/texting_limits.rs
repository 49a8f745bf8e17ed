//! The limits on texts that nobody asked for and on automatic replies. An administrator changes them on the settings page; they
//! are kept as JSON, and a field that is not there has its default. Pure data: `unasked` and `auto_reply` hold the rules.

use serde::{Deserialize, Serialize};

/// The limits of the whole installation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct TextingLimits {
    /// Unasked texts to one number in 24 hours.
    pub unasked_a_day: u32,
    /// Opt-in requests that a person repeats, to one number in 24 hours; beside the others.
    pub unasked_by_hand_a_day: u32,
    /// Unasked texts to one number, until the contact opts in by a text of their own.
    pub unasked_ever: u32,
    /// So many requests through forms in an hour are looked at together.
    pub pause_after: u32,
    /// Fewer answers than this share of them, in percent, pause the rest.
    pub least_answers_percent: u32,
    /// Automatic replies to one number in 24 hours.
    pub replies_a_day: u32,
}

impl Default for TextingLimits {
    fn default() -> Self {
        TextingLimits {
            unasked_a_day: 1,
            unasked_by_hand_a_day: 1,
            unasked_ever: 5,
            pause_after: 20,
            least_answers_percent: 5,
            replies_a_day: 20,
        }
    }
}
