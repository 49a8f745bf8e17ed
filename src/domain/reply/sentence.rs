//! Tiers 2 and 3 of RULES §2: what the words of a text ask for when the whole text is no keyword. Generous: a plain demand is
//! a revocation wherever it stands, unless it is turned round, asked or put under a condition; any stop word that is not
//! clearly about something else gives doubt, and then a person decides.

use super::phrases::REVOKE;
use super::rules::{Found, Kind, Lexicon, RULES};
use super::words::{Word, words_of};
use super::{Keywords, Reading, Reply, Tier, normalise};

/// A keyword is found in at most so many pieces, and only if it has so many letters.
const SPLIT_INTO: usize = 3;
const SHORTEST_SPLIT: usize = 4;

/// So many small words may stand before what takes a demand's force: `stop texting (me) until`.
const MOST_SMALL: usize = 2;

/// So far before a demand a question still bears on it: `how do I get you to stop`.
const ASKING_REACHES: usize = 4;

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
    /// By word: the kinds of one-part rules that cover it.
    cover: Vec<Cover>,
}

#[derive(Clone, Copy, Default)]
struct Cover {
    strong: bool,
    weak: bool,
    clause: bool,
    courtesy: bool,
    wish: bool,
    harmless: bool,
    no: bool,
    help: bool,
    start: bool,
}

impl Cover {
    fn is_stop(self) -> bool {
        self.strong || self.weak || self.clause
    }

    fn mark(&mut self, kind: Kind) {
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
            _ => {}
        }
    }
}

impl Text {
    fn new(words: Vec<Word>, found: Vec<Found>, keywords: &Keywords) -> Text {
        let mut cover = vec![Cover::default(); words.len()];
        for (one, word) in cover.iter_mut().zip(&words) {
            // A face or a gesture beside a keyword takes nothing from it.
            one.courtesy = !word.text.contains(char::is_alphanumeric);
        }
        let (harmless, others): (Vec<_>, Vec<_>) = found.iter().partition(|rule| rule.kind == Kind::Harmless);
        for rule in others.into_iter().chain(harmless) {
            // `bus, please stop`: a plea between the parts breaks what would have been harmless.
            let gap = |at: &usize| !rule.parts.iter().any(|(start, end)| (start..end).contains(&at));
            let pleads = |at: usize| cover.get(at).is_some_and(|one| one.courtesy);
            if rule.kind == Kind::Harmless && (rule.start()..rule.end()).filter(gap).any(pleads) {
                continue;
            }
            for one in cover.iter_mut().take(rule.end()).skip(rule.start()) {
                one.mark(rule.kind);
            }
        }
        let mut text = Text { words, found, cover };
        text.add(&keywords.revoke, Kind::Strong);
        text.add(&keywords.help, Kind::Help);
        text
    }

    /// A program's own words, found like those of the tables.
    fn add(&mut self, own: &[String], kind: Kind) {
        for word in own {
            let folded = normalise(word);
            let wanted: Vec<&str> =
                folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
            for at in 0..self.words.len() {
                let here = self.words.get(at..at + wanted.len()).unwrap_or_default();
                if !wanted.is_empty()
                    && here.len() == wanted.len()
                    && here.iter().zip(&wanted).all(|(a, b)| a.text == *b)
                {
                    self.cover.iter_mut().skip(at).take(wanted.len()).for_each(|one| one.mark(kind));
                    self.found.push(Found { kind, parts: vec![(at, at + wanted.len())] });
                }
            }
        }
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
        let word = REVOKE.iter().find(|word| word.len() >= SHORTEST_SPLIT && **word == all)?;
        Some(read(Reply::Revoke { program_code: None }, Tier::ClearWords, format!("{word} in pieces")))
    }

