//! Keeps the house in order: reads `src/` and fails on an import between rooms that the README's map does not allow, on a
//! second clock, on a file that has grown too long and on unfinished work. Comments, strings and unit tests do not count.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

mod circles;
mod names;
mod templates;

/// A room of the house, the other rooms it may enter, and the crates it may use.
struct Room {
    name: &'static str,
    may_enter: &'static [&'static str],
    crates: Crates,
}

enum Crates {
    /// These dependencies and no other.
    Only(&'static [&'static str]),
    /// Any dependency whose name begins with none of these.
    Never(&'static [&'static str]),
}

use Crates::{Never, Only};

/// The crates of the pure room: words and numbers, nothing that touches the world.
const PURE: &[&str] = &[
    "chrono",
    "data_encoding",
    "jiff",
    "rlibphonenumber",
    "serde",
    "serde_json",
    "sha2",
    "thiserror",
    "toml",
    "unicode_normalization",
    "uuid",
];

/// The map. Every room may enter itself.
#[rustfmt::skip]
const ROOMS: &[Room] = &[
    Room { name: "domain",    may_enter: &[],                   crates: Only(PURE) },
    Room { name: "store",     may_enter: &["domain"],           crates: Never(&["actix", "reqwest", "askama", "clap"]) },
    Room { name: "actions",   may_enter: &["domain", "store"],  crates: Never(&["actix", "tokio", "reqwest", "diesel"]) },
    Room { name: "providers", may_enter: &["domain", "clock"],  crates: Never(&["actix", "diesel"]) },
    Room { name: "jobs",      may_enter: &["domain", "store", "actions", "providers", "clock"],
                                                                crates: Never(&["actix", "diesel", "reqwest"]) },
    Room { name: "web",       may_enter: &["domain", "store", "actions", "providers", "clock", "config", "password"],
                                                                crates: Never(&["diesel", "reqwest"]) },
    Room { name: "cli",       may_enter: &["domain", "store", "actions", "providers", "clock", "config", "password", "web", "app"],
                                                                crates: Never(&["diesel", "reqwest"]) },
];

/// What may stand in one file only, or in none.
const ONLY_IN: &[(&str, Option<&str>)] =
    &[("Utc::now", Some("src/clock.rs")), ("SystemTime::now", Some("src/clock.rs")), ("todo!(", None)];

/// What a room never says: pages write through `Commands` alone, and hold no transaction.
const NEVER_SAID: &[(&str, &[&str])] =
    &[("src/web/", &["Tx", ".write", ".write_now", ".write_holding", "write_copy"])];

/// No file is longer than this, in lines.
const LONGEST_FILE: usize = 350;
/// But for the list of all columns, which grows with the tables.
const COLUMNS: &str = "src/store/schema.rs";
/// The core of the domain, and how many lines of code it has at most, comments and unit tests aside.
const CORE: [&str; 9] =
    ["consent", "decide", "gate", "evidence", "ledger", "message", "program", "intent", "phone"];
const CORE_LINES: usize = 3_000;
/// `main.rs` only starts things.
const LONGEST_MAIN: usize = 59;

