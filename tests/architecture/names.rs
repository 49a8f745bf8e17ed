//! Names of types: a noun of a role, as the field says it, and each name once.

use std::collections::BTreeMap;

use crate::{Source, code_only, sources};

/// One-word names that are the domain's own terms. The crate's documentation explains each.
const VOCABULARY: &[&str] = &[
    "Barrier", "Effect", "Evidence", "Gate", "Intent", "Lane", "Ledger", "Program", "Receipt", "Refusal",
    "Seal", "Segment", "Sender", "Verdict",
];
/// At most this share of the public types outside the vocabulary has a name of one word, in percent.
const MOST_ONE_WORD: usize = 15;
/// At most this share of all types has the name of a type in another room, in percent.
const MOST_SHARED: usize = 10;

struct NamedType {
    name: String,
    is_public: bool,
    path: String,
}

impl NamedType {
    fn room(&self) -> &str {
        self.path.split('/').nth(1).unwrap_or_default()
    }

    fn has_one_word(&self) -> bool {
        self.name.chars().filter(|c| c.is_uppercase()).count() == 1
    }
}

/// The types that stand at the left edge of a file: no unit tests, no types inside functions.
fn types_in(file: &Source) -> Vec<NamedType> {
    let code = code_only(&file.text);
    let declared = code.lines().filter_map(|line| {
        let (is_public, rest) = match line.strip_prefix("pub") {
            Some(rest) => (
                true,
                rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest),
            ),
            None => (false, line),
        };
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let (keyword, rest) = rest.split_once(' ')?;
        let is_type = ["struct", "enum", "trait", "type", "union"].contains(&keyword);
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        is_type.then(|| NamedType { name, is_public, path: file.path.clone() })
    });
    declared.collect()
}

fn all_types() -> Vec<NamedType> {
    let files = sources();
    let written =
        files.iter().filter(|file| !file.path.ends_with("/tests.rs") && !file.path.contains("/tests/"));
    written.flat_map(types_in).collect()
}

fn by_name(types: &[NamedType]) -> BTreeMap<&str, Vec<&NamedType>> {
    let mut by_name = BTreeMap::<&str, Vec<&NamedType>>::new();
    for found in types {
        by_name.entry(&found.name).or_default().push(found);
    }
    by_name
}

#[test]
fn a_name_of_one_word_is_a_term_of_the_domain() {
    let types = all_types();
    let outside: Vec<&NamedType> =
        types.iter().filter(|found| found.is_public && !VOCABULARY.contains(&found.name.as_str())).collect();
    let short: Vec<&str> =
        outside.iter().filter(|found| found.has_one_word()).map(|found| found.name.as_str()).collect();
    assert!(
        short.len() * 100 <= outside.len() * MOST_ONE_WORD,
        "{} of {} public type names are one word: {}",
        short.len(),
        outside.len(),
        short.join(", ")
    );
}

#[test]
fn no_two_types_of_a_room_have_one_name() {
    let types = all_types();
    let mut shared_over_all = 0;
    let mut found = Vec::new();
    for (name, places) in by_name(&types).into_iter().filter(|(_, places)| places.len() > 1) {
        shared_over_all += places.len();
        for (at, place) in places.iter().enumerate() {
            let twins = places[at + 1..].iter().filter(|other| other.room() == place.room());
            found.extend(twins.map(|other| format!("{name}: {} and {}", place.path, other.path)));
        }
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    assert!(
        shared_over_all * 100 <= types.len() * MOST_SHARED,
        "{shared_over_all} of {} types share a name",
        types.len()
    );
}

#[test]
fn the_crates_documentation_explains_the_vocabulary() {
    let files = sources();
    let documentation = &files.iter().find(|file| file.path == "src/lib.rs").unwrap().text;
    for word in VOCABULARY {
        let term = format!("//! - **{}**", word.to_lowercase());
        assert!(documentation.contains(&term), "src/lib.rs does not explain {word}");
    }
}
