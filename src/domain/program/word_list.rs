//! The words a program adds to the default keywords, as an administrator writes them, and what they must not be: a word
//! that already means something keeps that meaning.

use std::str::FromStr;

use crate::domain::reply::{ProgramKeywords, ReplyIntent, ReplyTier, is_ordinary, normalise, read};

/// The most words of one meaning.
const MOST: usize = 20;
const LONGEST: usize = 30;
/// A new word or code has so many letters or digits.
const LENGTH: std::ops::RangeInclusive<usize> = 3..=20;

/// Words, written "NO MORE, BYE" and compared as replies are.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct WordList {
    text: String,
    words: Vec<String>,
}

impl WordList {
    /// As stored and shown.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Each word.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

/// What is wrong with a program's own words or its code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WordError {
    /// They are not words of letters and digits, or too long.
    NoWords,
    /// There are too many.
    TooMany,
    /// A word already means something else.
    HasMeaning { word: String, meaning: ReplyIntent },
    /// It is not one short word.
    Shape { word: String },
    /// People write it without meaning it.
    Ordinary { word: String },
    /// The code is not one short word.
    NoCode,
    /// The code is a keyword.
    Keyword { code: String },
    /// STOP with the code already stops everything.
    StopsAll { code: String },
}

impl FromStr for WordList {
    type Err = WordError;
    fn from_str(text: &str) -> Result<WordList, WordError> {
        let mut words: Vec<String> = Vec::new();
        for part in text.split([',', ';', '\n']).filter(|part| !part.trim().is_empty()) {
            let word = normalise(part);
            let is_word = |letter: char| letter.is_alphanumeric() || letter == ' ';
            if word.is_empty() || !word.chars().all(is_word) || word.chars().count() > LONGEST {
                return Err(WordError::NoWords);
            }
            if !words.contains(&word) {
                words.push(word);
            }
        }
        if words.len() > MOST {
            return Err(WordError::TooMany);
        }
        Ok(WordList { text: words.join(", "), words })
    }
}

/// Checks the words that are added with that meaning: each is one word that means nothing yet, or that already, and no
/// ordinary one. Words in `kept` were accepted before; they stay.
///
/// # Errors
/// What is wrong with the first of them that is not right.
pub fn check_words(words: &WordList, kept: &WordList, meaning: &ReplyIntent) -> Result<(), WordError> {
    let added = words.words.iter().filter(|word| !kept.words.contains(word));
    added.into_iter().try_for_each(|word| check_word(word, meaning))
}

fn check_word(word: &str, meaning: &ReplyIntent) -> Result<(), WordError> {
    let now = read(word, &ProgramKeywords::default()).reply;
    // An unclear reply pauses; only a revocation is stricter than that.
    let is_stricter = now == ReplyIntent::Unclear && matches!(meaning, ReplyIntent::Revoke { .. });
    if now != ReplyIntent::Other && now != *meaning && !is_stricter {
        return Err(WordError::HasMeaning { word: word.to_owned(), meaning: now });
    }
    warning(word).map_or(Ok(()), Err)
}

/// What is wrong with a word that a program has, though it may keep it. The program page shows it.
pub fn warning(word: &str) -> Option<WordError> {
    if !is_one_word(word) {
        return Some(WordError::Shape { word: word.to_owned() });
    }
    is_ordinary(word).then(|| WordError::Ordinary { word: word.to_owned() })
}

fn is_one_word(word: &str) -> bool {
    LENGTH.contains(&word.chars().count()) && word.chars().all(char::is_alphanumeric)
}

/// Checks a program's STOP code, and returns it as it is kept. `STOP` with it must not say STOP already (`STOP ALL`). `kept`
/// is the code the program has; it stays.
///
/// # Errors
/// What is wrong with the first of them that is not right.
pub fn check_code(text: &str, kept: Option<&str>) -> Result<String, WordError> {
    let code = normalise(text);
    if kept == Some(code.as_str()) {
        return Ok(code);
    }
    if !is_one_word(&code) {
        return Err(WordError::NoCode);
    }
    let alone = ProgramKeywords::default();
    if read(&code, &alone).tier == ReplyTier::Keyword {
        return Err(WordError::Keyword { code });
    }
    let with_code = ProgramKeywords { program_codes: vec![code.clone()], ..ProgramKeywords::default() };
    let narrowed = ReplyIntent::Revoke { program_code: Some(code.clone()) };
    let is_free = read(&format!("STOP {code}"), &with_code).reply == narrowed
        && read(&code, &alone).reply == ReplyIntent::Other;
    if !is_free {
        return Err(WordError::StopsAll { code });
    }
    warning(&code).map_or(Ok(code), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_means_something_keeps_its_meaning() {
        let revoke = ReplyIntent::Revoke { program_code: None };
        let words: WordList = "adios44,  No more ,adios44; ".parse().unwrap();
        assert_eq!(words.as_str(), "ADIOS44, NO MORE");
        let none = WordList::default();
        assert!(check_words(&words, &none, &revoke).is_err(), "two words");
        assert!(check_words(&words, &words, &revoke).is_ok(), "accepted before");
        for word in ["RATES", "LOANS22", "JOIN"] {
            assert_eq!(check_words(&word.parse().unwrap(), &none, &ReplyIntent::OptIn), Ok(()), "{word}");
        }
        for (word, meaning) in [
            ("START", &revoke),
            ("stop", &ReplyIntent::OptIn),
            ("yes", &ReplyIntent::Help),
            ("no", &ReplyIntent::OptIn),
            ("thanks", &ReplyIntent::OptIn),
            ("ok", &ReplyIntent::OptIn),
            ("great", &ReplyIntent::OptIn),
            ("call me", &ReplyIntent::OptIn),
            ("list", &ReplyIntent::OptIn),
            ("Tonight", &revoke),
            ("tuesday", &ReplyIntent::Help),
            ("mañana", &ReplyIntent::OptIn),
            ("go", &ReplyIntent::OptIn),
            ("abcdefghijklmnopqrstu", &ReplyIntent::OptIn),
        ] {
            assert!(check_words(&word.parse().unwrap(), &none, meaning).is_err(), "{word}");
        }
        assert!("a, ???".parse::<WordList>().is_err());
    }

    #[test]
    fn a_code_never_narrows_what_stops_everything() {
        for right in [" rates ", "Loans", "A7B", "mortgages"] {
            assert_eq!(check_code(right, None), Ok(normalise(right)));
        }
        for wrong in [
            "ALL",
            "NOW",
            "STOP",
            "HELP",
            "two words",
            "x",
            "TEXTING",
            "BOTH",
            "Todos",
            "",
            "LIST",
            "TONIGHT",
            "great",
        ] {
            assert!(check_code(wrong, None).is_err(), "{wrong}");
        }
        assert_eq!(check_code("list", Some("LIST")), Ok("LIST".to_owned()), "accepted before");
    }
}