#[test]
fn rooms_are_entered_only_through_their_doors() {
    let (files, dependencies) = (sources(), dependencies());
    let found: Vec<String> = files.iter().flat_map(|file| forbidden_imports(file, &dependencies)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn there_is_one_clock_and_no_unfinished_work() {
    let found: Vec<String> = sources().iter().flat_map(misplaced_words).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn no_page_holds_a_transaction() {
    let found: Vec<String> = sources().iter().flat_map(unwanted_words).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    let planted = |text: &str| Source { path: "src/web/x.rs".to_owned(), text: text.to_owned() };
    assert_eq!(unwanted_words(&planted("fn f(tx: &mut Tx<'_>) {}")).len(), 1);
    assert_eq!(unwanted_words(&planted("app.store\n    .write::<_, E>(|tx| g(tx))")).len(), 1);
    assert!(unwanted_words(&planted("let text = w.write_str(why); // Tx")).is_empty());
}

#[test]
fn only_the_engine_asks_which_database_it_is() {
    let found: Vec<String> = sources().iter().flat_map(names_a_database).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    let planted = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    assert_eq!(names_a_database(&planted("src/store/x.rs", "match db { DbConn::Sqlite(_) => 1 }")).len(), 1);
    assert_eq!(names_a_database(&planted("src/jobs/x.rs", "if store.is_postgres() {}")).len(), 1);
    assert_eq!(names_a_database(&planted("src/cli/x.rs", "url.starts_with(\"sqlite://\")")).len(), 1);
    assert!(names_a_database(&planted("src/store/x.rs", "// SQLite")).is_empty());
    assert!(names_a_database(&planted("src/store/engine/x.rs", "DbConn::Sqlite(_)")).is_empty());
}

#[test]
fn files_stay_short() {
    let found: Vec<String> = sources().iter().filter_map(too_long).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// The rules of consent themselves can be read in an hour.
#[test]
fn the_core_of_the_domain_stays_small() {
    let is_core = |file: &&Source| {
        let inside = file.path.strip_prefix("src/domain/").unwrap_or_default();
        CORE.contains(&inside.split(['/', '.']).next().unwrap_or_default())
            && !inside.split('/').any(|part| part.starts_with("tests"))
    };
    let lines: usize = sources().iter().filter(is_core).map(lines_of_code).sum();
    assert!(lines > 2_000, "the core is found: {lines}");
    assert!(lines <= CORE_LINES, "the core of the domain has {lines} lines of code, at most {CORE_LINES}");
}

#[test]
fn the_checker_finds_what_is_planted() {
    let dependencies = BTreeSet::from(["diesel", "tokio", "serde", "actix_web"].map(str::to_owned));
    let check = |path: &str, text: &str| {
        forbidden_imports(&Source { path: path.to_owned(), text: text.to_owned() }, &dependencies)
    };
    let planted = check("src/domain/x.rs", "use serde::Serialize;\n\nuse crate::store::Tx;\n");
    assert_eq!(planted, ["src/domain/x.rs:3: domain must not enter store"]);
    assert_eq!(check("src/domain/x.rs", "fn f() { tokio::spawn(g()); }").len(), 1);
    assert_eq!(check("src/domain/a/x.rs", "use super::super::super::web::App;").len(), 1);
    assert_eq!(check("src/domain/a/x.rs", "use super::super::web::App;").len(), 0, "that is domain::web");
    assert_eq!(check("src/jobs/mod.rs", "use super::web::App;").len(), 1);
    assert_eq!(check("src/web/x.rs", "use crate::{jobs::Jobs, store::{Tx, jobs}};").len(), 1);
    assert_eq!(check("src/web/x.rs", "#[derive(diesel::Queryable)] struct A;").len(), 1);
    let innocent = [
        "// use crate::store::Tx;",
        "/* crate::web */ const A: char = '\"';",
        "const A: &str = \"crate::store\";",
        "const A: &str = r#\"a \" crate::store\"#;",
        "use crate::domain::phone::Phone;",
        "#[cfg(test)]\nmod tests {\n    use tokio::task;\n}",
    ];
    for text in innocent {
        assert!(check("src/domain/x.rs", text).is_empty(), "{text}");
    }
    let misplaced = Source { path: "src/web/x.rs".to_owned(), text: "let now = Utc::now();\n".to_owned() };
    assert_eq!(misplaced_words(&misplaced).len(), 1);
    let long = Source { path: "src/web/x.rs".to_owned(), text: "//\n".repeat(LONGEST_FILE + 1) };
    assert!(too_long(&long).is_some());
}

struct Source {
    path: String,
    text: String,
}

/// Every Rust file below `src`.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut found) = (vec![root.join("src")], Vec::new());
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push(Source { path, text });
            }
        }
    }
    assert!(found.len() > 20, "src was not found");
    found
}

/// The crates of `[dependencies]`, as they are written in Rust.
fn dependencies() -> BTreeSet<String> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap();
    let lines = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim().replace('-', "_"))
        .collect()
}

fn forbidden_imports(file: &Source, dependencies: &BTreeSet<String>) -> Vec<String> {
    let room = file.path.split('/').nth(1).map(|name| name.trim_end_matches(".rs"));
    let Some(room) = ROOMS.iter().find(|known| Some(known.name) == room) else { return Vec::new() };
    if file.path.ends_with("/tests.rs") {
        return Vec::new();
    }
    let code = code_only(&file.text);
    let entered = rooms_entered(&code, depth(&file.path))
        .into_iter()
        .filter(|(_, name)| name != room.name && !room.may_enter.contains(&name.as_str()))
        .map(|(at, name)| (at, format!("{} must not enter {name}", room.name)));
    let used = crates_used(&code, dependencies)
        .into_iter()
        .filter(|(_, name)| match room.crates {
            Only(these) => !these.contains(&name.as_str()),
            Never(these) => these.iter().any(|never| name.starts_with(never)),
        })
        .map(|(at, name)| (at, format!("{} must not use the crate {name}", room.name)));
    let mut found: Vec<(usize, String)> = entered.chain(used).collect();
    found.sort();
    found.dedup();
    found.into_iter().map(|(at, what)| format!("{}:{at}: {what}", file.path)).collect()
}

