//! Every state of RULES §7 at its borders, on weekdays, at weekends and on the days when clocks change.

use super::*;

const EIGHT_TO_EIGHT: Option<(u16, u16)> = Some((8, 20));

/// The table of RULES §7 written a second time: state, a zone of it, weekdays, Saturday, Sunday.
type BorderRow = (&'static str, &'static str, Option<(u16, u16)>, Option<(u16, u16)>, Option<(u16, u16)>);
#[rustfmt::skip]
const TABLE: &[BorderRow] = &[
    ("CA", "America/Los_Angeles", Some((8, 21)), Some((8, 21)), Some((8, 21))),
    ("AZ", "America/Phoenix", Some((8, 21)), Some((8, 21)), Some((8, 21))),
    ("HI", "Pacific/Honolulu", Some((8, 21)), Some((8, 21)), Some((8, 21))),
    ("PR", "America/Puerto_Rico", Some((9, 21)), Some((9, 21)), Some((9, 21))),
    ("FL", "America/New_York", EIGHT_TO_EIGHT, EIGHT_TO_EIGHT, EIGHT_TO_EIGHT),
    ("OK", "America/Chicago", EIGHT_TO_EIGHT, EIGHT_TO_EIGHT, EIGHT_TO_EIGHT),
    ("WA", "America/Los_Angeles", EIGHT_TO_EIGHT, EIGHT_TO_EIGHT, EIGHT_TO_EIGHT),
    ("OR", "America/Los_Angeles", EIGHT_TO_EIGHT, EIGHT_TO_EIGHT, EIGHT_TO_EIGHT),
    ("MD", "America/New_York", EIGHT_TO_EIGHT, EIGHT_TO_EIGHT, EIGHT_TO_EIGHT),
    ("NJ", "America/New_York", Some((8, 21)), Some((8, 21)), Some((8, 21))),
    ("MA", "America/New_York", EIGHT_TO_EIGHT, EIGHT_TO_EIGHT, EIGHT_TO_EIGHT),
    ("TX", "America/Chicago", Some((9, 21)), Some((9, 21)), Some((12, 21))),
    ("VA", "America/New_York", Some((8, 21)), Some((8, 21)), Some((8, 21))),
    ("CT", "America/New_York", Some((9, 20)), Some((9, 20)), Some((9, 20))),
    ("NV", "America/Los_Angeles", Some((9, 20)), Some((9, 20)), Some((9, 20))),
    ("AL", "America/Chicago", EIGHT_TO_EIGHT, EIGHT_TO_EIGHT, None),
    ("LA", "America/Chicago", EIGHT_TO_EIGHT, EIGHT_TO_EIGHT, None),
    ("MS", "America/Chicago", EIGHT_TO_EIGHT, EIGHT_TO_EIGHT, None),
    ("MI", "America/Detroit", Some((9, 21)), Some((9, 21)), Some((9, 21))),
    ("MN", "America/Chicago", Some((9, 21)), Some((9, 21)), Some((9, 21))),
    ("NM", "America/Denver", Some((9, 21)), Some((9, 21)), Some((9, 21))),
    ("KY", "America/New_York", Some((10, 21)), Some((10, 21)), Some((10, 21))),
    ("RI", "America/New_York", Some((9, 18)), Some((10, 17)), None),
    ("SD", "America/Chicago", Some((9, 21)), Some((9, 21)), None),
    ("UT", "America/Denver", Some((8, 21)), Some((8, 21)), None),
    ("WY", "America/Denver", EIGHT_TO_EIGHT, EIGHT_TO_EIGHT, EIGHT_TO_EIGHT),
];

/// Wednesdays and Saturdays, and the four Sundays on which clocks change.
const WEEKDAYS: [&str; 2] = ["2026-11-25", "2027-07-14"];
const SATURDAYS: [&str; 2] = ["2026-11-28", "2027-07-17"];
const SUNDAYS: [&str; 6] =
    ["2026-03-08", "2026-11-01", "2027-03-14", "2027-11-07", "2026-11-29", "2027-07-18"];

#[test]
fn every_state_opens_and_closes_on_the_second() {
    for (state, zone, weekday, saturday, sunday) in TABLE {
        let dates = WEEKDAYS.map(|day| (day, weekday)).into_iter();
        let dates = dates.chain(SATURDAYS.map(|day| (day, saturday))).chain(SUNDAYS.map(|day| (day, sunday)));
        for (date, window) in dates {
            match window {
                Some((from, until)) => borders(state, zone, date, *from, *until),
                None => assert!(!ask_in(state, zone, &format!("{date}T12:00")).is_open(), "{state} {date}"),
            }
        }
    }
}

