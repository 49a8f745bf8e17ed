//! Tier 3 of RULES §2: what may be a wish to stop, so that sending pauses and a person decides. A pause costs a person's time
//! and the lead's texts; so a word that may be about anything counts only alone, or beside a word about texts or the sender.

use super::ReplyReading;
use super::data::REVOKE_ONE;
use super::data::RuleKind;
use super::matcher::{RULES, RuleMatch};
use super::sentence::{ReplyText, unclear};
use super::words::ReplyWord;

/// So many words before a word of contact a refusal still bears on it.
const REFUSAL_REACHES: usize = 7;

/// A STOP at the end counts in a text of at most so many words.
const MOST_BEFORE_STOP: usize = 14;

impl ReplyText {
    /// A demand that is turned round, a stop word or a complaint in doubt, or a bare no.
    pub(super) fn unclear(&self) -> Option<ReplyReading> {
        let turned =
            self.of(RuleKind::Demand).find(|rule| !self.is_harmless(rule)).or_else(|| self.half_hidden());
        if let Some(rule) = turned {
            let matched = format!("{}, but asked, turned round or for a time", self.explain(rule));
            return Some(self.said(rule, unclear(matched)));
        }
        if let Some(rule) = self.start_and_stop() {
            return Some(self.said(rule, unclear(format!("{} and a start", self.explain(rule)))));
        }
        let doubtful =
            self.of_any().filter(|rule| !self.is_harmless(rule)).find(|rule| self.is_doubtful(rule));
        match doubtful.or_else(|| self.bare_no()) {
            Some(rule) => Some(self.said(rule, unclear(self.explain(rule)))),
            None => self.refused_contact().or_else(|| {
                let word = self.slip_of_stop()?;
                Some(unclear(format!("perhaps {REVOKE_ONE}: {}", word.text)))
            }),
        }
    }

    /// True if a rule may be a wish about our texts.
    fn is_doubtful(&self, rule: &RuleMatch) -> bool {
        match rule.kind {
            RuleKind::Unclear => true,
            RuleKind::Hint => self.may_be_about_us(rule),
            RuleKind::Remark => self.may_be_about_us(rule) || (rule.start() == 0 && self.fills_clause(rule)),
            RuleKind::Strong => self.is_order(rule) || self.is_last_word(rule) || self.is_alone(),
            RuleKind::Weak if self.fills_clause(rule) && self.is_plea(rule) => !self.invites(),
            RuleKind::Weak => {
                self.may_be_about_us(rule) || (rule.start() == 0 && self.words.len() == rule.end() + 1)
            }
            _ => false,
        }
    }

    /// A wish that stands alone, or beside a word of contact, where the lead does not ask for texts.
    fn may_be_about_us(&self, rule: &RuleMatch) -> bool {
        !self.invites() && (self.is_alone() || self.is_beside_contact(rule))
    }

    /// True if a word of courtesy stands directly beside a rule: `please cancel, I don't use it`.
    fn is_plea(&self, rule: &RuleMatch) -> bool {
        let is_polite = |at: usize| self.at(at).courtesy && !self.at(at).no;
        rule.start().checked_sub(1).is_some_and(is_polite) || is_polite(rule.end())
    }

    /// A refusal, and a word of contact a little behind it: `I do not appreciate all these messages`. So no demand
    /// is missed because no rule has its words.
    fn refused_contact(&self) -> Option<ReplyReading> {
        let mut refusal: Option<(usize, u16)> = None;
        for (at, (word, one)) in self.words.iter().zip(&self.cover).enumerate() {
            let is_far = |(from, sentence)| at - from > REFUSAL_REACHES || sentence != word.sentence;
            refusal = refusal.filter(|before| !is_far(*before) && !RULES.is_missed(word));
            match refusal.and_then(|(from, _)| self.words.get(from)) {
                Some(before) if RULES.is_ours(word) && !one.harmless && !self.invites() => {
                    let matched = format!("{} … {}", before.text, word.text).to_lowercase();
                    return Some(unclear(matched));
                }
                _ if RULES.is_refusal(word) && !one.harmless => refusal = Some((at, word.sentence)),
                _ => {}
            }
        }
        None
    }

    /// `stop it I am driving`: an order at the beginning of the text.
    fn is_order(&self, rule: &RuleMatch) -> bool {
        self.cover.iter().take(rule.start()).all(|one| one.courtesy || one.wish)
    }

    /// `already bought a house stop`: the last word of the text, and nothing before it that makes it a question or a noun.
    fn is_last_word(&self, rule: &RuleMatch) -> bool {
        let before = rule.start().checked_sub(1).and_then(|at| self.words.get(at));
        let is_free = |word: &ReplyWord| {
            !RULES.is_small(word)
                && !matches!(
                    word.text.as_str(),
                    "WILL"
                        | "DOES"
                        | "DID"
                        | "CAN"
                        | "WOULD"
                        | "SHOULD"
                        | "HE"
                        | "SHE"
                        | "THEY"
                        | "NEVER"
                        | "CANT"
                        | "WONT"
                )
                && !word.text.ends_with("LY")
        };
        let is_last = rule.end() == self.words.len() && self.words.len() <= MOST_BEFORE_STOP;
        is_last && self.is_in_sight(rule) && before.is_some_and(is_free)
    }

    /// A demand of which a word belongs to something else (`non-stop texts`) is still in doubt.
    fn half_hidden(&self) -> Option<&RuleMatch> {
        let shows = |(start, end): &(usize, usize)| (*start..*end).any(|at| !self.at(at).harmless);
        self.of(RuleKind::Demand).find(|rule| rule.parts.iter().any(shows))
    }

    /// No, as a whole text, courtesy aside.
    fn bare_no(&self) -> Option<&RuleMatch> {
        let only = self.cover.iter().all(|one| !one.harmless && (one.no || one.is_polite()));
        let is_no = |rule: &&RuleMatch| matches!(rule.kind, RuleKind::No | RuleKind::Weak | RuleKind::Clause);
        self.of_any().find(is_no).filter(|_| only)
    }
}
