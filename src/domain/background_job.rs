//! Long work that runs in pieces: what there is, what becomes of it, and when a piece that failed is tried again. Pure.

use std::str::FromStr;

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::id::{MessageId, ProgramId};
use super::words::words;

/// An instance holds a job for so long without doing a piece of it; then another one may take it.
pub const JOB_LEASE: Duration = Duration::seconds(30);
/// A result file is kept for so long.
pub const RESULT_KEPT: Duration = Duration::days(7);
/// The row of a job that has ended is kept for so long. What people did with it stays in the administration log.
pub const JOB_KEPT: Duration = Duration::days(365);

words! {
    /// What a job does.
    JobKind {
        /// Gives a new program a row for each number.
        ProgramRows = "program_rows",
        /// Asks the gate again about messages that wait for an allowed time.
        Reschedule = "reschedule",
        /// Cancels what waited when a restored database was noticed.
        CancelWaiting = "cancel_waiting",
    }
}

words! {
    /// How a job stands.
    JobState {
        /// It waits for an instance.
        Queued = "queued",
        /// An instance is at it.
        Running = "running",
        /// All of it was done.
        Done = "done",
        /// It failed too often; a person may have it retried.
        Failed = "failed",
        /// A person or a later job ended it.
        Cancelled = "cancelled",
    }
}

/// What a job does, and with what.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobTask {
    /// Gives a new program a row for each number.
    ProgramRows {
        /// The new program.
        program: ProgramId,
    },
    /// Asks the gate again about messages that wait for an allowed time.
    Reschedule {
        /// Of which program; of all when there is none.
        program: Option<ProgramId>,
        /// The last message: later ones were accepted under what counts now.
        until: MessageId,
    },
    /// Cancels what waited when a restored database was noticed.
    CancelWaiting {
        /// The last message: later ones were accepted knowingly.
        until: MessageId,
    },
}

impl JobTask {
    /// Its kind.
    pub fn kind(&self) -> JobKind {
        match self {
            JobTask::ProgramRows { .. } => JobKind::ProgramRows,
            JobTask::Reschedule { .. } => JobKind::Reschedule,
            JobTask::CancelWaiting { .. } => JobKind::CancelWaiting,
        }
    }

    /// The program that it is about, if it is about one.
    pub fn program(&self) -> Option<ProgramId> {
        match self {
            JobTask::ProgramRows { program } => Some(*program),
            JobTask::Reschedule { program, .. } => *program,
            JobTask::CancelWaiting { .. } => None,
        }
    }
}

impl JobKind {
    /// True for a job that may end without being done: a new program stays "being prepared", and sending stays off, until the
    /// other ones are.
    pub fn is_optional(self) -> bool {
        self == JobKind::Reschedule
    }

    /// False for work that nothing may go on without: sending stays off until what waited is canceled.
    pub fn may_be_cancelled(self) -> bool {
        self != JobKind::CancelWaiting
    }
}

impl JobState {
    /// True for a job that a runner takes up by itself.
    pub fn is_active(self) -> bool {
        matches!(self, JobState::Queued | JobState::Running)
    }

    /// True for a job that a person may have taken up again.
    pub fn may_be_retried(self) -> bool {
        matches!(self, JobState::Failed | JobState::Cancelled)
    }
}

/// How long a job waits after so many failures in a row; `None` when it has failed too often.
pub fn wait_after(failures: i32) -> Option<Duration> {
    match failures {
        ..=1 => Some(Duration::seconds(5)),
        2 => Some(Duration::seconds(30)),
        3 => Some(Duration::minutes(2)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_fails_waits_longer_each_time_and_then_a_person_decides() {
        let waits: Vec<_> = (1..=5).map(|n| wait_after(n).map(|wait| wait.num_seconds())).collect();
        assert_eq!(waits, [Some(5), Some(30), Some(120), None, None]);
    }

    #[test]
    fn a_task_is_read_back_as_it_was_written() {
        let (id, message) = (uuid::Uuid::from_u128(7), MessageId::from(uuid::Uuid::max()));
        for task in [
            JobTask::ProgramRows { program: id.into() },
            JobTask::Reschedule { program: Some(id.into()), until: message },
            JobTask::Reschedule { program: None, until: message },
            JobTask::CancelWaiting { until: message },
        ] {
            let json = serde_json::to_string(&task).unwrap();
            assert!(json.contains(&format!("\"kind\":\"{}\"", task.kind())), "{json}");
            assert_eq!(serde_json::from_str::<JobTask>(&json).unwrap(), task);
        }
    }

    #[test]
    fn a_job_that_sending_waits_for_cannot_be_cancelled() {
        let fixed: Vec<_> = JobKind::ALL.iter().filter(|kind| !kind.may_be_cancelled()).collect();
        assert_eq!(fixed, [&JobKind::CancelWaiting]);
        let optional: Vec<_> = JobKind::ALL.iter().filter(|kind| kind.is_optional()).collect();
        assert_eq!(optional, [&JobKind::Reschedule]);
        assert!(JobState::ALL.iter().all(|state| !(state.is_active() && state.may_be_retried())));
    }
}
