//! The gate, check by check: one thing is in the way at a time, and the check that is about it says so.

mod answers;
mod times;
mod unasked;

use chrono::Duration;
use uuid::Uuid;

use super::*;
use crate::domain::consent::{ConsentEvent, EventKind, NumberFlag, OptInRequest, Source, StateName, fold};
use crate::domain::evidence::Evidence;
use crate::domain::id::{MessageId, ProgramId};
use crate::domain::program::RegionList;
use crate::domain::schedule::place_of;

/// 3 November 2026, 18:00 UTC: ten o'clock in the morning in Seattle.
const NOW: Timestamp = Timestamp::from_micros(1_793_728_800_000_000);

/// All that the gate is asked about, owned.
struct Case {
    consent: NumberConsent,
    request: Option<PendingRequest>,
    failed_request: Option<FailedRequest>,
    phone: Phone,
    unreachable: Option<&'static str>,
    program: Program,
    sender: Option<&'static str>,
    sending_on: bool,
    standstill: Option<RestoreHold>,
    places: Vec<Location>,
    rulebook: Rulebook,
    caps: Vec<FrequencyCap>,
    sent: Vec<Timestamp>,
    legal_caps: Vec<(LegalCap, Vec<Timestamp>)>,
    purpose: MessagePurpose,
    is_by_hand: bool,
    unasked: UnaskedTexts,
    limits: TextingLimits,
    now: Timestamp,
}

impl Case {
    /// A number in Seattle that opted in by its own START, in the morning: nothing is in the way.
    fn new() -> Case {
        let phone = Phone::from_e164("+12065550100").unwrap();
        let program = Program::new(ProgramId::from(Uuid::from_u128(7)), "rates", "Rates", "Brand", "", NOW);
        Case {
            consent: state(EventKind::OptedIn, Source::Handset),
            request: None,
            failed_request: None,
            places: vec![place_of(Some("America/Los_Angeles"), Some("WA"), &phone)],
            rulebook: Rulebook::builtin().clone(),
            phone,
            unreachable: None,
            program: Program { regions: RegionList::of_country("US"), ..program },
            sender: Some("+12065550199"),
            sending_on: true,
            standstill: None,
            caps: Vec::new(),
            sent: Vec::new(),
            legal_caps: Vec::new(),
            purpose: MessagePurpose::Counted,
            is_by_hand: false,
            unasked: UnaskedTexts::default(),
            limits: TextingLimits::default(),
            now: NOW,
        }
    }

    fn verdict(&self) -> Verdict {
        let used = |(cap, sent): &'_ (LegalCap, Vec<Timestamp>)| (cap.clone(), sent.clone());
        let legal: Vec<_> = self.legal_caps.iter().map(used).collect();
        let legal_caps: Vec<UsedCap<'_>> =
            legal.iter().map(|(cap, sent)| UsedCap { cap, sent: sent.clone() }).collect();
        ask(&GateQuestion {
            consent: &self.consent,
            request: self.request,
            failed_request: self.failed_request.clone(),
            phone: &self.phone,
            unreachable: self.unreachable,
            program: &self.program,
            sender: self.sender,
            sending_on: self.sending_on,
            standstill: self.standstill,
            places: &self.places,
            rulebook: &self.rulebook,
            caps: &self.caps,
            sent: &self.sent,
            legal_caps: &legal_caps,
            purpose: self.purpose,
            is_by_hand: self.is_by_hand,
            unasked: &self.unasked,
            limits: &self.limits,
            now: self.now,
            calendar: LocalCalendar::UTC,
        })
    }

    /// The checks that fail.
    fn failing(&self) -> Vec<CheckName> {
        let verdict = self.verdict();
        verdict.checks.iter().filter(|check| check.outcome == Outcome::Fail).map(|check| check.name).collect()
    }

    fn facts(&self, name: CheckName) -> CheckFacts {
        self.verdict().checks.into_iter().find(|check| check.name == name).unwrap().facts
    }
}

fn program() -> ProgramId {
    ProgramId::from(Uuid::from_u128(7))
}

/// A number to which this one thing happened, an hour ago.
fn state(kind: EventKind, source: Source) -> NumberConsent {
    let at = NOW.plus(-Duration::hours(1));
    let evidence = Evidence::Note { reason: String::new() };
    let program = Some(program());
    fold(&[ConsentEvent { seq: 4, program, kind, source, occurred_at: at, recorded_at: at, evidence }])
}

fn flag() -> Option<NumberFlag> {
    Some(NumberFlag { since: NOW, reason: "asked by letter".to_owned() })
}

