//! The promised frequency and the caps by law, in English.

use crate::domain::gate::{MessagePurpose, PromiseFacts};
use crate::domain::schedule::{CapPeriod, FrequencyCap, LegalCapFacts};

use super::counted;
use super::rules::{authority_name, cap_value};

/// What the promised frequency says, and a cap by law that still has room.
pub(super) fn text(promise: &PromiseFacts, law: Option<&LegalCapFacts>) -> String {
    let promise = promise_text(promise);
    match law {
        Some(cap) => format!("{promise} {}: not reached.", cap_text(cap)),
        None => promise,
    }
}

fn promise_text(promise: &PromiseFacts) -> String {
    let not_enforced = "The promised frequency is not enforced for this program.";
    match promise {
        PromiseFacts::Off { keeps_law: true } => not_enforced.to_owned(),
        PromiseFacts::Off { keeps_law: false } => {
            format!("{not_enforced} Neither are legal caps: quiet hours are turned off.")
        }
        PromiseFacts::Uncounted(MessagePurpose::Conversation) => {
            "Texts that a person writes in a conversation don't count.".to_owned()
        }
        PromiseFacts::Uncounted(_) => "This text doesn't count toward the promised frequency.".to_owned(),
        PromiseFacts::None { words } => format!("The program promises no number of texts: “{words}”."),
        PromiseFacts::Kept(caps) => format!("Within what was promised: {}.", all_caps(caps)),
        PromiseFacts::Reached(caps) => format!("The promised limit of {} is reached.", all_caps(caps)),
    }
}

pub(super) fn next_step(promise: &PromiseFacts) -> Option<&'static str> {
    matches!(promise, PromiseFacts::Reached(_)).then_some(
        "No action needed. Messages send automatically when the promise allows. Raising the program's frequency does not \
         help: a contact keeps what the wording promised when they agreed.",
    )
}

pub(super) fn in_short(promise: &PromiseFacts) -> Option<&'static str> {
    matches!(promise, PromiseFacts::Reached(_)).then_some("Promised limit reached.")
}

/// A cap by law that is used up.
pub(super) fn cap_reached(cap: &LegalCapFacts) -> String {
    format!("{}, and as many were sent or are scheduled. Source: {}.", cap_text(cap), cap.source)
}

/// "Florida allows 3 texts in any 24 hours from one program".
pub(crate) fn cap_text(cap: &LegalCapFacts) -> String {
    format!("{} allows {}", authority_name(cap.law), cap_value(cap.n, cap.subject))
}

fn all_caps(caps: &[FrequencyCap]) -> String {
    caps.iter().map(frequency_text).collect::<Vec<_>>().join(", and ")
}

/// "at most 4 texts in any 30 days".
pub fn frequency_text(cap: &FrequencyCap) -> String {
    let span = match cap.per {
        CapPeriod::Day => "24 hours",
        CapPeriod::Week => "7 days",
        CapPeriod::Month => "30 days",
        CapPeriod::Year => "365 days",
    };
    format!("at most {} in any {span}", counted(cap.n, "text"))
}
