//! The limits on texts that nobody asked for and on automatic replies. An administrator changes them on the settings page; they
//! are kept as JSON, and a field that is not there has its default. Pure data: `unasked` and `auto_reply` hold the rules.

use serde::{Deserialize, Serialize};

/// The newest requests through forms are enough to judge by: so many of them are looked at.
pub const SAMPLE: u32 = 100;
/// No limit is higher; every limit is 1 at least.
const MOST: u32 = 1000;
const ALL_OF_THEM: u32 = 100;

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

impl TextingLimits {
    /// Each limit under the name of its field, and the highest value that it can have.
    pub fn bounds(&mut self) -> [(&'static str, &mut u32, u32); 6] {
        [
            ("unasked_a_day", &mut self.unasked_a_day, MOST),
            ("unasked_by_hand_a_day", &mut self.unasked_by_hand_a_day, MOST),
            ("unasked_ever", &mut self.unasked_ever, MOST),
            // No more requests are looked at: beyond that, nothing would ever pause.
            ("pause_after", &mut self.pause_after, SAMPLE),
            ("least_answers_percent", &mut self.least_answers_percent, ALL_OF_THEM),
            ("replies_a_day", &mut self.replies_a_day, MOST),
        ]
    }

    /// The limits as they hold, whatever an earlier version saved.
    #[must_use]
    pub fn within_bounds(mut self) -> TextingLimits {
        for (_, limit, most) in self.bounds() {
            *limit = (*limit).clamp(1, most);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_version_saved_out_of_bounds_is_brought_back() {
        let saved = r#"{"pause_after": 500, "least_answers_percent": 400, "unasked_a_day": 0}"#;
        let saved: TextingLimits = serde_json::from_str(saved).unwrap();
        let expected = TextingLimits {
            pause_after: 100,
            least_answers_percent: 100,
            unasked_a_day: 1,
            ..TextingLimits::default()
        };
        assert_eq!(saved.within_bounds(), expected);
        assert_eq!(TextingLimits::default().within_bounds(), TextingLimits::default());
    }
}
