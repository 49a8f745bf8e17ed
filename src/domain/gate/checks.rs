//! The gate's checks, one function each: what they find, as facts.

use super::facts::CheckFacts;
use super::timing::appointment;
use super::{CheckName, GateCheck, GateQuestion, fail, pass};
use crate::domain::consent::ConsentState;
use crate::domain::time::Timestamp;

/// `opens` is when quiet hours next allow a text, if they do not now.
pub(super) fn consent(
    question: &GateQuestion<'_>,
    state: ConsentState,
    opens: Option<Timestamp>,
) -> GateCheck {
    let program = || question.program.name.clone();
    let name = CheckName::Consent;
    match state {
        ConsentState::OptedIn(since) => pass(name, CheckFacts::OptedIn { program: program(), since }),
        ConsentState::Invited(since) => fail(name, CheckFacts::NoAnswer { asked_at: since.recorded_at }),
        ConsentState::OptedOut(_) => fail(name, CheckFacts::EndedByOptOut { program: program() }),
        ConsentState::NotAsked => {
            fail(name, under_way(question, opens).unwrap_or_else(|| not_asked(question)))
        }
    }
}

/// The opt-in request that the carrier has not taken yet.
fn under_way(question: &GateQuestion<'_>, opens: Option<Timestamp>) -> Option<CheckFacts> {
    let request = question.request?;
    let at = request.due_at.or(opens).map(|at| appointment(question, at));
    Some(CheckFacts::RequestUnderWay { progress: request.progress, at })
}

/// What is recorded of a number that has not been asked, or whose request did not arrive.
fn not_asked(question: &GateQuestion<'_>) -> CheckFacts {
    match &question.failed_request {
        Some(failed) => CheckFacts::RequestFailed { sent_at: failed.sent_at, code: failed.code.clone() },
        None => CheckFacts::NotInvited { program: question.program.name.clone() },
    }
}

pub(super) fn opt_out(question: &GateQuestion<'_>, state: ConsentState) -> GateCheck {
    let name = CheckName::OptOut;
    match state {
        ConsentState::OptedOut(since) => {
            fail(name, CheckFacts::OptedOut { since, sender: question.sender.map(str::to_owned) })
        }
        _ => pass(name, CheckFacts::NoOptOut),
    }
}

pub(super) fn do_not_text(question: &GateQuestion<'_>) -> GateCheck {
    let name = CheckName::DoNotText;
    match &question.consent.do_not_text {
        Some(flag) => fail(name, CheckFacts::DoNotText { since: flag.since, reason: flag.reason.clone() }),
        None => pass(name, CheckFacts::MayText),
    }
}

pub(super) fn paused(question: &GateQuestion<'_>) -> GateCheck {
    let name = CheckName::Paused;
    match &question.consent.paused {
        Some(flag) => fail(name, CheckFacts::Paused { since: flag.since }),
        None => pass(name, CheckFacts::NotPaused),
    }
}

pub(super) fn number(question: &GateQuestion<'_>) -> GateCheck {
    let name = CheckName::Number;
    match question.unreachable {
        Some(code) => fail(name, CheckFacts::Unreachable { code: code.to_owned() }),
        // An answer to a text that came from the number needs no look into the number plan.
        None if !question.purpose.is_reply() && !question.phone.is_valid() => {
            fail(name, CheckFacts::NotInNumberPlan)
        }
        None => pass(name, CheckFacts::Reachable),
    }
}

pub(super) fn sender(question: &GateQuestion<'_>) -> GateCheck {
    let name = CheckName::Sender;
    match question.sender {
        Some(sender) => pass(name, CheckFacts::Sender { number: sender.to_owned() }),
        None => fail(name, CheckFacts::NoSender),
    }
}

pub(super) fn operations(question: &GateQuestion<'_>) -> GateCheck {
    let name = CheckName::Operations;
    match question.standstill {
        _ if question.sending_on => pass(name, CheckFacts::SendingOn),
        Some(hold) => fail(name, CheckFacts::Held(hold)),
        None => fail(name, CheckFacts::SendingOff),
    }
}
