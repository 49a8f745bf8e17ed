//! The table of RULES §1, cell by cell, and the limits of each rule.

mod import;
mod request;
mod revocation;

use chrono::Duration;
use uuid::Uuid;

use super::*;
use crate::domain::consent::{ConsentEvent, fold};
use crate::domain::evidence::{DocumentKind, RevocationChannel};
use crate::domain::id::{InboundId, MessageId};

/// 3 November 2026, 18:00 UTC.
const NOW: Timestamp = Timestamp::from_micros(1_793_728_800_000_000);
const ALL: Option<ProgramId> = None;

fn program() -> ProgramId {
    ProgramId::from(Uuid::from_u128(7))
}

fn other_program() -> ProgramId {
    ProgramId::from(Uuid::from_u128(8))
}

fn here() -> Option<ProgramId> {
    Some(program())
}

fn ago(days: i64) -> Timestamp {
    NOW.plus(-Duration::days(days))
}

/// A number to which this happened, a day apart, the last one yesterday.
fn known(events: &[(EventKind, Option<ProgramId>, Source)]) -> NumberConsent {
    let event = |(n, (kind, program, source)): (usize, &(EventKind, Option<ProgramId>, Source))| {
        let at = ago(i64::try_from(events.len() - n).unwrap());
        ConsentEvent {
            seq: i32::try_from(n).unwrap() + 1,
            program: *program,
            kind: *kind,
            source: *source,
            occurred_at: at,
            recorded_at: at,
            evidence: Evidence::Note { reason: "because it is so".to_owned() },
        }
    };
    fold(events.iter().enumerate().map(event).collect::<Vec<_>>().iter())
}

fn invited() -> NumberConsent {
    known(&[
        (EventKind::RequestScheduled, here(), Source::System),
        (EventKind::Invited, here(), Source::Provider),
    ])
}

fn opted_in() -> NumberConsent {
    known(&[(EventKind::OptedIn, here(), Source::Handset)])
}

fn opted_out() -> NumberConsent {
    known(&[(EventKind::OptedIn, here(), Source::Handset), (EventKind::OptedOut, ALL, Source::Handset)])
}

/// The same number with this on top.
fn and(kind: EventKind, mut record: NumberConsent) -> NumberConsent {
    let (seq, program) = (record.seq + 1, if kind == EventKind::RequestScheduled { here() } else { ALL });
    let evidence = Evidence::Note { reason: "because it is so".to_owned() };
    let (source, occurred_at, recorded_at) = (Source::Manual, ago(0), ago(0));
    record.apply(&ConsentEvent { seq, program, kind, source, occurred_at, recorded_at, evidence });
    record
}

fn text(sent_at: Option<Timestamp>) -> HandsetText {
    HandsetText {
        inbound: InboundId::from(Uuid::nil()),
        provider: "test".to_owned(),
        provider_message_id: "SM".to_owned(),
        body: String::new(),
        to: "+12065550199".to_owned(),
        matched: String::new(),
        sent_at,
        asked_sent_at: None,
    }
}

fn start() -> Intent {
    Intent::Start(text(None), StartArrival { at: NOW, opt_outs: Vec::new() })
}

fn join() -> Intent {
    Intent::Join(text(None), StartArrival { at: NOW, opt_outs: Vec::new() })
}

fn yes(sent_at: Option<Timestamp>, asked: RequestStatus) -> Intent {
    Intent::Yes { text: text(sent_at), arrived_at: NOW, asked }
}

fn stop(scope: RevocationScope) -> Intent {
    Intent::Stop { text: text(None), scope, newest_start: None }
}

fn form(double_opt_in: bool) -> Intent {
    let record = FormRecord {
        form: "opt-in".to_owned(),
        version: 1,
        locale: "en".to_owned(),
        wording: "I agree".to_owned(),
        wording_sha256: String::new(),
        checkbox_ticked: true,
        page_shown: Some(true),
        page_url: String::new(),
        ip: String::new(),
        user_agent: String::new(),
        name: None,
    };
    Intent::Form { record, double_opt_in }
}

fn document(given_at: Timestamp) -> Intent {
    Intent::ManualOptIn(ConsentDocument {
        document: DocumentKind::Contract,
        given_at,
        reason: " contract 4711, page 2\0 ".to_owned(),
        file_sha256: None,
        file_type: None,
    })
}

