//! Which was sent last, a START or an opt-out: one rule for both directions (RULES §1). Texts arrive late, twice and in any
//! order, and some providers' webhooks carry no time. In doubt the number stays out.

use chrono::Duration;

use crate::domain::consent::{ConsentEvent, EventKind};
use crate::domain::evidence::{Evidence, HandsetText};
use crate::domain::id::ProgramId;
use crate::domain::past_opt_out::{OptOutText, PastOptOut, StartArrival};
use crate::domain::time::Timestamp;

/// A START that arrives after a STOP counts if it was sent at least this much later.
const START_LATER: Duration = Duration::seconds(1);
/// A STOP that arrives after a START wins unless it was sent more than this much earlier.
const STOP_OLDER: Duration = Duration::seconds(60);
/// An opt-out that is no text has only its recorded time: a START has to be this much later.
const AFTER_RECORD: Duration = Duration::seconds(5);

/// How a START stands to the opt-outs before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum StartOrder {
    /// It is later than all of them.
    Later,
    /// Nobody knows yet: the carrier has to be asked.
    Unknown,
    /// It is older than one of them.
    Older,
}

/// The opt-outs that a START to `program` has to be later than: those since the program's last opt-in.
pub fn opt_outs_in_force<'a>(
    newest_first: impl IntoIterator<Item = &'a ConsentEvent>,
    program: ProgramId,
) -> Vec<PastOptOut> {
    let is_about = |event: &ConsentEvent| event.program.is_none_or(|about| about == program);
    newest_first
        .into_iter()
        .filter(|event| is_about(event))
        .take_while(|event| event.kind != EventKind::OptedIn)
        .filter(|event| {
            matches!(event.kind, EventKind::OptedOut | EventKind::OptOutRepeated | EventKind::ConsentEnded)
        })
        .map(|event| PastOptOut { seq: event.seq, recorded_at: event.recorded_at, text: text_of(event) })
        .collect()
}

fn text_of(event: &ConsentEvent) -> Option<OptOutText> {
    match &event.evidence {
        Evidence::HandsetText(text) => Some(OptOutText {
            provider: text.provider.clone(),
            provider_message_id: text.provider_message_id.clone(),
            sent_at: text.time(),
        }),
        _ => None,
    }
}

/// Does a START, sent at `sent_at` as far as that is known, count against the opt-outs recorded before it?
pub fn start_order(sent_at: Option<Timestamp>, arrival: &StartArrival) -> StartOrder {
    let orders = arrival.opt_outs.iter().map(|opt_out| against(sent_at, arrival.at, opt_out));
    orders.max().unwrap_or(StartOrder::Later)
}

fn against(sent_at: Option<Timestamp>, arrived_at: Timestamp, opt_out: &PastOptOut) -> StartOrder {
    let at_least = |sent: Timestamp, least: Timestamp| match sent >= least {
        true => StartOrder::Later,
        false => StartOrder::Older,
    };
    match (sent_at, &opt_out.text) {
        (Some(sent), Some(OptOutText { sent_at: Some(stop), .. })) => at_least(sent, stop.plus(START_LATER)),
        (Some(sent), None) => at_least(sent, opt_out.recorded_at.plus(AFTER_RECORD)),
        _ if opt_out.is_near(arrived_at) => StartOrder::Unknown,
        // The opt-out was sent before it arrived: that much is known of it.
        (Some(sent), Some(_)) => at_least(sent, opt_out.recorded_at),
        (None, _) => StartOrder::Later,
    }
}

/// When the newest START of the consent in force was sent, as far as that is known. `time_of` knows a START from another
/// text, and its time. A START to a number that was in already is in the history as well, and counts.
pub fn newest_start<'a>(
    newest_first: impl IntoIterator<Item = &'a ConsentEvent>,
    program: ProgramId,
    time_of: impl Fn(&HandsetText) -> Option<Timestamp>,
) -> Option<Timestamp> {
    let mut newest = None;
    for event in newest_first.into_iter().filter(|event| event.program == Some(program)) {
        let is_start = matches!(event.kind, EventKind::OptedIn | EventKind::Recorded);
        if let (true, Evidence::HandsetText(text)) = (is_start, &event.evidence) {
            // A handset's clock may be ahead of ours.
            newest = newest.max(time_of(text).map(|sent| sent.min(event.recorded_at)));
        }
        if event.kind == EventKind::OptedIn {
            break;
        }
    }
    newest
}

/// Is a STOP, sent at `sent_at`, clearly older than the START of this time that is in force?
pub fn stop_is_older(sent_at: Option<Timestamp>, start: Option<Timestamp>) -> bool {
    matches!((sent_at, start), (Some(stop), Some(start)) if stop.plus(STOP_OLDER) < start)
}

