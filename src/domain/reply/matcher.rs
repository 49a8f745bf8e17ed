//! The phrase tables, compiled once, and the one pass that finds them in a text. A rule is a row of parts; a part is
//! alternatives, each a few words; between two parts may stand a few small words of the same clause. The work for one word
//! is bounded by the tables, not by the text, so the pass is linear.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::data::{DATA, RuleKind};
use super::lexicon::{Lexicon, WordId};
use super::words::ReplyWord;
use crate::domain::language::Language;

/// As many small words may stand between two parts of a rule: `take me off (your damn mailing) list`.
pub(super) const MOST_BETWEEN: usize = 5;

/// A rule found in a text: the words of its parts, first to last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct RuleMatch {
    pub kind: RuleKind,
    /// Whose words it is made of, where one language has them alone.
    pub language: Option<Language>,
    /// Each part's first word and the one after its last.
    pub parts: Vec<(usize, usize)>,
}

impl RuleMatch {
    pub(super) fn start(&self) -> usize {
        self.parts.first().map_or(0, |part| part.0)
    }

    /// True for a word of one of its parts, not one between them.
    pub(super) fn has(&self, word: usize) -> bool {
        self.parts.iter().any(|(start, end)| (*start..*end).contains(&word))
    }

    pub(super) fn end(&self) -> usize {
        self.parts.last().map_or(0, |part| part.1)
    }
}

type PartId = u16;

/// One way to say a part, found by its first word.
struct PhrasePart {
    part: PartId,
    rest: Vec<WordId>,
}

struct CompiledRule {
    kind: RuleKind,
    language: Option<Language>,
    rest: Vec<PartId>,
}

/// All tables, compiled.
#[derive(Default)]
pub(super) struct PhraseRules {
    pub lexicon: Lexicon,
    small: Vec<WordId>,
    filler: Vec<WordId>,
    contact: Vec<WordId>,
    refusals: Vec<WordId>,
    our_texts: Vec<WordId>,
    missed: Vec<WordId>,
    /// By first word.
    phrases: Vec<Vec<PhrasePart>>,
    /// By first part.
    rules: Vec<Vec<CompiledRule>>,
}

/// The tables of this build.
pub(super) static RULES: LazyLock<PhraseRules> = LazyLock::new(PhraseRules::compile);

/// A part that begins at a word, and the word after its end.
type PartMatch = (PartId, usize);

/// Adds to the row of that number, which may be new.
fn place<T>(rows: &mut Vec<Vec<T>>, at: u16, new: T) {
    while rows.len() <= usize::from(at) {
        rows.push(Vec::new());
    }
    if let Some(row) = rows.get_mut(usize::from(at)) {
        row.push(new);
    }
}

