//! What people do to a number or a contact beside consent, as the timeline and the log tell it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::words::words;

words! {
    /// What was done.
    NoteKind {
        /// A contact came to this number from another one.
        NumberChanged = "number_changed",
        /// A contact left this number for another one.
        NumberLeft = "number_left",
        /// A person said that the number can be reached, whatever a carrier said.
        MarkedReachable = "marked_reachable",
    }
}
