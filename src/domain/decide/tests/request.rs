//! The opt-in request: who may be asked, once more and by whom, and what its end says.

use super::*;
use crate::domain::evidence::{BasisKind, ContactBasis};

fn message() -> MessageId {
    MessageId::from(Uuid::from_u128(9))
}

fn invite() -> Intent {
    Intent::Invite { message: message(), text: "Reply START".to_owned(), basis: None }
}

fn reinvite() -> Intent {
    Intent::Reinvite { message: message(), text: "Reply START".to_owned(), basis: None }
}

fn failed(seq: i32) -> Intent {
    Intent::InvitationFailed { message: message(), seq, why: "landline".to_owned() }
}

fn accepted(seq: i32, asked_at: Timestamp) -> Intent {
    Intent::RequestAccepted { message: message(), seq, text: "Reply START".to_owned(), asked_at }
}

/// Asked that many days ago and not answered.
fn asked(days: i64) -> NumberConsent {
    let mut record = NumberConsent::default();
    for (n, kind) in [EventKind::RequestScheduled, EventKind::Invited].into_iter().enumerate() {
        record.apply(&ConsentEvent {
            seq: i32::try_from(n).unwrap() + 1,
            program: here(),
            kind,
            source: Source::System,
            occurred_at: ago(days),
            recorded_at: ago(days),
            evidence: Evidence::Note { reason: String::new() },
        });
    }
    record
}

/// The strictest cause is the one that is told.
#[test]
fn who_may_be_asked() {
    let open = and(EventKind::RequestScheduled, NumberConsent::default());
    for (record, first, again) in [
        (NumberConsent::default(), "request_scheduled SendInvitation", "refused not_invited"),
        (asked(1), "refused already_invited", "refused already_invited"),
        (opted_in(), "refused already_opted_in", "refused already_opted_in"),
        (opted_out(), "refused opted_out", "refused opted_out"),
        (open.clone(), "refused request_scheduled", "refused request_scheduled"),
        (and(EventKind::Paused, open.clone()), "refused paused", "refused paused"),
        (and(EventKind::Paused, opted_in()), "refused paused", "refused paused"),
        (and(EventKind::Paused, opted_out()), "refused opted_out", "refused opted_out"),
        (and(EventKind::DoNotTextSet, open), "refused do_not_text", "refused do_not_text"),
        (and(EventKind::DoNotTextSet, opted_out()), "refused do_not_text", "refused do_not_text"),
    ] {
        let state = record.state_in(program()).name();
        assert_eq!(outcome(&record, invite()), first, "{state}");
        assert_eq!(outcome(&record, reinvite()), again, "{state} once more");
        let may = check_reinvite(&record, program(), NOW, LocalCalendar::UTC);
        assert_eq!(may.is_err(), again.starts_with("refused"), "the button of the page");
    }
}

#[test]
fn a_person_asks_once_more_after_thirty_days() {
    assert_eq!(outcome(&asked(29), reinvite()), "refused already_invited");
    assert_eq!(outcome(&asked(30), reinvite()), "request_scheduled SendInvitation");
    assert_eq!(outcome(&asked(30), invite()), "refused already_invited", "never by itself");
    assert_eq!(check_reinvite(&asked(30), program(), NOW, LocalCalendar::UTC), Ok(()));
    assert_eq!(event(&asked(30), reinvite()).source, Source::Manual);
    assert_eq!(event(&NumberConsent::default(), invite()).source, Source::System);
    let Err(Refusal::AlreadyInvited { on, after }) = decided(&asked(29), reinvite()) else { panic!() };
    assert_eq!((on, after), (ago(29).utc().date_naive(), ago(-1).utc().date_naive()));
}

#[test]
fn how_we_got_a_number_is_said_in_words() {
    let basis = |words: &str| {
        let basis = Some(ContactBasis { kind: BasisKind::Inquiry, words: words.to_owned() });
        decided(&NumberConsent::default(), Intent::Invite { message: message(), text: String::new(), basis })
    };
    assert_eq!(basis("ok"), Err(Refusal::ReasonTooShort));
    let Evidence::Invitation { basis: Some(kept), .. } =
        basis(" asked at the trade fair ").unwrap().event.unwrap().evidence
    else {
        panic!("no basis")
    };
    assert_eq!((kept.kind, kept.words.as_str()), (BasisKind::Inquiry, "asked at the trade fair"));
}

#[test]
fn the_carrier_speaks_about_the_request_that_is_open() {
    let open = and(EventKind::RequestScheduled, NumberConsent::default());
    assert_eq!(outcome(&open, accepted(1, ago(0))), "invited");
    assert_eq!(outcome(&open, accepted(2, ago(0))), "nothing");
    assert_eq!(outcome(&asked(1), accepted(1, ago(0))), "nothing", "it was taken already");
    let taken = event(&open, accepted(1, ago(1)));
    assert_eq!((taken.occurred_at, taken.source), (ago(1), Source::Provider));
    assert_eq!(event(&open, accepted(1, ago(-1))).occurred_at, NOW, "a clock that is ahead");
}

#[test]
fn a_request_that_reached_nobody_leaves_the_number_as_it_was() {
    let first = known(&[(EventKind::RequestScheduled, here(), Source::System)]);
    let repeated = and(EventKind::RequestScheduled, asked(31));
    assert_eq!(outcome(&first, failed(1)), "invitation_failed CancelWaiting");
    assert_eq!(outcome(&first, failed(2)), "nothing", "another request");
    assert_eq!(outcome(&repeated, failed(3)), "request_failed", "still invited by the first one");
    assert_eq!(outcome(&repeated, failed(2)), "nothing");
    // Versions before called the number invited when the request was queued.
    let earlier = |source| known(&[(EventKind::Invited, here(), source)]);
    assert_eq!(outcome(&earlier(Source::System), failed(1)), "invitation_failed CancelWaiting");
    assert_eq!(outcome(&earlier(Source::Manual), failed(1)), "recorded");
    assert_eq!(outcome(&earlier(Source::System), failed(2)), "nothing");
    assert_eq!(outcome(&NumberConsent::default(), failed(1)), "nothing");
    assert_eq!(event(&first, failed(1)).source, Source::Provider);
}
