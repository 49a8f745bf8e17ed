//! One typing slip: which misspelled word is read as which, towards revocation only. Short words have a list of their real
//! slips; longer ones allow any one slip that is not a word of its own.

use super::data::{DATA, REVOKE_ONE};
use super::lexicon::Lexicon;

/// The words that are written as one with what stands beside them: `STOPTEXTING`, `PLEASESTOP`.
pub(super) const STUCK: &[&str] = &["STOP", "UNSUBSCRIBE"];

/// The longest word that is looked at for a slip; what is longer is no word.
const LONGEST: usize = 24;

/// A keyword that is cut short keeps at least so many letters.
const SHORTEST_CUT: usize = 5;
/// In one word no more letters are lost.
const MOST_LOST: usize = 2;
/// The letters that are lost on the way: those that have accents in Spanish and French.
const LOST_LETTERS: &[&str] = &["E", "A", "O", "U", "I", "N", "C"];

/// The word that was meant by one that is not known.
pub(super) fn meant(word: &str) -> Option<&'static str> {
    if !(3..=LONGEST).contains(&word.len()) || is_real(word) {
        return None;
    }
    let long = || DATA.typos.long_words.iter().find(|long| is_one_slip(word, long));
    DATA.typos
        .by_slip
        .get(word)
        .or_else(|| cut_short(word))
        .or_else(long)
        .or_else(|| without_vowels(word))
        .map(String::as_str)
}

/// A keyword that was cut short: `unsubsc`, `revok`.
fn cut_short(word: &str) -> Option<&'static String> {
    let keywords = DATA.keywords.revoke.iter().map(|(keyword, _)| keyword);
    let mut longer = keywords.filter(|keyword| keyword.starts_with(word) && !keyword.contains(' '));
    (word.len() >= SHORTEST_CUT).then(|| longer.next()).flatten()
}

/// `STOP2QUIT`, `stop2end`, `HELP4INFO`: the keyword in front of a figure that stands for a word.
pub(super) fn shorthand<'a>(word: &'a str, codes: &[String], lexicon: &Lexicon) -> Option<&'a str> {
    let (keyword, rest) = word.split_once(['2', '4'])?;
    let tables = DATA.keywords.revoke.iter().chain(&DATA.keywords.help);
    let is_keyword = tables.into_iter().any(|(known, _)| known == keyword);
    let is_word = lexicon.id(rest).is_some() || codes.iter().any(|code| code == rest);
    (is_keyword && is_word).then_some(keyword)
}

/// `textin`, `hittin`: the word with the G that is not spoken.
pub(super) fn with_g(word: &str) -> Option<String> {
    (word.len() >= SHORTEST_CUT && word.ends_with("IN")).then(|| format!("{word}G"))
}

/// `Kevin's`: the name.
pub(super) fn owner(word: &str) -> Option<&str> {
    word.strip_suffix('S').filter(|name| DATA.lists.names.iter().any(|known| known == name))
}

/// The word in which one letter or apostrophe was lost on the way, if it is a known one.
pub(super) fn with_lost_letter(word: &str, lexicon: &Lexicon, is_lost: fn(char) -> bool) -> Option<String> {
    if word.len() > LONGEST || word.chars().filter(|c| is_lost(*c)).count() > MOST_LOST {
        return None;
    }
    let without = word.replace(is_lost, "").replace(['\'', '’'], "");
    if lexicon.id(&without).is_some() {
        return Some(without);
    }
    let letters = LOST_LETTERS.iter().map(|letter| word.replace(is_lost, letter));
    letters.into_iter().find(|whole| lexicon.id(whole).is_some())
}

/// True for a word of its own, however near it is to a keyword.
pub(super) fn is_real(word: &str) -> bool {
    DATA.typos.real_words.contains(word)
}

/// True for a word of letters that is one slip away from STOP.
pub(super) fn is_slip_of_stop(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_uppercase()) && word != REVOKE_ONE && is_one_slip(word, REVOKE_ONE)
}

/// The known word of which nothing but the vowels were left out: `wrng nmbr`, `cntct`.
fn without_vowels(word: &str) -> Option<&'static String> {
    let is_vowel = |c: char| matches!(c, 'A' | 'E' | 'I' | 'O' | 'U');
    let is_it =
        |long: &&String| !word.contains(is_vowel) && long.chars().filter(|c| !is_vowel(*c)).eq(word.chars());
    DATA.typos.long_words.iter().find(is_it)
}

/// One letter left out, one too many, one wrong, or two neighbours swapped: Damerau and Levenshtein's distance of one, found
/// from what both words have in common at either end.
fn is_one_slip(word: &str, meant: &str) -> bool {
    if word.len().abs_diff(meant.len()) > 1 {
        return false;
    }
    let (typed, meant) = (word.as_bytes(), meant.as_bytes());
    let same_head = typed.iter().zip(meant).take_while(|(a, b)| a == b).count();
    let (Some(typed), Some(meant)) = (typed.get(same_head..), meant.get(same_head..)) else { return false };
    let tail = typed.iter().rev().zip(meant.iter().rev()).take_while(|(a, b)| a == b).count();
    match (typed.len() - tail, meant.len() - tail) {
        (0..=1, 0..=1) => true,
        (2, 2) => matches!((typed, meant), ([a, b, ..], [c, d, ..]) if a == d && b == c),
        _ => false,
    }
}

/// A word in which a letter is held down, with that letter once and twice: `STOOOP`, `PLEASEEE`, `ALLLL`.
pub(super) fn undouble(word: &str) -> Option<[String; 2]> {
    let (mut once, mut twice) = (String::new(), String::new());
    let (mut last, mut count, mut held) = (None, 0, false);
    for c in word.chars() {
        count = if last == Some(c) { count + 1 } else { 1 };
        last = Some(c);
        held |= count > 2;
        if count == 1 {
            once.push(c);
        }
        if count < 3 {
            twice.push(c);
        }
    }
    held.then_some([once, twice])
}

/// Digits and signs that stand for letters: `5T0P`, `$TOP`.
pub(super) fn without_leet(word: &str) -> Option<String> {
    if !word.contains(char::is_alphabetic) || word.chars().all(char::is_alphabetic) {
        return None;
    }
    let letter = |c| match c {
        '0' => 'O',
        '1' | '|' => 'I',
        '3' | '€' => 'E',
        '4' | '@' => 'A',
        '5' | '$' => 'S',
        '7' | '+' => 'T',
        '8' => 'B',
        other => other,
    };
    Some(word.chars().map(letter).collect())
}
