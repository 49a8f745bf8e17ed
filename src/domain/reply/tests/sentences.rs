//! Thousands of sentences put together from the tables: a demand stays a demand in any dress, and what is harmless stays so.

use super::*;
use crate::domain::reply::data::RuleKind;

/// Rows of one kind, taken apart: for each part the ways to say it.
fn rows(kind: RuleKind) -> Vec<Vec<Vec<&'static str>>> {
    let rules = DATA.rules.iter().filter(|rule| rule.kind == kind);
    let ways = |part: &'static Vec<String>| part.iter().map(String::as_str).collect();
    rules.map(|rule| rule.parts.iter().map(ways).collect()).collect()
}

/// One sentence of a row: the chosen way for each part.
fn sentence(row: &[Vec<&'static str>], choices: &[usize], between: &str) -> String {
    let parts: Vec<&str> =
        row.iter().zip(choices.iter().cycle()).map(|(ways, n)| ways[n % ways.len()]).collect();
    parts.join(between)
}

fn of(kind: RuleKind) -> impl Strategy<Value = Vec<Vec<&'static str>>> {
    prop::sample::select(rows(kind))
}

fn choices() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(any::<usize>(), 4)
}

/// Case, and letters between which something invisible stands.
fn dressed(text: &str, dress: u8) -> String {
    match dress % 5 {
        0 => text.to_lowercase(),
        1 => text.to_owned(),
        2 => text.chars().flat_map(|c| [c, '\u{200B}']).collect(),
        3 => text.to_lowercase().replace(' ', "  "),
        _ => text.to_lowercase().replace('O', "0").replace(' ', "\u{A0}"),
    }
}

const BEFORE: &[&str] = &[
    "",
    "Please ",
    "hi, ",
    "OK. ",
    "Good morning, ",
    "por favor ",
    "bonjour, ",
    "Seriously, ",
    "For the last time: ",
];
const AFTER: &[&str] =
    &["", ".", "!!!", " please", ", thanks", " por favor", " svp", " 😡", ". Thank you very much"];

fn is_revoked(text: &str) -> bool {
    matches!(plain(text).reply, ReplyIntent::Revoke { .. })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn every_plain_demand_in_any_dress_is_a_stop(
        row in of(RuleKind::Demand), choices in choices(), dress in any::<u8>(),
        before in prop::sample::select(BEFORE), after in prop::sample::select(AFTER),
        between in prop::sample::select(&[" ", " the damn ", " all these "][..]),
    ) {
        let between = if row.len() == 2 { between } else { " " };
        let text = format!("{before}{}{after}", dressed(&sentence(&row, &choices, between), dress));
        prop_assert!(is_revoked(&text), "{:?} {:?}", text, plain(&text));
    }

    #[test]
    fn every_keyword_with_courtesy_is_a_stop(
        (word, _) in prop::sample::select(&DATA.keywords.revoke[..]), dress in any::<u8>(), times in 1usize..4,
        before in prop::sample::select(BEFORE), after in prop::sample::select(AFTER),
    ) {
        let text = format!("{before}{}{after}", vec![dressed(&word, dress); times].join(" "));
        prop_assert!(is_revoked(&text), "{:?} {:?}", text, plain(&text));
    }

    #[test]
    fn a_long_keyword_with_one_slip_is_a_stop(
        word in prop::sample::select(&["UNSUBSCRIBE", "DESABONNER", "DESINSCRIRE"][..]),
        at in 0usize..11, slip in 0u8..4, letter in "[A-Z]", after in prop::sample::select(AFTER),
    ) {
        let at = at.min(word.len() - 1);
        let mut letters: Vec<char> = word.chars().collect();
        match slip {
            0 => { letters.remove(at); }
            1 => letters.insert(at, letters[at]),
            2 => letters[at] = letter.chars().next().unwrap(),
            _ => letters.swap(at, (at + 1).min(word.len() - 1)),
        }
        let text = format!("{}{after}", letters.into_iter().collect::<String>());
        prop_assert!(is_revoked(&text), "{:?} {:?}", text, plain(&text));
    }

    #[test]
    fn something_harmless_never_hides_a_stop(
        demand in of(RuleKind::Demand), harmless in of(RuleKind::Harmless), choices in choices(), first in any::<bool>(),
        mark in prop::sample::select(&[". ", ", ", "! ", " - ", " 🙄 "][..]),
    ) {
        let (demand, harmless) = (sentence(&demand, &choices, " "), sentence(&harmless, &choices, " "));
        let text = if first { format!("{demand}{mark}{harmless}") } else { format!("{harmless}{mark}{demand}") };
        let reply = plain(&text.to_lowercase()).reply;
        prop_assert!(matches!(reply, ReplyIntent::Revoke { .. } | ReplyIntent::Unclear), "{:?} {:?}", text, plain(&text));
    }

    #[test]
    fn a_keyword_as_a_sentence_of_its_own_always_wins(
        word in prop::sample::select(&["STOP", "Stop", "unsubscribe", "STOPALL", "opt out"][..]),
        harmless in of(RuleKind::Harmless), choices in choices(), first in any::<bool>(),
    ) {
        let harmless = sentence(&harmless, &choices, " ").to_lowercase();
        let text = if first { format!("{word}. {harmless}") } else { format!("{harmless}. {word}") };
        prop_assert!(is_revoked(&text), "{:?} {:?}", text, plain(&text));
    }

    #[test]
    fn something_harmless_alone_changes_nothing(row in of(RuleKind::Harmless), choices in choices(), dress in any::<u8>()) {
        let text = dressed(&sentence(&row, &choices, " "), dress);
        let reading = plain(&text);
        prop_assert!(reading.reply == ReplyIntent::Other, "{:?} {:?}", text, reading);
    }

    #[test]
    fn no_sentence_of_the_tables_is_a_start(
        kind in prop::sample::select(&[RuleKind::Start, RuleKind::Courtesy, RuleKind::Harmless, RuleKind::Unclear, RuleKind::Demand][..]),
        choices in choices(), nth in any::<usize>(), before in prop::sample::select(BEFORE), after in prop::sample::select(AFTER),
    ) {
        let rows = rows(kind);
        let text = format!("{before}{}{after}", sentence(&rows[nth % rows.len()], &choices, " "));
        let bare = is_start_with_courtesy(&text);
        prop_assert_eq!(plain(&text).reply == ReplyIntent::OptIn, bare, "{:?}", text);
    }

    #[test]
    fn any_words_of_the_tables_in_any_order_are_read(
        words in prop::collection::vec(any::<usize>(), 0..60), marks in prop::collection::vec("[ .,!?]{1,2}", 1..5),
    ) {
        let all: Vec<&str> = DATA.rules.iter().flat_map(|rule| rule.parts.iter().flatten())
            .flat_map(|phrase| phrase.split(' ')).collect();
        let text: String = words.iter().zip(marks.iter().cycle()).map(|(n, mark)| format!("{}{mark}", all[n % all.len()])).collect();
        let reading = plain(&text);
        prop_assert_eq!(reading.tier == ReplyTier::NoChange, reading.reply == ReplyIntent::Other);
        prop_assert_eq!(plain(&format!("{text}. STOP.")).reply == ReplyIntent::Other, false);
    }
}
