//! The budget of unasked texts for each number, over all programs, forms and the API. An unasked text is an opt-in request, or
//! the confirmation of an opt-in that did not come from the handset: a stranger can cause either with a number that is not
//! theirs. The gate asks the budget, and the claim counts in the same transaction, under the number's lock. Pure.
//!
//! A text that may have left is counted: also one whose outcome stays unknown, and one that a receipt calls undelivered. Only a
//! text that the carrier refused before it took it is given back. The count begins anew when the person opts in by a text of
//! their own: who holds the handset has said that they want texts. STOP, documents and other people change nothing.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::consent::{EventKind, Source};
use super::id::MessageId;
use super::texting_limits::TextingLimits;
use super::time::Timestamp;

/// The day of the budget: any 24 hours.
const DAY: Duration = Duration::hours(24);
/// An unasked text that has waited longer than this is not sent: its cause is forgotten by then.
const VALID_FOR: Duration = Duration::hours(48);

/// Who caused an unasked text. Each has a budget for the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnaskedCause {
    /// A form, the API, or a message to a number that was not asked before.
    System,
    /// A person who repeated an opt-in request from the contact page.
    ByHand,
}

/// An unasked text that may have left.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UnaskedText {
    /// When it was handed over.
    pub at: Timestamp,
    /// Who caused it.
    pub cause: UnaskedCause,
    /// The message; none where a migration counted it.
    #[serde(default)]
    pub message: Option<MessageId>,
    /// True when it came through a public form.
    #[serde(default)]
    pub from_form: bool,
}

/// What a number got unasked, as its row keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct UnaskedTexts {
    ever: u32,
    /// Those of the last day; older ones are left out when the next one is counted.
    recent: Vec<UnaskedText>,
}

/// What the budget says about one more unasked text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaskedBudget {
    /// It may go: so many went in the last day, and so many in all.
    Room { today: u32, ever: u32 },
    /// The day's budget is used up until then.
    UsedToday { today: u32, frees_at: Timestamp },
    /// No more until the contact opts in by a text of their own.
    UsedUp { ever: u32 },
}

impl UnaskedTexts {
    /// For a row that cannot be read: in doubt nothing unasked is sent.
    pub fn unreadable() -> UnaskedTexts {
        UnaskedTexts { ever: u32::MAX, recent: Vec::new() }
    }

    /// True when nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.ever == 0 && self.recent.is_empty()
    }

    /// True when a request that came through a public form is among the latest.
    pub fn has_form_request(&self) -> bool {
        self.recent.iter().any(|text| text.from_form)
    }

    /// May one more of this cause go now?
    pub fn budget(&self, cause: UnaskedCause, limits: &TextingLimits, now: Timestamp) -> UnaskedBudget {
        if self.ever >= limits.unasked_ever {
            return UnaskedBudget::UsedUp { ever: self.ever };
        }
        let a_day = match cause {
            UnaskedCause::System => limits.unasked_a_day,
            UnaskedCause::ByHand => limits.unasked_by_hand_a_day,
        };
        let of_cause = self.since(now).filter(|text| text.cause == cause);
        let mut times: Vec<Timestamp> = of_cause.map(|text| text.at).collect();
        times.sort_unstable_by(|one, other| other.cmp(one));
        let (today, a_day) = (count(&times), usize::try_from(a_day.max(1)).unwrap_or(usize::MAX));
        match times.get(a_day - 1) {
            Some(at) => UnaskedBudget::UsedToday { today, frees_at: at.plus(DAY) },
            None => UnaskedBudget::Room { today, ever: self.ever },
        }
    }

    /// The same with one more. It forgets what is older than a day.
    #[must_use]
    pub fn with(&self, text: UnaskedText) -> UnaskedTexts {
        let recent = self.since(text.at).copied().chain([text]).collect();
        UnaskedTexts { ever: self.ever.saturating_add(1), recent }
    }

    /// The same without this message, which the carrier refused before it took it; none where it is not counted.
    pub fn without(&self, message: MessageId) -> Option<UnaskedTexts> {
        // A message that may have left before is counted more than once, and the newest count is this attempt's.
        let newest = self.recent.iter().rposition(|text| text.message == Some(message))?;
        let mut rest = self.clone();
        rest.recent.remove(newest);
        rest.ever = rest.ever.saturating_sub(1);
        Some(rest)
    }

    fn since(&self, now: Timestamp) -> impl Iterator<Item = &UnaskedText> {
        self.recent.iter().filter(move |text| text.at.plus(DAY) > now)
    }
}

fn count(times: &[Timestamp]) -> u32 {
    u32::try_from(times.len()).unwrap_or(u32::MAX)
}

