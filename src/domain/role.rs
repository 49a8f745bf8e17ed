//! What the people who sign in may do.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::words::words;

words! {
    /// A person's role.
    Role {
        /// May do everything.
        Administrator = "administrator",
        /// May text, record consent and edit contacts.
        Support = "support",
        /// May look at everything, and change nothing.
        Auditor = "auditor",
    }
}
