//! Keywords in every dress: a disguised STOP is a STOP, and nothing but the bare word is a START.

use super::*;

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
        (word, _) in prop::sample::select(&DATA.keywords.revoke[..]),
        choices in prop::collection::vec(any::<u8>(), 1..12),
        accent in prop::sample::select(&['\u{301}', '\u{302}', '\u{308}', '\u{336}', '\u{20DD}'][..]),
        before in "[ \t\n.,!¡¿\"'“«(*_\\-\u{200B}\u{FEFF}]{0,5}",
        after in "[ \t\n.,!?\"'”»)*_\\-🛑\u{200B}\u{FEFF}]{0,5}",
    ) {
        let text = format!("{before}{}{after}", disguised(&word, &choices, accent));
        prop_assert_eq!(plain(&text).reply, revoked(), "{:?}", text);
    }

    #[test]
    fn a_stop_without_end_is_a_stop(times in 2usize..500, cut in 0usize..4, spaced in any::<bool>()) {
        let text = format!("{}{}", "STOP".repeat(times), &"STOP"[..cut]);
        let spelled: String = text.chars().flat_map(|c| [c, ' ']).collect();
        prop_assert_eq!(plain(if spaced { &spelled } else { &text }).reply, revoked());
    }

    #[test]
    fn every_stop_spelled_out_is_a_stop((word, _) in prop::sample::select(&DATA.keywords.revoke[..]), between in "[-._ ]|, |\\. | - ") {
        let letters: Vec<String> = word.replace(' ', "").chars().map(String::from).collect();
        prop_assert_eq!(plain(&letters.join(&between)).reply, revoked());
    }

    #[test]
    fn start_with_anything_meant_beside_it_is_no_start(
        before in "([a-z0-9👍❌]{1,6} )?", (word, _) in prop::sample::select(&DATA.keywords.opt_in[..]), after in "( ?[a-z0-9👍❌]{1,6})?",
    ) {
        let text = format!("{before}{word}{after}");
        prop_assert_eq!(plain(&text).reply == ReplyIntent::OptIn, is_start_with_courtesy(&text));
    }

    #[test]
    fn start_misspelled_is_no_start((word, _) in prop::sample::select(&DATA.keywords.opt_in[..]), at in 0usize..9, letter in "[-A-Z._ ]") {
        let at = at.min(word.len() - 1);
        let mut slip = word.to_owned();
        slip.replace_range(at..=at, &letter);
        let trimmed = slip.trim_matches(['-', '.', '_', ' ']);
        prop_assert_eq!(plain(&slip).reply == ReplyIntent::OptIn, is_start(trimmed));
    }

    #[test]
    fn no_other_sentence_is_a_start(text in "\\PC{0,60}|[a-zA-Z ]{0,12}") {
        let letters: String = text.chars().filter(|c| c.is_ascii_alphabetic()).collect();
        let likely = is_start(&letters.to_uppercase());
        prop_assert!(likely || !text.is_ascii() || plain(&text).reply != ReplyIntent::OptIn);
        prop_assert!(plain(&text).reply != ReplyIntent::OptIn || is_start_with_courtesy(&text));
    }

    #[test]
    fn any_string_at_all_is_read(text in any::<String>()) {
        let reading = plain(&text);
        prop_assert_eq!(reading.tier == ReplyTier::NoChange, reading.reply == ReplyIntent::Other);
    }

    #[test]
    fn normalising_twice_is_normalising_once(text in "[\u{0}-\u{FFFF}]{0,40}") {
        let once = normalise(&text);
        prop_assert_eq!(normalise(&once), once);
    }
}
