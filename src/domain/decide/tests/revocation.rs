//! Revocations by every way, flags, and the end of an owner's consent.

use super::*;

#[test]
fn a_stop_that_is_clearly_older_than_the_start_changes_only_other_programs() {
    let minute = Duration::seconds(60);
    let tick = Duration::microseconds(1);
    let elsewhere = known(&[
        (EventKind::OptedIn, Some(other_program()), Source::Handset),
        (EventKind::OptedIn, here(), Source::Handset),
    ]);
    let asked = known(&[(EventKind::OptedIn, here(), Source::Handset)]);
    let (everywhere, narrow) = (RevocationScope::Everywhere, RevocationScope::Program);
    let closes = "opted_out CancelWaiting ConfirmOptOut";
    for (record, scope, sent_at, expected) in [
        (&asked, everywhere, Some(NOW.plus(-minute - tick)), "recorded"),
        (&asked, everywhere, Some(NOW.plus(-minute)), closes),
        (&asked, everywhere, None, closes),
        (&asked, narrow, Some(NOW.plus(-minute - tick)), "recorded"),
        (&elsewhere, everywhere, Some(NOW.plus(-minute - tick)), closes),
        (&elsewhere, narrow, Some(NOW.plus(-minute - tick)), "recorded"),
    ] {
        let intent = Intent::Stop { text: text(sent_at), scope, newest_start: Some(NOW) };
        assert_eq!(outcome(record, intent), expected, "{scope:?} {sent_at:?}");
    }
}

#[test]
fn a_stop_is_confirmed_once_for_what_it_ends() {
    let (everywhere, narrow) = (RevocationScope::Everywhere, RevocationScope::Program);
    // Out of this program alone, and in the other one.
    let beside = known(&[
        (EventKind::OptedIn, Some(other_program()), Source::Handset),
        (EventKind::OptedOut, here(), Source::Handset),
    ]);
    assert_eq!(outcome(&beside, stop(everywhere)), "opted_out CancelWaiting ConfirmOptOut");
    assert_eq!(outcome(&beside, stop(narrow)), "opt_out_repeated CancelWaiting");
    // A first text that is STOP: there was nothing to end, and the person is told once.
    assert_eq!(outcome(&NumberConsent::default(), stop(everywhere)), "opted_out CancelWaiting ConfirmOptOut");
    assert_eq!(outcome(&opted_out(), stop(everywhere)), "opt_out_repeated CancelWaiting");
    assert_eq!(event(&opted_in(), stop(everywhere)).program, ALL);
    assert_eq!(event(&opted_in(), stop(narrow)).program, here());
}

#[test]
fn a_stop_happened_when_it_was_sent() {
    let sent_at = Some(ago(1));
    let intent = Intent::Stop { text: text(sent_at), scope: RevocationScope::Everywhere, newest_start: None };
    let stopped = event(&opted_in(), intent);
    assert_eq!((stopped.occurred_at, stopped.source), (ago(1), Source::Handset));
}

#[test]
fn an_unclear_reply_pauses_a_number_that_could_be_texted() {
    let unclear = || Intent::Unclear(text(None));
    for record in [NumberConsent::default(), invited(), opted_in()] {
        assert_eq!(outcome(&record, unclear()), "paused");
        assert_eq!(event(&record, unclear()).program, ALL);
    }
    assert_eq!(outcome(&opted_out(), unclear()), "recorded");
    assert_eq!(outcome(&and(EventKind::Paused, opted_in()), unclear()), "recorded");
    let narrow = known(&[(EventKind::OptedOut, here(), Source::Handset)]);
    assert_eq!(outcome(&narrow, unclear()), "paused", "another program could text it");
}

fn revoked(reason: &str, received_at: Option<Timestamp>, confirm: bool, source: Source) -> Intent {
    let (channel, reason) = (RevocationChannel::Call, reason.to_owned());
    Intent::OptOut(Revocation { channel, reason, received_at, confirm }, source)
}

#[test]
fn a_revocation_by_other_means_needs_words_and_a_possible_time() {
    let (tick, law) = (Duration::microseconds(1), (NOW.utc().date_naive() - TCPA).num_days());
    for (reason, received_at, expected) in [
        ("a call", None, "opted_out CancelWaiting"),
        ("", None, "refused reason_too_short"),
        (" \0 ", None, "refused reason_too_short"),
        ("a call", Some(NOW), "opted_out CancelWaiting"),
        ("a call", Some(NOW.plus(tick)), "refused revocation_date"),
        ("a call", Some(ago(law)), "opted_out CancelWaiting"),
        ("a call", Some(ago(law + 1)), "refused revocation_date"),
    ] {
        for source in [Source::Manual, Source::Api] {
            let intent = revoked(reason, received_at, false, source);
            assert_eq!(outcome(&opted_in(), intent), expected, "{reason:?} {received_at:?} {source}");
        }
    }
    assert_eq!(event(&opted_in(), revoked("a call", Some(ago(3)), false, Source::Api)).occurred_at, ago(3));
    assert_eq!(event(&opted_in(), revoked("a call", None, false, Source::Api)).program, ALL);
}

