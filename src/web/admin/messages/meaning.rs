//! What went wrong with a text, in plain words: one table for every page that shows a failure.

use crate::domain::message::Status;
use crate::store::messages::{Message, UNANSWERED};

/// A code in plain words.
pub(in crate::web::admin) struct Meaning {
    pub(in crate::web::admin) code: String,
    pub(in crate::web::admin) cause: String,
    pub(in crate::web::admin) what_to_do: &'static str,
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
pub(super) fn meaning(message: &Message) -> Option<Meaning> {
    let (code, said) = (open_code(message)?.to_owned(), message.error_text.as_deref());
    let known = explain(&code);
    let cause = match (known, said) {
        (Some((cause, _)), Some(reason)) if code == CANCELLED => format!("{cause} Reason: {reason}"),
        (Some((cause, _)), _) => cause.to_owned(),
        (None, Some(said)) => said.to_owned(),
        (None, None) => "No cause was given.".to_owned(),
    };
    let what_to_do =
        known.map_or("Look the code up in your provider's list of error codes.", |(_, what)| what);
    Some(Meaning { code, cause, what_to_do })
}

const CANCELLED: &str = "cancelled";

/// Cause and way on for the codes of our own and of Twilio that people meet.
pub(in crate::web::admin) fn explain(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "invalid_number" => {
            ("What was given as the recipient is no phone number.", "Correct the number and send again.")
        }
        "basis_required" => (
            "The program asks how you got a number before its opt-in template goes out, and nobody said so.",
            "Write it again on the contact's page, and say there how you got the number.",
        ),
        "not_opted_in" => (
            "The lead has not opted in.",
            "Send a message to the contact: the opt-in template goes first, and the message follows their START.",
        ),
        "opted_out" => (
            "The lead opted out of texts.",
            "Only the lead can undo this: they must text START to your sender number.",
        ),
        "do_not_text" => (
            "An administrator marked the number Do not text.",
            "An administrator can clear the flag on the contact's page.",
        ),
        "paused" => {
            ("An unclear reply waits for a person.", "Read the reply on the contact's page and decide.")
        }
        "unreachable" => (
            "The carrier says that this number cannot receive texts.",
            "Ask the lead for a mobile number. Consent is kept.",
        ),
        "no_sender" => ("The program has no sender number.", "An administrator adds one to the program."),
        "sending_off" => {
            ("All sending is switched off.", "An administrator switches it on again on the dashboard.")
        }
        CANCELLED => (
            "This message was canceled before it was sent.",
            "Send it again if it still matters. Consent is checked first.",
        ),
        UNANSWERED => (
            "The provider didn't respond in time.",
            "No action needed. We check with the provider before retrying.",
        ),
        "gave_up" => ("Every attempt failed.", "See the steps below, and send it again if it still matters."),
        "expired" => ("Its time ran out before it could go.", "Send it again if it still matters."),
        "21610" => (
            "The lead is blocked at Twilio: they once texted STOP there.",
            "Only the lead can undo this: they must text START to your sender number.",
        ),
        "21211" | "21214" => ("Twilio does not know this number.", "Correct the contact's number."),
        "21408" => (
            "Your Twilio account may not text this country.",
            "An administrator allows the country in Twilio's geographic permissions.",
        ),
        "21606" | "21659" | "21660" => (
            "The sender number does not belong to your Twilio account, or cannot text.",
            "An administrator corrects the program's sender number.",
        ),
        "21612" => ("Twilio cannot text from this sender to this number.", "Try another sender number."),
        "21614" | "30006" => (
            "The number is a landline, or its carrier cannot be reached by text.",
            "Ask the lead for a mobile number. Consent is kept.",
        ),
        "20003" | "20404" => (
            "Twilio did not accept our account or its secret.",
            "An administrator checks TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
        ),
        "20429" | "429" | "30001" | "30017" | "30022" => (
            "Too many texts at once.",
            "We retry this automatically. If it still fails, send it again later.",
        ),
        "30002" => ("The Twilio account is suspended.", "An administrator settles this with Twilio."),
        "30003" => (
            "The handset was off or out of reach.",
            "Try again later. If it keeps failing, ask the lead for another number.",
        ),
        "30004" => {
            ("The lead's handset or carrier blocks these texts.", "Call the lead, and ask what they want.")
        }
        "30005" => ("The number is not in service.", "Ask the lead for another number."),
        "30007" => (
            "The carrier filtered the text as unwanted.",
            "Check the wording and links, and the registration of your sender number.",
        ),
        "30008" => ("The carrier gave no reason.", "Try again once. If it keeps failing, ask Twilio."),
        "30034" => (
            "The sender number is not registered for texting in the US (A2P 10DLC).",
            "An administrator registers it with Twilio.",
        ),
        _ => return None,
    })
}
