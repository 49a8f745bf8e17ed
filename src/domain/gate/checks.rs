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
            fail(CheckName::Consent, &facts, step).under(request_headline(question, opens))
        }
        ConsentState::OptedIn(since) => {
            let facts = format!(
                "Opted in to {program} on {} by {}.",
                since.day(question.calendar),
                since.source.label()
            );
            pass(CheckName::Consent, &facts)
        }
        ConsentState::Invited(since) => {
            let day = question.calendar.day(since.recorded_at);
            fail(
                CheckName::Consent,
                &format!("We sent an opt-in request on {day} and haven't heard back."),
                "Wait for the contact to reply START. Messages are held until then.",
            )
            .under(format!("Invited on {day}; no reply yet."))
        }
        ConsentState::NotAsked => {
            let step = "Send a message. We send an opt-in request first, and the message after the contact replies START.";
            let check = fail(CheckName::Consent, &not_asked(question), step);
            match &question.failed_request {
                Some(failed) => check.under(format!("The opt-in request did not arrive ({}).", failed.code)),
                None => check,
            }
        }
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
            question.calendar.day(failed.sent_at),
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

/// The same in a few words.
fn request_headline(question: &GateQuestion<'_>, opens: Option<Timestamp>) -> String {
    let Some(request) = question.request else { return String::new() };
    match (request.progress, request.due_at.or(opens)) {
        (RequestProgress::Scheduled, Some(at)) => {
            format!("Opt-in request scheduled for {}.", question.calendar.time(at))
        }
        (RequestProgress::Scheduled, None) => "Opt-in request is about to be sent.".to_owned(),
        (RequestProgress::Sending, _) => "Opt-in request is being sent.".to_owned(),
        (RequestProgress::Unknown, _) => "The provider hasn't confirmed the opt-in request.".to_owned(),
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
            let facts = format!("Opted out on {} by {by}.", since.day(question.calendar));
            let to = number_to_text(question.sender);
            let step = format!("Only the contact can undo this: they must text START to {to}.");
            let day = since.day(question.calendar);
            let headline = match since.source {
                Source::System => format!("Opted out on {day}: an unclear reply wasn't reviewed."),
                _ => format!("Opted out on {day} by {by}."),
            };
            fail(CheckName::OptOut, &facts, &step).under(headline)
        }
        _ => pass(CheckName::OptOut, "No opt-out on record."),
    }
}

pub(super) fn do_not_text(question: &GateQuestion<'_>) -> GateCheck {
    match &question.consent.do_not_text {
        Some(flag) => fail(
            CheckName::DoNotText,
            &format!(
                "Added to the Do Not Text list on {}: {}",
                question.calendar.day(flag.since),
                flag.reason
            ),
            "An administrator can remove Do Not Text.",
        )
        .under(format!("On the Do Not Text list since {}.", question.calendar.day(flag.since))),
        None => pass(CheckName::DoNotText, "Not on the Do Not Text list."),
    }
}

pub(super) fn paused(question: &GateQuestion<'_>) -> GateCheck {
    match &question.consent.paused {
        Some(flag) => fail(
            CheckName::Paused,
            &format!("Paused on {}. An unclear reply needs review.", question.calendar.day(flag.since)),
            "Read the reply in Reviews. Then opt the contact out, or resume with a reason.",
        )
        .under("Paused: an unclear reply needs review."),
        None => pass(CheckName::Paused, "No reply needs review."),
    }
}

pub(super) fn number(question: &GateQuestion<'_>) -> GateCheck {
    match question.unreachable {
        Some(code) => fail(
            CheckName::Number,
            &format!("The carrier says this number can't receive texts (code {code})."),
            "Ask the contact for a mobile number. If the carrier is wrong, mark this one as reachable.",
        )
        .under(format!("The carrier says it can't receive texts (code {code}).")),
        // An answer to a text that came from the number needs no look into the number plan.
        None if question.purpose != MessagePurpose::Reply && !question.phone.is_valid() => fail(
            CheckName::Number,
            "This number isn't in the number plan, so nothing can be sent to it.",
            "Check the number with the contact. An opt-out can still be recorded.",
        )
        .under("This number isn't in the number plan."),
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
        return fail(CheckName::Operations, &standstill.facts(question.calendar), standstill.next_step())
            .under(standstill.in_short());
    }
    fail(
        CheckName::Operations,
        "Sending is turned off for all programs.",
        "An administrator can turn it on again on the dashboard.",
    )
}
