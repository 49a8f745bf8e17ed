//! Tiers 2 and 3 of RULES §2: what the words of a text ask for when the whole text is no keyword. Generous: a plain demand is
//! a revocation wherever it stands, unless it is turned round, asked or put under a condition. A stop word that may be about
//! our texts, contact or the sender gives doubt, and then a person decides; nothing else pauses.

use super::data::DATA;
use super::data::RuleKind;
use super::fold::fold;
use super::keyword::letters;
use super::lexicon::Lexicon;
use super::matcher::{RULES, RuleMatch};
use super::overlap::{WordCover, cover, follows_a_verb};
use super::words::{ReplyWord, words_of};
use super::{ProgramKeywords, ReplyIntent, ReplyReading, ReplyTier, normalise};
use crate::domain::language::Language;

/// A keyword is found in at most so many pieces, and only if it has so many letters.
const SPLIT_INTO: usize = 3;
const SHORTEST_SPLIT: usize = 4;

/// Reads a folded and unmasked text that is no keyword. Nothing if nothing was found.
pub(super) fn judge(folded: &str, names: &[String], keywords: &ProgramKeywords) -> Option<ReplyReading> {
    let codes: Vec<String> = keywords.program_codes.iter().map(|code| letters(&fold(code))).collect();
    let words = words_of(folded, names, &codes, &RULES.lexicon);
    let found = RULES.find(&words);
    let text = ReplyText::new(words, found, keywords);
    text.split_word()
        .or_else(|| text.revoked())
        .or_else(|| text.automatic())
        .or_else(|| text.unclear())
        .or_else(|| text.help())
        .or_else(|| text.about_something_else())
}

/// The words with what covers each of them.
pub(super) struct ReplyText {
    pub(super) words: Vec<ReplyWord>,
    found: Vec<RuleMatch>,
    pub(super) cover: Vec<WordCover>,
    /// By number: true for a clause of nothing but keywords, courtesy and wishes.
    dressed: Vec<bool>,
}

impl ReplyText {
    fn new(words: Vec<ReplyWord>, mut found: Vec<RuleMatch>, keywords: &ProgramKeywords) -> ReplyText {
        own(&words, &keywords.revoke, RuleKind::Strong, &mut found);
        own(&words, &keywords.help, RuleKind::Help, &mut found);
        let cover = cover(&words, &found);
        let mut dressed = vec![true; words.last().map_or(0, |last| usize::from(last.clause) + 1)];
        for (word, one) in words.iter().zip(&cover) {
            if let Some(clause) = dressed.get_mut(usize::from(word.clause)) {
                *clause &= one.is_polite() || one.wish;
            }
        }
        ReplyText { words, found, cover, dressed }
    }

    pub(super) fn of(&self, kind: RuleKind) -> impl Iterator<Item = &RuleMatch> {
        self.found.iter().filter(move |rule| rule.kind == kind)
    }

    pub(super) fn of_any(&self) -> impl Iterator<Item = &RuleMatch> {
        self.found.iter()
    }

    pub(super) fn at(&self, word: usize) -> WordCover {
        self.cover.get(word).copied().unwrap_or_default()
    }

    /// A keyword with a space inside: `sto p`.
    fn split_word(&self) -> Option<ReplyReading> {
        let all: String = self.words.iter().take(SPLIT_INTO + 1).map(|word| word.text.as_str()).collect();
        let (word, language) =
            DATA.keywords.revoke.iter().find(|(word, _)| word.len() >= SHORTEST_SPLIT && *word == all)?;
        Some(ReplyReading { language: *language, ..revoke(format!("{word} in pieces")) })
    }

    /// True for a demand that is not asked, turned round, softened or about something else.
    pub(super) fn stands(&self, rule: &RuleMatch) -> bool {
        self.is_in_sight(rule) && !self.at(rule.end()).softening
    }

    /// True for a rule that is not asked, turned round or about something else.
    pub(super) fn is_in_sight(&self, rule: &RuleMatch) -> bool {
        let first = self.at(rule.start());
        !self.is_harmless(rule) && !first.negated && !first.asked
    }

    /// True if the first or last word of a rule is about something else.
    pub(super) fn is_harmless(&self, rule: &RuleMatch) -> bool {
        self.at(rule.start()).harmless || self.at(rule.end().saturating_sub(1)).harmless
    }

    /// True where a word of consent stands in the text: then no keyword counts, and only a plain demand revokes.
    pub(super) fn says_start(&self) -> bool {
        self.cover.iter().any(|one| one.start)
    }

    /// True if the clause around a rule is nothing but keywords, courtesy and wishes.
    pub(super) fn fills_clause(&self, rule: &RuleMatch) -> bool {
        self.clause_of(rule).and_then(|clause| self.dressed.get(clause)).copied().unwrap_or_default()
    }

    /// The number of the clause in which a rule begins.
    fn clause_of(&self, rule: &RuleMatch) -> Option<usize> {
        self.words.get(rule.start()).map(|word| usize::from(word.clause))
    }

    /// True if no word of the text is about anything but the wish: the wish is the whole message.
    pub(super) fn is_alone(&self) -> bool {
        self.cover.iter().all(|one| one.is_empty())
    }

