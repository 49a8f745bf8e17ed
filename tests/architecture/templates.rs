//! Templates are read line by line: one element a line, at most 120 bytes, nothing that skips the escaping, no address
//! that is typed by hand, and no icon that the sprite lacks.

use crate::code::files_below;
use crate::{Source, sources};

/// No line of a template is longer than this, in bytes.
const WIDEST_LINE: usize = 120;
/// The filter that prints a text as HTML without escaping it.
const UNESCAPED: &str = "|safe";
/// Addresses that stand in the code of `web`, with the reason; all others are in `web/routes.rs`.
const TYPED: &[(&str, &str)] = &[
    ("src/web/api/openapi.rs", "/"), // The server's own address, in the document of the API.
    ("src/web/hooks.rs", "/"),       // A request without a path, as its signature counts it.
    ("src/web/cookies.rs", "/"),     // A cookie for every page.
];

/// Every file below `templates`.
fn templates() -> Vec<Source> {
    let found = files_below("templates", "");
    assert!(found.len() > 40, "templates were not found");
    found
}

fn wide_lines(template: &Source) -> Vec<String> {
    let lines = template.text.lines().enumerate().map(|(at, line)| (at + 1, line.len()));
    lines
        .filter(|(_, width)| *width > WIDEST_LINE)
        .map(|(at, width)| format!("{}:{at}: {width} bytes, at most {WIDEST_LINE}", template.path))
        .collect()
}

fn is_unescaped(template: &Source) -> bool {
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
    let found: Vec<String> = templates().into_iter().filter(is_unescaped).map(|t| t.path).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// Texts in quotation marks that are addresses of this server. The paths of the API's document, which its macros read, are
/// held by a test of their own.
fn typed_addresses(path: &str, text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("path = "));
    let quoted = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
    let is_address = |text: &&str| {
        let mut letters = text.chars();
        letters.next() == Some('/') && letters.next().is_none_or(|c| c.is_ascii_lowercase() || c == '{')
    };
    let known = |text: &&str| TYPED.contains(&(path, *text));
    quoted.filter(is_address).filter(|text| !known(text)).map(|text| format!("{path}: {text:?}")).collect()
}

#[test]
fn no_address_is_typed_by_hand() {
    let code = sources().into_iter().map(|file| (file.path, file.text));
    let code = code.filter(|(path, _)| path.starts_with("src/web/") && path != "src/web/routes.rs");
    // The paths in the document that the reference of the API reads are not addresses.
    let code = code.filter(|(path, _)| path != "src/web/public/reference.rs");
    let templates = templates().into_iter().map(|template| (template.path, template.text));
    let found: Vec<String> =
        code.chain(templates).flat_map(|(path, text)| typed_addresses(&path, &text)).collect();
    assert!(found.is_empty(), "use web/routes.rs:\n{}\n", found.join("\n"));
}

#[test]
fn every_icon_is_in_the_sprite() {
    let sprite = include_str!("../../static/icons.svg");
    let names = |text: &str| {
        let after = |mark: &'static str| {
            let parts: Vec<String> = text.split(mark).skip(1).map(str::to_owned).collect();
            parts.into_iter().filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
        };
        after("icon(\"")
            .chain(after("icon: \""))
            .chain(after("item(page.section, \"").map(|key| format!("nav-{key}")))
            .collect::<Vec<_>>()
    };
    let code = sources().into_iter().map(|file| file.text);
    let used: Vec<String> =
        code.chain(templates().into_iter().map(|t| t.text)).flat_map(|text| names(&text)).collect();
    assert!(used.len() > 30, "icons were not found");
    let missing: Vec<&String> =
        used.iter().filter(|name| !sprite.contains(&format!("id=\"{name}\""))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_checker_finds_what_is_planted() {
    let template = |text: &str| Source { path: "templates/x.html".to_owned(), text: text.to_owned() };
    assert_eq!(wide_lines(&template(&format!("<p>\n{}", "é".repeat(61)))).len(), 1);
    assert!(wide_lines(&template(&"é".repeat(60))).is_empty());
    assert!(is_unescaped(&template("{{ panel | safe }}")));
    assert!(!is_unescaped(&template("{{ panel }}")));
    assert_eq!(typed_addresses("src/web/x.rs", "see_other(\"/contacts\")"), ["src/web/x.rs: \"/contacts\""]);
    assert_eq!(typed_addresses("templates/x.html", "<a href=\"/f/{{ slug }}\">").len(), 1);
    assert!(typed_addresses("src/web/x.rs", "see_other(routes::contacts()); \"a/b\"; \"/%2B\"").is_empty());
}