    /// A demand to stop, or a wrong person.
    fn revoked(&self) -> Option<Reading> {
        let revoke = |matched| read(Reply::Revoke { program_code: None }, Tier::ClearWords, matched);
        let demand =
            || self.of(Kind::Demand).find(|rule| self.stands(rule)).map(|rule| revoke(self.explain(rule)));
        let keyword = || self.keyword_alone().map(|rule| revoke(self.beside(rule)));
        let several = || {
            self.two_signals()
                .map(|(stop, other)| revoke(format!("{} and {}", self.explain(stop), self.explain(other))))
        };
        keyword().or_else(demand).or_else(several)
    }

    /// True for a demand that is not asked, turned round, softened or about something else.
    fn stands(&self, rule: &Found) -> bool {
        !self.is_harmless(rule) && !self.is_turned(rule.start()) && !self.is_softened(rule.end())
    }

    /// True if the first or last word of a rule is about something else.
    fn is_harmless(&self, rule: &Found) -> bool {
        self.at(rule.start()).harmless || self.at(rule.end().saturating_sub(1)).harmless
    }

    /// Negation directly before a word, or a question a little before it, in the same sentence.
    fn is_turned(&self, at: usize) -> bool {
        let Some(sentence) = self.words.get(at).map(|word| word.sentence) else { return false };
        let same = |rule: &Found| self.words.get(rule.start()).is_some_and(|word| word.sentence == sentence);
        let negated = self.of(Kind::Negation).any(|rule| {
            let same_clause =
                self.words.get(at).map(|w| w.clause) == self.words.get(rule.start()).map(|w| w.clause);
            let touches = rule.end() == at || (rule.parts.len() == 2 && rule.start() < at && at < rule.end());
            touches && same_clause
        });
        let asked = || {
            self.of(Kind::Asking)
                .any(|rule| rule.start() < at && at <= rule.end() + ASKING_REACHES && same(rule))
        };
        negated || asked()
    }

    fn is_softened(&self, end: usize) -> bool {
        let sentence = end.checked_sub(1).and_then(|last| self.words.get(last)).map(|word| word.sentence);
        let same = |rule: &Found| self.words.get(rule.start()).map(|word| word.sentence) == sentence;
        let after = self.words.get(end..).unwrap_or_default();
        let small = after.iter().take(MOST_SMALL).take_while(|word| RULES.is_small(word)).count();
        self.of(Kind::Softening).any(|rule| (end..=end + small).contains(&rule.start()) && same(rule))
    }

    /// A keyword that with courtesy makes up the whole text, or a strong one that makes up a clause.
    fn keyword_alone(&self) -> Option<&Found> {
        if self.cover.iter().any(|one| one.start) {
            return None;
        }
        let is_courtesy = |at: usize| self.at(at).is_stop() || self.at(at).courtesy;
        let is_dress = |at: usize| is_courtesy(at) || self.at(at).wish;
        let whole = (0..self.words.len()).all(is_courtesy);
        let stops =
            || self.found.iter().filter(|rule| matches!(rule.kind, Kind::Strong | Kind::Weak | Kind::Clause));
        let mut fits =
            stops().filter(|rule| !self.at(rule.start()).harmless && !self.is_turned(rule.start()));
        fits.find(|rule| {
            whole || (rule.kind != Kind::Weak && (self.is_clause(rule, is_dress) || self.begins(rule)))
        })
    }

    /// True if the clause around a rule is nothing but keywords and courtesy.
    fn is_clause(&self, rule: &Found, is_dress: impl Fn(usize) -> bool) -> bool {
        let Some(clause) = self.words.get(rule.start()).map(|word| word.clause) else { return false };
        let same = |at: &usize| self.words.get(*at).is_some_and(|word| word.clause == clause);
        let before = (0..rule.start()).rev().take_while(same);
        let after = (rule.start()..self.words.len()).take_while(same);
        before.chain(after).all(is_dress)
    }

