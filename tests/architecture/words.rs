//! Words that stand in one place only: the clock, a transaction, the name of a database. And no unfinished work.

use crate::code::line;
use crate::{Source, code_only, sources};

/// What may stand in one file only, or in none.
const ONLY_IN: &[(&str, Option<&str>)] =
    &[("Utc::now", Some("src/clock.rs")), ("SystemTime::now", Some("src/clock.rs")), ("todo!(", None)];

/// What a room never says: pages write through `Commands` alone, and hold no transaction.
const NEVER_SAID: &[(&str, &[&str])] =
    &[("src/web/", &["Tx", ".write", ".write_now", ".write_holding", "write_copy"])];

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
fn a_second_clock_is_found() {
    let misplaced = Source { path: "src/web/x.rs".to_owned(), text: "let now = Utc::now();\n".to_owned() };
    assert_eq!(misplaced_words(&misplaced).len(), 1);
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
