//! What follows for each lane, and what a permit carries.

use super::*;
use crate::domain::unasked::UnaskedCause;

/// In one word: "send", "hold", "wait", or the check that refuses.
fn answer(case: &Case, lane: Lane) -> String {
    match case.verdict().answer(lane) {
        GateOutcome::Send(_) => "send".to_owned(),
        GateOutcome::Hold => "hold".to_owned(),
        GateOutcome::Wait { until: Some(_) } => "wait".to_owned(),
        GateOutcome::Wait { until: None } => "wait for a person".to_owned(),
        GateOutcome::Refuse(check) => check.to_string(),
    }
}

/// How each lane asks.
fn answers(change: impl Fn(&mut Case)) -> [String; 5] {
    let lanes = [
        (Lane::Gated, MessagePurpose::Counted),
        (Lane::Invitation, MessagePurpose::Invitation),
        (Lane::OptInConfirmation, MessagePurpose::Welcome),
        (Lane::OptOutConfirmation, MessagePurpose::Reply),
        (Lane::Help, MessagePurpose::Reply),
    ];
    lanes.map(|(lane, purpose)| {
        let mut case = Case { purpose, ..Case::new() };
        change(&mut case);
        answer(&case, lane)
    })
}

#[test]
fn a_state_opens_its_lanes() {
    let of = |consent: fn() -> NumberConsent| answers(|case| case.consent = consent());
    assert_eq!(of(NumberConsent::default), ["hold", "consent", "consent", "consent", "send"]);
    assert_eq!(of(|| scheduled(Source::System)), ["hold", "send", "consent", "consent", "send"]);
    let invited = || state(EventKind::Invited, Source::Provider);
    assert_eq!(of(invited), ["hold", "send", "consent", "consent", "send"]);
    let opted_in = || state(EventKind::OptedIn, Source::Handset);
    assert_eq!(of(opted_in), ["send", "consent", "send", "consent", "send"]);
    let opted_out = || state(EventKind::OptedOut, Source::Handset);
    assert_eq!(of(opted_out), ["opt_out", "opt_out", "opt_out", "send", "send"]);
}

#[test]
fn what_is_in_the_way_of_each_lane() {
    // A number that is asked, so that every lane but the confirmations is open.
    let asked = |change: fn(&mut Case)| {
        answers(move |case| {
            case.consent = scheduled(Source::System);
            change(case);
        })
    };
    let flagged = asked(|case| case.consent.do_not_text = flag());
    assert_eq!(flagged, ["do_not_text"; 5], "an administrator's flag stops everything");
    let paused = asked(|case| case.consent.paused = flag());
    assert_eq!(paused, ["paused", "paused", "paused", "consent", "send"], "a pause lets answers go");
    assert_eq!(asked(|case| case.unreachable = Some("30006")), ["number"; 5]);
    assert_eq!(asked(|case| case.sender = None), ["sender"; 5]);
    let abroad = asked(|case| case.phone = phone("+18765550142"));
    assert_eq!(abroad, ["region", "region", "region", "consent", "send"]);
    let night = asked(|case| case.now = NOW.plus(Duration::hours(12)));
    assert_eq!(night, ["hold", "wait", "consent", "consent", "send"]);
    let off = asked(|case| case.sending_on = false);
    assert_eq!(off, ["hold", "wait for a person", "consent", "consent", "wait for a person"]);
}

#[test]
fn an_opt_out_is_confirmed_at_night_and_behind_a_pause() {
    let stopped = |change: fn(&mut Case)| {
        let consent = state(EventKind::OptedOut, Source::Handset);
        let mut case = Case { consent, purpose: MessagePurpose::Reply, ..Case::new() };
        change(&mut case);
        answer(&case, Lane::OptOutConfirmation)
    };
    assert_eq!(stopped(|case| case.now = NOW.plus(Duration::hours(12))), "send");
    assert_eq!(stopped(|case| case.consent.paused = flag()), "send");
    assert_eq!(stopped(|case| case.phone = phone("+18765550142")), "send");
    assert_eq!(stopped(|case| case.sending_on = false), "wait for a person");
    assert_eq!(stopped(|case| case.consent.do_not_text = flag()), "do_not_text");
}