fn misplaced_words(file: &Source) -> Vec<String> {
    let code = code_only(&file.text);
    let elsewhere = ONLY_IN.iter().filter(|(_, place)| *place != Some(file.path.as_str()));
    elsewhere
        .flat_map(|(word, place)| code.match_indices(word).map(move |(at, _)| (at, word, place)))
        .map(|(at, word, place)| {
            format!("{}:{}: {word} belongs in {}", file.path, line(&code, at), place.unwrap_or("no file"))
        })
        .collect()
}

fn unwanted_words(file: &Source) -> Vec<String> {
    let code = code_only(&file.text);
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let rules = NEVER_SAID.iter().filter(|(room, _)| file.path.starts_with(room));
    let words = rules.flat_map(|(room, words)| words.iter().map(move |word| (room, word)));
    let mut found = Vec::new();
    for (room, word) in words {
        for (at, _) in code.match_indices(word) {
            let begins = word.starts_with('.') || !code[..at].ends_with(is_part);
            let is_whole = begins && !code[at + word.len()..].starts_with(is_part);
            if is_whole {
                found.push(format!("{}:{}: {room} never says {word}", file.path, line(&code, at)));
            }
        }
    }
    found
}

/// Names of the databases in code, and addresses that begin with one in a question.
fn names_a_database(file: &Source) -> Vec<String> {
    if file.path.starts_with("src/store/engine/") {
        return Vec::new();
    }
    let code = code_only(&file.text);
    let lower = code.to_lowercase();
    let named = ["sqlite", "postgres", "pgconn"].into_iter().flat_map(|name| lower.match_indices(name));
    let mut found: Vec<String> =
        named.map(|(at, name)| format!("{}:{}: {name}", file.path, line(&lower, at))).collect();
    for asks in ["starts_with(\"sqlite", "strip_prefix(\"sqlite", "starts_with(\"postgres"] {
        found.extend(
            file.text
                .match_indices(asks)
                .map(|(at, _)| format!("{}:{}: {asks}", file.path, line(&file.text, at))),
        );
    }
    found
}

fn too_long(file: &Source) -> Option<String> {
    let longest = if file.path == "src/main.rs" { LONGEST_MAIN } else { LONGEST_FILE };
    let lines = file.text.lines().count();
    (lines > longest && file.path != COLUMNS)
        .then(|| format!("{}: {lines} lines, at most {longest}", file.path))
}

/// Lines of code: comments, blank lines and unit tests aside.
fn lines_of_code(file: &Source) -> usize {
    let lines = file.text.lines().map(str::trim).take_while(|line| *line != "#[cfg(test)]");
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

/// How many `super` lead from a file's module to the root of the crate.
fn depth(path: &str) -> usize {
    let parts = path.split('/').count() - 1;
    if path.ends_with("/mod.rs") { parts - 1 } else { parts }
}

/// The rooms named as `crate::room`, as `crate::{room, room}` or by enough `super`, with their lines.
fn rooms_entered(code: &str, depth: usize) -> Vec<(usize, String)> {
    let up = "super::".repeat(depth);
    let mut found = Vec::new();
    for prefix in ["crate::", "sms_opt_in::", up.as_str()] {
        for (at, _) in code.match_indices(prefix).filter(|(at, _)| starts_path(code, *at)) {
            let rest = &code[at + prefix.len()..];
            found.extend(first_names(rest).into_iter().map(|name| (line(code, at), name)));
        }
    }
    found
}

/// The names a path goes on with: one, or the outermost ones of a group in braces.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    if !rest.starts_with('{') {
        return vec![name(rest)];
    }
    let (mut names, mut level) = (Vec::new(), 0);
    for (at, c) in rest.char_indices() {
        match c {
            '{' => level += 1,
            '}' => level -= 1,
            _ => {}
        }
        if level == 0 {
            break;
        }
        if level == 1 && matches!(c, '{' | ',') {
            names.push(name(&rest[at + 1..]));
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The dependencies that a path begins with, with their lines.
fn crates_used(code: &str, dependencies: &BTreeSet<String>) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for name in dependencies {
        for (at, _) in code.match_indices(name.as_str()).filter(|(at, _)| starts_path(code, *at)) {
            let rest = &code[at + name.len()..];
            let imported = code[..at].trim_end().ends_with("use") && rest.starts_with([';', ' ']);
            if rest.starts_with("::") || imported {
                found.push((line(code, at), name.clone()));
            }
        }
    }
    found
}

/// True where a path begins, and not in the middle of a word or of another path.
fn starts_path(code: &str, at: usize) -> bool {
    let before = &code[..at];
    !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
        && (!before.ends_with("::") || before.ends_with(" ::"))
}

fn line(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// The text without comments, strings, characters and the unit tests at its end; lines stay where they were.
fn code_only(text: &str) -> String {
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
