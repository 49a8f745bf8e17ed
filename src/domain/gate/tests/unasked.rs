//! Texts that the contact did not ask for: whose numbers get them, who caused them, and how many there may be.

use super::*;
use crate::domain::unasked::{UnaskedCause, UnaskedText};

const JAMAICA: &str = "+18765550142";
const TOLL_FREE: &str = "+18002345678";

fn texts(hours_ago: &[i64], cause: UnaskedCause) -> UnaskedTexts {
    let at = |hours: &i64| NOW.plus(-Duration::hours(*hours));
    let one = |hours| UnaskedText { at: at(hours), cause, message: None, from_form: false };
    hours_ago.iter().map(one).fold(UnaskedTexts::default(), |texts, text| texts.with(text))
}

#[test]
fn a_program_texts_its_own_regions_unless_the_person_texted_first() {
    let by = |source| state(EventKind::OptedIn, source);
    let unknown = NumberConsent::default;
    let (counted, reply) = (MessagePurpose::Counted, MessagePurpose::Reply);
    for (consent, number, purpose, fails) in [
        (by(Source::Handset), JAMAICA, counted, false),
        (by(Source::Handset), TOLL_FREE, counted, false),
        (by(Source::Manual), JAMAICA, counted, true),
        (by(Source::WebForm), JAMAICA, MessagePurpose::Welcome, true),
        (by(Source::Manual), JAMAICA, reply, false),
        (by(Source::Manual), "+17875550100", counted, false),
        (by(Source::Manual), TOLL_FREE, counted, false),
        (unknown(), JAMAICA, MessagePurpose::Invitation, true),
        (unknown(), TOLL_FREE, MessagePurpose::Invitation, true),
        (unknown(), TOLL_FREE, reply, false),
        (unknown(), "+80051024111", MessagePurpose::Invitation, true),
        (unknown(), "+12065550100", MessagePurpose::Invitation, false),
    ] {
        let case = Case { consent, phone: phone(number), purpose, ..Case::new() };
        assert_eq!(case.verdict().fails(CheckName::Region), fails, "{number} {purpose:?}");
    }
    let toll_free = |consent, purpose| {
        Case { consent, phone: phone(TOLL_FREE), purpose, ..Case::new() }.facts(CheckName::Region)
    };
    assert_eq!(toll_free(unknown(), MessagePurpose::Invitation), CheckFacts::SpecialNumber);
    assert_eq!(toll_free(by(Source::Handset), counted), CheckFacts::AnyRegion);
}

#[test]
fn who_caused_an_unasked_text() {
    use MessagePurpose::*;
    let (system, by_hand) = (Some(UnaskedCause::System), Some(UnaskedCause::ByHand));
    let by = |source| state(EventKind::OptedIn, source);
    let invited = || state(EventKind::Invited, Source::Provider);
    let unknown = NumberConsent::default;
    for (consent, purpose, is_by_hand, expected) in [
        (scheduled(Source::System), Invitation, false, system),
        (scheduled(Source::WebForm), Invitation, false, system),
        (scheduled(Source::Manual), Invitation, false, by_hand),
        (unknown(), Invitation, true, by_hand),
        (unknown(), Invitation, false, system),
        (by(Source::Handset), Welcome, false, None),
        (by(Source::WebForm), Welcome, false, system),
        (by(Source::Manual), Welcome, false, system),
        (unknown(), Counted, false, system),
        (unknown(), Conversation, false, system),
        (unknown(), Reply, false, None),
        (invited(), Counted, false, None),
        (by(Source::Manual), Counted, false, None),
    ] {
        let case = Case { consent, purpose, is_by_hand, ..Case::new() };
        assert_eq!(case.verdict().unasked, expected, "{purpose:?} {is_by_hand}");
    }
    // One that is with the carrier is counted already.
    for (progress, expected) in [
        (RequestProgress::Scheduled, system),
        (RequestProgress::Sending, None),
        (RequestProgress::Unknown, None),
    ] {
        let request = Some(PendingRequest { progress, due_at: None });
        let case = Case { consent: unknown(), request, ..Case::new() };
        assert_eq!(case.verdict().unasked, expected, "{progress}");
    }
}

#[test]
fn a_request_waits_for_its_day_and_ends_with_its_budget() {
    let request = |hours_ago: &[i64], cause| Case {
        consent: scheduled(Source::System),
        purpose: MessagePurpose::Invitation,
        unasked: texts(hours_ago, cause),
        ..Case::new()
    };
    let system = UnaskedCause::System;
    let today = request(&[23], system);
    assert_eq!(today.facts(CheckName::UnaskedTexts), CheckFacts::UnaskedToday { today: 1 });
    let waits = GateOutcome::Wait { until: Some(NOW.plus(Duration::hours(1))) };
    assert_eq!(today.verdict().answer(Lane::Invitation), waits);
    let room = request(&[24], system);
    let facts = CheckFacts::UnaskedRoom { today: 0, ever: 1, most: 5 };
    assert_eq!(room.facts(CheckName::UnaskedTexts), facts);
    let other = request(&[23], UnaskedCause::ByHand);
    assert!(!other.verdict().fails(CheckName::UnaskedTexts), "what a person repeats has a budget of its own");
    let used_up = request(&[120, 96, 72, 48, 23], system);
    assert_eq!(used_up.facts(CheckName::UnaskedTexts), CheckFacts::UnaskedUsedUp { ever: 5 });
    let refused = GateOutcome::Refuse(CheckName::UnaskedTexts);
    assert_eq!(used_up.verdict().answer(Lane::Invitation), refused);
    assert_eq!(used_up.verdict().frees_at(), None, "no time helps");
}

#[test]
fn an_intended_text_is_not_held_behind_a_request_that_cannot_go() {
    let case = |unasked| Case { consent: NumberConsent::default(), unasked, ..Case::new() };
    let day = Duration::days(1);
    assert_eq!(case(UnaskedTexts::default()).verdict().answer(Lane::Gated), GateOutcome::Hold);
    let today = texts(&[1], UnaskedCause::System);
    assert_eq!(case(today).verdict().answer(Lane::Gated), GateOutcome::Hold, "it goes tomorrow");
    let never = case(used_up()).verdict();
    assert_eq!(never.answer(Lane::Gated), GateOutcome::Refuse(CheckName::UnaskedTexts));
    assert_eq!(never.next_allowed_at, None);
    // The confirmation of a form's opt-in waits for the budget, and for nothing else.
    let welcome = |unasked, now| Case {
        consent: state(EventKind::OptedIn, Source::WebForm),
        purpose: MessagePurpose::Welcome,
        unasked,
        now,
        ..Case::new()
    };
    let answer = |case: Case| case.verdict().answer(Lane::OptInConfirmation);
    let night = NOW.plus(day / 2);
    assert!(matches!(answer(welcome(UnaskedTexts::default(), night)), GateOutcome::Send(_)));
    let waits = answer(welcome(texts(&[1], UnaskedCause::System), NOW));
    assert_eq!(waits, GateOutcome::Wait { until: Some(NOW.plus(Duration::hours(23))) });
    let refused = GateOutcome::Refuse(CheckName::UnaskedTexts);
    assert_eq!(answer(welcome(used_up(), NOW)), refused);
}
