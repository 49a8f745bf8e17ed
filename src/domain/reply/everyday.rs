//! What people say to anybody. A program cannot choose such a word for its own.

use super::data::DATA;
use super::matcher::Kind;

/// True for greetings, thanks, questions, refusals: no one agrees to anything by them.
pub fn is_everyday(text: &str) -> bool {
    let kinds = [
        Kind::Courtesy,
        Kind::Wish,
        Kind::No,
        Kind::Negation,
        Kind::Asking,
        Kind::Softening,
        Kind::Subject,
        Kind::Harmless,
    ];
    let rules = DATA.rules.iter().filter(|rule| kinds.contains(&rule.kind));
    rules
        .filter_map(|rule| match rule.parts.as_slice() {
            [part] => Some(part),
            _ => None,
        })
        .any(|part| part.iter().any(|word| word == text))
}