fn by_phone() -> Intent {
    Intent::OptOut(Revocation::now(RevocationChannel::Call, "no more".to_owned()), Source::Manual)
}

fn because(intent: fn(String) -> Intent) -> Intent {
    intent("because it is so".to_owned())
}

fn decided(record: &NumberConsent, intent: Intent) -> Result<Decision, Refusal> {
    decide(record, program(), intent, NOW, LocalCalendar::UTC)
}

fn event(record: &NumberConsent, intent: Intent) -> EventDraft {
    decided(record, intent).unwrap().event.unwrap()
}

/// What is recorded and what follows, in words: "opted_in ConfirmOptIn ReleaseHeld".
fn outcome(record: &NumberConsent, intent: Intent) -> String {
    match decided(record, intent) {
        Err(refusal) => format!("refused {}", refusal.code()),
        Ok(Decision { event: None, effects }) if effects.is_empty() => "nothing".to_owned(),
        Ok(Decision { event, effects }) => {
            let kind = event.map_or("nothing", |event| event.kind.as_str());
            effects.iter().fold(kind.to_owned(), |words, effect| format!("{words} {effect:?}"))
        }
    }
}

#[test]
fn the_table_of_transitions() {
    let asked = RequestStatus::At(ago(1));
    type Wanted = (&'static str, fn(RequestStatus) -> Intent);
    let intents: [Wanted; 11] = [
        ("START", |_| start()),
        ("YES", |asked| yes(None, asked)),
        ("STOP", |_| stop(RevocationScope::Everywhere)),
        ("a form that asks first", |_| form(true)),
        ("a form that does not", |_| form(false)),
        ("a document", |_| document(NOW)),
        ("a call", |_| by_phone()),
        ("another owner", |_| because(|reason| Intent::Reassigned { reason })),
        ("a program's own word", |_| join()),
        ("a consent in a file", |_| import::consent(NOW)),
        ("an opt-out in a file", |_| import::opt_out()),
    ];
    let opens = "opted_in ConfirmOptIn ReleaseHeld";
    let closes = "opted_out CancelWaiting ConfirmOptOut";
    let table = [
        (
            NumberConsent::default(),
            [
                opens,
                "nothing",
                closes,
                "request_scheduled SendInvitation",
                opens,
                "opted_in ReleaseHeld",
                "opted_out CancelWaiting",
                "consent_ended CancelWaiting",
                opens,
                "opted_in ReleaseHeld",
                "opted_out CancelWaiting",
            ],
        ),
        (
            invited(),
            [
                opens,
                opens,
                closes,
                "recorded",
                "recorded",
                "opted_in ReleaseHeld",
                "opted_out CancelWaiting",
                "consent_ended CancelWaiting",
                opens,
                "opted_in ReleaseHeld",
                "opted_out CancelWaiting",
            ],
        ),
        (
            opted_in(),
            [
                "recorded",
                "nothing",
                closes,
                "recorded",
                "recorded",
                "recorded",
                "opted_out CancelWaiting",
                "consent_ended CancelWaiting",
                "recorded",
                "recorded",
                "opted_out CancelWaiting",
            ],
        ),
        (
            opted_out(),
            [
                opens,
                "nothing",
                "opt_out_repeated CancelWaiting",
                "recorded",
                "recorded",
                "refused opted_out",
                "opt_out_repeated CancelWaiting",
                "consent_ended CancelWaiting",
                "recorded",
                "refused opted_out",
                "opt_out_repeated CancelWaiting",
            ],
        ),
    ];
    for (record, expected) in table {
        let state = record.state_in(program()).name();
        for ((what, intent), expected) in intents.iter().zip(expected) {
            assert_eq!(outcome(&record, intent(asked)), expected, "{what} while {state}");
        }
    }
}

#[test]
fn under_a_flag_consent_is_recorded_and_nothing_leaves() {
    for flag in [EventKind::DoNotTextSet, EventKind::Paused] {
        let record = and(flag, invited());
        assert_eq!(outcome(&record, start()), "opted_in", "{flag}");
        assert_eq!(outcome(&record, document(NOW)), "opted_in", "{flag}");
        let unknown = and(flag, NumberConsent::default());
        assert_eq!(outcome(&unknown, form(true)), "recorded", "{flag}: no request goes out");
        assert_eq!(outcome(&unknown, form(false)), "opted_in", "{flag}");
    }
    let asked = and(EventKind::RequestScheduled, NumberConsent::default());
    assert_eq!(outcome(&asked, form(true)), "recorded", "one request at a time");
    assert_eq!(outcome(&asked, form(false)), "opted_in ConfirmOptIn ReleaseHeld");
}

#[test]
fn a_yes_answers_the_current_request_and_nothing_before_it() {
    let at = ago(1);
    let tick = Duration::microseconds(1);
    let opens = "opted_in ConfirmOptIn ReleaseHeld";
    let waits = "recorded AwaitRequest";
    let under_way = RequestStatus::UnderWay { since: at };
    for (record, sent_at, asked, expected) in [
        (invited(), Some(at), RequestStatus::At(at), opens),
        (invited(), Some(at.plus(-tick)), RequestStatus::At(at), "nothing"),
        (invited(), None, RequestStatus::At(NOW), opens),
        (invited(), None, RequestStatus::At(NOW.plus(tick)), "nothing"),
        (invited(), Some(at), RequestStatus::No, "nothing"),
        (invited(), Some(at), under_way, waits),
        (NumberConsent::default(), Some(at), under_way, waits),
        (NumberConsent::default(), Some(at.plus(-tick)), under_way, "nothing"),
        (NumberConsent::default(), Some(at), RequestStatus::At(at), "nothing"),
        (opted_out(), Some(at), under_way, "nothing"),
    ] {
        assert_eq!(outcome(&record, yes(sent_at, asked)), expected, "{sent_at:?} {asked:?}");
    }
}

#[test]
fn what_is_only_kept_changes_nothing() {
    for record in [NumberConsent::default(), invited(), opted_in(), opted_out()] {
        assert_eq!(outcome(&record, Intent::Keep(text(None))), "recorded");
    }
}

#[test]
fn an_event_happened_when_the_carrier_says_but_never_later_than_now() {
    let hour = Duration::hours(1);
    let at = |sent_at| {
        let arrival = StartArrival { at: NOW, opt_outs: Vec::new() };
        event(&invited(), Intent::Start(text(sent_at), arrival)).occurred_at
    };
    assert_eq!(at(None), NOW);
    assert_eq!(at(Some(NOW.plus(-hour))), NOW.plus(-hour));
    assert_eq!(at(Some(NOW.plus(hour))), NOW);
}

#[test]
fn a_document_counts_from_its_day_and_keeps_its_words() {
    let given = event(&invited(), document(ago(10)));
    assert_eq!((given.occurred_at, given.source, given.program), (ago(10), Source::Manual, here()));
    let Evidence::Document(document) = given.evidence else { panic!("no document") };
    assert_eq!(document.reason, "contract 4711, page 2");
    let vague = ConsentDocument { reason: "because".to_owned(), ..document };
    assert_eq!(decided(&invited(), Intent::ManualOptIn(vague)), Err(Refusal::ReferenceTooShort));
}

#[test]
fn the_days_on_which_a_consent_can_have_been_given() {
    let now = |record: &NumberConsent, days: i64| {
        check_given_at(record, ago(days), NOW, LocalCalendar::UTC).map_err(|refusal| refusal.code())
    };
    let nothing = NumberConsent::default();
    // The day of the law: December 20, 1991.
    let law = (NOW.utc().date_naive() - TCPA).num_days();
    for (record, days, expected) in [
        (&nothing, 0, Ok(())),
        (&nothing, -1, Err("consent_in_future")),
        (&nothing, law, Ok(())),
        (&nothing, law + 1, Err("consent_too_old")),
        // It opted out yesterday.
        (&opted_out(), 0, Ok(())),
        (&opted_out(), 1, Ok(())),
        (&opted_out(), 2, Err("consent_before_opt_out")),
        (&opted_out(), -1, Err("consent_in_future")),
        (&opted_out(), law + 1, Err("consent_too_old")),
    ] {
        assert_eq!(now(record, days), expected, "{days} days ago");
    }
}
