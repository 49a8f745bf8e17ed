//! No phrase of the English demands is covered by another one. So the list stays short enough for a lawyer to read and sign.

use std::collections::HashMap;

use super::*;
use crate::domain::language::Language;
use crate::domain::reply::data::RuleKind;
use crate::domain::reply::matcher::MOST_BETWEEN;

/// Phrases in their words.
type Part = Vec<Vec<&'static str>>;

/// A phrase by its place: rule, part, phrase.
type Place = (usize, usize, usize);

/// A part with more phrases than this is a list that rules share.
const LONG: usize = 20;

/// Of the names three stand for all.
const NAMES: usize = 3;

struct Demands {
    rules: Vec<Vec<Part>>,
    by_first_word: HashMap<&'static str, Vec<(usize, usize)>>,
    /// Behind one of these a demand is a question or a condition.
    asking: Vec<&'static str>,
}

impl Demands {
    fn read() -> Demands {
        let is_english = |rule: &&data::PhraseRule| {
            rule.kind == RuleKind::Demand && rule.language == Some(Language::English)
        };
        let words = |part: &'static Vec<String>| -> Part {
            let most = if part.len() > DATA.lists.names.len() / 2 { NAMES } else { part.len() };
            part.iter().take(most).map(|phrase| phrase.split(' ').collect()).collect()
        };
        let rules: Vec<Vec<Part>> =
            DATA.rules.iter().filter(is_english).map(|rule| rule.parts.iter().map(words).collect()).collect();
        let mut by_first_word: HashMap<_, Vec<_>> = HashMap::new();
        for (nth, rule) in rules.iter().enumerate() {
            for (at, phrase) in rule[0].iter().enumerate() {
                by_first_word.entry(phrase[0]).or_default().push((nth, at));
            }
        }
        let is_asking = |rule: &&data::PhraseRule| rule.kind == RuleKind::Asking && rule.parts.len() == 1;
        let asking = DATA.rules.iter().filter(is_asking).flat_map(|rule| &rule.parts[0]);
        Demands { rules, by_first_word, asking: asking.map(String::as_str).collect() }
    }

    /// True if every sentence that a phrase makes with its rule holds a demand without it.
    fn is_covered(&self, place: Place) -> bool {
        let (nth, part, phrase) = place;
        let rule = &self.rules[nth];
        let only = [rule[part][phrase].clone()];
        let ways: Vec<&[Vec<&str>]> = rule
            .iter()
            .enumerate()
            .map(|(at, ways)| if at == part { &only[..] } else { &ways[..] })
            .collect();
        let count = ways.iter().map(|ways| ways.len()).product::<usize>();
        (0..count).all(|mut way| {
            let mut words = Vec::new();
            for part in &ways {
                words.extend_from_slice(&part[way % part.len()]);
                way /= part.len();
            }
            self.has_demand(&words, place)
        })
    }

    fn has_demand(&self, words: &[&str], without: Place) -> bool {
        let is_asking = |word: &&str| self.asking.contains(word);
        (0..words.len()).take_while(|at| !words[..*at].iter().any(&is_asking)).any(|at| {
            let rules = self.by_first_word.get(words[at]).into_iter().flatten();
            rules.copied().any(|(nth, phrase)| {
                let wanted = &self.rules[nth][0][phrase];
                (nth, 0, phrase) != without
                    && words[at..].starts_with(wanted)
                    && self.follows(words, at + wanted.len(), (nth, 1), without)
            })
        })
    }

    fn follows(&self, words: &[&str], from: usize, (nth, part): (usize, usize), without: Place) -> bool {
        let Some(ways) = self.rules[nth].get(part) else { return true };
        for at in from..words.len().min(from + MOST_BETWEEN + 1) {
            let fits = |(phrase, wanted): (usize, &Vec<&str>)| {
                (nth, part, phrase) != without
                    && words[at..].starts_with(wanted)
                    && self.follows(words, at + wanted.len(), (nth, part + 1), without)
            };
            if ways.iter().enumerate().any(fits) {
                return true;
            }
            let is_small = DATA.lists.small.iter().any(|small| small == words[at])
                || words[at].starts_with(|c: char| c.is_ascii_digit());
            if !is_small {
                return false;
            }
        }
        false
    }
}

#[test]
fn no_phrase_of_a_demand_is_covered_by_another_one() {
    let demands = Demands::read();
    let mut covered = Vec::new();
    for (nth, rule) in demands.rules.iter().enumerate() {
        for (part, ways) in rule.iter().enumerate() {
            let with_names = ways.len() == NAMES && DATA.lists.names.contains(&ways[0].join(" "));
            for phrase in (0..ways.len()).filter(|_| !with_names) {
                // A phrase of a list that rules share may be covered in one of them only.
                let is_shared = demands.rules.iter().enumerate().any(|(other, rule)| {
                    other != nth && rule.iter().any(|part| part.len() > LONG && part.contains(&ways[phrase]))
                });
                if !is_shared && demands.is_covered((nth, part, phrase)) {
                    covered.push(format!("{:?} in {:?}", ways[phrase].join(" "), rule[0][0].join(" ")));
                }
            }
        }
    }
    assert!(covered.is_empty(), "{} are covered:\n{}", covered.len(), covered.join("\n"));
}
