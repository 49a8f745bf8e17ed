//! The examples hold, and the tables are written as a text is compared with them.

use std::collections::HashSet;

use super::*;
use crate::domain::reply::phrases::{SMALL, TABLES, slips};

#[test]
fn every_example_means_what_its_file_says() {
    let wrong: Vec<String> = examples()
        .filter(|one| plain(&one.text).reply.as_str() != one.reply)
        .map(|one| format!("{:?} is no {} but {:?}", one.text, one.reply, plain(&one.text)))
        .collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_class_has_300_examples_in_groups_and_none_twice() {
    let mut seen = HashSet::new();
    for one in examples() {
        assert!(!one.group.is_empty(), "{:?} stands under no heading", one.text);
        assert!(seen.insert(one.text.clone()), "{:?} stands twice", one.text);
    }
    for class in ["revoke", "opt_in", "confirm", "help", "unclear", "other"] {
        let count = examples().filter(|one| one.reply == class).count();
        assert!(count >= 300, "{class} has {count} examples");
    }
}

#[test]
fn an_escape_is_the_character_it_names() {
    let hidden = examples().find(|one| one.text == "st\u{200B}op");
    assert_eq!(hidden.map(|one| one.reply), Some("revoke"));
    assert!(examples().all(|one| !one.text.contains("\\u{")), "an escape that names no character");
}

#[test]
fn every_phrase_is_written_as_a_text_is_compared() {
    let phrases = TABLES.iter().flat_map(|(.., rows)| rows.iter().copied().flatten());
    for phrase in phrases.flat_map(|part| part.split('|')).chain([SMALL]) {
        assert!(!phrase.trim().is_empty(), "an empty phrase");
        for word in phrase.split_whitespace() {
            let shown = words::words_of(&fold(word), &rules::RULES.lexicon);
            let texts: Vec<&str> = shown.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(texts, [word], "of {phrase}");
        }
    }
}

#[test]
fn a_slip_is_no_word_of_its_own_and_has_one_meaning() {
    let mut seen = HashSet::new();
    for (meant, typed) in slips::SHORT_SLIPS {
        for slip in *typed {
            assert!(!slips::REAL_WORDS.contains(slip), "{slip} is a word");
            assert!(seen.insert(*slip), "{slip} has two meanings");
            assert_ne!(slip, meant);
        }
    }
    for word in ["SHOP", "STEP", "SPOT", "TOP", "ATOP", "STOOP", "STOPS", "STRIP", "STP", "SOAP", "STAMP"] {
        assert!(!seen.contains(word), "{word} is a word");
        assert!(!matches!(plain(word).reply, Reply::Revoke { .. }), "{word}");
    }
    for word in slips::REAL_WORDS {
        assert!(!matches!(plain(word).reply, Reply::Revoke { .. }), "{word} is a word of its own");
    }
}

#[test]
fn the_reading_says_what_matched() {
    for (text, matched) in [
        ("STOP", "STOP"),
        ("please take me off your damn list", "take me off + list"),
        ("unsubcribe", "UNSUBSCRIBE (one slip: UNSUBCRIBE)"),
        ("please stop", "stop with other words"),
        ("st op", "STOP in pieces"),
        ("not interested, stop", "stop with other words"),
        ("I am not interested in this so stop", "stop and not interested"),
        ("don't stop texting me", "stop + texting, but asked, turned round or for a time"),
        ("the bus stop", "bus stop, about something else"),
    ] {
        assert_eq!(plain(text).matched.as_deref(), Some(matched), "{text}");
    }
    assert_eq!(plain("who is this?").matched, None);
}

#[test]
fn a_programs_words_are_found_with_courtesy() {
    let keywords = Keywords {
        revoke: vec!["Basta ya".into(), "nomore".into()],
        help: vec!["who".into()],
        ..Keywords::default()
    };
    assert_eq!(read("nomore please", &keywords).reply, revoked());
    assert_eq!(read("hi, nomore. thanks", &keywords).reply, revoked());
    assert_eq!(read("who please", &keywords).reply, Reply::Help);
    assert_eq!(read("stop, who?", &keywords).reply, revoked());
}
