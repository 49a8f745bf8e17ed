//! What a lead's text means (RULES §2): one pure function, linear in the text's length, that explains its answer. Generous
//! for STOP, strict for START. It must not know who wrote, in which state the number is, or what happens next. Tiers 1
//! and 4 are matched so far; the types carry 2 and 3.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

mod phrases;

pub use phrases::EXAMPLES;
use phrases::{CONFIRM, HELP, LOOK_ALIKES, OPT_IN, QUOTES, REVOKE, REVOKE_ONE, TAPBACKS, TAPBACKS_AROUND};

/// A text is cut to this many characters before anything else is done with it (RULES §2).
const MAX_CHARACTERS: usize = 1600;

/// What a text asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
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

impl Reply {
    /// The word as stored and as the API speaks it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Reply::OptIn => "opt_in",
            Reply::Confirm => "confirm",
            Reply::Revoke { .. } => "revoke",
            Reply::Help => "help",
            Reply::Unclear => "unclear",
            Reply::Other => "other",
        }
    }
}

/// Which of the four tiers of RULES §2 decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tier {
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
pub struct Reading {
    /// What the text asks for.
    pub reply: Reply,
    /// How that was found.
    pub tier: Tier,
    /// The keyword that matched, or "tapback"; nothing when nothing did.
    pub matched: Option<String>,
}

/// Words a program adds to the default set, and the codes of the programs. The default adds none. A word that stands in
/// two lists has its most restrictive meaning: revoke, then help, confirm, opt in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Keywords {
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
pub fn read(text: &str, keywords: &Keywords) -> Reading {
    let folded = fold(text);
    if is_tapback(&folded) {
        let matched = Some("tapback".to_owned());
        return Reading { reply: Reply::Other, tier: Tier::NoChange, matched };
    }
    match keyword(&folded, keywords) {
        Some((reply, word)) => Reading { reply, tier: Tier::Keyword, matched: Some(word) },
        None => Reading { reply: Reply::Other, tier: Tier::NoChange, matched: None },
    }
}

/// The text as START and YES are compared with it: cut, compatibility forms resolved (NFKC, taken apart so that accents
/// fall away), without invisible characters, look-alike letters as Latin ones, capitals, single spaces, and nothing but
/// letters, digits and signs at either end. Revocation and help are looked for in more spellings than this one.
pub fn normalise(text: &str) -> String {
    strip(&fold(text)).to_owned()
}

/// The whole text as a keyword: the meaning, and the word that decided.
fn keyword(folded: &str, keywords: &Keywords) -> Option<(Reply, String)> {
    let strict = strip(folded);
    let loose = Spellings::of(folded);
    let revoke = |program_code| Reply::Revoke { program_code };
    let in_any_spelling = |word: &str| loose.is(word);
    let in_one_piece = |word: &str| word == strict;

    find(REVOKE, &keywords.revoke, in_any_spelling)
        .map(|word| (revoke(None), word))
        .or_else(|| {
            let code = loose.program_code(&keywords.program_codes)?;
            Some((revoke(Some(code.clone())), format!("{REVOKE_ONE} {code}")))
        })
        .or_else(|| find(HELP, &keywords.help, in_any_spelling).map(|word| (Reply::Help, word)))
        .or_else(|| find(CONFIRM, &keywords.confirm, in_one_piece).map(|w| (Reply::Confirm, w)))
        .or_else(|| find(OPT_IN, &keywords.opt_in, in_one_piece).map(|w| (Reply::OptIn, w)))
}

/// The first word, of the default set or the program's own, that is the text. A word of nothing but marks is none.
fn find(words: &[&str], more: &[String], is_text: impl Fn(&str) -> bool) -> Option<String> {
    let fixed = words.iter().map(|word| (*word).to_owned());
    let own = more.iter().map(|word| normalise(word)).filter(|word| !word.is_empty());
    fixed.chain(own).find(|word| is_text(word))
}

/// The spellings in which a revocation is recognised: whatever stands between letters counts as nothing, or as a space.
struct Spellings {
    /// `OPT-OUT` and `S.T.O.P` as `OPTOUT` and `STOP`; letters that stand alone are one word, so `S T O P` is, too.
    glued: String,
    /// `OPT-OUT` as `OPT OUT`.
    spaced: String,
}

impl Spellings {
    fn of(folded: &str) -> Spellings {
        let words: Vec<String> = folded.split(' ').map(letters).filter(|w| !w.is_empty()).collect();
        let spelled_out = words.iter().all(|word| word.chars().nth(1).is_none());
        let spaced: Vec<&str> =
            folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        Spellings { glued: words.join(if spelled_out { "" } else { " " }), spaced: spaced.join(" ") }
    }

    fn is(&self, word: &str) -> bool {
        self.glued == word || self.spaced == word
    }

    /// The program's code in STOP followed by exactly that one word.
    fn program_code<'a>(&self, codes: &'a [String]) -> Option<&'a String> {
        let (stop, rest) = self.glued.split_once(' ')?;
        if stop != REVOKE_ONE || rest.contains(' ') {
            return None;
        }
        codes.iter().find(|code| letters(&fold(code)) == rest)
    }
}

fn letters(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// A reaction that quotes our own text (RULES §2, tier 4): known words, then a quotation up to the end.
fn is_tapback(folded: &str) -> bool {
    let text = folded.trim();
    let Some((opening, quoted)) = text.split_once(QUOTES) else {
        return false;
    };
    let opening = opening.trim_end();
    let begins = TAPBACKS.contains(&opening)
        || TAPBACKS_AROUND.iter().any(|(a, b)| opening.starts_with(a) && opening.ends_with(b))
        || opening.strip_suffix(" TO").is_some_and(|sign| !sign.contains(char::is_alphanumeric));
    begins && quoted.trim_end().ends_with(QUOTES)
}

/// Everything of [`normalise`] but the ends.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len().min(MAX_CHARACTERS));
    let cut = text.chars().take(MAX_CHARACTERS);
    let plain = cut.nfkd().filter(|c| !is_combining_mark(*c) && !is_invisible(*c));
    for c in plain.flat_map(char::to_uppercase) {
        if !c.is_whitespace() {
            folded.push(latin(c));
        } else if !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded
}

fn strip(folded: &str) -> &str {
    folded.trim_matches(|c: char| c.is_whitespace() || is_punctuation(c))
}

/// Control and format characters, and letters that show nothing.
fn is_invisible(c: char) -> bool {
    let shown = c.is_whitespace() || !c.is_control();
    !shown
        || matches!(c,
            '\u{AD}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Quotes and punctuation, no emoji: a sign beside START may change what is meant.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c,
            '¡' | '¿' | '«' | '»' | '·' | '،' | '؛' | '؟' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}'
            | '\u{2E00}'..='\u{2E5D}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301F}')
}

fn latin(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    let mut pairs = LOOK_ALIKES.iter().flat_map(|(from, to)| from.chars().zip(to.chars()));
    pairs.find(|(from, _)| *from == c).map_or(c, |(_, to)| to)
}

#[cfg(test)]
mod tests;
