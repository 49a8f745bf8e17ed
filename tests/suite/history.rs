//! Properties of the state machine: whatever happens in whatever order, the rules hold.

use proptest::prelude::*;
use sms_opt_in::domain::calendar::LocalCalendar;
use sms_opt_in::domain::consent::{
    ConsentEvent, ConsentState, EventKind, NumberConsent, Source, StateName, StateSince, fold,
};
use sms_opt_in::domain::decide::{decide, newest_start, opt_outs_in_force};
use sms_opt_in::domain::evidence::*;
use sms_opt_in::domain::id::{InboundId, MessageId, ProgramId};
use sms_opt_in::domain::import::{ImportLine, ImportedConsent, ImportedOptOut};
use sms_opt_in::domain::intent::{Intent, RequestStatus, Revocation, RevocationScope};
use sms_opt_in::domain::past_opt_out::StartArrival;
use sms_opt_in::domain::time::Timestamp;
use uuid::Uuid;

fn program() -> ProgramId {
    ProgramId::from(Uuid::from_u128(7))
}

fn text(matched: &str, sent_at: Option<Timestamp>) -> HandsetText {
    HandsetText {
        inbound: InboundId::from(Uuid::nil()),
        provider: "test".into(),
        provider_message_id: "SM".into(),
        body: matched.into(),
        to: "+12065550199".into(),
        matched: matched.into(),
        sent_at,
        asked_sent_at: None,
    }
}

/// A START; what it has to be later than is known when it is played, and so is what a STOP may be older than.
fn a_start(sent_at: Option<Timestamp>) -> Intent {
    Intent::Start(text("START", sent_at), StartArrival { at: Timestamp::default(), opt_outs: Vec::new() })
}

fn a_stop(sent_at: Option<Timestamp>, scope: RevocationScope) -> Intent {
    Intent::Stop { text: text("STOP", sent_at), scope, newest_start: None }
}

fn line() -> ImportLine {
    let (source, file, file_sha256) = ("HubSpot".into(), "list.csv".into(), "00".into());
    ImportLine { source, exported_on: None, file, file_sha256, line: 2 }
}

fn imported(given_at: Timestamp) -> Intent {
    let (method, wording) = ("web form".into(), Some("Text me".into()));
    Intent::ImportOptIn(ImportedConsent { from: line(), method, given_at, wording, reference: None })
}

fn intents() -> impl Strategy<Value = Intent> {
    let message = MessageId::from(Uuid::nil());
    let reason = || "because it is so".to_owned();
    let form = |double_opt_in| Intent::Form {
        record: FormRecord {
            form: "opt-in".into(),
            version: 1,
            locale: "en".into(),
            wording: "I agree".into(),
            wording_sha256: String::new(),
            checkbox_ticked: true,
            page_shown: Some(true),
            page_url: String::new(),
            ip: String::new(),
            user_agent: String::new(),
            name: None,
        },
        double_opt_in,
    };
    let document = |given_at| {
        Intent::ManualOptIn(ConsentDocument {
            document: DocumentKind::Contract,
            given_at,
            reason: "contract 4711, page 2".into(),
            file_sha256: None,
            file_type: None,
        })
    };
    prop_oneof![
        Just(Intent::Invite { message, text: "Reply START".into(), basis: None }),
        Just(Intent::Reinvite { message, text: "Reply START".into(), basis: None }),
        (1..9i32).prop_map(move |seq| Intent::InvitationFailed { message, seq, why: "landline".into() }),
        Just(a_start(None)),
        (0i64..2000).prop_map(|at| a_start(Some(Timestamp::from_micros(at * 1_000_000)))),
        Just(Intent::Yes {
            text: text("YES", None),
            arrived_at: Timestamp::default(),
            asked: RequestStatus::At(Timestamp::default())
        }),
        Just(Intent::Yes {
            text: text("YES", None),
            arrived_at: Timestamp::default(),
            asked: RequestStatus::UnderWay { since: Timestamp::default() }
        }),
        (1..9i32).prop_map(move |seq| Intent::RequestAccepted {
            message,
            seq,
            text: "Reply START".into(),
            asked_at: Timestamp::default()
        }),
        Just(a_stop(None, RevocationScope::Everywhere)),
        Just(a_stop(None, RevocationScope::Program)),
        Just(Intent::Unclear(text("no", None))),
        any::<bool>().prop_map(form),
        (0i64..3000).prop_map(move |at| document(Timestamp::from_micros(at * 1_000_000))),
        (0i64..3000).prop_map(move |at| imported(Timestamp::from_micros(at * 1_000_000))),
        Just(Intent::ImportOptOut(ImportedOptOut { from: line(), received_at: None, reason: String::new() })),
        Just(Intent::OptOut(Revocation::now(RevocationChannel::Call, reason()), Source::Manual)),
        Just(Intent::ProviderBlock {
            provider: "test".into(),
            code: "21610".into(),
            message,
            scope: RevocationScope::Everywhere
        }),
        Just(Intent::Reassigned { reason: reason() }),
        Just(Intent::SetDoNotText { reason: reason() }),
        Just(Intent::ClearDoNotText { reason: reason() }),
        Just(Intent::Resume { reason: reason() }),
    ]
}

