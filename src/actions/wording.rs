//! What every wording of a program must be, in every language. Used by `edit_program` and `edit_replies`; it writes nothing.

use crate::domain::program::check_placeholders;
use crate::domain::sms;
use crate::words::template_error_text;

/// Browsers send line ends of two characters.
pub(super) fn clean(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

/// What is wrong with words that are filled into templates.
pub(super) fn line_error(text: &str) -> Option<&'static str> {
    let is_one_line = !text.chars().any(|letter| letter.is_control() || "{}".contains(letter));
    let is_right = !text.is_empty() && text.chars().count() <= 200 && is_one_line;
    (!is_right).then_some("Enter one line of at most 200 characters, without { and }.")
}

/// What is wrong with a template that must contain some words, and with its length when it is filled.
pub(super) fn template_error(template: &str, filled: &str, words: &[&str]) -> Option<String> {
    let upper = template.to_uppercase();
    let missing: Vec<&str> =
        words.iter().copied().filter(|word| !upper.contains(&word.to_uppercase())).collect();
    if !missing.is_empty() {
        return Some(format!("This text must contain {}.", missing.join(", ")));
    }
    if let Err(error) = check_placeholders(template) {
        return Some(template_error_text(&error));
    }
    let too_long = filled.chars().count() > sms::MAX_BODY;
    too_long.then(|| "The text is longer than 1,600 characters. Shorten it.".to_owned())
}
