use super::data::DATA;
use super::*;
use proptest::prelude::*;

mod carriers;
mod disguises;
mod languages;
mod overlaps;
mod sentences;
mod tables;

fn plain(text: &str) -> ReplyReading {
    read(text, &ProgramKeywords::default())
}

fn revoked() -> ReplyIntent {
    ReplyIntent::Revoke { program_code: None }
}

/// True for a word of consent, alone or with the courtesy that may stand beside it.
fn is_start_with_courtesy(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(normalise).filter(|word| !word.is_empty()).collect();
    let others: Vec<&String> = words.iter().filter(|word| !is_start(word)).collect();
    let is_polite = others.iter().all(|word| DATA.lists.start_courtesy.contains(word));
    is_polite && words.iter().any(|word| is_start(word)) && !text.contains('?')
}

fn is_start(word: &str) -> bool {
    DATA.keywords.opt_in.iter().any(|(start, _)| start == word)
}

#[test]
fn every_word_of_the_tables_means_what_its_table_says() {
    let tables = &DATA.keywords;
    for (words, reply) in [
        (&tables.revoke, revoked()),
        (&tables.opt_in, ReplyIntent::OptIn),
        (&tables.confirm, ReplyIntent::Confirm),
        (&tables.help, ReplyIntent::Help),
    ] {
        for (word, language) in words {
            let reading = plain(word);
            assert_eq!((reading.reply, reading.tier), (reply.clone(), ReplyTier::Keyword), "{word}");
            assert_eq!((reading.matched.as_deref(), reading.language), (Some(word.as_str()), *language));
        }
    }
    for (from, to) in DATA.letters.look_alikes.iter().chain(&DATA.letters.playful) {
        assert_eq!(from.chars().count(), to.chars().count(), "{from}");
    }
}

#[test]
fn no_word_of_consent_counts_as_a_question() {
    let own = |word: &str| ProgramKeywords {
        opt_in: vec![word.into()],
        confirm: vec![],
        ..ProgramKeywords::default()
    };
    let tables = DATA.keywords.opt_in.iter().chain(&DATA.keywords.confirm);
    for (word, _) in tables {
        for text in
            ["{}?", "{} ?", "¿{}?", "{}?!", "{}??", "{}؟", "{}‽", "{}？", "{}⁇", "\"{}?\"", "{}\u{200B}?"]
        {
            let text = text.replace("{}", &word.to_lowercase());
            let reading = plain(&text);
            assert_eq!((reading.reply, reading.tier), (ReplyIntent::Other, ReplyTier::NoChange), "{text}");
            assert_eq!(reading.matched, Some(format!("{word}, as a question")), "{text}");
        }
    }
    assert_eq!(plain("start, please?").reply, ReplyIntent::Other);
    assert_eq!(read("rates?", &own("rates")).reply, ReplyIntent::Other);
    assert_eq!(read("rates!", &own("rates")).reply, ReplyIntent::OptIn);
    assert_eq!(plain("stop?").reply, revoked(), "only consent is strict");
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
        assert_eq!((reading.reply, reading.tier), (ReplyIntent::Other, ReplyTier::NoChange), "{text}");
        assert_eq!(reading.matched.as_deref(), Some("tapback"), "{text}");
    }
    for text in ["Liked it", "I liked “STOP”", "Liked “this” but STOP", "talk to “him”"] {
        assert_ne!(plain(text).matched.as_deref(), Some("tapback"), "{text}");
    }
}

#[test]
fn stop_and_a_programs_code_revokes_that_program() {
    let keywords = ProgramKeywords {
        program_codes: vec!["Rates".into(), "ALL".into(), "…".into()],
        ..ProgramKeywords::default()
    };
    let narrowed = ReplyIntent::Revoke { program_code: Some("Rates".into()) };
    for text in ["STOP RATES", "stop rates.", "Stop  «rates»", "STOP ra-tes"] {
        assert_eq!(read(text, &keywords).reply, narrowed, "{text}");
    }
    assert_eq!(read("STOP RATES", &keywords).matched.as_deref(), Some("STOP Rates"));
    assert_eq!(read("STOP ALL", &keywords).reply, revoked(), "never narrowed");
    for text in ["STOP LOANS", "STOP 7", "STOP RATES NOW"] {
        assert_eq!(
            read(text, &keywords).reply,
            revoked(),
            "{text}: a code that no program has narrows nothing"
        );
    }
    for text in ["PARAR RATES", "STOP RATES LIST"] {
        assert_eq!(
            read(text, &keywords).reply,
            ReplyIntent::Unclear,
            "{text}: what was meant is for a person to say"
        );
    }
    assert_eq!(read("RATES", &keywords).reply, ReplyIntent::Other);
    assert_eq!(read("STOP …", &keywords).reply, revoked());
}

#[test]
fn a_keyword_glued_to_a_programs_code_is_never_passed_over() {
    let codes = ["RATES", "LOANS", "PED"].map(str::to_owned).to_vec();
    let keywords = ProgramKeywords { program_codes: codes, ..ProgramKeywords::default() };
    let narrowed = ReplyIntent::Revoke { program_code: Some("RATES".into()) };
    for text in ["STOPRATES", "Stoprates!", "stop-rates", "stop.rates", "STOP+RATES", "\"stopRates\""] {
        assert_eq!(read(text, &keywords).reply, narrowed, "{text}");
    }
    for text in ["please stoprates", "STOPRATES thanks", "STOPRATESNOW", "STOP2RATES", "UNSUBSCRIBERATES"] {
        assert_eq!(read(text, &keywords).reply, revoked(), "{text}");
    }
    for text in [
        "CANCELRATES",
        "cancelloans",
        "ENDRATES",
        "QUITLOANS",
        "ratesstop",
        "STOPALLRATES",
        "PARARRATES",
        "cancelRATES please",
        "loansstop please",
    ] {
        assert_eq!(read(text, &keywords).reply, ReplyIntent::Unclear, "{text}");
    }
    assert_eq!(read("stopped", &keywords), plain("stopped"), "a word of its own is no code");
    assert_eq!(plain("STOPRATES").reply, ReplyIntent::Other, "no program has the code");
}

#[test]
fn a_program_adds_words_but_never_weakens_a_stop() {
    let keywords = ProgramKeywords {
        revoke: vec!["Remove me".into(), "JOIN".into()],
        opt_in: vec!["Join".into(), "STOP".into(), "opt-out".into(), "rates!".into(), "…".into()],
        confirm: vec!["ok".into()],
        help: vec!["who".into(), "quit".into()],
        program_codes: vec![],
    };
    for text in ["remove-me", "JOIN", "STOP", "opt out", "QUIT"] {
        assert_eq!(read(text, &keywords).reply, revoked(), "{text}");
    }
    assert_eq!(read("Rates", &keywords).reply, ReplyIntent::OptIn);
    assert_eq!(read("OK!", &keywords).reply, ReplyIntent::Confirm);
    assert_eq!(read("OK?", &keywords).reply, ReplyIntent::Other);
    assert_eq!(read("who?", &keywords).reply, ReplyIntent::Help);
    assert_eq!(read("…", &keywords).reply, ReplyIntent::Other);
    assert_eq!(read("", &keywords).reply, ReplyIntent::Other);
}

#[test]
fn a_very_long_text_is_cut_first() {
    assert_eq!(plain(&format!("STOP{}", " ".repeat(1_000_000))).reply, revoked());
    assert_eq!(plain(&format!("{}STOP", " ".repeat(1_600))).reply, ReplyIntent::Other);
    assert!(normalise(&"\u{FDFA}".repeat(100_000)).len() < 100_000);
}
