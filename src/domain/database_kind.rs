//! What a database is for: it is born simulated or real, and stays so until a person decides otherwise. Consent from
//! simulated phones never meets a real provider.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::words::words;

words! {
    /// Whose texts a database may hold.
    DatabaseKind {
        /// Simulated phones.
        Simulated = "simulated",
        /// People's phones, through a real provider.
        Real = "real",
    }
}

/// The texts that a database of an earlier version holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TextsHeld {
    /// Of simulated phones, or of demo data.
    pub simulated: bool,
    /// By a real provider.
    pub real: bool,
}

impl TextsHeld {
    /// What the database is by its texts, and by the provider it is started with where it holds none. `None` when it holds
    /// both: a person decides.
    pub fn judge(self, starts_simulated: bool) -> Option<DatabaseKind> {
        match (self.simulated, self.real) {
            (true, true) => None,
            (true, false) => Some(DatabaseKind::Simulated),
            (false, true) => Some(DatabaseKind::Real),
            (false, false) if starts_simulated => Some(DatabaseKind::Simulated),
            (false, false) => Some(DatabaseKind::Real),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_before_the_provider_and_both_kinds_are_undecided() {
        let judged = |simulated, real, starts| TextsHeld { simulated, real }.judge(starts);
        assert_eq!(judged(false, false, true), Some(DatabaseKind::Simulated));
        assert_eq!(judged(false, false, false), Some(DatabaseKind::Real));
        assert_eq!(judged(true, false, false), Some(DatabaseKind::Simulated));
        assert_eq!(judged(false, true, true), Some(DatabaseKind::Real));
        assert_eq!(judged(true, true, true), None);
    }
}
