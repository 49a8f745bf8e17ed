//! What the record of a number takes over from another spelling of it: from an old one everything that is stricter, once;
//! from a twin its opt-outs. Nothing here opens what was closed.

use super::{Decision, Effect, EventDraft, EventKind, Evidence, NumberConsent, Source, StateName};
use crate::domain::evidence::OtherSpelling;
use crate::domain::id::ProgramId;
use crate::domain::time::Timestamp;

/// The events that bring `old`, the record under an old spelling, into `record`: each opt-out and flag that it lacks, and
/// what stands in programs of which it knows nothing.
pub fn inherit(
    record: &NumberConsent,
    old: &NumberConsent,
    programs: &[ProgramId],
    link: &OtherSpelling,
    now: Timestamp,
) -> Vec<Decision> {
    let mut found = Vec::new();
    let everywhere =
        old.stopped_everywhere.filter(|_| old.is_out_everywhere() && !record.is_out_everywhere());
    if let Some(since) = everywhere {
        found.push(event(EventKind::OptedOut, None, since.source, since.occurred_at, link.clone()));
    } else {
        for program in programs {
            let Some(since) = old.state_in(*program).since() else { continue };
            let is_unknown = !record.programs.contains_key(program) && record.last_opt_out.is_none();
            let kind = match (record.state_in(*program).name(), old.state_in(*program).name()) {
                (StateName::OptedOut, _) => continue,
                (_, StateName::OptedOut) => EventKind::OptedOut,
                (_, StateName::OptedIn) if is_unknown => EventKind::OptedIn,
                (_, StateName::Invited) if is_unknown => EventKind::Invited,
                _ => continue,
            };
            found.push(event(kind, Some(*program), since.source, since.occurred_at, link.clone()));
        }
    }
    let flags = [
        (EventKind::DoNotTextSet, Source::Manual, &old.do_not_text, &record.do_not_text),
        (EventKind::Paused, Source::Handset, &old.paused, &record.paused),
    ];
    for (kind, source, theirs, ours) in flags {
        if let (Some(flag), None) = (theirs, ours) {
            let link = OtherSpelling { reason: flag.reason.clone(), ..link.clone() };
            found.push(event(kind, None, source, now, link));
        }
    }
    found
}

fn event(
    kind: EventKind,
    program: Option<ProgramId>,
    source: Source,
    occurred_at: Timestamp,
    link: OtherSpelling,
) -> Decision {
    let effects = match kind {
        EventKind::OptedOut | EventKind::OptOutRepeated | EventKind::DoNotTextSet => {
            vec![Effect::CancelWaiting]
        }
        _ => Vec::new(),
    };
    let evidence = Evidence::OtherSpelling(link);
    Decision { event: Some(EventDraft { kind, program, source, occurred_at, evidence }), effects }
}

