//! Says in plain words what went wrong with a message. Every page that shows a failure uses it; it writes nothing.

use crate::actions::send_message::code_of;
use crate::domain::calendar::LocalCalendar;
use crate::domain::gate::GateCheck;
use crate::domain::message::Status;
use crate::store::messages::Message;
use crate::web::words::codes::explain;
use crate::words::{check_next_step, check_text};

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
pub(super) fn of_check(check: &GateCheck, calendar: LocalCalendar) -> CodeMeaning {
    CodeMeaning {
        code: code_of(check.name).to_owned(),
        cause: check_text(check, calendar),
        what_to_do: check_next_step(check).unwrap_or_default(),
    }
}

const CANCELLED: &str = "cancelled";
