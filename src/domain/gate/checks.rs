//! The gate's checks, one function each: the facts as a sentence, and what to do about a failure.

use super::timing::appointment;
use super::{Check, CheckName, Outcome, Purpose, Question, RequestProgress, number_to_text};
use crate::domain::consent::{Source, State};
use crate::domain::time::Timestamp;

/// `opens` is when quiet hours next allow a text, if they do not now.
pub(super) fn consent(question: &Question<'_>, state: State, opens: Option<Timestamp>) -> Check {
    let program = &question.program.name;
    match state {
        State::NotAsked if question.request.is_some() => {
            let facts = request_facts(question, opens);
            let step =
                "No action needed: messages are held until the lead replies START to the opt-in request.";
            fail(CheckName::Consent, &facts, step)
        }
        State::OptedIn(since) => {
            let facts =
                format!("Opted in to {program} on {} by {}.", since.occurred_at.day(), since.source.label());
            pass(CheckName::Consent, &facts)
        }
        State::Invited(since) => {
            let facts =
                format!("Not opted in yet: invited on {}; START has not come.", since.recorded_at.day());
            fail(
                CheckName::Consent,
                &facts,
                "Wait for the lead to reply START; messages are held until then.",
            )
        }
        State::NotAsked => fail(
            CheckName::Consent,
            &format!("Not opted in: this number was never asked to join {program}."),
            "Send a message: the opt-in template goes first, the message is held until the lead replies START.",
        ),
        State::OptedOut(_) => fail(
            CheckName::Consent,
            &format!("Not opted in to {program}: the number opted out."),
            "See the next check.",
        ),
    }
}

fn request_facts(question: &Question<'_>, opens: Option<Timestamp>) -> String {
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

pub(super) fn opt_out(question: &Question<'_>, state: State) -> Check {
    match state {
        State::OptedOut(since) => {
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
        _ => pass(CheckName::OptOut, "No opt-out is in force."),
    }
}

pub(super) fn do_not_text(question: &Question<'_>) -> Check {
    match &question.consent.do_not_text {
        Some(flag) => fail(
            CheckName::DoNotText,
            &format!("Marked Do not text on {}: {}", flag.since.day(), flag.reason),
            "An administrator can lift the flag on the contact page.",
        ),
        None => pass(CheckName::DoNotText, "Not marked."),
    }
}

pub(super) fn paused(question: &Question<'_>) -> Check {
    match &question.consent.paused {
        Some(flag) => fail(
            CheckName::Paused,
            &format!("Paused on {}: an unclear reply waits for a person.", flag.since.day()),
            "Read the reply in the review desk and decide: revoke, or resume with a reason.",
        ),
        None => pass(CheckName::Paused, "No unclear reply waits."),
    }
}

pub(super) fn number(question: &Question<'_>) -> Check {
    match question.unreachable {
        Some(code) => fail(
            CheckName::Number,
            &format!("The carrier says that this number cannot receive texts (code {code})."),
            "Ask the lead for a mobile number. If the carrier is wrong, mark this one as reachable.",
        ),
        // An answer to a text that came from the number needs no look into the number plan.
        None if question.purpose != Purpose::Reply && !question.phone.is_valid() => fail(
            CheckName::Number,
            "This number isn't in the number plan, so nothing can be sent to it.",
            "Check the number with the lead. An opt-out can still be recorded.",
        ),
        None => pass(CheckName::Number, "A valid number; nothing says that it cannot receive texts."),
    }
}

pub(super) fn sender(question: &Question<'_>) -> Check {
    match question.sender {
        Some(sender) => pass(CheckName::Sender, &format!("Texts go out from {sender}.")),
        None => fail(
            CheckName::Sender,
            "No sender number is configured for this program.",
            "An administrator sets SENDER_NUMBER, or adds a sender number to the program.",
        ),
    }
}

pub(super) fn operations(question: &Question<'_>) -> Check {
    if question.sending_on {
        return pass(CheckName::Operations, "Sending is switched on.");
    }
    if let Some(standstill) = question.standstill {
        return fail(CheckName::Operations, &standstill.facts(), standstill.next_step());
    }
    fail(
        CheckName::Operations,
        "Sending is switched off for the whole installation.",
        "An administrator switches it on again on the dashboard.",
    )
}

pub(super) fn pass(name: CheckName, facts: &str) -> Check {
    Check { name, outcome: Outcome::Pass, facts: facts.to_owned(), next_step: None }
}

pub(super) fn fail(name: CheckName, facts: &str, next_step: &str) -> Check {
    let next_step = Some(next_step.to_owned());
    Check { name, outcome: Outcome::Fail, facts: facts.to_owned(), next_step }
}
