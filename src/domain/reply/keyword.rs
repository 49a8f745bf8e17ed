//! Tier 1 of RULES §2: the whole text is a keyword. Revocation and help are found in any spelling, START and YES only as
//! the bare word in one piece.

use super::data::{DATA, KeywordEntry, REVOKE_ONE};
use super::fold::{fold, strip, unmask};
use super::matcher::RULES;
use super::{ProgramKeywords, ReplyIntent, ReplyReading, ReplyTier, normalise};
use crate::domain::language::Language;

/// START and courtesy are no more words than these.
const MOST_WITH_START: usize = 6;

/// How the reading of a word of consent ends that is asked.
pub(super) const AS_A_QUESTION: &str = ", as a question";

/// Beside one of these a word of consent is a question, which never opts in.
const QUESTION_MARKS: &[char] = &['?', '¿', '؟', '‽', '⸮', '՞', '፧'];

/// The whole text as a keyword, with the word that decided.
pub(super) fn keyword(folded: &str, keywords: &ProgramKeywords) -> Option<ReplyReading> {
    let unmasked = unmask(folded);
    let loose = KeywordSpellings::of(&unmasked);
    let in_any_spelling = |word: &str| loose.is(word);
    let reading = |reply, (word, language)| ReplyReading {
        reply,
        tier: ReplyTier::Keyword,
        matched: Some(word),
        language,
    };

    find(&DATA.keywords.revoke, &keywords.revoke, in_any_spelling)
        .map(|word| reading(ReplyIntent::Revoke { program_code: None }, word))
        .or_else(|| {
            let code = loose.program_code(&keywords.program_codes)?;
            let word = (format!("{REVOKE_ONE} {code}"), None);
            Some(reading(ReplyIntent::Revoke { program_code: Some(code.clone()) }, word))
        })
        .or_else(|| {
            find(&DATA.keywords.help, &keywords.help, in_any_spelling)
                .map(|word| reading(ReplyIntent::Help, word))
        })
        .or_else(|| consent(folded, keywords).filter(|_| !folded.contains(QUESTION_MARKS)))
}

/// A word of consent that is asked, not given: `YES?`. It changes nothing; a person sees it with the replies to read.
pub(super) fn consent_as_question(folded: &str, keywords: &ProgramKeywords) -> Option<ReplyReading> {
    let word = consent(folded, keywords)?.matched?;
    let matched = Some(format!("{word}{AS_A_QUESTION}"));
    Some(ReplyReading { reply: ReplyIntent::Other, tier: ReplyTier::NoChange, matched, language: None })
}

/// YES or START as the bare word in one piece, or START with courtesy.
fn consent(folded: &str, keywords: &ProgramKeywords) -> Option<ReplyReading> {
    let strict = strip(folded);
    let reading = |reply, (word, language)| ReplyReading {
        reply,
        tier: ReplyTier::Keyword,
        matched: Some(word),
        language,
    };
    find(&DATA.keywords.confirm, &keywords.confirm, |word| word == strict)
        .map(|word| reading(ReplyIntent::Confirm, word))
        .or_else(|| {
            find(&DATA.keywords.opt_in, &keywords.opt_in, |word| word == strict)
                .map(|word| reading(ReplyIntent::OptIn, word))
        })
        .or_else(|| start_with_courtesy(folded))
}

/// The first word, of the default set or the program's own, that is the text, and its language; a program's own word has
/// none. A word of nothing but marks is none.
fn find(
    words: &[KeywordEntry],
    more: &[String],
    is_text: impl Fn(&str) -> bool,
) -> Option<(String, Option<Language>)> {
    let own = || more.iter().map(|word| normalise(word)).filter(|word| !word.is_empty());
    let fixed =
        words.iter().find(|(word, _)| is_text(word)).map(|(word, language)| (word.clone(), *language));
    fixed.or_else(|| own().find(|word| is_text(word)).map(|word| (word, None)))
}

/// `start, thanks`: a word of consent of the default set as one whole word, and nothing beside it but courtesy.
fn start_with_courtesy(folded: &str) -> Option<ReplyReading> {
    let words = || folded.split(' ').map(strip).filter(|word| !word.is_empty());
    if words().nth(MOST_WITH_START).is_some() {
        return None;
    }
    let start_of = |word: &str| DATA.keywords.opt_in.iter().find(|(start, _)| start == word);
    let found = words().find_map(start_of)?;
    let courtesy = &DATA.lists.start_courtesy;
    let mut others = words().filter(|word| *word != found.0);
    let only = others.all(|word| courtesy.iter().any(|polite| polite == word));
    only.then(|| ReplyReading {
        reply: ReplyIntent::OptIn,
        tier: ReplyTier::ClearWords,
        matched: Some(format!("{} with courtesy", found.0)),
        language: found.1,
    })
}

/// The spellings in which a revocation is recognised: whatever stands between letters counts as nothing, or as a space.
struct KeywordSpellings {
    /// `OPT-OUT` and `S.T.O.P` as `OPTOUT` and `STOP`; letters that stand alone are one word, so `S T O P` is, too.
    glued: String,
    /// `OPT-OUT` as `OPT OUT`.
    spaced: String,
}

impl KeywordSpellings {
    fn of(folded: &str) -> KeywordSpellings {
        let words: Vec<String> = folded.split(' ').map(letters).filter(|w| !w.is_empty()).collect();
        let spelled_out = words.iter().all(|word| word.chars().nth(1).is_none());
        let spaced: Vec<&str> =
            folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        KeywordSpellings { glued: words.join(if spelled_out { "" } else { " " }), spaced: spaced.join(" ") }
    }

    fn is(&self, word: &str) -> bool {
        self.glued == word || self.spaced == word
    }

    /// The program's code in STOP followed by exactly that one word, apart or glued to it.
    fn program_code<'a>(&self, codes: &'a [String]) -> Option<&'a String> {
        // `STOPPED` is a word of its own.
        let is_word = RULES.lexicon.id(&self.glued).is_some();
        let rest = self.glued.strip_prefix(REVOKE_ONE).filter(|_| !is_word)?;
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        codes.iter().find(|code| !rest.is_empty() && letters(&fold(code)) == rest)
    }
}

pub(super) fn letters(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).collect()
}
