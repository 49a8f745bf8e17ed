//! What is wrong with what a person typed, and what to type instead.

use crate::domain::phone::PhoneError;
use crate::domain::schedule::RuleError;

/// Why a text is no phone number.
pub fn phone_error_text(error: PhoneError) -> &'static str {
    match error {
        PhoneError::Empty => "Enter a mobile number with its area code, for example (206) 555-0100.",
        PhoneError::TooLong => "This is too long. Enter one mobile number, for example (206) 555-0100.",
        PhoneError::NotANumber => {
            "Enter the number in digits, with its area code, for example (206) 555-0100."
        }
        PhoneError::Invalid => {
            "This number does not exist. Check the area code; begin a number from abroad with + and its country code."
        }
        PhoneError::HasExtension => {
            "A number with an extension cannot receive texts. Enter a mobile number, for example (206) 555-0100."
        }
    }
}

/// Why a line is no rule.
pub fn rule_error_text(error: RuleError) -> &'static str {
    match error {
        RuleError::Parts => "Something is missing in this rule.",
        RuleError::Law => "Choose a place.",
        RuleError::Days => "Choose at least one day.",
        RuleError::Hours => "Enter hours like 08:00-20:00, the start before the end, or closed.",
        RuleError::Date => "Enter a date.",
        RuleError::Until => "Enter a last date that is not before the first one, or leave it empty.",
        RuleError::Certainty => "Choose how sure the source is.",
        RuleError::Source => "Enter the source, in one line.",
        RuleError::Name => "Enter a name without a comma.",
        RuleError::Falls => {
            "Enter when it is, for example: fixed 12-25, 3rd Mon 01, last Mon 05, easter-2, date 2026-11-03."
        }
        RuleError::Shifts => "Choose whether it shifts when it falls on a weekend.",
        RuleError::Count => "Enter how many texts, from 1 to 1000.",
        RuleError::Subject => "Choose which texts count together.",
        RuleError::Kind => "Choose a kind of texts.",
        RuleError::Reach => "Choose what a STOP with a program code ends.",
        RuleError::Deadline => "Choose a deadline.",
        RuleError::Amount => "Enter a number: 60 minutes or 30 business days at most.",
        RuleError::OwnHours => "Enter days and hours, for example: Mon-Fri 09:00-18:00, Sat 10:00-14:00",
        RuleError::DayTwice => "Name each day once.",
        RuleError::NeverOpen => {
            "Leave at least one hour open: with these hours nothing would ever go out. To stop sending, use the dashboard."
        }
    }
}
