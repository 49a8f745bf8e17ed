//! How long a file may be, how much the core of the domain may hold.

use crate::{Source, sources};

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
fn a_long_file_is_found() {
    let long = Source { path: "src/web/x.rs".to_owned(), text: "//\n".repeat(LONGEST_FILE + 1) };
    assert!(too_long(&long).is_some());
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
