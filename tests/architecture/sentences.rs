//! The domain says no sentences: it finds typed facts, and `words` puts them into English.

use crate::code::strings;
use crate::{Source, sources};

/// So many words make a sentence.
const FEWEST_WORDS: usize = 4;

#[test]
fn the_domain_says_no_sentences() {
    let found: Vec<String> = sources().iter().flat_map(sentences).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn a_sentence_in_the_domain_is_found() {
    let planted =
        |path: &str, text: &str| sentences(&Source { path: path.to_owned(), text: text.to_owned() }).len();
    for text in [
        "fn f() -> &'static str { \"This number has opted out.\" }",
        "let a = format!(\n    \"Opted out on {} by {by}.\", day\n);",
        "#[error(\"Enter a mobile number, please.\")]",
        "const A: &str = r#\"May we text this number?\"#;",
        "const A: &str = \"The wording is \\\n    too long.\";",
    ] {
        assert_eq!(planted("src/domain/x.rs", text), 1, "{text}");
        assert_eq!(planted("src/words/x.rs", text), 0, "{text}");
    }
    for text in [
        "// \"This number has opted out.\"",
        "/// \"This number has opted out.\"",
        "const A: &str = \"Opted in\";",
        "#[error(\"its evidence is not readable.\")]",
        "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    const A: &str = \"This number has opted out.\";\n}",
    ] {
        assert_eq!(planted("src/domain/x.rs", text), 0, "{text}");
    }
}

/// Strings of the domain that begin with a capital letter, have some words and end like a sentence.
fn sentences(file: &Source) -> Vec<String> {
    let is_test = file.path.split('/').any(|part| part.starts_with("tests"));
    if !file.path.starts_with("src/domain/") || is_test {
        return Vec::new();
    }
    let is_sentence = |text: &str| {
        text.starts_with(char::is_uppercase)
            && text.ends_with(['.', '?'])
            && text.split_whitespace().filter(|word| *word != "\\").count() >= FEWEST_WORDS
    };
    let found = strings(&file.text).into_iter().filter(|(_, text)| is_sentence(text));
    found.map(|(line, text)| format!("{}:{line}: {text}", file.path)).collect()
}
