//! What the rules found in a text, word by word: which rules cover a word, and what stands before and after it. One pass over
//! what was found, so that the questions of `sentence` cost nothing.

use super::data::DATA;
use super::matcher::{Found, Kind, RULES};
use super::words::Word;

/// So many small words may stand before what takes a demand's force: `stop texting (me) until`.
const MOST_SMALL: usize = 2;

/// So far before a demand a question still bears on it: `how do I get you to stop`.
const ASKING_REACHES: usize = 4;

/// What covers one word.
#[derive(Clone, Copy, Default)]
pub(super) struct Cover {
    pub strong: bool,
    pub weak: bool,
    pub clause: bool,
    pub courtesy: bool,
    pub wish: bool,
    pub harmless: bool,
    pub no: bool,
    pub help: bool,
    pub start: bool,
    pub name: bool,
    pub remark: bool,
    /// Some rule that is not about something else has this word.
    pub known: bool,
    /// The word says nothing of what the text is about.
    pub filler: bool,
    /// The word is about texts, contact or the sender.
    pub contact: bool,
    pub number: bool,
    /// A new sentence begins here, if a keyword stands before.
    pub subject: bool,
    /// A negation stands directly before.
    pub negated: bool,
    /// A question or a condition stands a little before.
    pub asked: bool,
    /// What stands before is softened from here on.
    pub softening: bool,
}

impl Cover {
    pub(super) fn is_stop(self) -> bool {
        self.strong || self.weak || self.clause
    }

    /// A keyword, or what may stand beside any keyword.
    pub(super) fn is_polite(self) -> bool {
        self.is_stop() || self.courtesy
    }

    /// Nothing in this word is about anything but the wish.
    pub(super) fn is_empty(self) -> bool {
        !self.harmless && (self.known || self.filler || self.courtesy || self.number)
    }

    pub(super) fn mark(&mut self, kind: Kind) {
        self.known |= !matches!(kind, Kind::Harmless | Kind::Start);
        match kind {
            Kind::Strong => self.strong = true,
            Kind::Weak => self.weak = true,
            Kind::Clause => self.clause = true,
            Kind::Courtesy => self.courtesy = true,
            Kind::Wish => self.wish = true,
            Kind::Harmless => self.harmless = true,
            Kind::No => self.no = true,
            Kind::Help => self.help = true,
            Kind::Start => self.start = true,
            Kind::Name => self.name = true,
            Kind::Remark => self.remark = true,
            Kind::Demand
            | Kind::Partial
            | Kind::Unclear
            | Kind::Hint
            | Kind::Automatic
            | Kind::Invite
            | Kind::Subject
            | Kind::Negation
            | Kind::Asking
            | Kind::Softening => {}
        }
    }
}

/// The cover of each word.
pub(super) fn cover(words: &[Word], found: &[Found]) -> Vec<Cover> {
    // A face or a gesture beside a keyword takes nothing from it.
    let is_sign = |word: &Word| !word.text.contains(char::is_alphanumeric);
    let bare = |word| Cover {
        courtesy: is_sign(word),
        filler: RULES.is_filler(word),
        contact: RULES.is_contact(word),
        number: word.text.chars().all(|c| c.is_ascii_digit()),
        ..Cover::default()
    };
    let mut cover: Vec<Cover> = words.iter().map(bare).collect();
    let (harmless, others): (Vec<_>, Vec<_>) = found.iter().partition(|rule| rule.kind == Kind::Harmless);
    let mut polite_until = vec![0; words.len()];
    for rule in others.iter().filter(|rule| rule.kind == Kind::Courtesy) {
        if let Some(until) = polite_until.get_mut(rule.start()) {
            *until = rule.end().max(*until);
        }
    }
    for rule in others {
        mark(&mut cover, rule);
        // `if you would kindly` asks, it does not doubt.
        let is_polite = polite_until.get(rule.start()).is_some_and(|until| *until > rule.end());
        if !matches!(rule.kind, Kind::Asking | Kind::Softening) || !is_polite {
            extend_mask(&mut cover, words, rule);
        }
    }
    for rule in harmless {
        if !asks_politely(&cover, rule) {
            mask(&mut cover, words, rule);
        }
    }
    cover
}

fn mark(cover: &mut [Cover], rule: &Found) {
    cover.iter_mut().take(rule.end()).skip(rule.start()).for_each(|one| one.mark(rule.kind));
}

/// Takes the words of something harmless out of sight, those between its parts too: `remove (him) from the loan`. But
/// `end (sms) meeting` may be about the texts.
fn mask(cover: &mut [Cover], words: &[Word], rule: &Found) {
    let both = cover.iter_mut().zip(words).enumerate().take(rule.end()).skip(rule.start());
    for (at, (one, word)) in both {
        one.harmless |= rule.has(at) || !DATA.lists.about_texts.contains(&word.text);
    }
}

/// `bus, please stop`: a plea between its parts breaks what would have been harmless.
fn asks_politely(cover: &[Cover], rule: &Found) -> bool {
    let mut gaps = (rule.start()..rule.end()).filter(|at| !rule.has(*at));
    gaps.any(|at| cover.get(at).is_some_and(|one| one.courtesy))
}

/// Marks the words that a negation, a question or a condition bears on.
fn extend_mask(cover: &mut [Cover], words: &[Word], rule: &Found) {
    let Some(here) = words.get(rule.start()) else { return };
    let mut each = |from: usize, to: usize, set: fn(&mut Cover), same: fn(&Word, &Word) -> bool| {
        let both = cover.iter_mut().zip(words).take(to).skip(from);
        both.filter(|(_, word)| same(word, here)).for_each(|(one, _)| set(one));
    };
    let same_sentence = |a: &Word, b: &Word| a.sentence == b.sentence;
    let same_clause = |a: &Word, b: &Word| a.clause == b.clause;
    match rule.kind {
        // `you don't text`: the second part begins what is turned round.
        Kind::Negation if rule.parts.len() > 1 => {
            each(rule.start() + 1, rule.end(), |one| one.negated = true, same_clause);
        }
        Kind::Negation => each(rule.end(), rule.end() + 1, |one| one.negated = true, same_clause),
        Kind::Asking => {
            each(rule.start() + 1, rule.end() + ASKING_REACHES + 1, |one| one.asked = true, same_sentence);
        }
        // `permission to text me` asks for nothing.
        Kind::Invite if follows_a_verb(words, rule) => {}
        Kind::Softening | Kind::Invite => {
            let before = words.get(..rule.start()).unwrap_or_default().iter().rev().take(MOST_SMALL);
            let small = before.take_while(|word| RULES.is_small(word)).count();
            each(rule.start() - small, rule.start() + 1, |one| one.softening = true, same_sentence);
        }
        Kind::Subject => each(rule.start(), rule.start() + 1, |one| one.subject = true, same_clause),
        _ => {}
    }
}

/// `to text me`, `or message me`: no wish to be texted begins there.
pub(super) fn follows_a_verb(words: &[Word], rule: &Found) -> bool {
    let before = rule.start().checked_sub(1).and_then(|at| words.get(at));
    before.is_some_and(|word| matches!(word.text.as_str(), "TO" | "OR" | "NOT" | "DONT" | "AND"))
}
