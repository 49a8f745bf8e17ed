//! Reads the answer to "How did we get this number?" from a form. The contact page and the reminder page use it; it
//! writes nothing.

use std::str::FromStr;

use crate::actions::FieldError;
use crate::actions::send_message::CHOOSE_BASIS;
use crate::domain::evidence::{BasisKind, ContactBasis};

/// The basis that was given; none when both answers are blank.
pub(in crate::web) fn given(kind: &str, words: &str) -> Result<Option<ContactBasis>, FieldError> {
    if kind.is_empty() && words.trim().is_empty() {
        return Ok(None);
    }
    match BasisKind::from_str(kind) {
        Ok(kind) => Ok(Some(ContactBasis { kind, words: words.replace("\r\n", "\n") })),
        Err(_) => Err(FieldError::new("basis.kind", CHOOSE_BASIS)),
    }
}
