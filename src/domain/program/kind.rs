//! What a program's texts are for, as far as the law of revocation tells them apart.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::schedule::TextKind;
use crate::domain::words::words;

words! {
    /// Marketing or informational. A STOP with a code narrows to an informational program alone.
    ProgramKind {
        /// Its texts sell or follow up something.
        Marketing = "marketing",
        /// Its texts sell nothing.
        Informational = "informational",
    }
}

impl ProgramKind {
    /// As the dated facts about STOP name it.
    pub fn text_kind(self) -> TextKind {
        match self {
            ProgramKind::Marketing => TextKind::Marketing,
            ProgramKind::Informational => TextKind::Informational,
        }
    }
}
