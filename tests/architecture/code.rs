//! Reads the files of the house: all of a folder, and a Rust file without its comments, strings and unit tests.

use std::fs;
use std::path::{Path, PathBuf};

/// A file and what stands in it.
pub struct Source {
    pub path: String,
    pub text: String,
}

/// Every file below the folder whose name has this ending.
pub fn files_below(folder: &str, ending: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut found) = (vec![root.join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            if name.ends_with(ending) {
                found.push(Source { path: name, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    found
}

/// Every Rust file below `src`.
pub fn sources() -> Vec<Source> {
    let found = files_below("src", ".rs");
    assert!(found.len() > 20, "src was not found");
    found
}

/// True where a path begins, and not in the middle of a word or of another path.
pub fn starts_path(code: &str, at: usize) -> bool {
    let before = &code[..at];
    !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
        && (!before.ends_with("::") || before.ends_with(" ::"))
}

/// The number of the line that this byte is in.
pub fn line(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// The text without comments, strings, characters and the unit tests at its end; lines stay where they were.
pub fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = skippable(rest, code.chars().last());
        if skipped > 0 {
            code.push(' ');
            code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
            rest = &rest[skipped..];
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    let tests = code.match_indices("#[cfg(test)]").find(|(at, mark)| {
        let next = code[at + mark.len()..].trim_start();
        next.starts_with("mod ") && next.find(['{', ';']).is_some_and(|at| next[at..].starts_with('{'))
    });
    match tests {
        Some((at, _)) => code[..at].to_owned(),
        None => code,
    }
}

/// The inside of every string, with the line it begins in; comments and the unit tests at the end do not count.
pub fn strings(text: &str) -> Vec<(usize, String)> {
    let last = code_only(text).lines().count();
    let (mut found, mut at, mut before) = (Vec::new(), 0, None);
    while let Some(first) = text[at..].chars().next() {
        let skipped = skippable(&text[at..], before);
        let whole = &text[at..at + skipped];
        if whole.starts_with(['"', 'r']) {
            let inside = whole.trim_start_matches('r').trim_matches('#').trim_matches('"');
            found.push((line(text, at), inside.to_owned()));
        }
        before = (skipped == 0).then_some(first);
        at += if skipped > 0 { skipped } else { first.len_utf8() };
    }
    found.retain(|(line, _)| *line <= last);
    found
}

/// The length in bytes of the comment, string or character that `rest` begins with; 0 for code.
fn skippable(rest: &str, before: Option<char>) -> usize {
    let until =
        |from: usize, end: &str| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return until(2, "*/");
    }
    if let Some(inside) = rest.strip_prefix('"') {
        return 1 + quoted(inside);
    }
    if rest.starts_with('r') && !in_word {
        let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
        if rest[1 + hashes..].starts_with('"') {
            return until(2 + hashes, &format!("\"{}", "#".repeat(hashes)));
        }
    }
    if rest.starts_with("'\\") {
        return until(3, "'");
    }
    let mut characters = rest.char_indices().skip(2);
    if rest.starts_with('\'') && characters.next().is_some_and(|(_, third)| third == '\'') {
        return characters.next().map_or(rest.len(), |(at, _)| at);
    }
    0
}

/// The length of a string's inside and its closing quote.
fn quoted(inside: &str) -> usize {
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    inside.len()
}
