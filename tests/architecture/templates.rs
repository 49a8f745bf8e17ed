//! Templates are read line by line: one element a line, at most 120 columns, and nothing that skips the escaping.

use std::fs;
use std::path::{Path, PathBuf};

/// No line of a template is longer than this, in characters.
const WIDEST_LINE: usize = 120;
/// The filter that prints a text as HTML without escaping it.
const UNESCAPED: &str = "|safe";
/// Templates that still print a finished part of a page. Each is to be mended; the list only gets shorter.
const LEFT: &[&str] =
    &["templates/contact/show.html", "templates/messages/show.html", "templates/troubleshoot/show.html"];

pub struct Template {
    pub path: String,
    pub text: String,
}

/// Every file below `templates`.
pub fn templates() -> Vec<Template> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut found) = (vec![root.join("templates")], Vec::new());
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push(Template { path, text });
            }
        }
    }
    assert!(found.len() > 40, "templates were not found");
    found
}

fn wide_lines(template: &Template) -> Vec<String> {
    let lines = template.text.lines().enumerate().map(|(at, line)| (at + 1, line.chars().count()));
    lines
        .filter(|(_, width)| *width > WIDEST_LINE)
        .map(|(at, width)| format!("{}:{at}: {width} columns, at most {WIDEST_LINE}", template.path))
        .collect()
}

fn is_unescaped(template: &Template) -> bool {
    let text: String = template.text.chars().filter(|c| !c.is_whitespace()).collect();
    text.contains(UNESCAPED)
}

#[test]
fn no_line_of_a_template_is_wide() {
    let found: Vec<String> = templates().iter().flat_map(wide_lines).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn no_template_skips_the_escaping() {
    let templates = templates();
    let mut found: Vec<&str> =
        templates.iter().filter(|t| is_unescaped(t)).map(|t| t.path.as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, LEFT);
}

#[test]
fn the_checker_finds_what_is_planted() {
    let template = |text: &str| Template { path: "templates/x.html".to_owned(), text: text.to_owned() };
    assert_eq!(wide_lines(&template(&format!("<p>\n{}", "é".repeat(121)))).len(), 1);
    assert!(wide_lines(&template(&"é".repeat(120))).is_empty());
    assert!(is_unescaped(&template("{{ panel | safe }}")));
    assert!(!is_unescaped(&template("{{ panel }}")));
}
