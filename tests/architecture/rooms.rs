//! Who may enter whom: the map of the rooms, and the imports of every file.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::code::line;
use crate::{Source, code_only, sources, starts_path};

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
    Room { name: "words",     may_enter: &["domain"],           crates: Only(PURE) },
    Room { name: "actions",   may_enter: &["domain", "words", "store"],
                                                                crates: Never(&["actix", "tokio", "reqwest", "diesel"]) },
    Room { name: "providers", may_enter: &["domain", "clock"],  crates: Never(&["actix", "diesel"]) },
    Room { name: "jobs",      may_enter: &["domain", "words", "store", "actions", "providers", "clock"],
                                                                crates: Never(&["actix", "diesel", "reqwest"]) },
    Room { name: "web",       may_enter: &["domain", "words", "store", "actions", "providers", "clock", "config", "password"],
                                                                crates: Never(&["diesel", "reqwest"]) },
    Room { name: "cli",       may_enter: &["domain", "words", "store", "actions", "providers", "clock", "config", "password", "web", "app"],
                                                                crates: Never(&["diesel", "reqwest"]) },
];

/// `web/routing.rs` asks that a handler says who may call it: no other file registers one.
#[test]
fn handlers_are_registered_in_one_way() {
    let web = sources().into_iter().filter(|file| file.path.starts_with("src/web/"));
    let others = web.filter(|file| file.path != "src/web/routing.rs");
    let found: Vec<String> = others.filter(registers_by_hand).map(|file| file.path).collect();
    assert!(found.is_empty(), "use web/routing.rs: {found:?}");
    let planted = Source { path: "src/web/x.rs".to_owned(), text: "web::get().to(show)".to_owned() };
    assert!(registers_by_hand(&planted));
}

fn registers_by_hand(file: &Source) -> bool {
    let code: String = code_only(&file.text).split_whitespace().collect();
    let methods = ["get", "post", "put", "patch", "delete", "head", "trace", "route"];
    methods.iter().any(|method| code.contains(&format!("web::{method}()")))
}

#[test]
fn rooms_are_entered_only_through_their_doors() {
    let (files, dependencies) = (sources(), dependencies());
    let found: Vec<String> = files.iter().flat_map(|file| forbidden_imports(file, &dependencies)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
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
    if file.path.ends_with("/tests.rs") || file.path.contains("/tests/") {
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
