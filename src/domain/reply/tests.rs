use super::*;
use proptest::prelude::*;

fn plain(text: &str) -> Reading {
    read(text, &Keywords::default())
}

fn revoked() -> Reply {
    Reply::Revoke { program_code: None }
}

#[test]
fn the_public_table_holds() {
    for (text, reply) in EXAMPLES {
        assert_eq!(plain(text).reply.as_str(), *reply, "{text}");
    }
}

#[test]
fn every_word_of_the_tables_means_what_its_table_says() {
    for (words, reply) in
        [(REVOKE, revoked()), (OPT_IN, Reply::OptIn), (CONFIRM, Reply::Confirm), (HELP, Reply::Help)]
    {
        for word in words {
            let reading = plain(word);
            assert_eq!((reading.reply, reading.tier), (reply.clone(), Tier::Keyword), "{word}");
            assert_eq!(reading.matched.as_deref(), Some(*word));
        }
    }
    for (from, to) in LOOK_ALIKES {
        assert_eq!(from.chars().count(), to.chars().count(), "{from}");
    }
}

#[test]
fn a_text_is_compared_without_its_dress() {
    for (text, bare) in [
        ("  Stop.  ", "STOP"),
        ("«Arrêt»", "ARRET"),
        ("désabonner", "DESABONNER"),
        ("¡Alto!", "ALTO"),
        ("st\u{200B}op\u{FEFF}", "STOP"),
        ("s\u{336}t\u{336}o\u{336}p\u{336}", "STOP"),
        ("𝐒𝐓𝐎𝐏", "STOP"),
        ("stop\n \tall", "STOP ALL"),
        ("opt-out", "OPT-OUT"),
        ("'\"?\"'", ""),
    ] {
        assert_eq!(normalise(text), bare, "{text}");
    }
}

#[test]
fn a_reaction_to_our_own_text_changes_nothing() {
    for text in [
        "Liked “Acme: Reply STOP to end”",
        "Loved \"Reply START\"",
        "Disliked “STOP”",
        "Laughed at “Reply STOP”",
        "Emphasized “Reply “STOP” to end”",
        "Questioned “STOP”",
        "Reacted 🛑 to “Reply STOP”",
        "Removed a like from “Reply STOP”",
        "Removed an exclamation from “Reply STOP”",
        "\u{200A}\u{200B}👍\u{200B} to “\u{200A}Reply STOP\u{200A}”\u{200A}",
    ] {
        let reading = plain(text);
        assert_eq!((reading.reply, reading.tier), (Reply::Other, Tier::NoChange), "{text}");
        assert_eq!(reading.matched.as_deref(), Some("tapback"), "{text}");
    }
    for text in ["Liked it", "I liked “STOP”", "Liked “this” but STOP", "talk to “him”"] {
        assert_eq!(plain(text).matched, None, "{text}");
    }
}

#[test]
fn stop_and_a_programs_code_revokes_that_program() {
    let keywords =
        Keywords { program_codes: vec!["Rates".into(), "ALL".into(), "…".into()], ..Keywords::default() };
    let narrowed = Reply::Revoke { program_code: Some("Rates".into()) };
    for text in ["STOP RATES", "stop rates.", "Stop  «rates»", "STOP ra-tes"] {
        assert_eq!(read(text, &keywords).reply, narrowed, "{text}");
    }
    assert_eq!(read("STOP RATES", &keywords).matched.as_deref(), Some("STOP Rates"));
    assert_eq!(read("STOP ALL", &keywords).reply, revoked(), "never narrowed");
    for text in ["STOP LOANS", "STOP RATES NOW", "RATES", "PARAR RATES", "STOP …RATES LIST"] {
        assert_eq!(read(text, &keywords).reply, Reply::Other, "{text}");
    }
    assert_eq!(read("STOP …", &keywords).reply, revoked());
}

#[test]
fn a_program_adds_words_but_never_weakens_a_stop() {
    let keywords = Keywords {
        revoke: vec!["Remove me".into(), "JOIN".into()],
        opt_in: vec!["Join".into(), "STOP".into(), "opt-out".into(), "rates!".into(), "…".into()],
        confirm: vec!["ok".into()],
        help: vec!["who".into(), "quit".into()],
        program_codes: vec![],
    };
    for text in ["remove-me", "JOIN", "STOP", "opt out", "QUIT"] {
        assert_eq!(read(text, &keywords).reply, revoked(), "{text}");
    }
    assert_eq!(read("Rates", &keywords).reply, Reply::OptIn);
    assert_eq!(read("OK!", &keywords).reply, Reply::Confirm);
    assert_eq!(read("who?", &keywords).reply, Reply::Help);
    assert_eq!(read("…", &keywords).reply, Reply::Other);
    assert_eq!(read("", &keywords).reply, Reply::Other);
}

