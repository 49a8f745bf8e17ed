//! What is wrong with a program's wording and its own words, for the administrator who edits them.

use crate::domain::program::{TemplateError, WordError};
use crate::domain::reply::ReplyIntent;

/// What is wrong with a template.
pub fn template_error_text(error: &TemplateError) -> String {
    match error {
        TemplateError::UnknownPlaceholder => {
            "Only {brand}, {program}, {frequency} and {contact} can be filled in.".to_owned()
        }
        TemplateError::Missing(words) => {
            let quoted = |word: &&'static str| match *word {
                "RATES" => "\"Msg & data rates may apply\"",
                word => word,
            };
            let missing: Vec<&str> = words.iter().map(quoted).collect();
            format!("The opt-in template must contain {}.", missing.join(", "))
        }
    }
}

/// What is wrong with a program's own words or its code.
pub fn word_error_text(error: &WordError) -> String {
    match error {
        WordError::NoWords => {
            "Enter words of letters and digits, at most 30 each, separated by commas.".to_owned()
        }
        WordError::TooMany => "Enter at most 20 words.".to_owned(),
        WordError::HasMeaning { word, meaning } => {
            format!("“{word}” already {}. Choose another word.", what_it_does(meaning))
        }
        WordError::Shape { word } => format!("“{word}”: use one word of 3 to 20 letters or digits."),
        WordError::Ordinary { word } => {
            format!(
                "“{word}” is an ordinary word. A contact may write it without meaning it. Choose another word."
            )
        }
        WordError::NoCode => "Use one word of 3 to 20 letters or digits, for example RATES.".to_owned(),
        WordError::Keyword { code } => format!("“{code}” is a keyword. Choose another word."),
        WordError::StopsAll { code } => {
            format!("“STOP {code}” already means stop everything. Choose another word.")
        }
    }
}

/// What a reply does today.
fn what_it_does(reply: &ReplyIntent) -> &'static str {
    match reply {
        ReplyIntent::OptIn => "opts a contact in",
        ReplyIntent::Confirm => "answers yes to an opt-in request",
        ReplyIntent::Revoke { .. } => "opts a contact out",
        ReplyIntent::Unclear => "may be a wish to opt out",
        ReplyIntent::Help => "asks for help",
        ReplyIntent::Other => "means something else",
    }
}