/// A request that this one scheduled as event 5; the carrier has not taken it.
fn scheduled(source: Source) -> NumberConsent {
    let request = OptInRequest { seq: 5, scheduled_at: NOW, source, accepted: false };
    NumberConsent { requests: [(program(), request)].into(), ..NumberConsent::default() }
}

fn used_up() -> UnaskedTexts {
    UnaskedTexts::unreadable()
}

fn phone(e164: &str) -> Phone {
    Phone::from_e164(e164).unwrap()
}

#[test]
fn every_check_is_asked_in_the_order_in_which_support_reads_them() {
    let verdict = Case::new().verdict();
    let names: Vec<CheckName> = verdict.checks.iter().map(|check| check.name).collect();
    assert_eq!(names, CheckName::ALL);
    assert!(verdict.can_text());
    assert_eq!((verdict.state, verdict.next_allowed_at), (StateName::OptedIn, None));
}

#[test]
fn one_thing_in_the_way_fails_one_check() {
    use CheckName::*;
    type Row = (&'static str, fn(&mut Case), &'static [CheckName]);
    let table: [Row; 13] = [
        ("not asked", |case| case.consent = NumberConsent::default(), &[Consent]),
        ("no answer", |case| case.consent = state(EventKind::Invited, Source::Provider), &[Consent]),
        ("opted out", |case| case.consent = state(EventKind::OptedOut, Source::Handset), &[Consent, OptOut]),
        ("flagged", |case| case.consent.do_not_text = flag(), &[DoNotText]),
        ("paused", |case| case.consent.paused = flag(), &[Paused]),
        ("a landline", |case| case.unreachable = Some("30006"), &[Number]),
        ("no such number", |case| case.phone = phone("+18615550142"), &[Number]),
        ("no sender", |case| case.sender = None, &[Sender]),
        ("night", |case| case.now = NOW.plus(Duration::hours(12)), &[QuietHours]),
        ("switched off", |case| case.sending_on = false, &[Operations]),
        (
            "a restore",
            |case| (case.sending_on, case.standstill) = (false, Some(RestoreHold::Mixed)),
            &[Operations],
        ),
        (
            "a document for a number abroad",
            |case| {
                case.consent = state(EventKind::OptedIn, Source::Manual);
                case.phone = phone("+18765550142");
            },
            &[Region],
        ),
        (
            "asked too often",
            |case| {
                case.consent = NumberConsent::default();
                case.unasked = used_up();
            },
            &[Consent, UnaskedTexts],
        ),
    ];
    for (what, change, expected) in table {
        let mut case = Case::new();
        change(&mut case);
        assert_eq!(case.failing(), expected, "{what}");
        assert!(!case.verdict().can_text(), "{what}");
        assert!(expected.iter().all(|name| case.verdict().fails(*name)), "{what}");
        assert!(!case.verdict().fails(Frequency), "{what}");
    }
}

#[test]
fn the_facts_say_what_is_in_the_way() {
    let mut case = Case::new();
    case.sending_on = false;
    assert_eq!(case.facts(CheckName::Operations), CheckFacts::SendingOff);
    case.standstill = Some(RestoreHold::Mixed);
    assert_eq!(case.facts(CheckName::Operations), CheckFacts::Held(RestoreHold::Mixed));
    case.sending_on = true;
    assert_eq!(case.facts(CheckName::Operations), CheckFacts::SendingOn);

    case.consent = NumberConsent::default();
    let named = || "Rates".to_owned();
    assert_eq!(case.facts(CheckName::Consent), CheckFacts::NotInvited { program: named() });
    let sent_at = NOW.plus(-Duration::days(1));
    case.failed_request = Some(FailedRequest { sent_at, code: "30006".to_owned() });
    let failed = CheckFacts::RequestFailed { sent_at, code: "30006".to_owned() };
    assert_eq!(case.facts(CheckName::Consent), failed);
    let (progress, due_at) = (RequestProgress::Scheduled, Some(NOW.plus(Duration::hours(1))));
    case.request = Some(PendingRequest { progress, due_at });
    let CheckFacts::RequestUnderWay { at: Some(at), .. } = case.facts(CheckName::Consent) else { panic!() };
    assert_eq!((Some(at.at), at.zone.map(|zone| zone.name())), (due_at, Some("America/Los_Angeles")));
    case.request = Some(PendingRequest { progress, due_at: None });
    let now = CheckFacts::RequestUnderWay { progress, at: None };
    assert_eq!(case.facts(CheckName::Consent), now, "quiet hours allow it now");

    case.consent = state(EventKind::OptedOut, Source::Handset);
    assert_eq!(case.facts(CheckName::Consent), CheckFacts::EndedByOptOut { program: named() });
}