/// The opt-out that a twin of the number recorded, for this number too.
pub fn share_opt_out(
    record: &NumberConsent,
    program: Option<ProgramId>,
    source: Source,
    occurred_at: Timestamp,
    link: OtherSpelling,
) -> Decision {
    let is_out = match program {
        None => record.is_out_everywhere(),
        Some(program) => record.state_in(program).name() == StateName::OptedOut,
    };
    let kind = if is_out { EventKind::OptOutRepeated } else { EventKind::OptedOut };
    event(kind, program, source, occurred_at, link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::consent::{ConsentEvent, fold};
    use crate::domain::id::NumberId;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(1_793_728_800_000_000);

    fn program(n: u128) -> ProgramId {
        ProgramId::from(Uuid::from_u128(n))
    }

    fn link() -> OtherSpelling {
        OtherSpelling {
            number: NumberId::from(Uuid::nil()),
            e164: "+5215562000000".to_owned(),
            seq: 1,
            hash: String::new(),
            reason: String::new(),
        }
    }

    fn known(events: &[(EventKind, Option<ProgramId>)]) -> NumberConsent {
        let event = |(n, (kind, program)): (usize, &(EventKind, Option<ProgramId>))| ConsentEvent {
            seq: i32::try_from(n).unwrap() + 1,
            program: *program,
            kind: *kind,
            source: Source::Handset,
            occurred_at: NOW,
            recorded_at: NOW,
            evidence: Evidence::Note { reason: "why".to_owned() },
        };
        fold(events.iter().enumerate().map(event).collect::<Vec<_>>().iter())
    }

    fn inherited(record: &NumberConsent, old: &NumberConsent) -> Vec<(EventKind, Option<ProgramId>)> {
        let decisions = inherit(record, old, &[program(1), program(2)], &link(), NOW);
        decisions
            .into_iter()
            .filter_map(|decision| decision.event)
            .map(|event| (event.kind, event.program))
            .collect()
    }

    #[test]
    fn the_stricter_state_is_taken_over() {
        use EventKind::*;
        let one = Some(program(1));
        let nothing = NumberConsent::default();
        let out = known(&[(OptedOut, None)]);
        let opted_in = known(&[(OptedIn, one)]);
        let invited = known(&[(Invited, one)]);
        let flagged = known(&[(DoNotTextSet, None), (Paused, None)]);
        assert_eq!(inherited(&nothing, &out), [(OptedOut, None)]);
        assert_eq!(inherited(&opted_in, &out), [(OptedOut, None)]);
        assert_eq!(inherited(&out, &opted_in), []);
        assert_eq!(inherited(&out, &out), []);
        assert_eq!(inherited(&nothing, &opted_in), [(OptedIn, one)]);
        assert_eq!(inherited(&invited, &opted_in), [], "a number that is asked already keeps its own state");
        assert_eq!(inherited(&nothing, &flagged), [(DoNotTextSet, None), (Paused, None)]);
        let narrow = known(&[(OptedIn, Some(program(2))), (OptedOut, one)]);
        assert_eq!(inherited(&opted_in, &narrow), [(OptedOut, one), (OptedIn, Some(program(2)))]);
        assert_eq!(inherited(&nothing, &invited), [(Invited, one)]);
        assert_eq!(inherited(&opted_in, &invited), [], "a number that opted in keeps its own state");
        assert_eq!(inherited(&flagged, &flagged), []);
        let changed_hands = known(&[(ConsentEnded, None)]);
        assert_eq!(inherited(&changed_hands, &invited), []);
        assert_eq!(inherited(&changed_hands, &opted_in), [], "the next owner has not opted in");
    }

    #[test]
    fn what_is_taken_over_cancels_what_waits_and_keeps_its_reason() {
        use EventKind::*;
        let old =
            known(&[(OptedIn, Some(program(1))), (OptedOut, None), (DoNotTextSet, None), (Paused, None)]);
        let taken = inherit(&NumberConsent::default(), &old, &[program(1)], &link(), NOW);
        let effects = |kind| {
            let of_kind =
                |decision: &&Decision| decision.event.as_ref().is_some_and(|event| event.kind == kind);
            taken.iter().find(of_kind).unwrap().effects.clone()
        };
        assert_eq!(effects(OptedOut), [Effect::CancelWaiting]);
        assert_eq!(effects(DoNotTextSet), [Effect::CancelWaiting]);
        assert_eq!(effects(Paused), []);
        for event in taken.iter().filter_map(|decision| decision.event.as_ref()) {
            let Evidence::OtherSpelling(link) = &event.evidence else { panic!("{event:?}") };
            assert_eq!(link.reason, if event.kind == OptedOut { "" } else { "why" }, "{}", event.kind);
        }
    }

    #[test]
    fn a_twin_shares_an_opt_out_and_says_where_it_had_opted_out_itself() {
        let shared = |record: &NumberConsent, about: Option<ProgramId>| {
            let decision = share_opt_out(record, about, Source::Handset, NOW, link());
            assert_eq!(decision.effects, [Effect::CancelWaiting]);
            let event = decision.event.unwrap();
            assert_eq!(event.program, about);
            event.kind
        };
        let (one, other) = (Some(program(1)), Some(program(2)));
        let narrow = known(&[(EventKind::OptedOut, one)]);
        let everywhere = known(&[(EventKind::OptedOut, None)]);
        for (record, about, expected) in [
            (NumberConsent::default(), None, EventKind::OptedOut),
            (NumberConsent::default(), one, EventKind::OptedOut),
            (known(&[(EventKind::OptedIn, one)]), one, EventKind::OptedOut),
            (narrow.clone(), one, EventKind::OptOutRepeated),
            (narrow.clone(), other, EventKind::OptedOut),
            (narrow, None, EventKind::OptedOut),
            (everywhere.clone(), None, EventKind::OptOutRepeated),
            (everywhere, one, EventKind::OptOutRepeated),
        ] {
            assert_eq!(shared(&record, about), expected, "{about:?}");
        }
    }
}
