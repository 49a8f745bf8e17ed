//! What the rules found in a text, word by word: which rules cover a word, and what stands before and after it. One pass over
//! what was found, so that the questions of `sentence` cost nothing.

use super::data::DATA;
use super::data::RuleKind;
use super::matcher::{RULES, RuleMatch};
use super::words::{ReplyWord, is_time};

/// So many small words may stand before what takes a demand's force: `stop texting (me) until`.
const MOST_SMALL: usize = 2;

/// So far before a demand a question still bears on it: `how do I get you to stop`.
const ASKING_REACHES: usize = 4;

/// What covers one word.
#[derive(Clone, Copy, Default)]
pub(super) struct WordCover {
    pub strong: bool,
    pub weak: bool,
    pub clause: bool,
    pub courtesy: bool,
    pub request: bool,
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
    /// The word is a time of the day.
    pub time: bool,
    /// A new sentence begins here, if a keyword stands before.
    pub subject: bool,
    /// A negation stands directly before.
    pub negated: bool,
    /// A question or a condition stands a little before.
    pub asked: bool,
    /// What stands before is softened from here on.
    pub softening: bool,
}

impl WordCover {
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

    pub(super) fn mark(&mut self, kind: RuleKind) {
        self.known |= !matches!(kind, RuleKind::Harmless | RuleKind::Start);
        match kind {
            RuleKind::Strong => self.strong = true,
            RuleKind::Weak => self.weak = true,
            RuleKind::Clause => self.clause = true,
            RuleKind::Courtesy => self.courtesy = true,
            RuleKind::Request => (self.courtesy, self.request) = (true, true),
            RuleKind::Wish => self.wish = true,
            RuleKind::Harmless => self.harmless = true,
            RuleKind::No => self.no = true,
            RuleKind::Help => self.help = true,
            RuleKind::Start => self.start = true,
            RuleKind::Name => self.name = true,
            RuleKind::Remark => self.remark = true,
            RuleKind::Demand
            | RuleKind::Partial
            | RuleKind::Unclear
            | RuleKind::Hint
            | RuleKind::Automatic
            | RuleKind::Invite
            | RuleKind::Subject
            | RuleKind::Negation
            | RuleKind::Asking
            | RuleKind::Softening => {}
        }
    }
}

/// The cover of each word.
pub(super) fn cover(words: &[ReplyWord], found: &[RuleMatch]) -> Vec<WordCover> {
    // A face or a gesture beside a keyword takes nothing from it.
    let is_sign = |word: &ReplyWord| !word.text.contains(char::is_alphanumeric);
    let bare = |word| WordCover {
        courtesy: is_sign(word),
        filler: RULES.is_filler(word) || word.is_code,
        contact: RULES.is_contact(word),
        number: word.text.chars().all(|c| c.is_ascii_digit()),
        time: is_time(&word.text),
        ..WordCover::default()
    };
    let mut cover: Vec<WordCover> = words.iter().map(bare).collect();
    let (harmless, others): (Vec<_>, Vec<_>) = found.iter().partition(|rule| rule.kind == RuleKind::Harmless);
    let mut polite_until = vec![0; words.len()];
    for rule in others.iter().filter(|rule| rule.kind == RuleKind::Courtesy) {
        if let Some(until) = polite_until.get_mut(rule.start()) {
            *until = rule.end().max(*until);
        }
    }
    for rule in others {
        mark(&mut cover, rule);
        // `if you would kindly` asks, it does not doubt.
        let is_polite = polite_until.get(rule.start()).is_some_and(|until| *until > rule.end());
        if !matches!(rule.kind, RuleKind::Asking | RuleKind::Softening) || !is_polite {
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

fn mark(cover: &mut [WordCover], rule: &RuleMatch) {
    cover.iter_mut().take(rule.end()).skip(rule.start()).for_each(|one| one.mark(rule.kind));
}

/// Takes the words of something harmless out of sight, those between its parts too: `remove (him) from the loan`. But
/// `end (sms) meeting` may be about the texts.
fn mask(cover: &mut [WordCover], words: &[ReplyWord], rule: &RuleMatch) {
    let both = cover.iter_mut().zip(words).enumerate().take(rule.end()).skip(rule.start());
    for (at, (one, word)) in both {
        one.harmless |= rule.has(at) || !DATA.lists.about_texts.contains(&word.text);
    }
}

/// `bus, please stop`: a plea between its parts breaks what would have been harmless.
fn asks_politely(cover: &[WordCover], rule: &RuleMatch) -> bool {
    let mut gaps = (rule.start()..rule.end()).filter(|at| !rule.has(*at));
    gaps.any(|at| cover.get(at).is_some_and(|one| one.courtesy))
}

/// Marks the words that a negation, a question or a condition bears on.
fn extend_mask(cover: &mut [WordCover], words: &[ReplyWord], rule: &RuleMatch) {
    let Some(here) = words.get(rule.start()) else { return };
    let mut each =
        |from: usize, to: usize, set: fn(&mut WordCover), same: fn(&ReplyWord, &ReplyWord) -> bool| {
            let both = cover.iter_mut().zip(words).take(to).skip(from);
            both.filter(|(_, word)| same(word, here)).for_each(|(one, _)| set(one));
        };
    let same_sentence = |a: &ReplyWord, b: &ReplyWord| a.sentence == b.sentence;
    let same_clause = |a: &ReplyWord, b: &ReplyWord| a.clause == b.clause;
    match rule.kind {
        // `you don't text`: the second part begins what is turned round.
        RuleKind::Negation if rule.parts.len() > 1 => {
            each(rule.start() + 1, rule.end(), |one| one.negated = true, same_clause);
        }
        RuleKind::Negation => each(rule.end(), rule.end() + 1, |one| one.negated = true, same_clause),
        RuleKind::Asking => {
            each(rule.start() + 1, rule.end() + ASKING_REACHES + 1, |one| one.asked = true, same_sentence);
        }
        // `permission to text me` asks for nothing.
        RuleKind::Invite if follows_a_verb(words, rule) => {}
        RuleKind::Softening | RuleKind::Invite => {
            let before = words.get(..rule.start()).unwrap_or_default().iter().rev().take(MOST_SMALL);
            let small = before.take_while(|word| RULES.is_small(word)).count();
            each(rule.start() - small, rule.start() + 1, |one| one.softening = true, same_sentence);
        }
        RuleKind::Subject => each(rule.start(), rule.start() + 1, |one| one.subject = true, same_clause),
        _ => {}
    }
}

/// `to text me`, `or message me`: no wish to be texted begins there.
pub(super) fn follows_a_verb(words: &[ReplyWord], rule: &RuleMatch) -> bool {
    let before = rule.start().checked_sub(1).and_then(|at| words.get(at));
    before.is_some_and(|word| matches!(word.text.as_str(), "TO" | "OR" | "NOT" | "DONT" | "AND"))
}
