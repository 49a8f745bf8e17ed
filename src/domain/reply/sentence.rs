//! Tiers 2 and 3 of RULES §2: what the words of a text ask for when the whole text is no keyword. Generous: a plain demand is
//! a revocation wherever it stands, unless it is turned round, asked or put under a condition; any stop word that is not
//! clearly about something else gives doubt, and then a person decides.

use super::data::DATA;
use super::matcher::{Found, Kind, Lexicon, RULES};
use super::overlap::{Cover, cover};
use super::words::{Word, words_of};
use super::{Keywords, Reading, Reply, Tier, normalise};
use crate::domain::language::Language;

/// A keyword is found in at most so many pieces, and only if it has so many letters.
const SPLIT_INTO: usize = 3;
const SHORTEST_SPLIT: usize = 4;

/// Reads a folded and unmasked text that is no keyword. Nothing if nothing was found.
pub(super) fn judge(folded: &str, keywords: &Keywords) -> Option<Reading> {
    let words = words_of(folded, &RULES.lexicon);
    let found = RULES.find(&words);
    let text = Text::new(words, found, keywords);
    text.split_word()
        .or_else(|| text.revoked())
        .or_else(|| text.unclear())
        .or_else(|| text.help())
        .or_else(|| text.about_something_else())
}

/// The words with what covers each of them.
struct Text {
    words: Vec<Word>,
    found: Vec<Found>,
    cover: Vec<Cover>,
    /// By number: true for a clause of nothing but keywords, courtesy and wishes.
    dressed: Vec<bool>,
}

impl Text {
    fn new(words: Vec<Word>, mut found: Vec<Found>, keywords: &Keywords) -> Text {
        own(&words, &keywords.revoke, Kind::Strong, &mut found);
        own(&words, &keywords.help, Kind::Help, &mut found);
        let cover = cover(&words, &found);
        let mut dressed = vec![true; words.last().map_or(0, |last| usize::from(last.clause) + 1)];
        for (word, one) in words.iter().zip(&cover) {
            if let Some(clause) = dressed.get_mut(usize::from(word.clause)) {
                *clause &= one.is_polite() || one.wish;
            }
        }
        Text { words, found, cover, dressed }
    }

