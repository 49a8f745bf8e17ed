//! The check of the budget of unasked texts: whether the text that is asked about, or the opt-in request that would go before
//! it, is one that the contact did not ask for.

use super::facts::CheckFacts;
use super::{CheckName, GateCheck, GateQuestion, MessagePurpose, RequestProgress, fail, pass};
use crate::domain::consent::{ConsentState, Source};
use crate::domain::unasked::{UnaskedBudget, UnaskedCause};

/// Who caused the unasked text; none where no unasked text would go.
pub(super) fn cause(question: &GateQuestion<'_>, state: ConsentState) -> Option<UnaskedCause> {
    let is_by_person = || {
        let request = question.consent.requests.get(&question.program.id);
        question.is_by_hand || request.is_some_and(|request| request.source == Source::Manual)
    };
    let waits = |progress| progress == RequestProgress::Scheduled;
    match (question.purpose, state) {
        (MessagePurpose::Invitation, _) if is_by_person() => Some(UnaskedCause::ByHand),
        (MessagePurpose::Invitation, _) => Some(UnaskedCause::System),
        // A form opted the number in, and a stranger may have sent the form.
        (MessagePurpose::Welcome, ConsentState::OptedIn(since)) if since.source != Source::Handset => {
            Some(UnaskedCause::System)
        }
        // The opt-in request goes first. One that is with the carrier is counted already.
        (MessagePurpose::Counted | MessagePurpose::Conversation, ConsentState::NotAsked) => {
            question.request.is_none_or(|request| waits(request.progress)).then_some(UnaskedCause::System)
        }
        _ => None,
    }
}

/// What the budget says.
pub(super) fn check(question: &GateQuestion<'_>, budget: Option<UnaskedBudget>) -> GateCheck {
    let name = CheckName::UnaskedTexts;
    match budget {
        None => pass(name, CheckFacts::NoUnaskedText),
        Some(UnaskedBudget::Room { today, ever }) => {
            pass(name, CheckFacts::UnaskedRoom { today, ever, most: question.limits.unasked_ever })
        }
        Some(UnaskedBudget::UsedToday { today, .. }) => fail(name, CheckFacts::UnaskedToday { today }),
        Some(UnaskedBudget::UsedUp { ever }) => fail(name, CheckFacts::UnaskedUsedUp { ever }),
    }
}
