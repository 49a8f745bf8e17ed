//! What a person on the team has to look at because the rules cannot act on it alone.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::words::words;

words! {
    /// Why a text from a lead needs a look.
    NoticeKind {
        /// The sender is no phone number: whatever it says, no record can follow it.
        UnknownSender = "unknown_sender",
        /// The carrier read it as START, lifted its own block and welcomed the lead; our rules do not read it so.
        OptInAtCarrier = "opt_in_at_carrier",
        /// A consent in a doubtful webhook that the carrier did not confirm.
        UnconfirmedConsent = "unconfirmed_consent",
        /// START or YES with a question mark, from a number that is not in: the lead asks something.
        ConsentQuestion = "consent_question",
    }
}