fn ask_in(state: &str, zone: &str, clock: &str) -> SendingHours<'static> {
    ask(local(zone, clock), &in_state(zone, state), Rulebook::builtin())
}

fn borders(state: &str, zone: &str, date: &str, from: u16, until: u16) {
    let place = in_state(zone, state);
    let at = |hour: u16, by: i64| local(zone, &format!("{date}T{hour:02}:00")).plus(seconds(by));
    let ask = |at: Timestamp| ask(at, &place, Rulebook::builtin());
    let what = format!("{state} {date}");
    assert!(!ask(at(from, -1)).is_open(), "{what}: a second before {from}");
    assert!(ask(at(until, -1)).is_open(), "{what}: a second before {until}");
    assert!(!ask(at(until, 0)).is_open(), "{what}: {until} itself is quiet");
    match ask(at(from, 0)) {
        SendingHours::Open { until: end, rules } => {
            assert_eq!(end, at(until, 0), "{what}");
            assert!(!rules.is_empty(), "{what}");
        }
        quiet => panic!("{what}: {from} itself is open, not {quiet:?}"),
    }
    match ask(at(0, 0)) {
        SendingHours::Quiet { next, .. } => assert_eq!(next, Some(at(from, 0)), "{what}"),
        open => panic!("{what}: {open:?}"),
    }
}

#[test]
fn the_table_and_the_book_know_the_same_states() {
    let mut known: Vec<&str> = TABLE.iter().map(|row| row.0).collect();
    known.retain(|state| !["CA", "AZ", "HI"].contains(state));
    known.push("PA"); // its hours change within the dates of the table: see `laws`
    known.sort_unstable();
    let mut kept: Vec<&str> = Rulebook::builtin()
        .hours()
        .iter()
        .filter_map(
            |rule| if let RuleAuthority::State(state) = rule.law { Some(state.letters()) } else { None },
        )
        .collect();
    kept.dedup();
    assert_eq!(kept, known);
}

#[test]
fn saturday_night_in_alabama_is_followed_by_monday() {
    let hours = ask_in("AL", "America/Chicago", "2026-11-28T20:00");
    let SendingHours::Quiet { next, .. } = &hours else { panic!("{hours:?}") };
    assert_eq!(*next, Some(local("America/Chicago", "2026-11-30T08:00")));
    assert_eq!(
        hours.words(),
        "It is 8:00 PM in Chicago; Alabama allows 8:00 AM to 8:00 PM, Monday to Saturday."
    );
    let sunday = ask_in("AL", "America/Chicago", "2026-11-29T13:05");
    assert_eq!(sunday.words(), "It is 1:05 PM in Chicago; Alabama allows no texts on Sunday.");
}

#[test]
fn the_sentence_names_the_narrower_law() {
    assert_eq!(
        ask_in("FL", "America/New_York", "2026-11-25T21:40").words(),
        "It is 9:40 PM in New York; Florida allows 8:00 AM to 8:00 PM."
    );
    assert_eq!(
        ask_in("CA", "America/Los_Angeles", "2026-11-25T21:00").words(),
        "It is 9:00 PM in Los Angeles; federal law allows 8:00 AM to 9:00 PM."
    );
    assert_eq!(
        ask_in("FL", "America/New_York", "2026-11-25T10:15").words(),
        "It is 10:15 AM in New York; Florida allows 8:00 AM to 8:00 PM."
    );
}

#[test]
fn half_hours_and_the_date_line() {
    let newfoundland = place_of(Some("America/St_Johns"), None, &number(709));
    let before = local("America/St_Johns", "2026-11-25T07:59");
    let SendingHours::Quiet { next, .. } = ask(before, &newfoundland, Rulebook::builtin()) else { panic!() };
    assert_eq!(next, Some(Timestamp::from_micros(before.micros() + 60_000_000)));
    // In Samoa it is still Saturday night while Guam is half through Sunday.
    for (zone, area) in [("Pacific/Pago_Pago", 684), ("Pacific/Guam", 671)] {
        let place = place_of(None, None, &number(area));
        assert!(ask(local(zone, "2026-11-29T08:00"), &place, Rulebook::builtin()).is_open(), "{zone}");
        assert!(!ask(local(zone, "2026-11-29T21:00"), &place, Rulebook::builtin()).is_open(), "{zone}");
    }
}