#[test]
fn a_time_is_waited_for_before_a_person() {
    let case =
        Case { now: NOW.plus(Duration::hours(12)), sending_on: false, sent: Vec::new(), ..Case::new() };
    assert_eq!(answer(&case, Lane::Gated), "wait");
}

fn permit(case: &Case, lane: Lane) -> SendPermit {
    match case.verdict().answer(lane) {
        GateOutcome::Send(permit) => permit,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_permit_names_the_event_that_permits_the_text() {
    let opted_in = permit(&Case::new(), Lane::Gated);
    assert_eq!((opted_in.seq(), opted_in.history_seq(), opted_in.unasked()), (4, 4, None));
    let purpose = MessagePurpose::Invitation;
    let request = Case { consent: scheduled(Source::Manual), purpose, ..Case::new() };
    let asked = permit(&request, Lane::Invitation);
    assert_eq!((asked.seq(), asked.history_seq(), asked.unasked()), (5, 0, Some(UnaskedCause::ByHand)));
    let unknown = Case { consent: NumberConsent::default(), purpose: MessagePurpose::Reply, ..Case::new() };
    assert_eq!(permit(&unknown, Lane::Help).seq(), 0, "an answer to HELP needs no event");
    // Versions before called the number invited when the request was queued.
    let earlier = Case { consent: state(EventKind::Invited, Source::System), purpose, ..Case::new() };
    assert_eq!(permit(&earlier, Lane::Invitation).seq(), 4);
}

#[test]
fn a_cleared_text_is_the_message_it_was_permitted_for() {
    let message = MessageId::from(Uuid::from_u128(9));
    let clear = |permit: SendPermit| {
        permit.clear(message, phone("+12065550100"), "+12065550199".to_owned(), "Hello".to_owned())
    };
    let text = clear(permit(&Case::new(), Lane::Gated));
    assert_eq!((text.message(), text.lane()), (message, Lane::Gated));
    assert_eq!((text.to().as_str(), text.from(), text.body()), ("+12065550100", "+12065550199", "Hello"));
    assert!(!text.is_opt_in_request());
    let (consent, purpose) = (scheduled(Source::System), MessagePurpose::Invitation);
    let request = Case { consent, purpose, ..Case::new() };
    assert!(clear(permit(&request, Lane::Invitation)).is_opt_in_request());
}

/// What somebody said or set comes before consent that was never asked for, and the hour last, because it passes.
#[test]
fn the_cause_that_people_read_first() {
    let night = NOW.plus(Duration::hours(12));
    let cause = |change: fn(&mut Case)| {
        let mut case = Case::new();
        change(&mut case);
        case.verdict().cause().map(|check| check.name)
    };
    assert_eq!(cause(|_| {}), None);
    let not_asked = |case: &mut Case| case.consent = NumberConsent::default();
    assert_eq!(cause(not_asked), Some(CheckName::Consent));
    let opted_out = |case: &mut Case| case.consent = state(EventKind::OptedOut, Source::Handset);
    assert_eq!(cause(opted_out), Some(CheckName::OptOut));
    let mut case = Case { now: night, consent: NumberConsent::default(), ..Case::new() };
    assert_eq!(case.verdict().cause().unwrap().name, CheckName::Consent);
    case.consent.do_not_text = flag();
    assert_eq!(case.verdict().cause().unwrap().name, CheckName::DoNotText);
    assert_eq!(Case { now: night, ..Case::new() }.verdict().cause().unwrap().name, CheckName::QuietHours);
    // A budget that is used up for good does not pass by itself.
    let consent = NumberConsent::default();
    let used_up = Case { consent, unasked: used_up(), now: night, ..Case::new() };
    assert_eq!(used_up.verdict().cause().unwrap().name, CheckName::UnaskedTexts);
}
