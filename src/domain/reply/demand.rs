//! Tier 2 of RULES §2: what is clear in other words. A keyword as a clause of its own, a plain demand wherever it stands, a
//! stop word beside a complaint, STOP and a code that no program has.

use super::ReplyReading;
use super::data::REVOKE_ONE;
use super::data::RuleKind;
use super::everyday::is_ordinary;
use super::matcher::RuleMatch;
use super::overlap::WordCover;
use super::sentence::{ReplyText, revoke};
use super::typos;
use super::words::ReplyWord;

/// `STOP it now, I …`: so many small words may stand before the new sentence.
const MOST_BEFORE_SUBJECT: usize = 2;

impl ReplyText {
    /// A demand to stop, or a wrong person.
    pub(super) fn revoked(&self) -> Option<ReplyReading> {
        let keyword = self.keyword_alone().map(|rule| self.said(rule, revoke(self.beside(rule))));
        let stands = || self.of(RuleKind::Demand).find(|rule| self.stands(rule));
        let demand = || stands().map(|rule| self.said(rule, revoke(self.explain(rule))));
        let several = || {
            let (stop, other) = self.two_signals()?;
            let matched = format!("{} and {}", self.explain(stop), self.explain(other));
            Some(self.said(stop, revoke(matched)))
        };
        let reading = keyword.or_else(demand).or_else(several).or_else(|| self.stop_and_code());
        reading.or_else(|| {
            let word = self.slip_of_stop().filter(|word| !is_word(&word.text))?;
            Some(revoke(format!("{REVOKE_ONE} (one slip: {})", word.text)))
        })
    }

    /// The only word of a text beside courtesy, if it is one slip away from STOP: `stob`, `pls atop`.
    pub(super) fn slip_of_stop(&self) -> Option<&ReplyWord> {
        let mut others = self.words.iter().zip(&self.cover).filter(|(_, one)| !one.courtesy);
        let (word, _) = others.next().filter(|_| others.next().is_none())?;
        typos::is_slip_of_stop(&word.text).then_some(word)
    }

    /// A keyword that with courtesy makes up the whole text, or one that is no everyday word and makes up a clause.
    fn keyword_alone(&self) -> Option<&RuleMatch> {
        if self.says_start() {
            return None;
        }
        let whole = self.cover.iter().all(|one| one.is_polite());
        let with_numbers = self.cover.iter().all(|one| one.is_polite() || one.number);
        let is_phone =
            |word: &ReplyWord| word.text.len() >= 7 && word.text.bytes().all(|b| b.is_ascii_digit());
        let with_phone =
            self.words.iter().zip(&self.cover).all(|(word, one)| one.is_polite() || is_phone(word));
        let courtesy = self.cover.iter().take_while(|one| one.courtesy).count();
        let fits = |rule: &&RuleMatch| match rule.kind {
            RuleKind::Weak => whole && !self.cover.iter().any(|one| one.request),
            RuleKind::Remark => {
                let is_ours = || self.fills_clause(rule) && self.contact_words().any(|(at, _)| !rule.has(at));
                (self.is_dressed() || is_ours()) && !self.at(rule.end()).softening && !self.invites()
            }
            RuleKind::Clause => (with_phone || self.fills_clause(rule)) && !self.at(rule.end()).softening,
            RuleKind::Strong => {
                with_numbers
                    || self.fills_clause(rule)
                    || (rule.start() <= courtesy && self.begins(rule))
                    || self.ends(rule)
            }
            _ => false,
        };
        self.of_any().filter(|rule| self.is_in_sight(rule)).find(fits)
    }

    /// `STOP I don't know you`, `stop it I am driving`: a new sentence after a keyword.
    fn begins(&self, rule: &RuleMatch) -> bool {
        let between = self.cover.iter().skip(rule.end()).take(MOST_BEFORE_SUBJECT);
        let small = between.take_while(|one| !one.subject && (one.wish || one.courtesy)).count();
        self.at(rule.end() + small).subject
    }

    /// `I don't have a mortgage please stop`: a plea, and the keyword as the last word of a clause.
    fn ends(&self, rule: &RuleMatch) -> bool {
        let Some((before, here)) = rule.start().checked_sub(1).zip(self.words.get(rule.start())) else {
            return false;
        };
        let leads = |word: &ReplyWord| {
            word.clause == here.clause
                && (self.at(before).courtesy || matches!(word.text.as_str(), "AND" | "BUT" | "SO"))
        };
        let is_plea = self.words.get(before).is_some_and(leads);
        is_plea && self.words.get(rule.end()).is_none_or(|next| next.clause != here.clause)
    }

    /// A stop word that is no demand by itself, and a refusal or anger beside it.
    fn two_signals(&self) -> Option<(&RuleMatch, &RuleMatch)> {
        if self.says_start() {
            return None;
        }
        let is_signal = |rule: &&RuleMatch| {
            let speaks = matches!(rule.kind, RuleKind::Unclear | RuleKind::Hint);
            speaks && !self.at(rule.start()).is_stop() && !self.is_harmless(rule)
        };
        let signals: Vec<&RuleMatch> = self.of_any().filter(is_signal).collect();
        let beside = |stop| signals.iter().find(|other| !overlaps(other, stop)).map(|other| (stop, *other));
        let in_sight = |rule: &&RuleMatch| self.is_in_sight(rule);
        let alone = || self.of(RuleKind::Weak).filter(in_sight).find(|rule| self.fills_clause(rule));
        let stop = self.of(RuleKind::Strong).find(in_sight).or_else(alone);
        stop.and_then(beside).or_else(|| self.partial().find_map(beside))
    }

    /// Half demands that are not turned round and not about something else.
    fn partial(&self) -> impl Iterator<Item = &RuleMatch> {
        let counts = |rule: &&RuleMatch| {
            let first = self.at(rule.start());
            !first.harmless && !first.negated
        };
        self.of(RuleKind::Partial).filter(counts)
    }

    /// `STOP 7`, `STOP RATES`, `unsubscribe John Smith`: a code that no program has, or a name, narrows nothing.
    fn stop_and_code(&self) -> Option<ReplyReading> {
        if self.says_start() {
            return None;
        }
        let rule = self.of(RuleKind::Strong).next().filter(|rule| self.is_in_sight(rule))?;
        let before = self.cover.iter().take(rule.start());
        let after = self.cover.iter().skip(rule.end()).filter(|one| !one.courtesy);
        let rest: Vec<_> = after.collect();
        let is_code = |one: &WordCover| !one.harmless && !one.softening && !one.asked && !one.no && !one.time;
        let is_signed = |one: &&WordCover| (one.name || one.number || one.filler) && !one.time;
        let has_names = rest.iter().all(is_signed) && rest.iter().any(|one| one.name || one.number);
        let has_names = has_names || rest.is_empty();
        let has_code = rest.len() == 1 && rest.iter().all(|one| is_code(one));
        let fits = before.into_iter().all(|one| one.courtesy) && (has_code || has_names);
        fits.then(|| self.said(rule, revoke(format!("{} and a code or a name", self.explain(rule)))))
    }

    /// True for a text of nothing but keywords, courtesy and wishes.
    fn is_dressed(&self) -> bool {
        self.cover.iter().all(|one| one.is_polite() || one.wish || one.remark)
    }
}

/// True for a word of its own, however near it is to STOP.
fn is_word(word: &str) -> bool {
    typos::is_real(word) || is_ordinary(word)
}

fn overlaps(a: &RuleMatch, b: &RuleMatch) -> bool {
    a.start() < b.end() && b.start() < a.end()
}
