//! The examples hold, and the tables are written as a text is compared with them.

use std::collections::HashSet;

use super::*;
use crate::domain::reply::data::{RULE_FILES, RuleFile, read_all};

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
    let phrases = DATA.rules.iter().flat_map(|rule| rule.parts.iter().flatten());
    for phrase in phrases.chain(&DATA.lists.small) {
        assert!(!phrase.trim().is_empty(), "an empty phrase");
        assert_eq!(phrase.split_whitespace().collect::<Vec<_>>().join(" "), *phrase, "spaces");
        for word in phrase.split(' ') {
            let shown = words::words_of(&fold(word), &[], &[], &matcher::RULES.lexicon);
            let texts: Vec<&str> = shown.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(texts, [word], "of {phrase}");
        }
    }
}

#[test]
fn every_file_of_words_can_be_read_and_says_nothing_twice() {
    let data = read_all().expect("a file of words");
    assert!(data.rules.len() > 200, "{} rules", data.rules.len());
    for (_, path, text) in RULE_FILES {
        let file: RuleFile = toml::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let sets = file.sets.values().map(Vec::as_slice);
        let parts = file.rules.values().flatten().flat_map(|block| block.parts());
        for part in parts.chain(sets) {
            let mut seen = HashSet::new();
            for word in part {
                assert!(seen.insert(word), "{path}: {word:?} stands twice in one list");
                assert_eq!(*word, word.to_lowercase(), "{path}: small letters");
                let set = word.strip_prefix('@');
                let is_known = |set| set == "names" || file.sets.contains_key(set);
                assert!(set.is_none_or(is_known), "{path}: {word} names no set");
            }
        }
        let used = |set: &String| text.contains(&format!("\"@{set}\""));
        assert!(file.sets.keys().all(used), "{path}: a set that no rule uses");
    }
    for wrong in ["[[demands]]\nsay = [\"stop\"]", "[[demand]]\nsay = [\"stop\"]\nthan = [\"me\"]"] {
        assert!(toml::from_str::<RuleFile>(wrong).is_err(), "an unknown key is an error: {wrong}");
    }
}

#[test]
fn a_slip_is_no_word_of_its_own_and_has_one_meaning() {
    let mut seen = HashSet::new();
    for (meant, slips) in &DATA.typos.short {
        for slip in slips.iter().map(|slip| slip.to_uppercase()) {
            assert!(!DATA.typos.real_words.contains(&slip), "{slip} is a word");
            assert_ne!(slip, meant.to_uppercase());
            assert!(seen.insert(slip.clone()), "{slip} has two meanings");
        }
    }
    for word in ["SHOP", "STEP", "SPOT", "TOP", "ATOP", "STOOP", "STOPS", "STRIP", "STP", "SOAP", "STAMP"] {
        assert!(!seen.contains(word), "{word} is a word");
        assert!(!matches!(plain(word).reply, ReplyIntent::Revoke { .. }), "{word}");
    }
    for word in &DATA.typos.real_words {
        assert!(!matches!(plain(word).reply, ReplyIntent::Revoke { .. }), "{word} is a word of its own");
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
        ("I am not interested in this so stop", "stop with other words"),
        ("one more text and I will sue you", "one more + text and will sue"),
        ("i dont know any Zebulon", "dont know any + zebulon"),
        ("don't stop texting me", "stop + texting, but asked, turned round or for a time"),
        ("the bus stop", "“bus stop” refers to something else"),
    ] {
        assert_eq!(plain(text).matched.as_deref(), Some(matched), "{text}");
    }
    assert_eq!(plain("who is this?").matched, None);
}

#[test]
fn a_programs_words_are_found_with_courtesy() {
    let keywords = ProgramKeywords {
        revoke: vec!["Basta ya".into(), "nomore".into()],
        help: vec!["who".into()],
        ..ProgramKeywords::default()
    };
    assert_eq!(read("nomore please", &keywords).reply, revoked());
    assert_eq!(read("hi, nomore. thanks", &keywords).reply, revoked());
    assert_eq!(read("who please", &keywords).reply, ReplyIntent::Help);
    assert_eq!(read("stop, who?", &keywords).reply, revoked());
}
