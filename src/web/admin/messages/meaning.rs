//! What went wrong with a text, in plain words: one table for every page that shows a failure.

use crate::actions::send_message::code_of;
use crate::domain::gate::GateCheck;
use crate::domain::message::Status;
use crate::providers::carrier_codes::carrier_code;
use crate::store::messages::{Message, UNANSWERED};

/// A code in plain words.
pub(in crate::web::admin) struct CodeMeaning {
    pub(in crate::web::admin) code: String,
    pub(in crate::web::admin) cause: String,
    pub(in crate::web::admin) what_to_do: String,
}

/// Why a text did not go as wanted, in one sentence. A provider's words are for engineers, so the known meaning of its code
/// comes first; what the gate said is plain already, and says more than its code.
pub(in crate::web::admin) fn why(message: &Message) -> Option<String> {
    let code = open_code(message)?;
    let known = explain(code).map(|(cause, _)| cause.to_owned());
    let said = message.error_text.clone();
    let words = if message.status == Status::Failed { known.or(said) } else { said.or(known) };
    words.or_else(|| Some(format!("Code {code}")))
}

/// The code of what is in the way now. What was resolved since (an attempt that failed, an answer that came late) is in the
/// steps; older databases still have it on the message.
fn open_code(message: &Message) -> Option<&str> {
    let is_open = message.status.is_bad_end() || matches!(message.status, Status::Queued | Status::Sending);
    message.error_code.as_deref().filter(|_| is_open)
}

/// What is in a message's way, for its page.
pub(super) fn meaning(message: &Message) -> Option<CodeMeaning> {
    let (code, said) = (open_code(message)?.to_owned(), message.error_text.as_deref());
    let known = explain(&code);
    let cause = match (known, said) {
        (Some((cause, _)), Some(reason)) if code == CANCELLED => format!("{cause} Reason: {reason}"),
        (Some((cause, _)), _) => cause.to_owned(),
        (None, Some(said)) => said.to_owned(),
        (None, None) => "The provider gave no cause.".to_owned(),
    };
    let what_to_do =
        known.map_or("Look the code up in your provider's list of error codes.", |(_, what)| what);
    Some(CodeMeaning { code, cause, what_to_do: what_to_do.to_owned() })
}

/// What holds a message that waits: a check of the gate that fails now.
pub(super) fn of_check(check: &GateCheck) -> CodeMeaning {
    CodeMeaning {
        code: code_of(check.name).to_owned(),
        cause: check.facts.clone(),
        what_to_do: check.next_step.clone().unwrap_or_default(),
    }
}

const CANCELLED: &str = "cancelled";

/// Cause and next step for the codes of our own and of carriers that people meet.
pub(in crate::web::admin) fn explain(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "invalid_number" => ("The recipient isn't a phone number.", "Correct the number and send again."),
        "basis_required" => (
            "This program requires a note on how you got the number before the opt-in request is sent.",
            "Send it again from the contact page and say how you got the number.",
        ),
        "not_opted_in" => (
            "This contact hasn't opted in.",
            "Send a message to the contact. We send an opt-in request first, and the message after they reply START.",
        ),
        "opted_out" => (
            "This contact opted out.",
            "Only the lead can undo this: they must text START to your sender number.",
        ),
        "consent_ended" => (
            "Consent ended after the message was accepted.",
            "Send it again if it still matters. Consent is checked first.",
        ),
        "do_not_text" => {
            ("This number is on the Do Not Text list.", "An administrator can remove Do Not Text.")
        }
        "paused" => ("An unclear reply needs review.", "Review the reply."),
        "unreachable" => (
            "The carrier says this number can't receive texts.",
            "Ask the lead for a mobile number. Consent is kept.",
        ),
        "no_sender" => ("The program has no sender number.", "An administrator must add one to the program."),
        "sending_off" => {
            ("Sending is turned off.", "An administrator can turn it on again on the dashboard.")
        }
        CANCELLED => (
            "This message was canceled before it was sent.",
            "Send it again if it still matters. Consent is checked first.",
        ),
        UNANSWERED => (
            "The provider didn't respond in time.",
            "No action needed. We check with the provider before retrying.",
        ),
        "gave_up" => ("Every attempt failed.", "See the steps below. Send it again if it still matters."),
        "expired" => ("It expired before it could be sent.", "Send it again if it still matters."),
        _ => return carrier_code(code).map(|known| (known.cause.as_str(), known.next_step.as_str())),
    })
}