/// A window that ends within the repeated hour of autumn is open twice, and once within the missing hour of spring.
#[test]
fn clock_changes_inside_a_window() {
    let book = book_of(&["federal,Mon-Sun,00:00-01:30,2000-01-01,x"]);
    let place = in_state("America/New_York", "NY");
    let midnight = local("America/New_York", "2026-11-01T00:00");
    let hour = |hours: i64| midnight.plus(seconds(hours * 1800));
    let until = |at: Timestamp| match ask(at, &place, &book) {
        SendingHours::Open { until, .. } => until,
        SendingHours::Quiet { next, .. } => next.unwrap(),
    };
    assert_eq!(until(midnight), hour(3), "01:30 for the first time");
    assert_eq!(until(hour(3)), hour(4), "01:00 for the second time");
    assert_eq!(until(hour(4)), hour(5), "01:30 for the second time");
    let book = book_of(&["federal,Mon-Sun,02:30-03:30,2000-01-01,x"]);
    let SendingHours::Quiet { next, .. } = ask(local("America/New_York", "2027-03-14T00:00"), &place, &book)
    else {
        panic!()
    };
    assert_eq!(next, Some(local("America/New_York", "2027-03-14T03:00")), "there is no 02:30");
}

#[test]
fn a_new_rule_holds_from_its_local_date_on() {
    let mut rows = Rulebook::builtin().rules();
    rows.push("FL,Mon-Sun,10:00-12:00,2026-11-26,x".parse().unwrap());
    let book = Rulebook::new(rows, Rulebook::edition());
    let place = in_state("America/New_York", "FL");
    let at = |clock: &str| local("America/New_York", clock);
    assert!(ask(at("2026-11-25T19:59"), &place, &book).is_open());
    let SendingHours::Quiet { next, .. } = ask(at("2026-11-25T20:00"), &place, &book) else { panic!() };
    assert_eq!(next, Some(at("2026-11-26T10:00")), "tomorrow the new rule opens later");
    let florida = RuleAuthority::State(Region::state("FL").unwrap());
    let [old, new] = book.of(florida) else { panic!() };
    assert_eq!(book.next_change(florida, old.dated.from), Some(new.dated.from));
    assert_eq!(book.next_change(florida, new.dated.from), None);
    let before = new.dated.from.pred_opt().unwrap();
    assert_eq!(
        (book.in_force(florida, before), book.in_force(florida, new.dated.from)),
        (vec![old.clone()], vec![new.clone()])
    );
    let sunday_only: ScheduleRule = "federal,Sun,09:00-21:00,2027-06-01,x".parse().unwrap();
    let begins = sunday_only.dated().from;
    let mut rows = book.rules();
    rows.push(sunday_only);
    let book = Rulebook::new(rows, Rulebook::edition());
    let words: Vec<String> =
        book.in_force(RuleAuthority::Federal, begins).iter().map(InWords::words).collect();
    let kept = "8:00 AM to 9:00 PM, Monday to Saturday";
    assert_eq!(words, [kept, "9:00 AM to 9:00 PM, Sunday"], "the other days keep their rule");
    assert_eq!(book.next_change(RuleAuthority::Federal, begins.pred_opt().unwrap()), Some(begins));
}

#[test]
fn what_is_never_open_says_so_and_ends() {
    let closed = book_of(&["federal,Mon-Sun,closed,2000-01-01,x"]);
    let place = in_state("America/New_York", "NY");
    let now = local("America/New_York", "2026-11-25T12:00");
    let SendingHours::Quiet { next: None, rules } = ask(now, &place, &closed) else { panic!() };
    assert_eq!(rules[0].words(), "It is 12:00 PM in New York; federal law allows no texts");
    let open = book_of(&["federal,Mon-Sun,00:00-24:00,2000-01-01,x"]);
    let SendingHours::Open { until, rules } = ask(now, &place, &open) else { panic!() };
    assert_eq!((until, rules.len()), (now.plus(chrono::Duration::days(14)), 0));
}

#[test]
fn an_empty_table_does_not_open_the_night() {
    let empty = book_of(&[]);
    let night = local("America/New_York", "2026-11-25T23:00");
    assert!(!ask(night, &in_state("America/New_York", "NY"), &empty).is_open());
    assert!(!ask(night, &place_of(None, None, &number(800)), &empty).is_open());
}