#[test]
fn a_very_long_text_is_cut_first() {
    assert_eq!(plain(&format!("STOP{}", " ".repeat(1_000_000))).reply, revoked());
    assert_eq!(plain(&format!("{}STOP", " ".repeat(1_600))).reply, Reply::Other);
    assert!(normalise(&"\u{FDFA}".repeat(100_000)).len() < 100_000);
}

/// A keyword in the disguises that phones, people and tricksters give it.
fn disguised(word: &str, choices: &[u8], accent: char) -> String {
    let letters = word.chars().zip(choices.iter().cycle());
    letters
        .map(|(letter, choice)| match choice % 6 {
            0 => letter.to_lowercase().to_string(),
            1 => format!("{letter}\u{200B}"),
            2 => format!("\u{2060}{letter}\u{FE0F}"),
            3 => format!("{letter}{accent}"),
            4 if letter.is_ascii_alphabetic() => {
                char::from_u32(u32::from(letter) + 0xFEE0).unwrap().to_string()
            }
            _ => letter.to_string(),
        })
        .collect()
}

proptest! {
    #[test]
    fn every_disguise_of_every_stop_is_a_stop(
        word in prop::sample::select(REVOKE),
        choices in prop::collection::vec(any::<u8>(), 1..12),
        accent in prop::sample::select(&['\u{301}', '\u{302}', '\u{308}', '\u{336}', '\u{20DD}'][..]),
        before in "[ \t\n.,!¡¿\"'“«(*_\\-\u{200B}\u{FEFF}]{0,5}",
        after in "[ \t\n.,!?\"'”»)*_\\-🛑\u{200B}\u{FEFF}]{0,5}",
    ) {
        let text = format!("{before}{}{after}", disguised(word, &choices, accent));
        prop_assert_eq!(plain(&text).reply, revoked(), "{:?}", text);
    }

    #[test]
    fn every_stop_spelled_out_is_a_stop(word in prop::sample::select(REVOKE), between in "[-._ ]|, |\\. | - ") {
        let letters: Vec<String> = word.replace(' ', "").chars().map(String::from).collect();
        prop_assert_eq!(plain(&letters.join(&between)).reply, revoked());
    }

    #[test]
    fn start_with_anything_meant_beside_it_is_no_start(
        before in "([a-z0-9👍❌]{1,6} )?", word in prop::sample::select(OPT_IN), after in "( ?[a-z0-9👍❌]{1,6})?",
    ) {
        let bare = before.is_empty() && after.is_empty();
        prop_assert_eq!(plain(&format!("{before}{word}{after}")).reply == Reply::OptIn, bare);
    }

    #[test]
    fn start_misspelled_is_no_start(word in prop::sample::select(OPT_IN), at in 0usize..9, letter in "[-A-Z._ ]") {
        let at = at.min(word.len() - 1);
        let mut slip = word.to_owned();
        slip.replace_range(at..=at, &letter);
        let trimmed = slip.trim_matches(['-', '.', '_', ' ']);
        prop_assert_eq!(plain(&slip).reply == Reply::OptIn, OPT_IN.contains(&trimmed));
    }

    #[test]
    fn no_other_sentence_is_a_start(text in "\\PC{0,60}|[a-zA-Z ]{0,12}") {
        let letters: String = text.chars().filter(|c| c.is_ascii_alphabetic()).collect();
        let likely = OPT_IN.contains(&letters.to_uppercase().as_str());
        prop_assert!(likely || !text.is_ascii() || plain(&text).reply != Reply::OptIn);
        prop_assert!(plain(&text).reply != Reply::OptIn || OPT_IN.contains(&normalise(&text).as_str()));
    }

    #[test]
    fn any_string_at_all_is_read(text in any::<String>()) {
        let reading = plain(&text);
        prop_assert_eq!(reading.tier == Tier::NoChange, reading.reply == Reply::Other);
    }

    #[test]
    fn normalising_twice_is_normalising_once(text in "[\u{0}-\u{FFFF}]{0,40}") {
        let once = normalise(&text);
        prop_assert_eq!(normalise(&once), once);
    }
}