#[test]
fn what_a_message_is_follows_from_its_lane_and_category() {
    use MessagePurpose::*;
    for (lane, category, purpose, is_reply) in [
        (Lane::Gated, Category::Automated, Counted, false),
        (Lane::Gated, Category::Conversation, Conversation, false),
        (Lane::Invitation, Category::Conversation, Invitation, false),
        (Lane::OptInConfirmation, Category::Automated, Welcome, true),
        (Lane::OptOutConfirmation, Category::Conversation, Reply, true),
        (Lane::Help, Category::Automated, Reply, true),
    ] {
        assert_eq!(MessagePurpose::of(lane, category), purpose);
        assert_eq!(purpose.is_reply(), is_reply);
    }
}

#[test]
fn an_answer_asks_neither_the_number_plan_nor_the_hours() {
    let night = Case { now: NOW.plus(Duration::hours(12)), ..Case::new() };
    let unknown = Case { phone: phone("+18615550142"), ..Case::new() };
    for purpose in [MessagePurpose::Reply, MessagePurpose::Welcome] {
        assert!(!Case { purpose, ..Case::new() }.verdict().fails(CheckName::QuietHours));
        assert!(!Case { purpose, now: night.now, ..Case::new() }.verdict().fails(CheckName::QuietHours));
        assert!(
            !Case { purpose, phone: unknown.phone.clone(), ..Case::new() }.verdict().fails(CheckName::Number)
        );
    }
    let landline = Case { purpose: MessagePurpose::Reply, unreachable: Some("30006"), ..Case::new() };
    assert_eq!(landline.failing(), [CheckName::Number]);
}

#[test]
fn checks_of_earlier_versions_are_still_read() {
    let sentence = r#"["consent","fail","Not opted in.","Ask first."]"#;
    let named = r#"{"name":"consent","outcome":"fail","facts":"Not opted in.","next_step":"Ask first."}"#;
    for json in [sentence, named] {
        let check: GateCheck = serde_json::from_str(json).unwrap();
        let (facts, next_step) = ("Not opted in.".to_owned(), Some("Ask first.".to_owned()));
        let facts = CheckFacts::Recorded { facts, next_step };
        assert_eq!(check, GateCheck { name: CheckName::Consent, outcome: Outcome::Fail, facts });
    }
    for check in Case::new().verdict().checks {
        let json = serde_json::to_string(&check).unwrap();
        assert_eq!(serde_json::from_str::<GateCheck>(&json).unwrap(), check);
    }
}

#[test]
fn a_verdict_that_is_read_back_explains_and_permits_nothing() {
    let verdict = Case { now: NOW.plus(Duration::hours(12)), ..Case::new() }.verdict();
    let json = serde_json::to_string(&verdict).unwrap();
    let calendar = LocalCalendar::find("America/New_York").unwrap();
    let kept = Verdict::recorded(&json, calendar).unwrap();
    assert_eq!(kept.checks, verdict.checks);
    assert_eq!(kept.calendar(), calendar);
    assert_eq!(kept.frees_at(), verdict.next_allowed_at);
    assert_eq!(kept.frees_at(), Some(NOW.plus(Duration::hours(22))), "eight in the morning");
    assert_eq!(Verdict::recorded("{}", calendar), None);
    let json = serde_json::to_string(&Case::new().verdict()).unwrap();
    let kept = Verdict::recorded(&json, calendar).unwrap();
    assert_eq!(kept.answer(Lane::Gated), GateOutcome::Wait { until: None });
}

#[test]
fn a_reader_of_states_sees_no_reasons() {
    let mut case = Case::new();
    case.consent.do_not_text = flag();
    let verdict = case.verdict().without_reasons();
    let facts = &verdict.checks.iter().find(|check| check.name == CheckName::DoNotText).unwrap().facts;
    assert_eq!(*facts, CheckFacts::DoNotText { since: NOW, reason: String::new() });
    for (name, kept) in [(CheckName::DoNotText, "Do not text"), (CheckName::Paused, "Do not text: by letter")]
    {
        let facts = CheckFacts::Recorded { facts: "Do not text: by letter".to_owned(), next_step: None };
        let verdict = Verdict { checks: vec![fail(name, facts)], ..Case::new().verdict() }.without_reasons();
        let CheckFacts::Recorded { facts, .. } = &verdict.checks[0].facts else { panic!() };
        assert_eq!(facts, kept);
    }
}
