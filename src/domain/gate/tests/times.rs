//! When, not whether: hours, caps by law, and the promised frequency.

use super::*;
use crate::domain::schedule::{OwnHours, RulebookText};

/// 19:59:30 in Seattle, where texts may arrive until 20:00.
const LAST_CALL: Timestamp = Timestamp::from_micros(1_793_764_770_000_000);
/// 08:00 the next morning.
const OPENS: Timestamp = Timestamp::from_micros(1_793_808_000_000_000);

fn until(case: &Case, lane: Lane) -> Option<Timestamp> {
    match case.verdict().answer(lane) {
        GateOutcome::Wait { until } => until,
        other => panic!("{other:?}"),
    }
}

fn valid_for(case: &Case, lane: Lane) -> Option<i64> {
    match case.verdict().answer(lane) {
        GateOutcome::Send(permit) => permit
            .clear(MessageId::from(Uuid::nil()), case.phone.clone(), String::new(), String::new())
            .valid_for(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn in_the_last_half_minute_nothing_leaves_any_more() {
    let at = |micros: i64| Case { now: LAST_CALL.plus_micros(micros), ..Case::new() };
    assert_eq!(valid_for(&at(0), Lane::Gated), Some(25), "five seconds are for the way to the carrier");
    assert_eq!(until(&at(1), Lane::Gated), Some(OPENS));
    assert_eq!(until(&at(29_000_000), Lane::Gated), Some(OPENS));
    let CheckFacts::Hours(facts) = at(1).facts(CheckName::QuietHours) else { panic!() };
    assert!(facts.is_open && facts.closes_soon && facts.is_quiet());
    let CheckFacts::Hours(facts) = at(0).facts(CheckName::QuietHours) else { panic!() };
    assert!(facts.is_open && !facts.closes_soon && !facts.is_quiet());
    let CheckFacts::Hours(facts) = at(30_000_000).facts(CheckName::QuietHours) else { panic!() };
    assert!(!facts.is_open && !facts.closes_soon && facts.is_quiet());
    let reply = Case { purpose: MessagePurpose::Welcome, ..at(1) };
    assert_eq!(valid_for(&reply, Lane::OptInConfirmation), None, "an answer goes at any hour");
    assert_eq!(valid_for(&Case::new(), Lane::Gated), Some(36_000 - 5), "ten hours until the evening");
}

#[test]
fn every_place_of_a_number_has_to_be_open() {
    let phone = Case::new().phone;
    let east = place_of(Some("America/New_York"), Some("NY"), &phone);
    let west = Case::new().places.remove(0);
    // 05:00 in Seattle is 08:00 in New York; 18:00 in Seattle is 21:00 there.
    for (hours, expected) in [(-5, false), (0, true), (7, true), (8, false)] {
        for places in [vec![east.clone(), west.clone()], vec![west.clone(), east.clone()]] {
            let case = Case { now: NOW.plus(Duration::hours(hours)), places, ..Case::new() };
            assert_eq!(case.verdict().can_text(), expected, "{hours} hours later");
        }
    }
    let night = Case { now: OPENS.plus(-Duration::hours(3)), places: vec![east, west], ..Case::new() };
    assert_eq!(until(&night, Lane::Gated), Some(OPENS), "New York is open before Seattle");
    let appointment = night.verdict().next_appointment().unwrap();
    assert_eq!(appointment.zone.map(|zone| zone.name()), Some("America/Los_Angeles"));
}

#[test]
fn a_program_without_quiet_hours_keeps_its_own_hours_and_closures() {
    let night = NOW.plus(Duration::hours(12));
    let mut case = Case { now: night, ..Case::new() };
    case.program.keeps_quiet_hours = false;
    assert_eq!(case.facts(CheckName::QuietHours), CheckFacts::NoQuietHours);
    assert!(case.verdict().can_text());
    case.program.hours = "Mon-Sun 09:00-18:00".parse::<OwnHours>().unwrap();
    assert_eq!(case.failing(), [CheckName::QuietHours]);
    case.now = NOW;
    assert!(matches!(case.facts(CheckName::QuietHours), CheckFacts::Hours(_)));
    // A closure binds every program.
    let book = format!("{}\nclosure,WA,2026-11-03,2026-11-05,S,a proclamation", Rulebook::builtin());
    case.rulebook = Rulebook::new(RulebookText::read(&book).rules, Rulebook::edition());
    case.program.hours = OwnHours::default();
    assert_eq!(case.failing(), [CheckName::QuietHours]);
    let nowhere = Case { places: Vec::new(), ..Case::new() };
    assert_eq!(nowhere.facts(CheckName::QuietHours), CheckFacts::NoPlace);
}

/// A time is told only where nothing but the time is in the way.
#[test]
fn a_time_is_told_where_waiting_helps() {
    let night = NOW.plus(Duration::hours(12));
    let told = |change: fn(&mut Case)| {
        let mut case = Case { now: night, ..Case::new() };
        change(&mut case);
        let verdict = case.verdict();
        assert_eq!(verdict.frees_at(), Some(OPENS));
        verdict.next_allowed_at
    };
    assert_eq!(told(|_| {}), Some(OPENS));
    assert_eq!(told(|case| case.sending_on = false), Some(OPENS));
    assert_eq!(told(|case| case.sender = None), None);
    assert_eq!(told(|case| case.consent.paused = flag()), None);
}

#[test]
fn a_promise_binds_counted_texts_until_the_day_is_over() {
    let cap: Vec<FrequencyCap> = crate::domain::schedule::promises("1 message a day");
    let hours_ago = |hours| vec![NOW.plus(-Duration::hours(hours))];
    let case = |purpose, hours| Case { caps: cap.clone(), sent: hours_ago(hours), purpose, ..Case::new() };
    let reached = case(MessagePurpose::Counted, 23);
    assert_eq!(reached.failing(), [CheckName::Frequency]);
    assert_eq!(until(&reached, Lane::Gated), Some(NOW.plus(Duration::hours(1))));
    assert_eq!(case(MessagePurpose::Counted, 24).failing(), []);
    let words = Case::new().program.frequency;
    let none = CheckFacts::Frequency { promise: PromiseFacts::None { words }, law: None };
    assert_eq!(Case::new().facts(CheckName::Frequency), none);
    let kept = CheckFacts::Frequency { promise: PromiseFacts::Kept(cap.clone()), law: None };
    assert_eq!(case(MessagePurpose::Counted, 24).facts(CheckName::Frequency), kept);
    let purpose = MessagePurpose::Conversation;
    let uncounted = CheckFacts::Frequency { promise: PromiseFacts::Uncounted(purpose), law: None };
    assert_eq!(case(purpose, 1).facts(CheckName::Frequency), uncounted);
    let mut off = case(MessagePurpose::Counted, 24);
    off.program.keeps_frequency = false;
    let promise = PromiseFacts::Off { keeps_law: true };
    assert_eq!(off.facts(CheckName::Frequency), CheckFacts::Frequency { promise, law: None });
    // A text that frees in the evening goes in the morning.
    let late = Case { now: LAST_CALL.plus(-Duration::minutes(1)), ..case(MessagePurpose::Counted, 0) };
    let late = Case { sent: vec![late.now.plus(-Duration::hours(23))], ..late };
    assert_eq!(until(&late, Lane::Gated), Some(OPENS));
}

#[test]
fn what_was_promised_is_every_wording_once() {
    let mut program = Case::new().program;
    program.frequency = "2 messages a day".to_owned();
    let agreed = ["1 message a day".to_owned(), "2 messages a day".to_owned()];
    let counts = |caps: Vec<FrequencyCap>| caps.iter().map(|cap| cap.n).collect::<Vec<_>>();
    assert_eq!(counts(caps(&program, &agreed)), [2, 1]);
    program.keeps_frequency = false;
    assert!(caps(&program, &agreed).is_empty());
}

#[test]
fn a_cap_by_law_binds_every_text_but_answers() {
    let law = |n: u32| format!("FL,{n},program,2021-07-01,,P,Fla. Stat. 501.616(6)(b)").parse::<LegalCap>();
    let hours_ago = |hours| NOW.plus(-Duration::hours(hours));
    let used = (law(1).unwrap(), vec![hours_ago(20)]);
    let longer = (law(2).unwrap(), vec![hours_ago(19), hours_ago(18)]);
    let room = (law(3).unwrap(), vec![hours_ago(1)]);
    let case = |purpose| Case {
        legal_caps: vec![room.clone(), used.clone(), longer.clone()],
        purpose,
        ..Case::new()
    };
    for purpose in [MessagePurpose::Counted, MessagePurpose::Conversation, MessagePurpose::Invitation] {
        let facts = case(purpose).facts(CheckName::Frequency);
        assert_eq!(facts, CheckFacts::LegalCap(longer.0.facts()), "the one that frees last");
        assert!(case(purpose).verdict().fails(CheckName::Frequency));
    }
    assert_eq!(until(&case(MessagePurpose::Counted), Lane::Gated), Some(NOW.plus(Duration::hours(5))));
    let law_of = |case: Case| match case.facts(CheckName::Frequency) {
        CheckFacts::Frequency { law, .. } => law,
        other => panic!("{other:?}"),
    };
    assert_eq!(law_of(case(MessagePurpose::Reply)), None);
    assert_eq!(law_of(Case { legal_caps: vec![room.clone()], ..Case::new() }), Some(room.0.facts()));
}
