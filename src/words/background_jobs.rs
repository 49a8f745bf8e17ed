//! Background jobs in words. Their pages and the pages of what they work on say it.

use crate::domain::background_job::{JobKind, JobState};

/// What a job does, as a headline.
pub fn title(kind: JobKind) -> &'static str {
    match kind {
        JobKind::ProgramRows => "Prepare a new program",
        JobKind::Reschedule => "Check scheduled messages again",
        JobKind::CancelWaiting => "Cancel old messages after a restore",
    }
}

/// What a job does and what holds while it runs.
pub fn description(kind: JobKind) -> &'static str {
    match kind {
        JobKind::ProgramRows => {
            "Adds each number to the lists of the new program. Until then, numbers that opted out of all programs may be \
             missing from its Opted out list. They are never texted."
        }
        JobKind::Reschedule => {
            "The rules or a program changed. Messages that wait for an allowed time are checked again. Every message is also \
             checked before it is sent."
        }
        JobKind::CancelWaiting => {
            "A backup was restored. Messages that waited when it was made may have been sent since, so they are canceled. \
             Sending stays off until this is done."
        }
    }
}

/// What a job counts.
pub fn counted(kind: JobKind) -> &'static str {
    match kind {
        JobKind::ProgramRows => "numbers",
        JobKind::Reschedule | JobKind::CancelWaiting => "messages",
    }
}

/// How a job stands.
pub fn state_label(state: JobState) -> &'static str {
    match state {
        JobState::Queued => "Waiting",
        JobState::Running => "Running",
        JobState::Done => "Done",
        JobState::Failed => "Failed",
        JobState::Cancelled => "Canceled",
    }
}