    fn of(&self, kind: Kind) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(move |rule| rule.kind == kind)
    }

    fn at(&self, word: usize) -> Cover {
        self.cover.get(word).copied().unwrap_or_default()
    }

    /// A keyword with a space inside: `sto p`.
    fn split_word(&self) -> Option<Reading> {
        let all: String = self.words.iter().take(SPLIT_INTO + 1).map(|word| word.text.as_str()).collect();
        let (word, language) =
            DATA.keywords.revoke.iter().find(|(word, _)| word.len() >= SHORTEST_SPLIT && *word == all)?;
        Some(Reading { language: *language, ..revoke(format!("{word} in pieces")) })
    }

    /// A demand to stop, or a wrong person.
    fn revoked(&self) -> Option<Reading> {
        let keyword = self.keyword_alone().map(|rule| self.said(rule, revoke(self.beside(rule))));
        let stands = || self.of(Kind::Demand).find(|rule| self.stands(rule));
        let demand = || stands().map(|rule| self.said(rule, revoke(self.explain(rule))));
        let several = || {
            let (stop, other) = self.two_signals()?;
            let matched = format!("{} and {}", self.explain(stop), self.explain(other));
            Some(self.said(stop, revoke(matched)))
        };
        keyword.or_else(demand).or_else(several)
    }

    /// True for a demand that is not asked, turned round, softened or about something else.
    fn stands(&self, rule: &Found) -> bool {
        !self.is_harmless(rule) && !self.is_turned(rule) && !self.at(rule.end()).softening
    }

    /// True if the first or last word of a rule is about something else.
    fn is_harmless(&self, rule: &Found) -> bool {
        self.at(rule.start()).harmless || self.at(rule.end().saturating_sub(1)).harmless
    }

    fn is_turned(&self, rule: &Found) -> bool {
        let first = self.at(rule.start());
        first.negated || first.asked
    }

    /// True where a word of consent stands in the text: then no keyword counts, and only a plain demand revokes.
    fn says_start(&self) -> bool {
        self.cover.iter().any(|one| one.start)
    }

    /// A keyword that with courtesy makes up the whole text, or one that is no everyday word and makes up a clause.
    fn keyword_alone(&self) -> Option<&Found> {
        if self.says_start() {
            return None;
        }
        let whole = self.cover.iter().all(|one| one.is_polite());
        let courtesy = self.cover.iter().take_while(|one| one.courtesy).count();
        let fits = |rule: &&Found| match rule.kind {
            Kind::Weak => whole,
            Kind::Clause => (whole || self.fills_clause(rule)) && !self.at(rule.end()).softening,
            Kind::Strong => {
                whole
                    || self.fills_clause(rule)
                    || (rule.start() <= courtesy && self.begins(rule))
                    || self.ends(rule)
            }
            _ => false,
        };
        self.found.iter().filter(|rule| !self.is_harmless(rule) && !self.is_turned(rule)).find(fits)
    }

    /// True if the clause around a rule is nothing but keywords, courtesy and wishes.
    fn fills_clause(&self, rule: &Found) -> bool {
        let clause = self.words.get(rule.start()).map(|word| usize::from(word.clause));
        clause.and_then(|clause| self.dressed.get(clause)).copied().unwrap_or_default()
    }

    /// `STOP I don't know you`: a new sentence after a keyword.
    fn begins(&self, rule: &Found) -> bool {
        self.at(rule.end()).subject
    }

    /// `I don't have a mortgage please stop`: a plea, and the keyword as the last word of a clause.
    fn ends(&self, rule: &Found) -> bool {
        let Some((before, here)) = rule.start().checked_sub(1).zip(self.words.get(rule.start())) else {
            return false;
        };
        let pleads =
            self.at(before).courtesy && self.words.get(before).is_some_and(|word| word.clause == here.clause);
        pleads && self.words.get(rule.end()).is_none_or(|next| next.clause != here.clause)
    }

    /// A stop word that is no demand by itself, and a refusal or anger beside it.
    fn two_signals(&self) -> Option<(&Found, &Found)> {
        if self.says_start() {
            return None;
        }
        let in_sight = |rule: &&Found| !self.is_harmless(rule) && !self.is_turned(rule);
        let alone = || self.of(Kind::Weak).filter(in_sight).find(|rule| self.fills_clause(rule));
        let stop = self.of(Kind::Strong).find(in_sight).or_else(alone)?;
        let is_signal = |rule: &&Found| !self.at(rule.start()).is_stop() && !self.is_harmless(rule);
        Some((stop, self.of(Kind::Unclear).find(is_signal)?))
    }

    /// A stop word in doubt, a refusal, anger, or a bare no.
    fn unclear(&self) -> Option<Reading> {
        let turned = self.of(Kind::Demand).find(|rule| !self.is_harmless(rule));
        if let Some(rule) = turned.or_else(|| self.half_hidden()) {
            let matched = format!("{}, but asked, turned round or for a time", self.explain(rule));
            return Some(self.said(rule, unclear(matched)));
        }
        if let Some(rule) = self.of(Kind::Unclear).find(|rule| !self.is_harmless(rule)) {
            return Some(self.said(rule, unclear(self.explain(rule))));
        }
        let only_no = self.cover.iter().all(|one| !one.harmless && (one.no || one.is_polite()));
        let no = self.found.iter().find(|rule| matches!(rule.kind, Kind::No | Kind::Weak | Kind::Clause));
        no.filter(|_| only_no).map(|rule| self.said(rule, unclear(self.explain(rule))))
    }

    /// A demand of which a word belongs to something else (`non-stop texts`) is still in doubt.
    fn half_hidden(&self) -> Option<&Found> {
        let shows = |(start, end): &(usize, usize)| (*start..*end).any(|at| !self.at(at).harmless);
        self.of(Kind::Demand).find(|rule| rule.parts.iter().any(shows))
    }

    /// A word for help with nothing but courtesy.
    fn help(&self) -> Option<Reading> {
        let asked = self.of(Kind::Help).next()?;
        let only = self.cover.iter().all(|one| one.help || one.courtesy);
        only.then(|| self.said(asked, reading(Reply::Help, Tier::ClearWords, self.beside(asked))))
    }

    /// What was passed over, for the person who wonders.
    fn about_something_else(&self) -> Option<Reading> {
        let hides_stop = |rule: &&Found| (rule.start()..rule.end()).any(|at| self.at(at).is_stop());
        let rule = self.of(Kind::Harmless).find(hides_stop)?;
        let matched = format!("{}, about something else", self.explain(rule));
        Some(reading(Reply::Other, Tier::NoChange, matched))
    }

    /// A reading in the language of its rule: the only one of all rules that fit the same words. Where no language has
    /// them alone, that of all the words around: `stop por favor` is Spanish.
    fn said(&self, rule: &Found, reading: Reading) -> Reading {
        let same = self.found.iter().filter(|other| other.parts == rule.parts);
        let mut same = same.filter_map(|other| other.language).peekable();
        let language = match same.peek() {
            Some(_) => Language::only(same),
            None => Language::only(self.found.iter().filter_map(|other| other.language)),
        };
        Reading { language, ..reading }
    }

    /// A keyword that is or is not all there is.
    fn beside(&self, rule: &Found) -> String {
        let is_all = rule.start() == 0 && rule.end() == self.words.len();
        format!("{}{}", self.explain(rule), if is_all { "" } else { " with other words" })
    }

    /// The parts as they stand in the tables, slips with what was typed.
    fn explain(&self, rule: &Found) -> String {
        let part = |(start, end): &(usize, usize)| {
            let words = self.words.get(*start..*end).unwrap_or_default();
            words.iter().map(|word| spoken(word, &RULES.lexicon)).collect::<Vec<_>>().join(" ")
        };
        rule.parts.iter().map(part).collect::<Vec<_>>().join(" + ")
    }
}

/// A program's own words, found like those of the tables.
fn own(words: &[Word], own: &[String], kind: Kind, found: &mut Vec<Found>) {
    for word in own {
        let folded = normalise(word);
        let wanted: Vec<&str> =
            folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        if wanted.is_empty() {
            continue;
        }
        for (at, here) in words.windows(wanted.len()).enumerate() {
            if here.iter().zip(&wanted).all(|(word, wanted)| word.text == *wanted) {
                found.push(Found { kind, language: None, parts: vec![(at, at + wanted.len())] });
            }
        }
    }
}

fn spoken(word: &Word, lexicon: &Lexicon) -> String {
    let known = word.id.map_or(word.text.as_str(), |id| lexicon.word(id));
    if word.is_slip { format!("{known} (one slip: {})", word.text) } else { known.to_lowercase() }
}

fn revoke(matched: String) -> Reading {
    reading(Reply::Revoke { program_code: None }, Tier::ClearWords, matched)
}

fn unclear(matched: String) -> Reading {
    reading(Reply::Unclear, Tier::Unclear, matched)
}

fn reading(reply: Reply, tier: Tier, matched: String) -> Reading {
    Reading { reply, tier, matched: Some(matched), language: None }
}
