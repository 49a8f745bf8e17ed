//! The words a program adds to the default keywords, as an administrator writes them, and what they must not be: a word
//! that already means something keeps that meaning.

use std::str::FromStr;

use crate::domain::reply::{Keywords, Reply, Tier, is_everyday, normalise, read};

/// More than these nobody remembers.
const MOST: usize = 20;
const LONGEST: usize = 30;
/// A code is one short word.
const CODE: std::ops::RangeInclusive<usize> = 2..=20;

/// What people write after STOP and mean everything by, and what any text may be called. No program can be named so.
const NO_CODES: &str = "BOTH ANY EVERY EVERYTHING COMPLETELY ENTIRELY TODAY JUNK NUMBER NUMBERS UPDATES UPDATE OFFERS OFFER \
    REMINDERS REMINDER NEWSLETTER NEWSLETTERS ALERTS ALERT NOTIFICATIONS MARKETING PROMOTIONS PROMOS ADS CALLS EMAILS TODO \
    TODOS TODAS AMBOS ALERTAS LLAMADAS PUBLICIDAD ANUNCIOS CORREOS OFERTAS TOUT TOUS TOUTES ALERTES PUBLICITE PUB OFFRES APPELS";

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

impl FromStr for WordList {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<WordList, &'static str> {
        let mut words: Vec<String> = Vec::new();
        for part in text.split([',', ';', '\n']).filter(|part| !part.trim().is_empty()) {
            let word = normalise(part);
            let is_word = |letter: char| letter.is_alphanumeric() || letter == ' ';
            if word.is_empty() || !word.chars().all(is_word) || word.chars().count() > LONGEST {
                return Err("Write words of letters and figures, at most 30 each, with commas between them.");
            }
            if !words.contains(&word) {
                words.push(word);
            }
        }
        if words.len() > MOST {
            return Err("At most 20 words.");
        }
        Ok(WordList { text: words.join(", "), words })
    }
}

/// May these words have that meaning? Only words that mean nothing yet, or that already.
///
/// # Errors
/// A sentence for the field.
pub fn check_words(words: &WordList, meaning: &Reply) -> Result<(), String> {
    let nothing_more = Keywords::default();
    for word in &words.words {
        let now = read(word, &nothing_more).reply;
        let is_free = now == Reply::Other || now == *meaning;
        // An unclear reply pauses; only a revocation is stricter than that.
        let is_stricter = now == Reply::Unclear && matches!(meaning, Reply::Revoke { .. });
        if *meaning == Reply::OptIn && is_everyday(word) {
            return Err(format!(
                "“{word}” is what people say to anybody: nobody agrees to anything by it. Choose another word."
            ));
        }
        if !is_free && !is_stricter {
            return Err(format!(
                "“{word}” already means something else ({}). Choose another word.",
                now.as_str()
            ));
        }
    }
    Ok(())
}

/// The code as it is kept, if it can be one: one word, and `STOP` with it must not say STOP already (`STOP ALL`).
///
/// # Errors
/// A sentence for the field.
pub fn check_code(text: &str) -> Result<String, String> {
    let code = normalise(text);
    if !CODE.contains(&code.chars().count()) || !code.chars().all(char::is_alphanumeric) {
        return Err("A code is one word of 2 to 20 letters and figures, for example RATES.".to_owned());
    }
    let nothing_more = Keywords::default();
    let whole = read(&format!("STOP {code}"), &nothing_more);
    if matches!(whole.reply, Reply::Revoke { .. }) || NO_CODES.split(' ').any(|word| word == code) {
        return Err(format!("“STOP {code}” already means stop everything. Choose another word."));
    }
    if read(&code, &nothing_more).tier == Tier::Keyword {
        return Err(format!("“{code}” is a keyword of its own. Choose another word."));
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_means_something_keeps_its_meaning() {
        let revoke = Reply::Revoke { program_code: None };
        let words: WordList = "basta,  No more ,basta; ".parse().unwrap();
        assert_eq!(words.as_str(), "BASTA, NO MORE");
        assert!(check_words(&words, &revoke).is_ok());
        for (word, meaning) in [
            ("START", &revoke),
            ("stop", &Reply::OptIn),
            ("yes", &Reply::Help),
            ("no", &Reply::OptIn),
            ("thanks", &Reply::OptIn),
            ("ok", &Reply::OptIn),
        ] {
            assert!(check_words(&word.parse().unwrap(), meaning).is_err(), "{word}");
        }
        assert!("a, ???".parse::<WordList>().is_err());
    }

    #[test]
    fn a_code_never_narrows_what_stops_everything() {
        assert_eq!(check_code(" rates "), Ok("RATES".to_owned()));
        for wrong in ["ALL", "NOW", "STOP", "HELP", "two words", "x", "TEXTING", "BOTH", "Todos", ""] {
            assert!(check_code(wrong).is_err(), "{wrong}");
        }
    }
}
