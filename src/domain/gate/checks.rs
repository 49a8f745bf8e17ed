//! The gate's checks, one function each: the facts as a sentence, and what to do about a failure.

use super::timing::appointment;
use super::{
    CheckName, GateCheck, GateQuestion, MessagePurpose, RequestProgress, fail, number_to_text, pass,
};
use crate::domain::consent::{ConsentState, Source};
use crate::domain::time::Timestamp;

/// `opens` is when quiet hours next allow a text, if they do not now.
pub(super) fn consent(
    question: &GateQuestion<'_>,
    state: ConsentState,
    opens: Option<Timestamp>,
) -> GateCheck {
    let program = &question.program.name;
    match state {
        ConsentState::NotAsked if question.request.is_some() => {
            let facts = request_facts(question, opens);
            let step =
                "No action needed. Messages are held until the contact replies START to the opt-in request.";
            fail(CheckName::Consent, &facts, step)
        }
        ConsentState::OptedIn(since) => {
            let facts =
                format!("Opted in to {program} on {} by {}.", since.occurred_at.day(), since.source.label());
            pass(CheckName::Consent, &facts)
        }
        ConsentState::Invited(since) => {
            let facts =
                format!("We sent an opt-in request on {} and haven't heard back.", since.recorded_at.day());
            fail(
                CheckName::Consent,
                &facts,
                "Wait for the contact to reply START. Messages are held until then.",
            )
        }
        ConsentState::NotAsked => fail(
            CheckName::Consent,
            &not_asked(question),
            "Send a message. We send an opt-in request first, and the message after the contact replies START.",
        ),
        ConsentState::OptedOut(_) => fail(
            CheckName::Consent,
            &format!("Not opted in to {program}. This number opted out."),
            "See the next check.",
        ),
    }
}

/// What is recorded of a number that has not been asked, or whose request did not arrive.
fn not_asked(question: &GateQuestion<'_>) -> String {
    match &question.failed_request {
        Some(failed) => format!(
            "We sent an opt-in request on {}; it did not arrive ({}).",
            failed.sent_at.day(),
            failed.code
        ),
        None => format!("This number hasn't been invited to {}.", question.program.name),
    }
}

fn request_facts(question: &GateQuestion<'_>, opens: Option<Timestamp>) -> String {
    let Some(request) = question.request else { return String::new() };
    match (request.progress, request.due_at.or(opens)) {
        (RequestProgress::Scheduled, Some(at)) => {
            format!("Opt-in request scheduled for {}.", appointment(question, at))
        }
        (RequestProgress::Scheduled, None) => "Opt-in request is about to be sent.".to_owned(),
        (RequestProgress::Sending, _) => "Opt-in request is being sent.".to_owned(),
        (RequestProgress::Unknown, _) => {
            "The provider didn't respond to the opt-in request in time. We check with the provider before retrying."
                .to_owned()
        }
    }
}

pub(super) fn opt_out(question: &GateQuestion<'_>, state: ConsentState) -> GateCheck {
    match state {
        ConsentState::OptedOut(since) => {
            let by = match since.source {
                Source::Handset => "STOP",
                // Only time opts anybody out in the system's own name.
                Source::System => "the system: an unclear reply was not reviewed in time",
                source => source.label(),
            };
            let facts = format!("Opted out on {} by {by}.", since.occurred_at.day());
            let to = number_to_text(question.sender);
            let step = format!("Only the lead can undo this: they must text START to {to}.");
            fail(CheckName::OptOut, &facts, &step)
        }
        _ => pass(CheckName::OptOut, "No opt-out on record."),
    }
}

pub(super) fn do_not_text(question: &GateQuestion<'_>) -> GateCheck {
    match &question.consent.do_not_text {
        Some(flag) => fail(
            CheckName::DoNotText,
            &format!("Marked Do not text on {}: {}", flag.since.day(), flag.reason),
            "An administrator can remove Do Not Text.",
        ),
        None => pass(CheckName::DoNotText, "Not on the Do Not Text list."),
    }
}

pub(super) fn paused(question: &GateQuestion<'_>) -> GateCheck {
    match &question.consent.paused {
        Some(flag) => fail(
            CheckName::Paused,
            &format!("Paused on {}. An unclear reply needs review.", flag.since.day()),
            "Read the reply in Reviews. Then opt the contact out, or resume with a reason.",
        ),
        None => pass(CheckName::Paused, "No reply needs review."),
    }
}

pub(super) fn number(question: &GateQuestion<'_>) -> GateCheck {
    match question.unreachable {
        Some(code) => fail(
            CheckName::Number,
            &format!("The carrier says this number can't receive texts (code {code})."),
            "Ask the lead for a mobile number. If the carrier is wrong, mark this one as reachable.",
        ),
        // An answer to a text that came from the number needs no look into the number plan.
        None if question.purpose != MessagePurpose::Reply && !question.phone.is_valid() => fail(
            CheckName::Number,
            "This number isn't in the number plan, so nothing can be sent to it.",
            "Check the number with the lead. An opt-out can still be recorded.",
        ),
        None => pass(CheckName::Number, "Valid number. No carrier reported a problem."),
    }
}

pub(super) fn sender(question: &GateQuestion<'_>) -> GateCheck {
    match question.sender {
        Some(sender) => pass(CheckName::Sender, &format!("Texts are sent from {sender}.")),
        None => fail(
            CheckName::Sender,
            "No sender number is configured for this program.",
            "An administrator must set SENDER_NUMBER or add a sender number to the program.",
        ),
    }
}

pub(super) fn operations(question: &GateQuestion<'_>) -> GateCheck {
    if question.sending_on {
        return pass(CheckName::Operations, "Sending is on.");
    }
    if let Some(standstill) = question.standstill {
        return fail(CheckName::Operations, &standstill.facts(), standstill.next_step());
    }
    fail(
        CheckName::Operations,
        "Sending is turned off for all programs.",
        "An administrator can turn it on again on the dashboard.",
    )
}
