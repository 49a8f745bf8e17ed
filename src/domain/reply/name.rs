//! Names that no table has: a word with a capital letter inside a sentence of small ones. `i dont know any Sheila`.

use super::keyword::letters;
use super::normalise;

/// A text is looked through for names up to this many words.
const MOST_WORDS: usize = 300;

/// How a word ends that says where people are from, or what they believe: `I am not American`.
const NO_NAMES: &[&str] = &["ican", "ian", "ish", "ese", "ist", "lic", "day"];

/// The words that are written like a name, as they are compared. The first word of a sentence is none of them.
pub(super) fn names_in(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_inside = false;
    for word in text.split(' ').take(MOST_WORDS) {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if is_inside && is_capitalized(bare) {
            names.push(letters(&normalise(bare)));
        }
        let goes_on = bare.len() == word.len() && bare.starts_with(char::is_lowercase);
        is_inside = goes_on || is_title(bare) || (is_inside && bare == "I");
    }
    names
}

/// One capital letter, and small ones behind it.
fn is_capitalized(word: &str) -> bool {
    let mut chars = word.chars();
    let is_other = is_title(word) || NO_NAMES.iter().any(|ending| word.ends_with(ending));
    !is_other
        && chars.next().is_some_and(char::is_uppercase)
        && chars.as_str().starts_with(char::is_lowercase)
}

fn is_title(word: &str) -> bool {
    matches!(word, "Mr" | "Mrs" | "Ms" | "Miss" | "Dr" | "mr" | "mrs" | "ms" | "dr")
}