    /// `STOP I don't know you`: a strong keyword at the beginning, and a new sentence after it.
    fn begins(&self, rule: &Found) -> bool {
        let is_first = (0..rule.start()).all(|at| self.at(at).courtesy);
        rule.kind == Kind::Strong && is_first && self.of(Kind::Subject).any(|next| next.start() == rule.end())
    }

    /// A stop word that is no demand by itself, and a refusal or anger beside it.
    fn two_signals(&self) -> Option<(&Found, &Found)> {
        if self.cover.iter().any(|one| one.start) {
            return None;
        }
        let is_plain = |rule: &&Found| !self.at(rule.start()).harmless && !self.is_turned(rule.start());
        let stop = self.of(Kind::Strong).find(is_plain)?;
        let is_other = |rule: &&Found| rule.start() >= stop.end() || rule.end() <= stop.start();
        let is_signal = |rule: &&Found| !self.at(rule.start()).is_stop() && !self.at(rule.start()).harmless;
        let other = self.of(Kind::Unclear).filter(is_other).find(is_signal)?;
        Some((stop, other))
    }

    /// A stop word in doubt, a refusal, anger, or a bare no.
    fn unclear(&self) -> Option<Reading> {
        let unclear = |matched| read(Reply::Unclear, Tier::Unclear, matched);
        let turned = self.of(Kind::Demand).find(|rule| !self.is_harmless(rule));
        if let Some(rule) = turned.or_else(|| self.half_hidden()) {
            return Some(unclear(format!("{}, but asked, turned round or for a time", self.explain(rule))));
        }
        if let Some(rule) = self.of(Kind::Unclear).find(|rule| !self.is_harmless(rule)) {
            return Some(unclear(self.explain(rule)));
        }
        let is_dress = |at: usize| {
            let one = self.at(at);
            !one.harmless && (one.no || one.courtesy || one.is_stop())
        };
        let only_no = !self.words.is_empty() && (0..self.words.len()).all(is_dress);
        let no = self.found.iter().find(|rule| matches!(rule.kind, Kind::No | Kind::Weak | Kind::Clause));
        no.filter(|_| only_no).map(|rule| unclear(self.explain(rule)))
    }

    /// A demand of which a word belongs to something else (`non-stop texts`) is still in doubt.
    fn half_hidden(&self) -> Option<&Found> {
        let shows =
            |rule: &&Found| (rule.start()..rule.end()).any(|at| !self.at(at).harmless && !self.is_small(at));
        self.of(Kind::Demand).find(shows)
    }

    fn is_small(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| RULES.is_small(word))
    }

    /// A word for help with nothing but courtesy.
    fn help(&self) -> Option<Reading> {
        let asked = self.of(Kind::Help).next()?;
        let only = (0..self.words.len()).all(|at| self.at(at).help || self.at(at).courtesy);
        only.then(|| read(Reply::Help, Tier::ClearWords, self.beside(asked)))
    }

    /// What was passed over, for the person who wonders.
    fn about_something_else(&self) -> Option<Reading> {
        let stop = |at: usize| self.at(at).is_stop();
        let rule = self.of(Kind::Harmless).find(|rule| (rule.start()..rule.end()).any(stop))?;
        Some(read(Reply::Other, Tier::NoChange, format!("{}, about something else", self.explain(rule))))
    }

    /// A keyword that is or is not all there is.
    fn beside(&self, rule: &Found) -> String {
        let others =
            if rule.start() == 0 && rule.end() == self.words.len() { "" } else { " with other words" };
        format!("{}{others}", self.explain(rule))
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

fn spoken(word: &Word, lexicon: &Lexicon) -> String {
    let known = word.id.map_or(word.text.as_str(), |id| lexicon.word(id));
    if word.is_slip { format!("{known} (one slip: {})", word.text) } else { known.to_lowercase() }
}

fn read(reply: Reply, tier: Tier, matched: String) -> Reading {
    Reading { reply, tier, matched: Some(matched) }
}
