//! The gate's checks, one function each: the facts as a sentence, the rule with its source, and what to do about a failure.

use super::{Check, CheckName, Outcome, Question, number_to_text};
use crate::domain::consent::{Source, State};

pub(super) fn consent(question: &Question<'_>, state: State) -> Check {
    let program = &question.program.name;
    let rule = "47 CFR 64.1200(a)(1), (f)(9): prior express consent";
    match state {
        State::OptedIn(since) => {
            let facts =
                format!("Opted in to {program} on {} by {}.", since.occurred_at.day(), since.source.label());
            pass(CheckName::Consent, &facts, rule)
        }
        State::Invited(since) => {
            let facts = format!(
                "Not opted in yet: the opt-in template went out on {} and waits for START.",
                since.recorded_at.day()
            );
            fail(
                CheckName::Consent,
                &facts,
                rule,
                "Wait for the lead to reply START; messages are held until then.",
            )
        }
        State::NotAsked => fail(
            CheckName::Consent,
            &format!("Not opted in: this number was never asked to join {program}."),
            rule,
            "Send a message: the opt-in template goes first, the message is held until the lead replies START.",
        ),
        State::OptedOut(_) => fail(
            CheckName::Consent,
            &format!("Not opted in to {program}: the number opted out."),
            rule,
            "See the next check.",
        ),
    }
}

pub(super) fn opt_out(question: &Question<'_>, state: State) -> Check {
    let rule = "47 CFR 64.1200(a)(10): revocation by any reasonable means";
    match state {
        State::OptedOut(since) => {
            let by = match since.source {
                Source::Handset => "STOP",
                source => source.label(),
            };
            let facts = format!("Opted out on {} by {by}.", since.occurred_at.day());
            let to = number_to_text(question.sender);
            let step = format!("Only the lead can undo this: they must text START to {to}.");
            fail(CheckName::OptOut, &facts, rule, &step)
        }
        _ => pass(CheckName::OptOut, "No opt-out is in force.", rule),
    }
}

pub(super) fn do_not_text(question: &Question<'_>) -> Check {
    let rule = "House rule: an administrator's flag blocks even the invitation";
    match &question.consent.do_not_text {
        Some(flag) => fail(
            CheckName::DoNotText,
            &format!("Marked Do not text on {}: {}", flag.since.day(), flag.reason),
            rule,
            "An administrator can lift the flag on the contact page.",
        ),
        None => pass(CheckName::DoNotText, "Not marked.", rule),
    }
}

pub(super) fn paused(question: &Question<'_>) -> Check {
    let rule = "47 CFR 64.1200(a)(10): an unclear reply may be a revocation";
    match &question.consent.paused {
        Some(flag) => fail(
            CheckName::Paused,
            &format!("Paused on {}: an unclear reply waits for a person.", flag.since.day()),
            rule,
            "Read the reply and decide: revoke, or resume with a reason.",
        ),
        None => pass(
            CheckName::Paused,
            "Nothing was set aside. Replies that are no keyword are not judged yet: read the conversation.",
            rule,
        ),
    }
}

pub(super) fn number(question: &Question<'_>) -> Check {
    let rule = "ITU-T E.164; carrier error codes";
    match question.unreachable {
        Some(code) => fail(
            CheckName::Number,
            &format!("The carrier says that this number cannot receive texts (code {code})."),
            rule,
            "Ask the lead for a mobile number. Consent is kept.",
        ),
        None => pass(CheckName::Number, "A valid number; nothing says that it cannot receive texts.", rule),
    }
}

pub(super) fn sender(question: &Question<'_>) -> Check {
    let rule = "CTIA Messaging Principles 5.1: replies must reach the sender";
    match question.sender {
        Some(sender) => pass(CheckName::Sender, &format!("Texts go out from {sender}."), rule),
        None => fail(
            CheckName::Sender,
            "No sender number is configured for this program.",
            rule,
            "An administrator sets SENDER_NUMBER, or adds a sender number to the program.",
        ),
    }
}

/// Not a rule of this version yet, and it says so: nobody may take it for kept.
pub(super) fn quiet_hours() -> Check {
    let facts = "Not checked: quiet hours are not part of this version yet. Send at decent hours.";
    unasked(CheckName::QuietHours, facts, "47 CFR 64.1200(c)(1)")
}

/// As [`quiet_hours`].
pub(super) fn frequency() -> Check {
    let facts =
        "Not checked: frequency caps are not part of this version yet. Keep what the program promises.";
    unasked(CheckName::Frequency, facts, "CTIA Messaging Principles 5.1")
}

pub(super) fn operations(question: &Question<'_>) -> Check {
    let rule = "House rule: one switch stops everything";
    if question.sending_on {
        return pass(CheckName::Operations, "Sending is switched on.", rule);
    }
    if let Some(standstill) = question.standstill {
        return fail(CheckName::Operations, &standstill.facts(), rule, standstill.next_step());
    }
    fail(
        CheckName::Operations,
        "Sending is switched off for the whole installation.",
        rule,
        "An administrator switches it on again on the dashboard.",
    )
}

fn pass(name: CheckName, facts: &str, rule: &str) -> Check {
    Check { name, outcome: Outcome::Pass, facts: facts.to_owned(), rule: rule.to_owned(), next_step: None }
}

fn unasked(name: CheckName, facts: &str, rule: &str) -> Check {
    Check { outcome: Outcome::NotReached, ..pass(name, facts, rule) }
}

fn fail(name: CheckName, facts: &str, rule: &str, next_step: &str) -> Check {
    let next_step = Some(next_step.to_owned());
    Check { name, outcome: Outcome::Fail, facts: facts.to_owned(), rule: rule.to_owned(), next_step }
}
