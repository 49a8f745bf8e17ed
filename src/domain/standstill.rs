//! Why the installation itself stopped all sending: the database is older than what was sealed outside it, so texts that leads
//! sent since, STOPs among them, may be missing. Pure words; who finds it out is elsewhere.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// How far a restore has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Standstill {
    /// The database lies behind the file of seals, whose last one was made then.
    Behind {
        /// When the seal was made that the database lacks.
        sealed_at: Timestamp,
        /// What leads sent before is in the database.
        since: Timestamp,
    },
    /// The older database was accepted; a person looks at the numbers and switches sending on.
    Accepted {
        /// When the seal was made that the database lacked.
        sealed_at: Timestamp,
        /// What leads sent before is in the database.
        since: Timestamp,
    },
}

impl Standstill {
    /// When the seal was made that the database lacks or lacked.
    pub fn sealed_at(self) -> Timestamp {
        let (Standstill::Behind { sealed_at, .. } | Standstill::Accepted { sealed_at, .. }) = self;
        sealed_at
    }

    /// What leads sent before is in the database.
    pub fn since(self) -> Timestamp {
        let (Standstill::Behind { since, .. } | Standstill::Accepted { since, .. }) = self;
        since
    }

    /// What is the matter, in a sentence or two.
    pub fn facts(self) -> String {
        match self {
            Standstill::Behind { sealed_at, .. } => format!(
                "Sending is switched off because this database is older than its last seal of {}: a backup was put in \
                 place, or seals were deleted. Texts that came after it, STOPs among them, may be missing here.",
                sealed_at.words()
            ),
            Standstill::Accepted { sealed_at, .. } => format!(
                "Sending is switched off because a backup was put in place that is older than the seal of {}. What was \
                 recorded between the two by hand, by form or by the API is not here.",
                sealed_at.words()
            ),
        }
    }

    /// The way on.
    pub fn next_step(self) -> &'static str {
        match self {
            Standstill::Behind { .. } => {
                "Run sms-opt-in after-restore on the server: it asks the provider for those texts. Then an administrator \
                 looks at the numbers and switches sending on again on the dashboard."
            }
            Standstill::Accepted { .. } => {
                "Look at the numbers that were changed by hand since the backup, then an administrator switches sending \
                 on again on the dashboard."
            }
        }
    }
}
