//! The domain's facts in plain English: refusals, verdicts, errors of what was typed. One place for each sentence, so that
//! pages, the API, records and log lines say the same. Used by `actions`, `jobs`, `web` and `cli`; it writes nothing, and it
//! enters `domain` alone.

pub mod background_jobs;
mod checks;
mod errors;
pub(crate) mod hours;
pub mod import_text;
mod labels;
mod program_errors;
pub(crate) mod promise;
mod refusals;
mod regions;
pub mod restore_hold;
pub(crate) mod rules;
mod sign_in;
mod verdicts;

pub use checks::{check_next_step, check_rule, check_text};
pub use errors::{phone_error_text, rule_error_text};
pub use labels::{Label, label_without};
pub use program_errors::{template_error_text, word_error_text};
pub use promise::frequency_text;
pub use refusals::{refusal_for_person, refusal_text};
pub use regions::{region_names, region_refusal};
pub use rules::authority_name;
pub use sign_in::{
    idle_end_text, idle_text, second_factor_removed_text, sign_in_rules_text, spent_budget_text,
};
pub use verdicts::{headline, next_allowed, refusal_headline};

use crate::domain::phone::Phone;

/// Facts that are said in a few words, where they stand in a sentence or a table.
pub trait InWords {
    /// The words.
    fn words(&self) -> String;
}

/// "1 minute", "10 business days".
fn counted(amount: u32, unit: &str) -> String {
    format!("{amount} {unit}{}", if amount == 1 { "" } else { "s" })
}

/// The number to which a contact must text START, as it is read out on the phone and as it is typed.
pub fn sender_text(sender: Option<&str>) -> String {
    match sender.and_then(Phone::from_e164) {
        Some(phone) => format!("{} ({})", phone.national(), phone.as_str()),
        None => "your sender number".to_owned(),
    }
}
