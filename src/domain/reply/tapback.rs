//! Reactions that quote our own text (RULES §2, tier 4): a phone that cannot show `👍` on a text sends it in words. They
//! must be known before anything else is looked for, since what they quote says STOP.

use super::phrases::tapbacks::{AROUND, BEFORE_SIGN, OPENINGS, PICTURES, QUOTES, TO};

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
    OPENINGS.contains(&opening)
        || AROUND.iter().any(|(a, b)| opening.starts_with(a) && opening.ends_with(b))
        || TO.iter().any(|to| opening.strip_suffix(to).is_some_and(is_sign))
}

/// `Loved an image`: whole, or it could be a sentence of the lead's own.
fn is_about_a_picture(text: &str) -> bool {
    let is_picture = |rest: &str| PICTURES.contains(&rest.trim());
    OPENINGS.iter().any(|opening| text.strip_prefix(opening).is_some_and(is_picture))
        || AROUND.iter().any(|(a, b)| {
            text.strip_prefix(a).and_then(|rest| rest.split_once(b)).is_some_and(|(_, rest)| is_picture(rest))
        })
        || BEFORE_SIGN.iter().any(|words| text.strip_prefix(words).is_some_and(is_sign))
}

/// An emoji or several, and nothing a person would read as a word.
fn is_sign(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !text.contains(|c: char| c.is_alphanumeric() || c.is_ascii_punctuation())
}
