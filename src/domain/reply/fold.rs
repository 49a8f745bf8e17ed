//! How a text is brought to one shape before anything is compared with it: cut, compatibility forms resolved, accents and
//! invisible characters dropped, look-alike letters as Latin ones, capitals. Two strengths: the first counts for every word,
//! also for START; the second, for letters that only a playful or a hiding hand writes, counts towards revocation alone.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::data::DATA;

/// A text is cut to this many characters before anything else is done with it (RULES §2).
const MAX_CHARACTERS: usize = 1600;

/// Everything of [`super::normalise`] but the ends. A line's end stays one: a signature may follow.
pub(super) fn fold(text: &str) -> String {
    let text = repair(text);
    let mut folded = String::with_capacity(text.len().min(MAX_CHARACTERS));
    let cut = text.chars().take(MAX_CHARACTERS);
    let plain = cut.nfkd().filter(|c| !is_combining_mark(*c) && !is_invisible(*c));
    // Once more: one character may be a whole phrase in its compatibility form.
    for c in plain.flat_map(char::to_uppercase).take(MAX_CHARACTERS) {
        if !c.is_whitespace() {
            folded.push(latin(c));
        } else if c == '\n' {
            folded.truncate(folded.trim_end_matches(' ').len());
            folded.push('\n');
        } else if !folded.ends_with([' ', '\n']) {
            folded.push(' ');
        }
    }
    folded
}

/// A folded text in one line.
pub(super) fn one_line(folded: &str) -> Cow<'_, str> {
    if !folded.contains('\n') {
        return Cow::Borrowed(folded);
    }
    Cow::Owned(folded.split('\n').filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" "))
}

/// Puts back what a wrong encoding made of a letter or an apostrophe: `donâ€™t`, `don&#39;t`, `don´t`.
fn repair(text: &str) -> Cow<'_, str> {
    if !text.contains(['â', 'Ã', '&', '´']) {
        return Cow::Borrowed(text);
    }
    let cut: String = text.chars().take(MAX_CHARACTERS).collect();
    Cow::Owned(DATA.letters.broken.iter().fold(cut, |text, (broken, letter)| {
        if text.contains(broken.as_str()) { text.replace(broken.as_str(), letter) } else { text }
    }))
}

pub(super) fn strip(folded: &str) -> &str {
    folded.trim_matches(|c: char| c.is_whitespace() || is_punctuation(c))
}

/// A folded text with playful letters read as what they stand for: `🆂🆃🅾🅿`, `🇸🇹🇴🇵`, `ꜱᴛᴏᴘ`. Never used for START.
pub(super) fn unmask(folded: &str) -> Cow<'_, str> {
    if folded.is_ascii() {
        return Cow::Borrowed(folded);
    }
    Cow::Owned(folded.chars().map(|c| boxed(c).unwrap_or_else(|| find(&PLAYFUL, c))).collect())
}

/// The letter in a filled circle or square, or of a flag.
fn boxed(c: char) -> Option<char> {
    let rows = [0x1F150, 0x1F170, 0x1F1E6];
    let letter = rows.iter().find_map(|first| u32::from(c).checked_sub(*first).filter(|nth| *nth < 26))?;
    char::from_u32(u32::from('A') + letter)
}

/// Control and format characters, and letters that show nothing.
fn is_invisible(c: char) -> bool {
    let shown = c.is_whitespace() || !c.is_control();
    !shown
        || matches!(c,
            '\u{AD}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Quotes and punctuation, no emoji: a sign beside START may change what is meant.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c,
            '¡' | '¿' | '«' | '»' | '·' | '،' | '؛' | '؟' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}'
            | '\u{2E00}'..='\u{2E5D}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301F}')
}

fn latin(c: char) -> char {
    if c.is_ascii() { c } else { find(&SERIOUS, c) }
}

fn find(table: &HashMap<char, char>, c: char) -> char {
    table.get(&c).copied().unwrap_or(c)
}

static SERIOUS: LazyLock<HashMap<char, char>> = LazyLock::new(|| pairs(&DATA.letters.look_alikes));
static PLAYFUL: LazyLock<HashMap<char, char>> = LazyLock::new(|| pairs(&DATA.letters.playful));

fn pairs(table: &[(String, String)]) -> HashMap<char, char> {
    table.iter().flat_map(|(from, to)| from.chars().zip(to.chars())).collect()
}