/// Plays the intents one second apart; returns the history and the projection kept beside it.
fn play(intents: Vec<Intent>) -> (Vec<ConsentEvent>, NumberConsent) {
    let (mut history, mut record) = (Vec::new(), NumberConsent::default());
    for (n, intent) in intents.into_iter().enumerate() {
        let now = Timestamp::from_micros((1000 + n as i64) * 1_000_000);
        let before = record.state_in(program());
        let from_handset = matches!(intent, Intent::Start(..));
        let intent = match intent {
            Intent::Start(text, _) => {
                let opt_outs = opt_outs_in_force(history.iter().rev(), program());
                Intent::Start(text, StartArrival { at: now, opt_outs })
            }
            Intent::Stop { text, scope, .. } => {
                let time_of = |text: &HandsetText| text.time().filter(|_| text.matched == "START");
                let newest_start = newest_start(history.iter().rev(), program(), time_of);
                Intent::Stop { text, scope, newest_start }
            }
            other => other,
        };
        let Ok(decision) = decide(&record, program(), intent, now, LocalCalendar::UTC) else { continue };
        let Some(draft) = decision.event else { continue };
        let event = ConsentEvent {
            seq: record.seq + 1,
            program: draft.program,
            kind: draft.kind,
            source: draft.source,
            occurred_at: draft.occurred_at,
            recorded_at: now,
            evidence: draft.evidence,
        };
        record.apply(&event);
        let after = record.state_in(program());
        if before.name() == StateName::OptedOut && after.name() != StateName::OptedOut {
            assert!(from_handset, "only the handset's START brings back a number that opted out");
        }
        history.push(event);
    }
    (history, record)
}

proptest! {
    #[test]
    fn the_projection_is_the_fold_of_the_history(intents in prop::collection::vec(intents(), 0..40)) {
        let (history, record) = play(intents);
        prop_assert_eq!(fold(&history), record);
    }

    /// What a page of a history begins in is read from two events, not folded from all.
    #[test]
    fn a_state_is_known_by_the_event_that_began_it_and_one_that_ended_it(
        intents in prop::collection::vec(intents(), 0..40),
    ) {
        let (history, _) = play(intents);
        let mut known = NumberConsent::default();
        for (n, event) in history.iter().enumerate() {
            let newest = |kinds: &[EventKind]| {
                let is_about = |event: &&ConsentEvent| event.program.is_none_or(|about| about == program());
                let mut earlier = history[..n].iter().rev().filter(is_about);
                earlier.find(|event| kinds.contains(&event.kind))
            };
            let state = newest(&ConsentState::BEGINNINGS).map_or(ConsentState::NotAsked, |begun| {
                let ConsentEvent { occurred_at, recorded_at, seq, source, .. } = *begun;
                let state =
                    ConsentState::begun_by(begun.kind, StateSince { occurred_at, recorded_at, seq, source });
                let end = newest(state.endings()).filter(|end| end.seq > seq);
                if end.is_some() { ConsentState::NotAsked } else { state }
            });
            prop_assert_eq!(state.name(), known.state_in(program()).name(), "before {}", event.seq);
            known.apply(event);
        }
    }

    #[test]
    fn nothing_reaches_opted_in_without_evidence(intents in prop::collection::vec(intents(), 0..40)) {
        let (history, _) = play(intents);
        for event in history.iter().filter(|event| event.kind == EventKind::OptedIn) {
            let proves = matches!(
                event.evidence,
                Evidence::HandsetText(_) | Evidence::WebForm(_) | Evidence::Document(_)
            );
            prop_assert!(proves, "{:?}", event);
        }
    }

    /// START and STOP with the provider's times, arriving in any order, some twice: never less restrictive than the
    /// last text by those times says (within a minute the STOP wins).
    #[test]
    fn late_and_repeated_texts_never_end_less_restrictive(
        sent in prop::collection::vec((any::<bool>(), 0i64..900), 1..6),
        order in Just((0..12usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let arriving: Vec<_> = order.iter().filter_map(|n| sent.get(n % 6)).collect();
        let (_, record) = play(arriving.iter().map(|(start, at)| {
            let sent_at = Some(Timestamp::from_micros(at * 1_000_000));
            if *start {
                a_start(sent_at)
            } else {
                a_stop(sent_at, RevocationScope::Everywhere)
            }
        }).collect());
        let last = |wanted: bool| sent.iter().filter(|(start, _)| *start == wanted).map(|(_, at)| *at).max();
        if let Some(stop) = last(false)
            && last(true).is_none_or(|start| start <= stop)
        {
            prop_assert_eq!(record.state_in(program()).name(), StateName::OptedOut);
        }
    }
}
