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

impl Role {
    /// The label people read.
    pub fn label(self) -> &'static str {
        match self {
            Role::Administrator => "Administrator",
            Role::Support => "Support",
            Role::Auditor => "Auditor",
        }
    }
}
