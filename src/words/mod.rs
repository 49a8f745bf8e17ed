//! The domain's facts in plain English: refusals, verdicts, errors of what was typed. One place for each sentence, so that
//! pages, the API, records and log lines say the same. Used by `actions`, `jobs`, `web` and `cli`; it writes nothing, and it
//! enters `domain` alone.

mod errors;
mod refusals;

pub use errors::{phone_error_text, rule_error_text};
pub use refusals::{refusal_for_person, refusal_text};

/// "1 minute", "10 business days".
fn counted(amount: u32, unit: &str) -> String {
    format!("{amount} {unit}{}", if amount == 1 { "" } else { "s" })
}
