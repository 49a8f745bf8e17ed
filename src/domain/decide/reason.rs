//! What counts as a reason in a person's own words.

use std::collections::BTreeSet;

use crate::domain::evidence::ContactBasis;
use crate::domain::intent::Refusal;

/// A reason shorter than this explains nothing; nor does one with so few different letters and figures ("aaaaaaaaaaaa").
const REASON_CHARACTERS: usize = 10;
const REASON_LETTERS: usize = 5;
/// Does the reason explain anything? It is long enough, holds two different words, says more than "test", and has five
/// different letters or figures. Nothing more: a rule cannot tell a good reason from a bad one.
///
/// # Errors
/// [`Refusal::ReasonTooShort`].
pub fn check_reason(reason: &str) -> Result<(), Refusal> {
    let lower = reason.trim().to_lowercase();
    let is_part = |letter: &char| letter.is_alphanumeric();
    let words: BTreeSet<&str> =
        lower.split(|letter| !is_part(&letter)).filter(|word| !word.is_empty()).collect();
    let letters: BTreeSet<char> = lower.chars().filter(is_part).collect();
    let explains = lower.chars().count() >= REASON_CHARACTERS
        && words.len() >= 2
        && letters.len() >= REASON_LETTERS
        && !is_test(&words);
    if explains { Ok(()) } else { Err(Refusal::ReasonTooShort) }
}

/// Words that add nothing to "test".
const BESIDE_TEST: [&str; 20] = [
    "test",
    "tests",
    "testing",
    "only",
    "just",
    "document",
    "documents",
    "form",
    "consent",
    "a",
    "an",
    "the",
    "this",
    "is",
    "it",
    "for",
    "my",
    "our",
    "internal",
    "purposes",
];

/// True when the words speak of a test and of nothing else: a test is no document.
fn is_test(words: &BTreeSet<&str>) -> bool {
    let says = |word: &str| words.contains(word);
    (says("test") || says("tests") || says("testing")) && words.iter().all(|word| BESIDE_TEST.contains(word))
}

pub(super) fn checked_basis(ContactBasis { kind, words }: ContactBasis) -> Result<ContactBasis, Refusal> {
    Ok(ContactBasis { kind, words: checked_reason(words)? })
}

pub(super) fn checked_reason(reason: String) -> Result<String, Refusal> {
    check_reason(&reason)?;
    Ok(reason.replace('\0', "").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::check_reason;

    #[test]
    fn a_reason_is_words() {
        for good in [
            "contract 4711, page 2",
            "because it is so",
            "Signed form in folder 7",
            "signed at the water test visit",
            "договор номер 15",
        ] {
            assert!(check_reason(good).is_ok(), "{good}");
        }
        let bad = [
            "",
            "short",
            "test test test",
            "Testing test.",
            "aaaaaaaaaaaa",
            "aaaa bbbb aaaa",
            "consent consent",
            "Test document only",
            "just a test, for internal testing",
        ];
        for bad in bad {
            assert!(check_reason(bad).is_err(), "{bad}");
        }
    }
}
