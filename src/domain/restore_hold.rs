//! Why the installation itself stopped all sending: something shows that the database is older than it should be, so that
//! STOPs may be missing, or it holds texts of simulated phones beside real ones. `actions::restore` and
//! `actions::database_kind` find it out; `words` says it.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// Why sending stands still, and how far a restore has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum RestoreHold {
    /// The database lies behind the file of seals, whose last one was made then.
    Behind {
        /// When the seal was made that the database lacks.
        sealed_at: Timestamp,
        /// What leads sent before is in the database.
        since: Timestamp,
    },
    /// The database and the files beside it do not belong together.
    Suspected {
        /// What shows it.
        sign: RestoreSign,
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
    /// The database holds texts of simulated phones and of a real provider.
    Mixed,
}

/// What a restore always changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestoreSign {
    /// The database has seals, but their file is gone.
    NoSealFile,
    /// The database knows of starts, but the file with the last one's mark is gone.
    NoStartFile,
    /// The file's last mark is not the database's.
    OtherStart,
    /// There are seals, but no key to check them with.
    NoKey,
}

impl RestoreHold {
    /// When the seal was made that the database lacks or lacked.
    pub fn sealed_at(self) -> Timestamp {
        match self {
            RestoreHold::Behind { sealed_at, .. } | RestoreHold::Accepted { sealed_at, .. } => sealed_at,
            RestoreHold::Suspected { since, .. } => since,
            RestoreHold::Mixed => Timestamp::default(),
        }
    }

    /// What leads sent before is in the database, where a restore is the reason.
    pub fn since(self) -> Option<Timestamp> {
        match self {
            RestoreHold::Behind { since, .. }
            | RestoreHold::Suspected { since, .. }
            | RestoreHold::Accepted { since, .. } => Some(since),
            RestoreHold::Mixed => None,
        }
    }

    /// True while `after-restore` has not run since a restore was noticed.
    pub fn awaits_after_restore(self) -> bool {
        matches!(self, RestoreHold::Behind { .. } | RestoreHold::Suspected { .. })
    }

    /// True while an administrator cannot turn sending on.
    pub fn keeps_sending_off(self) -> bool {
        !matches!(self, RestoreHold::Accepted { .. })
    }
}
