//! Why the installation itself stopped all sending, and what to do about it. Log lines, the admin log, pages and the commands
//! say it.

use crate::domain::calendar::LocalCalendar;
use crate::domain::restore_hold::{RestoreHold, RestoreSign};

/// What stands still.
pub const HEADLINE: &str = "Sending is off. Messages wait; replies are still recorded.";

/// Why sending stays off while the job that cancels old messages is not done.
pub const CANCELING: &str =
    "Sending stays off until the messages that waited before the restore are canceled.";

/// Why, in a sentence or two.
pub fn why(hold: RestoreHold, calendar: LocalCalendar) -> String {
    match hold {
        RestoreHold::Behind { sealed_at, .. } => format!(
            "This database is older than its last seal of {}: a backup was restored, or seals were deleted. Later texts, \
             including STOPs, may be missing.",
            calendar.time(sealed_at)
        ),
        RestoreHold::Suspected { sign, .. } => format!(
            "A backup seems to have been restored: {}. Recent texts, including STOPs, may be missing.",
            sign_text(sign)
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
pub fn in_short(hold: RestoreHold) -> &'static str {
    match hold {
        RestoreHold::Mixed => "Sending is off: simulated texts are in this database.",
        _ => "Sending is off: a backup was restored.",
    }
}

/// What stands still and why, where it is said alone.
pub fn facts(hold: RestoreHold, calendar: LocalCalendar) -> String {
    format!("Sending is off. {}", why(hold, calendar))
}

/// The next step.
pub fn next_step(hold: RestoreHold) -> &'static str {
    match hold {
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

/// What shows that a backup was restored.
fn sign_text(sign: RestoreSign) -> &'static str {
    match sign {
        RestoreSign::NoSealFile => "the file of seals beside the database is missing",
        RestoreSign::NoStartFile => "the file of starts beside the database is missing",
        RestoreSign::OtherStart => "the database and the file of starts beside it are from different times",
        RestoreSign::NoKey => "the database has seals, but the secret key is missing",
    }
}
