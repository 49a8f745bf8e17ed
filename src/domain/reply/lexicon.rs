//! The words of the tables, each with a number: comparing numbers is what makes the pass over a text cheap.

use std::collections::HashMap;

/// A word of the tables.
pub(super) type WordId = u16;

/// The words of the tables.
#[derive(Default)]
pub(super) struct Lexicon {
    ids: HashMap<&'static str, WordId>,
    words: Vec<&'static str>,
}

impl Lexicon {
    pub(super) fn id(&self, word: &str) -> Option<WordId> {
        self.ids.get(word).copied()
    }

    pub(super) fn word(&self, id: WordId) -> &'static str {
        self.words.get(usize::from(id)).copied().unwrap_or_default()
    }

    pub(super) fn add(&mut self, word: &'static str) -> WordId {
        let next = WordId::try_from(self.words.len()).unwrap_or(WordId::MAX);
        *self.ids.entry(word).or_insert_with(|| {
            self.words.push(word);
            next
        })
    }
}
