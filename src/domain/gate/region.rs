//! The check of the region: whose numbers a program texts that have not texted it. A stranger may enter a number that costs
//! much or earns somebody money, so what the person themselves did not ask for goes to the program's own regions alone, and an
//! unasked text never to a toll-free or premium-rate number. Who opted in by a text of their own is texted in any region, and
//! answers to a text always go, the confirmation of an opt-out above all.

use super::facts::CheckFacts;
use super::{CheckName, GateCheck, GateQuestion, MessagePurpose, fail, pass};
use crate::domain::consent::{ConsentState, Source};

pub(super) fn check(question: &GateQuestion<'_>, state: ConsentState, is_unasked: bool) -> GateCheck {
    let name = CheckName::Region;
    let texted_us = match state {
        ConsentState::OptedIn(since) => since.source == Source::Handset,
        _ => false,
    };
    if texted_us || question.purpose == MessagePurpose::Reply {
        return pass(name, CheckFacts::AnyRegion);
    }
    if is_unasked && question.phone.is_special() {
        return fail(name, CheckFacts::SpecialNumber);
    }
    let region = question.phone.country_region().unwrap_or_default();
    if question.program.regions.has(&region) {
        pass(name, CheckFacts::RegionAllowed { region })
    } else {
        fail(name, CheckFacts::RegionNotAllowed { region, program: question.program.name.clone() })
    }
}
