//! Reactions that quote our own text (RULES §2, tier 4): a phone that cannot show `👍` on a text sends it in words. They
//! must be known before anything else is looked for, since what they quote says STOP.

use super::data::{DATA, QUOTES};

/// Known words, then a quotation up to the end of the text or cut off by the carrier; or a reaction to a picture.
pub(super) fn is_tapback(folded: &str) -> bool {
    let text = folded.trim();
    let Some((opening, quoted)) = text.split_once(QUOTES) else {
        return is_about_a_picture(text);
    };
    let quoted = quoted.trim_end();
    opens(opening.trim_end()) && (quoted.ends_with(QUOTES) || !quoted.contains(QUOTES))
}

fn opens(opening: &str) -> bool {
    let known = &DATA.reactions;
    known.openings.iter().any(|words| words == opening)
        || known.around.iter().any(|(a, b)| opening.starts_with(a) && opening.ends_with(b))
        || known.to.iter().any(|to| opening.strip_suffix(to.as_str()).is_some_and(is_sign))
}

/// `Loved an image`: whole, or it could be a sentence of the lead's own.
fn is_about_a_picture(text: &str) -> bool {
    let known = &DATA.reactions;
    let is_picture = |rest: &str| known.pictures.iter().any(|picture| picture == rest.trim());
    let after_opening = |opening: &String| text.strip_prefix(opening.as_str()).is_some_and(is_picture);
    let after_sign = |words: &String| text.strip_prefix(words.as_str()).is_some_and(is_sign);
    let around = |(a, b): &(String, String)| {
        let rest = text.strip_prefix(a.as_str()).and_then(|rest| rest.split_once(b.as_str()));
        rest.is_some_and(|(_, rest)| is_picture(rest))
    };
    known.openings.iter().any(after_opening)
        || known.around.iter().any(around)
        || known.before_sign.iter().any(after_sign)
}

/// An emoji or several, and nothing a person would read as a word.
fn is_sign(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !text.contains(|c: char| c.is_alphanumeric() || c.is_ascii_punctuation())
}