    /// True if a word about texts, contact or the sender stands beside a rule, in the same sentence.
    pub(super) fn is_beside_contact(&self, rule: &RuleMatch) -> bool {
        let Some(here) = self.words.get(rule.start()) else { return false };
        let is_near = |at: usize, word: &ReplyWord| word.sentence == here.sentence && !rule.has(at);
        self.contact_words().any(|(at, word)| is_near(at, word))
    }

    /// The words about texts, contact or the sender that are not about something else.
    pub(super) fn contact_words(&self) -> impl Iterator<Item = (usize, &ReplyWord)> {
        let both = self.words.iter().zip(&self.cover).enumerate();
        both.filter(|(_, (_, one))| one.contact && !one.harmless).map(|(at, (word, _))| (at, word))
    }

    /// True if the lead asks for texts: `just text me`.
    pub(super) fn invites(&self) -> bool {
        self.of(RuleKind::Invite).any(|rule| self.is_in_sight(rule) && !follows_a_verb(&self.words, rule))
    }

    /// A stop word in a text with a word of consent.
    pub(super) fn start_and_stop(&self) -> Option<&RuleMatch> {
        let stop = || self.found.iter().find(|rule| matches!(rule.kind, RuleKind::Strong | RuleKind::Weak));
        self.says_start().then(stop).flatten()
    }

    /// A text that a phone wrote on its own is no reply.
    fn automatic(&self) -> Option<ReplyReading> {
        let rule = self.of(RuleKind::Automatic).next().filter(|_| self.start_and_stop().is_none())?;
        let matched = format!("an automatic answer: {}", self.explain(rule));
        Some(reading(ReplyIntent::Other, ReplyTier::NoChange, matched))
    }

    /// A word for help with nothing but courtesy.
    fn help(&self) -> Option<ReplyReading> {
        let asked = self.of(RuleKind::Help).next()?;
        let only = self.cover.iter().all(|one| one.help || one.courtesy);
        only.then(|| self.said(asked, reading(ReplyIntent::Help, ReplyTier::ClearWords, self.beside(asked))))
    }

    /// What was passed over, for the person who wonders.
    fn about_something_else(&self) -> Option<ReplyReading> {
        let hides_stop = |rule: &&RuleMatch| (rule.start()..rule.end()).any(|at| self.at(at).is_stop());
        let rule = self.of(RuleKind::Harmless).find(hides_stop)?;
        let matched = format!("“{}” refers to something else", self.explain(rule));
        Some(reading(ReplyIntent::Other, ReplyTier::NoChange, matched))
    }

    /// A reading in the language of its rule: the only one of all rules that fit the same words. Where no language has
    /// them alone, that of all the words around: `stop por favor` is Spanish.
    pub(super) fn said(&self, rule: &RuleMatch, reading: ReplyReading) -> ReplyReading {
        let same = self.found.iter().filter(|other| other.parts == rule.parts);
        let mut same = same.filter_map(|other| other.language).peekable();
        let language = match same.peek() {
            Some(_) => Language::only(same),
            None => Language::only(self.found.iter().filter_map(|other| other.language)),
        };
        ReplyReading { language, ..reading }
    }

    /// A keyword that is or is not all there is.
    pub(super) fn beside(&self, rule: &RuleMatch) -> String {
        let is_all = rule.start() == 0 && rule.end() == self.words.len();
        format!("{}{}", self.explain(rule), if is_all { "" } else { " with other words" })
    }

    /// The parts as they stand in the tables, slips with what was typed.
    pub(super) fn explain(&self, rule: &RuleMatch) -> String {
        let part = |(start, end): &(usize, usize)| {
            let words = self.words.get(*start..*end).unwrap_or_default();
            words.iter().map(|word| spoken(word, &RULES.lexicon)).collect::<Vec<_>>().join(" ")
        };
        rule.parts.iter().map(part).collect::<Vec<_>>().join(" + ")
    }
}

/// A program's own words, found like those of the tables.
fn own(words: &[ReplyWord], own: &[String], kind: RuleKind, found: &mut Vec<RuleMatch>) {
    for word in own {
        let folded = normalise(word);
        let wanted: Vec<&str> =
            folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        if wanted.is_empty() {
            continue;
        }
        for (at, here) in words.windows(wanted.len()).enumerate() {
            if here.iter().zip(&wanted).all(|(word, wanted)| word.text == *wanted) {
                found.push(RuleMatch { kind, language: None, parts: vec![(at, at + wanted.len())] });
            }
        }
    }
}

fn spoken(word: &ReplyWord, lexicon: &Lexicon) -> String {
    let known = word.id.map_or(word.text.as_str(), |id| lexicon.word(id));
    if DATA.lists.names.iter().any(|name| name == known) {
        return word.text.to_lowercase();
    }
    if word.is_slip { format!("{known} (one slip: {})", word.text) } else { known.to_lowercase() }
}

pub(super) fn revoke(matched: String) -> ReplyReading {
    reading(ReplyIntent::Revoke { program_code: None }, ReplyTier::ClearWords, matched)
}

pub(super) fn unclear(matched: String) -> ReplyReading {
    reading(ReplyIntent::Unclear, ReplyTier::Unclear, matched)
}

fn reading(reply: ReplyIntent, tier: ReplyTier, matched: String) -> ReplyReading {
    ReplyReading { reply, tier, matched: Some(matched), language: None }
}
