//! Why the installation itself stopped all sending: something shows that the database is older than it should be, so that
//! STOPs may be missing, or it holds texts of simulated phones beside real ones. Words only; `actions::restore` and
//! `actions::database_kind` find it out.

use serde::{Deserialize, Serialize};

use super::calendar::LocalCalendar;
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

impl RestoreSign {
    fn facts(self) -> &'static str {
        match self {
            RestoreSign::NoSealFile => "the file of seals beside the database is missing",
            RestoreSign::NoStartFile => "the file of starts beside the database is missing",
            RestoreSign::OtherStart => {
                "the database and the file of starts beside it are from different times"
            }
            RestoreSign::NoKey => "the database has seals, but the secret key is missing",
        }
    }
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

    /// What stands still.
    pub fn headline(self) -> &'static str {
        "Sending is off. Messages wait; replies are still recorded."
    }

    /// Why, in a sentence or two.
    pub fn why(self, calendar: LocalCalendar) -> String {
        match self {
            RestoreHold::Behind { sealed_at, .. } => format!(
                "This database is older than its last seal of {}: a backup was restored, or seals were deleted. Later texts, \
                 including STOPs, may be missing.",
                calendar.time(sealed_at)
            ),
            RestoreHold::Suspected { sign, .. } => format!(
                "A backup seems to have been restored: {}. Recent texts, including STOPs, may be missing.",
                sign.facts()
            ),
            RestoreHold::Accepted { since, .. } => format!(
                "Sending stays off because a backup was restored. What was recorded after {} by hand, by form or through the \
                 API may be missing.",
                calendar.time(since)
            ),
            RestoreHold::Mixed => {
                "This database holds texts of simulated phones beside real ones. Consent from a simulated \
                 phone is not a person's consent."
                    .to_owned()
            }
        }
    }

    /// What stands still and why, in a few words.
    pub fn in_short(self) -> &'static str {
        match self {
            RestoreHold::Mixed => "Sending is off: simulated texts are in this database.",
            _ => "Sending is off: a backup was restored.",
        }
    }

    /// What stands still and why, where it is said alone.
    pub fn facts(self, calendar: LocalCalendar) -> String {
        format!("Sending is off. {}", self.why(calendar))
    }

    /// The next step.
    pub fn next_step(self) -> &'static str {
        match self {
            RestoreHold::Suspected { sign: RestoreSign::NoKey, .. } => {
                "Put the file of the secret key back, or set SECRET_KEY. Then run sms-opt-in after-restore on the server to get \
                 missing texts from the provider. Then an administrator checks the numbers and turns sending on."
            }
            RestoreHold::Behind { .. } | RestoreHold::Suspected { .. } => {
                "Run sms-opt-in after-restore on the server to get missing texts from the provider. Then an administrator \
                 checks the numbers and turns sending on, on the dashboard."
            }
            RestoreHold::Accepted { .. } => {
                "Check the numbers that were changed by hand since the backup. Then an administrator turns sending on, on \
                 the dashboard."
            }
            RestoreHold::Mixed => {
                "Stop the server and run sms-opt-in become real: it ends the simulated consents, keeps every opt-out, and \
                 says first what it will do. For trials, start the server with a new DATABASE_URL."
            }
        }
    }
}
