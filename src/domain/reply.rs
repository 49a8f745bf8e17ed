//! What a lead's text means (RULES §2): one pure function, linear in the text's length, that explains its answer. Generous
//! for STOP, strict for START. It must not know who wrote, in which state the number is, or what happens next. The order:
//! a reaction to our own text, the whole text as a keyword, then sentences. The words are files in `reply/data`.

mod data;
mod demand;
mod doubt;
mod everyday;
mod examples;
mod fold;
mod keyword;
mod lexicon;
mod matcher;
mod name;
mod overlap;
mod sentence;
mod tapback;
mod typos;
mod words;

pub use everyday::is_ordinary;
pub use examples::{ReplyExample, examples};

use fold::{fold, one_line, strip, unmask};

use super::language::Language;

/// The word for a reply on which a person decides.
pub const UNCLEAR: &str = "unclear";

/// What a text asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplyIntent {
    /// START: consent.
    OptIn,
    /// YES, Y: consent only while invited.
    Confirm,
    /// STOP: revocation, for all programs unless a code narrows it.
    Revoke {
        /// The code of `STOP RATES`, as the program writes it. Whether it may narrow is a dated rule of its own.
        program_code: Option<String>,
    },
    /// HELP: the program's name and contact.
    Help,
    /// Perhaps a revocation: sending pauses and a person decides.
    Unclear,
    /// Anything else: no change.
    Other,
}

impl ReplyIntent {
    /// The word as stored and as the API speaks it.
    pub fn as_str(&self) -> &'static str {
        match self {
            ReplyIntent::OptIn => "opt_in",
            ReplyIntent::Confirm => "confirm",
            ReplyIntent::Revoke { .. } => "revoke",
            ReplyIntent::Help => "help",
            ReplyIntent::Unclear => UNCLEAR,
            ReplyIntent::Other => "other",
        }
    }
}

/// Which of the four tiers of RULES §2 decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplyTier {
    /// 1: the whole text is a keyword.
    Keyword,
    /// 2: clear in other words (47 CFR 64.1200(a)(10), any reasonable means).
    ClearWords,
    /// 3: unclear.
    Unclear,
    /// 4: a reaction to our own text, or nothing that was looked for.
    NoChange,
}

/// A text as it was read, with what decided it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplyReading {
    /// What the text asks for.
    pub reply: ReplyIntent,
    /// How that was found.
    pub tier: ReplyTier,
    /// What matched, to be read after that word: a keyword, `take me off + list`, `UNSUBSCRIBE (one slip: UNSUBCRIBE)`, or
    /// "tapback"; nothing when nothing did.
    pub matched: Option<String>,
    /// The language of what matched; none where several languages have the word (STOP, OK), or a program added it.
    pub language: Option<Language>,
}

impl ReplyReading {
    /// True for a word of consent that is asked, not given: `START?`.
    pub fn is_consent_question(&self) -> bool {
        let is_asked = |matched: &String| matched.ends_with(keyword::AS_A_QUESTION);
        self.reply == ReplyIntent::Other && self.matched.as_ref().is_some_and(is_asked)
    }
}

/// Words a program adds to the default set, and the codes of the programs. The default adds none. A word that stands in
/// two lists has its most restrictive meaning: revoke, then help, confirm, opt in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProgramKeywords {
    /// More words for revocation, matched as generously as STOP.
    pub revoke: Vec<String>,
    /// More words for help.
    pub help: Vec<String>,
    /// More words for consent while invited.
    pub confirm: Vec<String>,
    /// More words for consent, matched as strictly as START.
    pub opt_in: Vec<String>,
    /// Codes, one word each, that may follow STOP: `STOP RATES`.
    pub program_codes: Vec<String>,
}

/// Reads a lead's text.
pub fn read(text: &str, keywords: &ProgramKeywords) -> ReplyReading {
    let folded = fold(text);
    let line = one_line(&folded);
    if tapback::is_tapback(&line) {
        let matched = Some("tapback".to_owned());
        return ReplyReading {
            reply: ReplyIntent::Other,
            tier: ReplyTier::NoChange,
            matched,
            language: None,
        };
    }
    let nothing = || ReplyReading {
        reply: ReplyIntent::Other,
        tier: ReplyTier::NoChange,
        matched: None,
        language: None,
    };
    keyword::keyword(&line, keywords)
        .or_else(|| sentence::judge(&unmask(&folded), &name::names_in(text), keywords))
        .or_else(|| keyword::consent_as_question(&line, keywords))
        .unwrap_or_else(nothing)
}

/// The text as START and YES are compared with it: cut, compatibility forms resolved (NFKC, taken apart so that accents
/// fall away), without invisible characters, look-alike letters as Latin ones, capitals, single spaces, and nothing but
/// letters, digits and signs at either end. Revocation and help are looked for in more spellings than this one.
pub fn normalise(text: &str) -> String {
    strip(&one_line(&fold(text))).to_owned()
}

#[cfg(test)]
mod tests;
