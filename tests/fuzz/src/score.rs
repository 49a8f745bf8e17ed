//! How well are texts read? Reads files of texts and says what came out of each label; `README.md` beside this folder has
//! the command. A line is `label<TAB>text`, with `revoke`, `unclear`, `none` or `start` as the label. A line without a tab
//! is a text of the label `none`.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::process::ExitCode;

#[allow(dead_code, unused_imports)]
#[path = "../../../src/domain"]
mod domain {
    pub mod language;
    pub mod reply;
    mod words;
}

use domain::reply::{Keywords, Reply, read};

fn main() -> ExitCode {
    let files: Vec<String> = env::args().skip(1).collect();
    if files.is_empty() {
        eprintln!("usage: score FILE.tsv ...");
        return ExitCode::from(2);
    }
    for file in files {
        match fs::read_to_string(&file) {
            Ok(text) => score(&file, &text),
            Err(error) => {
                eprintln!("{file}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// Prints each text that was not read as its label says, and the counts.
fn score(file: &str, text: &str) {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("label\t")) {
        let (label, text) = line.split_once('\t').unwrap_or(("none", line));
        let reading = read(text, &Keywords::default());
        let class = match reading.reply {
            Reply::Confirm | Reply::Help | Reply::Other => "none",
            Reply::OptIn => "start",
            ref other => other.as_str(),
        };
        *counts.entry((label, class)).or_default() += 1;
        if label != class {
            println!("{label:8} read as {class:8} {text:?}  <- {}", reading.matched.unwrap_or_default());
        }
    }
    println!("== {file}");
    for label in ["revoke", "unclear", "none", "start"] {
        let of = |class: &str| counts.get(&(label, class)).copied().unwrap_or_default();
        let all: usize = ["revoke", "unclear", "none", "start"].into_iter().map(of).sum();
        if all > 0 {
            println!(
                "{label:8} {all:5}: revoke {}, unclear {}, none {}, start {}",
                of("revoke"),
                of("unclear"),
                of("none"),
                of("start")
            );
        }
    }
}