impl PhraseRules {
    fn compile() -> PhraseRules {
        let mut rules = PhraseRules::default();
        let mut parts = HashMap::new();
        for row in &DATA.rules {
            let ids: Vec<PartId> = row.parts.iter().map(|part| rules.part(part, &mut parts)).collect();
            if let Some((first, rest)) = ids.split_first() {
                let rule = CompiledRule { kind: row.kind, language: row.language, rest: rest.to_vec() };
                place(&mut rules.rules, *first, rule);
            }
        }
        let mut list = |words: &'static [String]| {
            let mut ids: Vec<WordId> = words.iter().map(|word| rules.lexicon.add(word)).collect();
            ids.sort_unstable();
            ids
        };
        let lists = &DATA.lists;
        (rules.small, rules.filler) = (list(&lists.small), list(&lists.filler));
        (rules.contact, rules.our_texts) = (list(&lists.contact), list(&lists.our_texts));
        (rules.refusals, rules.missed) = (list(&lists.refusals), list(&lists.missed));
        rules
    }

    fn part(&mut self, part: &'static [String], parts: &mut HashMap<&'static [String], PartId>) -> PartId {
        let next = PartId::try_from(parts.len()).unwrap_or(PartId::MAX);
        let id = *parts.entry(part).or_insert(next);
        if id == next {
            for phrase in part {
                let mut words = phrase.split_whitespace().map(|word| self.lexicon.add(word));
                if let Some(first) = words.next() {
                    let rest = words.collect();
                    place(&mut self.phrases, first, PhrasePart { part: id, rest });
                }
            }
        }
        id
    }

    /// True for a word that says nothing of what a text is about.
    pub(super) fn is_filler(&self, word: &ReplyWord) -> bool {
        self.is_small(word) || word.id.is_some_and(|id| self.filler.binary_search(&id).is_ok())
    }

    /// True for a word about texts, contact or the sender.
    pub(super) fn is_contact(&self, word: &ReplyWord) -> bool {
        word.id.is_some_and(|id| self.contact.binary_search(&id).is_ok())
    }

    /// True for a word of what we send.
    pub(super) fn is_ours(&self, word: &ReplyWord) -> bool {
        word.id.is_some_and(|id| self.our_texts.binary_search(&id).is_ok())
    }

    /// True for a word that refuses something.
    pub(super) fn is_refusal(&self, word: &ReplyWord) -> bool {
        word.id.is_some_and(|id| self.refusals.binary_search(&id).is_ok())
    }

    /// True for a verb of talk about texts that did not come.
    pub(super) fn is_missed(&self, word: &ReplyWord) -> bool {
        word.id.is_some_and(|id| self.missed.binary_search(&id).is_ok())
    }

    /// True for a word that may stand between two parts, or a number (`cancel my 3pm appointment`).
    pub(super) fn is_small(&self, word: &ReplyWord) -> bool {
        word.text.starts_with(|c: char| c.is_ascii_digit())
            || word.id.is_some_and(|id| self.small.binary_search(&id).is_ok())
    }

    /// Every rule in the text, in the order of the words; of several ways to fit one rule at one word, the first.
    pub(super) fn find(&self, words: &[ReplyWord]) -> Vec<RuleMatch> {
        let hits: Vec<Vec<PartMatch>> = (0..words.len()).map(|at| self.hits(words, at)).collect();
        let mut found = Vec::new();
        for (at, here) in hits.iter().enumerate() {
            for (part, end) in here {
                for rule in self.rules.get(usize::from(*part)).into_iter().flatten() {
                    let mut parts = vec![(at, *end)];
                    if self.follow(words, &hits, &rule.rest, *end, &mut parts) {
                        found.push(RuleMatch { kind: rule.kind, language: rule.language, parts });
                    }
                }
            }
        }
        found
    }

    /// The parts that begin at a word. They do not go over a clause's end.
    fn hits(&self, words: &[ReplyWord], at: usize) -> Vec<PartMatch> {
        let Some((first, after)) = words.get(at..).and_then(<[ReplyWord]>::split_first) else {
            return Vec::new();
        };
        let phrases = first.id.and_then(|id| self.phrases.get(usize::from(id))).into_iter().flatten();
        let fits = |phrase: &&PhrasePart| {
            let follow = after.iter().take_while(|word| word.clause == first.clause);
            let mut ids = follow.map(|word| word.id);
            phrase.rest.iter().all(|id| ids.next().flatten() == Some(*id))
        };
        phrases.filter(fits).map(|phrase| (phrase.part, at + 1 + phrase.rest.len())).collect()
    }

    /// The rest of a rule after its first part, small words between.
    fn follow(
        &self,
        words: &[ReplyWord],
        hits: &[Vec<PartMatch>],
        rest: &[PartId],
        from: usize,
        parts: &mut Vec<(usize, usize)>,
    ) -> bool {
        let Some((wanted, rest)) = rest.split_first() else { return true };
        let clause = from.checked_sub(1).and_then(|last| words.get(last)).map(|word| word.clause);
        for at in from..=from + MOST_BETWEEN {
            let Some(word) = words.get(at).filter(|word| Some(word.clause) == clause) else { return false };
            for (_, end) in hits.get(at).into_iter().flatten().filter(|(part, _)| part == wanted) {
                parts.push((at, *end));
                if self.follow(words, hits, rest, *end, parts) {
                    return true;
                }
                parts.pop();
            }
            if !self.is_small(word) {
                return false;
            }
        }
        false
    }
}
