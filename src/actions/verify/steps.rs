//! The steps of each message's life against the message: numbered without gaps, the first when it was accepted, the last in
//! its status. Used by `verify`; it changes nothing.

use crate::domain::message::Status;
use crate::store::audit_rows::{MessageRow, StepRow};

use super::outbound::about;

/// Checks the steps of a number's messages; both come in the order of the messages. Says which messages count another number
/// of steps than they have: that count is ours.
pub(super) fn check(messages: &[MessageRow], steps: &[StepRow], problems: &mut Vec<String>) -> Vec<String> {
    let mut miscounted = Vec::new();
    for message in messages {
        let from = steps.partition_point(|step| step.message_id < message.id);
        let to = steps.partition_point(|step| step.message_id <= message.id);
        let own = steps.get(from..to).unwrap_or_default();
        problems.extend(flaw(message, own).map(|what| about(message, what)));
        if usize::try_from(message.steps) != Ok(own.len()) {
            miscounted.push(about(message, "its steps are counted wrong"));
        }
    }
    miscounted
}

fn flaw(message: &MessageRow, steps: &[StepRow]) -> Option<&'static str> {
    let is_numbered = (1..).zip(steps).all(|(n, step)| step.n == n);
    let (Some(first), Some(last), true) = (steps.first(), steps.last(), is_numbered) else {
        return Some("a step of its life is missing");
    };
    let claim = |at: i64| steps.iter().any(|step| step.at == at && step.status == Status::Sending.as_str());
    if first.at != message.created_at {
        Some("it was not accepted when it says")
    } else if last.status != message.status {
        Some("its status is not that of its last step")
    } else if message.claimed_at.is_some_and(|at| !claim(at)) {
        Some("no step of its life is the hand-off it names")
    } else {
        None
    }
}
