//! Words that people write every day. A program cannot take one of them for its own.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::data::DATA;

/// `data/any/ordinary.txt`, in capitals.
static ORDINARY: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lines = include_str!("data/any/ordinary.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).map(str::to_uppercase).collect()
});

/// True for an ordinary word, normalized: a greeting, a day, a small verb, a first name.
pub fn is_ordinary(word: &str) -> bool {
    let lists = &DATA.lists;
    let lists = [&lists.filler, &lists.contact, &lists.names];
    ORDINARY.contains(word) || lists.into_iter().flatten().any(|known| known == word)
}