/// Can a STOP that arrives now be older than any START that has arrived? Without a time of its own it cannot.
pub fn may_be_older(sent_at: Option<Timestamp>, now: Timestamp) -> bool {
    stop_is_older(sent_at, Some(now))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn opt_out(recorded: i64, text: Option<Option<i64>>) -> PastOptOut {
        let text = text.map(|sent| OptOutText {
            provider: "test".to_owned(),
            provider_message_id: "SM".to_owned(),
            sent_at: sent.map(at),
        });
        PastOptOut { seq: 1, recorded_at: at(recorded), text }
    }

    fn order(sent: Option<i64>, arrived: i64, opt_out: PastOptOut) -> StartOrder {
        start_order(sent.map(at), &StartArrival { at: at(arrived), opt_outs: vec![opt_out] })
    }

    #[test]
    fn a_start_is_later_by_both_times_or_after_a_minute() {
        use StartOrder::{Later, Older, Unknown};
        for (sent, arrived, recorded, text, expected) in [
            // Both times: one second decides, whenever they arrived.
            (Some(101), 103, 103, Some(Some(100)), Later),
            (Some(100), 300, 103, Some(Some(100)), Older),
            (Some(99), 103, 103, Some(Some(100)), Older),
            // No times: near is unknown, a minute later counts.
            (None, 100, 100, Some(None), Unknown),
            (None, 159, 100, Some(None), Unknown),
            (None, 160, 100, Some(None), Later),
            (None, 99, 100, Some(None), Unknown),
            // One time is not both.
            (Some(101), 102, 100, Some(None), Unknown),
            (None, 102, 100, Some(Some(99)), Unknown),
            (Some(90), 170, 100, Some(None), Older),
            (Some(130), 170, 100, Some(None), Later),
            // No text: its recorded time stands, and five seconds decide.
            (Some(105), 106, 100, None, Later),
            (Some(104), 300, 100, None, Older),
            (None, 106, 100, None, Unknown),
            (None, 160, 100, None, Later),
        ] {
            assert_eq!(
                order(sent, arrived, opt_out(recorded, text)),
                expected,
                "{sent:?} {arrived} {text:?}"
            );
        }
        let both = StartArrival {
            at: at(110),
            opt_outs: vec![opt_out(50, Some(Some(50))), opt_out(105, Some(None))],
        };
        assert_eq!(start_order(None, &both), Unknown);
        assert_eq!(start_order(None, &StartArrival { at: at(110), opt_outs: Vec::new() }), Later);
    }

    #[test]
    fn a_stop_wins_unless_it_is_a_minute_older() {
        for (stop, start, older) in [
            (Some(39), Some(100), true),
            (Some(40), Some(100), false),
            (None, Some(100), false),
            (Some(0), None, false),
        ] {
            assert_eq!(stop_is_older(stop.map(at), start.map(at)), older, "{stop:?} {start:?}");
            let now = at(start.unwrap_or(59));
            assert_eq!(may_be_older(stop.map(at), now), older, "of any START that has arrived: {stop:?}");
        }
    }

    fn program(n: u128) -> ProgramId {
        ProgramId::from(uuid::Uuid::from_u128(n))
    }

    /// An event about program 7, recorded at this second.
    fn event(recorded: i64, kind: EventKind, sent: Option<Option<i64>>) -> ConsentEvent {
        let text = |sent_at: Option<i64>| HandsetText {
            inbound: crate::domain::id::InboundId::from(uuid::Uuid::nil()),
            provider: "test".to_owned(),
            provider_message_id: "SM".to_owned(),
            body: String::new(),
            to: String::new(),
            matched: String::new(),
            sent_at: sent_at.map(at),
            asked_sent_at: None,
        };
        let note = || Evidence::Note { reason: String::new() };
        ConsentEvent {
            seq: 1,
            program: Some(program(7)),
            kind,
            source: crate::domain::consent::Source::Handset,
            occurred_at: at(recorded),
            recorded_at: at(recorded),
            evidence: sent.map_or_else(note, |sent| Evidence::HandsetText(text(sent))),
        }
    }

    #[test]
    fn a_start_has_to_be_later_than_the_opt_outs_since_the_last_opt_in() {
        use EventKind::{ConsentEnded, OptOutRepeated, OptedIn, OptedOut, Paused};
        let everywhere = |event: ConsentEvent| ConsentEvent { program: None, ..event };
        let elsewhere = |event: ConsentEvent| ConsentEvent { program: Some(program(8)), ..event };
        let newest_first = [
            everywhere(event(60, ConsentEnded, None)),
            event(50, Paused, Some(None)),
            elsewhere(event(45, OptedIn, Some(None))),
            elsewhere(event(44, OptedOut, Some(None))),
            event(40, OptOutRepeated, Some(None)),
            everywhere(event(30, OptedOut, Some(Some(29)))),
            event(20, OptedIn, Some(None)),
            event(10, OptedOut, Some(None)),
        ];
        let found = opt_outs_in_force(&newest_first, program(7));
        let times: Vec<_> =
            found.iter().map(|one| (one.recorded_at, one.text.as_ref().map(|text| text.sent_at))).collect();
        assert_eq!(times, [(at(60), None), (at(40), Some(None)), (at(30), Some(Some(at(29))))]);
    }

    #[test]
    fn the_newest_start_of_the_consent_in_force_is_found() {
        use EventKind::{OptedIn, OptedOut, Recorded};
        let newest = |events: &[ConsentEvent]| newest_start(events, program(7), HandsetText::time);
        let start = event(20, OptedIn, Some(Some(19)));
        assert_eq!(newest(&[]), None);
        assert_eq!(newest(&[event(30, Recorded, Some(Some(28))), start.clone()]), Some(at(28)), "one more");
        assert_eq!(newest(&[event(30, Recorded, Some(Some(15))), start.clone()]), Some(at(19)));
        assert_eq!(
            newest(&[event(30, Recorded, Some(Some(99))), start.clone()]),
            Some(at(30)),
            "a fast clock"
        );
        assert_eq!(newest(&[event(30, OptedOut, Some(Some(28))), start.clone()]), Some(at(19)), "no START");
        let elsewhere = ConsentEvent { program: Some(program(8)), ..event(30, Recorded, Some(Some(28))) };
        assert_eq!(newest(&[elsewhere, start.clone()]), Some(at(19)));
        let earlier = event(10, Recorded, Some(Some(18)));
        assert_eq!(newest(&[event(20, OptedIn, Some(None)), earlier]), None, "before the consent in force");
        assert_eq!(newest(&[event(30, Recorded, None), start]), Some(at(19)));
    }

    fn micros(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    /// The opt-out's recorded time, its kind and time, when the START arrived, and when it was sent, in microseconds.
    fn anything() -> impl Strategy<Value = (i64, Option<Option<i64>>, i64, Option<i64>)> {
        let around = |recorded: i64| recorded - 120_000_000..recorded + 120_000_000;
        (1_000_000_000_000i64..2_000_000_000_000).prop_flat_map(move |recorded| {
            (
                Just(recorded),
                proptest::option::of(proptest::option::of(around(recorded))),
                around(recorded),
                proptest::option::of(around(recorded)),
            )
        })
    }

    fn decided(recorded: i64, text: Option<Option<i64>>, arrived: i64, sent: Option<i64>) -> StartOrder {
        let opt_out = PastOptOut { recorded_at: micros(recorded), ..opt_out(0, text.map(|_| None)) };
        let text = opt_out.text.map(|known| OptOutText { sent_at: text.flatten().map(micros), ..known });
        let arrival = StartArrival { at: micros(arrived), opt_outs: vec![PastOptOut { text, ..opt_out }] };
        start_order(sent.map(micros), &arrival)
    }

    proptest! {
        /// Each limit of the table, to the microsecond, wherever on the clock the opt-out lies.
        #[test]
        fn the_limits_are_exact(at in 1_000_000_000_000i64..2_000_000_000_000, arrived in -90_000_000i64..90_000_000) {
            use StartOrder::{Later, Older, Unknown};
            let text = Some(Some(at));
            for (later, expected) in [(25_000, Older), (999_999, Older), (1_000_000, Later)] {
                prop_assert_eq!(decided(at, text, at + arrived, Some(at + later)), expected);
            }
            for (later, expected) in [(4_999_999, Older), (5_000_000, Later)] {
                prop_assert_eq!(decided(at, None, at + arrived, Some(at + later)), expected);
            }
            for (later, expected) in [(25_000, Unknown), (59_999_999, Unknown), (60_000_000, Later)] {
                for text in [None, Some(None), Some(Some(at))] {
                    prop_assert_eq!(decided(at, text, at + later, None), expected);
                }
                prop_assert_eq!(decided(at, Some(None), at + later, Some(at)), expected);
            }
            for (older, expected) in [(60_000_000, false), (60_000_001, true)] {
                prop_assert_eq!(stop_is_older(Some(micros(at - older)), Some(micros(at))), expected);
            }
        }

        /// A START that was sent later, or arrived later, is never taken for older than before.
        #[test]
        fn later_never_counts_less((recorded, text, arrived, sent) in anything(), more in 0i64..120_000_000) {
            let before = decided(recorded, text, arrived, sent);
            if let Some(sent) = sent {
                prop_assert!(decided(recorded, text, arrived, Some(sent + more)) <= before);
            }
            if before == StartOrder::Later {
                prop_assert_eq!(decided(recorded, text, arrived + more, sent), before);
            }
        }

        /// What nobody told is not guessed: within a minute a START counts by two known times alone.
        #[test]
        fn a_near_start_counts_by_known_times_alone((recorded, text, arrived, sent) in anything()) {
            let is_near = arrived - recorded < 60_000_000;
            let is_known = sent.is_some() && text.is_none_or(|sent| sent.is_some());
            if is_near && !is_known {
                prop_assert_eq!(decided(recorded, text, arrived, sent), StartOrder::Unknown);
            }
        }
    }
}
