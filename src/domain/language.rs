//! The languages in which leads write and programs answer. It must not know any word of them: those stand in the tables of
//! `reply`, and a program's replies in `auto_reply`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::words::words;

words! {
    /// A language that leads write and programs reply in.
    Language {
        /// English: what a program replies in when nothing else is known.
        English = "en",
        /// Spanish.
        Spanish = "es",
        /// French.
        French = "fr",
    }
}

impl Language {
    /// Those in which a program may have replies besides English.
    pub const BESIDE_ENGLISH: &'static [Language] = &[Language::Spanish, Language::French];

    /// Its name in English.
    pub const fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Spanish => "Spanish",
            Language::French => "French",
        }
    }

    /// The one language of several findings: none where they differ, or nothing was found.
    pub fn only(mut found: impl Iterator<Item = Language>) -> Option<Language> {
        let first = found.next()?;
        found.all(|other| other == first).then_some(first)
    }
}