/// True for an event after which the count begins anew: the person opted in by a text of their own, or what was sent before
/// went to a simulated phone.
pub fn begins_anew(kind: EventKind, source: Source) -> bool {
    match kind {
        EventKind::OptedIn => source == Source::Handset,
        EventKind::SimulationEnded => true,
        _ => false,
    }
}

/// True when an unasked text that was wanted at `wanted_at` and may go at `frees_at` is too late by then.
pub fn is_too_late(wanted_at: Timestamp, frees_at: Timestamp) -> bool {
    frees_at > wanted_at.plus(VALID_FOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_793_728_800_000_000);

    fn after(hours: i64) -> Timestamp {
        START.plus(Duration::hours(hours))
    }

    fn text(n: u8, hours: i64, cause: UnaskedCause) -> UnaskedText {
        UnaskedText { at: after(hours), cause, message: Some(message(n)), from_form: false }
    }

    fn message(n: u8) -> MessageId {
        MessageId::from(uuid::Uuid::from_bytes([n; 16]))
    }

    fn ask(texts: &UnaskedTexts, cause: UnaskedCause, hours: i64) -> UnaskedBudget {
        texts.budget(cause, &TextingLimits::default(), after(hours))
    }

    #[test]
    fn one_a_day_and_five_ever() {
        use UnaskedCause::System;
        let mut texts = UnaskedTexts::default();
        for day in 0..5_u8 {
            let hours = i64::from(day) * 24;
            assert_eq!(ask(&texts, System, hours), UnaskedBudget::Room { today: 0, ever: day.into() });
            texts = texts.with(text(day, hours, System));
            let used = UnaskedBudget::UsedToday { today: 1, frees_at: after(hours + 24) };
            if day < 4 {
                assert_eq!(ask(&texts, System, hours + 23), used);
            }
        }
        assert_eq!(ask(&texts, System, 10_000), UnaskedBudget::UsedUp { ever: 5 });
    }

    #[test]
    fn a_person_has_a_budget_of_their_own_under_the_same_total() {
        use UnaskedCause::{ByHand, System};
        let texts = UnaskedTexts::default().with(text(1, 0, System));
        assert_eq!(ask(&texts, ByHand, 1), UnaskedBudget::Room { today: 0, ever: 1 });
        let texts = texts.with(text(2, 1, ByHand));
        for (cause, free) in [(System, 24), (ByHand, 25)] {
            let used = UnaskedBudget::UsedToday { today: 1, frees_at: after(free) };
            assert_eq!(ask(&texts, cause, 2), used, "{cause:?}");
        }
        let limits = TextingLimits { unasked_ever: 2, ..TextingLimits::default() };
        assert_eq!(texts.budget(ByHand, &limits, after(99)), UnaskedBudget::UsedUp { ever: 2 });
    }

    #[test]
    fn what_the_carrier_refused_is_given_back_once() {
        use UnaskedCause::System;
        let texts = UnaskedTexts::default().with(text(1, 0, System));
        let back = texts.without(message(1)).unwrap();
        assert!(back.is_empty());
        assert_eq!(back.without(message(1)), None);
        // Two attempts of one message: the first may have left, the second was refused.
        let texts = texts.with(text(1, 1, System)).without(message(1)).unwrap();
        assert_eq!(
            ask(&texts, System, 2),
            UnaskedBudget::UsedToday { today: 1, frees_at: after(24) },
            "the first attempt stays counted"
        );
    }

    #[test]
    fn a_row_survives_the_database_and_one_that_cannot_be_read_allows_nothing() {
        let texts = UnaskedTexts::default().with(text(1, 0, UnaskedCause::ByHand));
        let json = serde_json::to_string(&texts).unwrap();
        assert_eq!(serde_json::from_str::<UnaskedTexts>(&json).unwrap(), texts);
        let migrated = r#"{"ever":2,"recent":[{"at":1793728800000000,"cause":"system"}]}"#;
        let migrated: UnaskedTexts = serde_json::from_str(migrated).unwrap();
        let used = UnaskedBudget::UsedToday { today: 1, frees_at: after(24) };
        assert_eq!(ask(&migrated, UnaskedCause::System, 1), used);
        let unreadable = ask(&UnaskedTexts::unreadable(), UnaskedCause::ByHand, 1);
        assert_eq!(unreadable, UnaskedBudget::UsedUp { ever: u32::MAX });
    }

    #[test]
    fn only_the_persons_own_opt_in_begins_anew() {
        assert!(begins_anew(EventKind::OptedIn, Source::Handset));
        for source in [Source::WebForm, Source::Manual, Source::Api, Source::System, Source::Provider] {
            assert!(!begins_anew(EventKind::OptedIn, source), "{source}");
        }
        assert!(!begins_anew(EventKind::OptedOut, Source::Handset));
        assert!(!begins_anew(EventKind::ConsentEnded, Source::Manual));
        assert!(is_too_late(START, after(49)) && !is_too_late(START, after(48)));
    }
}
