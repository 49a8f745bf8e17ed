//! One text is one `MessageSid`: what a signature alone does not promise. It must not know the signature or the text.
//!
//! Twilio signs the sorted names and values run together, with nothing between them. `MessageSid=SMx, NumMedia=0` and
//! `MessageSid=SMxNumMedia0` therefore have the same signature, and whoever captured a START could send it again under
//! another identifier, after the STOP. Names must stay sorted whatever is re-cut, which leaves three ways, each closed here:
//!
//! * *A longer identifier* swallows what follows it. Real ones have exactly 34 characters, so 34 is the most.
//! * *A shorter one* leaves its end to the next name. After two letters the end begins with a digit or with one of `a` to
//!   `f`. A digit sorts before `MessageSid`. A small letter sorts after `To`, which then has no place left, and a webhook
//!   without `To` or `MessageStatus` is not read. So nothing shorter than two is taken; short ones appear in tests only.
//! * *Another one*, written into a text by somebody who wants it cut out later. The real name then stands once more
//!   somewhere in the signed characters, so the name may stand there as often as Twilio itself writes it and no more.

use super::webhook::Form;

/// Every name under which Twilio repeats the identifier of a text.
const NAMES: [&str; 3] = ["MessageSid", "SmsMessageSid", "SmsSid"];
/// How often Twilio writes the name itself: in `MessageSid` and in `SmsMessageSid`.
const WRITTEN: usize = 2;
const SHORTEST: usize = 2;
const LONGEST: usize = 34;

/// True when whoever signed these fields can have meant only this identifier. A form without one says nothing wrong.
pub(super) fn is_certain(form: &Form) -> bool {
    let given: Vec<&str> = NAMES.iter().flat_map(|name| form.all(name)).collect();
    let same = given.windows(2).all(|pair| matches!(pair, [one, other] if one == other));
    same && given.iter().all(|sid| is_sid(sid)) && form.signed().matches("MessageSid").count() <= WRITTEN
}

fn is_sid(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (SHORTEST..=LONGEST).contains(&text.len()) && text.bytes().all(letters)
}

#[cfg(test)]
mod tests;
