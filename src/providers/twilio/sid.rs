//! One text is one `MessageSid`: what a signature alone does not promise. It must not know the signature or the text.
//!
//! Twilio signs the sorted names and values run together, with nothing between them. `MessageSid=SMx, NumMedia=0` and
//! `MessageSid=SMxNumMedia0` therefore have the same signature, and a captured START could be sent again under another
//! identifier, after the STOP. Names must stay sorted whatever is re-cut, which leaves three ways:
//!
//! * *A longer identifier* swallows what follows it. Real ones have exactly 34 characters, so a longer one is misshapen.
//! * *A shorter one* leaves its end to the next name. After two letters the end begins with a digit or with one of `a` to
//!   `f`. A digit sorts before `MessageSid`. A small letter sorts after `To`, which then has no place left: no consent counts in
//!   a webhook without `To`, and a receipt without `MessageStatus` is not read. So one under two characters is misshapen; short ones appear in tests only.
//! * *Another one*, written into a text in order to be cut out later. The real name then stands once more somewhere in the
//!   signed characters: such a webhook is unsure, and a consent in it counts only when Twilio has the text under that id.
//!
//! A revocation needs no certainty: it counts whatever the identifier is worth.

use super::webhook::FormFields;
use crate::domain::message::IdCertainty;

/// Every name under which Twilio repeats the identifier of a text.
const NAMES: [&str; 3] = ["MessageSid", "SmsMessageSid", "SmsSid"];
/// The names that contain the word `MessageSid` and may stand in a webhook.
const KNOWN: [&str; 3] = ["MessageSid", "SmsMessageSid", "OriginalRepliedMessageSid"];
const SHORTEST: usize = 2;
const LONGEST: usize = 34;

/// How sure it is that the one who signed these fields meant this identifier. A form without one is unsure.
pub(super) fn certainty(form: &FormFields) -> IdCertainty {
    let given: Vec<&str> = NAMES.iter().flat_map(|name| form.all(name)).collect();
    if given.iter().all(|sid| sid.is_empty()) {
        return IdCertainty::Unsure;
    }
    let is_same = given.windows(2).all(|pair| matches!(pair, [one, other] if one == other));
    if !is_same || !given.iter().all(|sid| is_sid(sid)) {
        return IdCertainty::Contradicted;
    }
    let written = form.fields().filter(|(name, _)| KNOWN.contains(name)).count();
    match form.signed().matches("MessageSid").count() > written {
        true => IdCertainty::Unsure,
        false => IdCertainty::Certain,
    }
}

/// Every identifier that the fields give, as one word.
pub(super) fn all(form: &FormFields) -> String {
    let given: std::collections::BTreeSet<&str> = NAMES.iter().flat_map(|name| form.all(name)).collect();
    given.into_iter().collect::<Vec<_>>().join("+")
}

fn is_sid(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (SHORTEST..=LONGEST).contains(&text.len()) && text.bytes().all(letters)
}

#[cfg(test)]
mod tests;