/// In the west the midnight of tomorrow's date, by which a day without a time is kept, may be past already.
#[test]
fn a_person_cannot_enter_tomorrow_as_the_day_of_a_revocation() {
    let west = LocalCalendar::find("America/Los_Angeles").unwrap();
    let now = NOW.plus(Duration::hours(8));
    let tomorrow = Some(NOW.plus(Duration::hours(6)));
    let decided = |received_at, source| {
        decide(&opted_in(), program(), revoked("a call", received_at, false, source), now, west)
    };
    assert!(decided(tomorrow, Source::Manual).is_err());
    assert!(decided(tomorrow, Source::Api).is_ok(), "a machine means a moment");
    assert!(decided(Some(NOW.plus(-Duration::hours(18))), Source::Manual).is_ok(), "today");
}

#[test]
fn a_revocation_by_other_means_is_confirmed_only_where_texts_could_go() {
    let confirm = |record: &NumberConsent, confirm| {
        outcome(record, revoked("a call", None, confirm, Source::Manual)).contains("ConfirmOptOut")
    };
    assert!(confirm(&opted_in(), true));
    assert!(confirm(&invited(), true));
    assert!(!confirm(&opted_in(), false));
    assert!(!confirm(&NumberConsent::default(), true));
    assert!(!confirm(&opted_out(), true));
}

#[test]
fn a_block_at_the_provider_is_an_opt_out_of_its_scope() {
    let block = |scope| Intent::ProviderBlock {
        provider: "test".to_owned(),
        code: "21610".to_owned(),
        message: MessageId::from(Uuid::nil()),
        scope,
    };
    let blocked = event(&opted_in(), block(RevocationScope::Program));
    assert_eq!(
        (blocked.kind, blocked.program, blocked.source),
        (EventKind::OptedOut, here(), Source::Provider)
    );
    assert_eq!(event(&opted_in(), block(RevocationScope::Everywhere)).program, ALL);
    let repeated = outcome(&opted_out(), block(RevocationScope::Program));
    assert_eq!(repeated, "opt_out_repeated CancelWaiting");
}

#[test]
fn a_flag_is_set_and_lifted_once_with_a_reason() {
    let set = || because(|reason| Intent::SetDoNotText { reason });
    let clear = || because(|reason| Intent::ClearDoNotText { reason });
    let resume = || because(|reason| Intent::Resume { reason });
    let flagged = and(EventKind::DoNotTextSet, opted_in());
    let paused = and(EventKind::Paused, opted_in());
    for (record, intent, expected) in [
        (&opted_in(), set(), "do_not_text_set CancelWaiting"),
        (&flagged, set(), "refused nothing_to_do"),
        (&flagged, clear(), "do_not_text_cleared"),
        (&opted_in(), clear(), "refused nothing_to_do"),
        (&paused, resume(), "resumed ReleaseHeld"),
        (&opted_in(), resume(), "refused nothing_to_do"),
        (&paused, Intent::Resume { reason: "ok".to_owned() }, "refused reason_too_short"),
        (&flagged, Intent::ClearDoNotText { reason: "ok".to_owned() }, "refused reason_too_short"),
        (&opted_in(), Intent::Reassigned { reason: "ok".to_owned() }, "refused reason_too_short"),
    ] {
        assert_eq!(outcome(record, intent), expected);
    }
    for (record, intent) in [(&opted_in(), set()), (&flagged, clear()), (&paused, resume())] {
        assert_eq!(event(record, intent).program, ALL, "a flag is about the number");
    }
    let reassigned = event(&opted_in(), because(|reason| Intent::Reassigned { reason }));
    assert_eq!((reassigned.program, reassigned.source), (ALL, Source::Manual));
}

#[test]
fn the_end_of_a_simulation_ends_consent_in_its_program() {
    let ended = event(&opted_in(), because(|reason| Intent::EndSimulation { reason }));
    assert_eq!(
        (ended.kind, ended.program, ended.source),
        (EventKind::SimulationEnded, here(), Source::System)
    );
}
