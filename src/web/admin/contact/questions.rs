//! Says in words what we asked the carrier about a contact's text, on the timeline and as a notice. The pages of a
//! number use it; it decides and writes nothing.

use crate::domain::consent::{NumberConsent, StateName};
use crate::domain::id::ProgramId;
use crate::domain::question::{QuestionAnswer, QuestionKind};
use crate::store::inbound_questions::InboundQuestion;

/// Why a text that asked for consent does not count, or not yet: about the newest question, while nothing has happened since.
pub(in crate::web::admin) fn notice(
    questions: &[InboundQuestion],
    consent: &NumberConsent,
    program: ProgramId,
) -> Option<&'static str> {
    let newest = questions.first()?;
    let is_latest = newest.event_seq.is_none_or(|seq| seq == consent.seq) || newest.answer.is_none();
    let is_in = consent.state_in(program).name() == StateName::OptedIn;
    match (newest.kind, newest.answer) {
        _ if is_in || !is_latest => None,
        (_, Some(QuestionAnswer::Counted | QuestionAnswer::Superseded)) => None,
        (kind, answer) => Some(words(kind, answer)),
    }
}

/// What is known of a question, as a sentence.
pub(super) fn words(kind: QuestionKind, answer: Option<QuestionAnswer>) -> &'static str {
    match (kind, answer) {
        (QuestionKind::Order, None) => {
            "START arrived right after the opt-out. We are asking the carrier which was sent last; the number stays opted out \
             until it answers."
        }
        (QuestionKind::Yes, None) => {
            "YES arrived while the opt-in request was being sent. It counts once the carrier confirms the request."
        }
        (QuestionKind::ConfirmText, None) => {
            "The webhook left a doubt. The text counts once the carrier confirms that it has it."
        }
        (QuestionKind::ConfirmText, Some(QuestionAnswer::Counted)) => {
            "The carrier confirmed that it has the text."
        }
        (_, Some(QuestionAnswer::Counted)) => "The carrier confirmed it, so it counts.",
        (_, Some(QuestionAnswer::Older)) => {
            "The carrier says that START was sent before the opt-out. It does not count."
        }
        (_, Some(QuestionAnswer::Superseded)) => "Something newer was recorded before the carrier answered.",
        (_, Some(QuestionAnswer::NotAccepted)) => {
            "The carrier never took the opt-in request, so YES does not count."
        }
        (_, Some(QuestionAnswer::Mismatch)) => "The carrier's copy of the text differs. It does not count.",
        (QuestionKind::Order, Some(QuestionAnswer::UnknownText | QuestionAnswer::NoAnswer)) => {
            "START arrived right after the opt-out, and the carrier could not tell which was sent last. The number stays opted \
             out. If the contact texts START again, it counts at once."
        }
        (_, Some(QuestionAnswer::UnknownText)) => "The carrier does not have this text. It does not count.",
        (_, Some(QuestionAnswer::NoAnswer)) => "The carrier did not answer. The text does not count.",
    }
}
