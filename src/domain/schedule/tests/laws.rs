//! Dates and places: changed hours, holidays, closures, caps, facts about STOP, and built-in rules that wait for a decision.

use chrono::NaiveDate;

use super::*;

const EAST: &str = "America/New_York";
const CENTRAL: &str = "America/Chicago";
const MOUNTAIN: &str = "America/Denver";

fn is_open(state: &str, zone: &str, clock: &str) -> bool {
    ask(local(zone, clock), &in_state(zone, state), Rulebook::builtin()).is_open()
}

fn why(state: &str, zone: &str, clock: &str) -> String {
    ask(local(zone, clock), &in_state(zone, state), Rulebook::builtin()).words()
}

#[test]
fn hours_holidays_and_sundays_on_their_dates() {
    #[rustfmt::skip]
    let table: &[(&str, &str, &str, bool)] = &[
        ("PA", EAST, "2026-10-17T20:30", true), // the last day of 8 to 21
        ("PA", EAST, "2026-10-17T08:00", true),
        ("PA", EAST, "2026-10-11T12:00", true), // a Sunday before the change
        ("PA", EAST, "2026-10-18T12:00", false), // the first Sunday under Act 47
        ("PA", EAST, "2026-10-19T20:30", false),
        ("PA", EAST, "2026-10-19T08:59", false),
        ("PA", EAST, "2026-10-19T09:00", true),
        ("PA", EAST, "2026-10-19T18:59", true),
        ("PA", EAST, "2026-10-19T19:00", false),
        ("PA", EAST, "2026-06-14T12:00", false), // Flag Day
        ("PA", EAST, "2026-06-15T12:00", false), // a Sunday's holiday is kept on Monday too
        ("PA", EAST, "2019-06-14T12:00", true), // before Act 73 of 2019
        ("PA", EAST, "2026-04-03T12:00", false), // Good Friday
        ("PA", EAST, "2026-11-03T12:00", false), // Election Day
        ("PA", EAST, "2026-06-19T12:00", true), // no holiday of this law
        ("RI", EAST, "2026-11-29T12:00", false), // Sunday
        ("RI", EAST, "2026-11-28T16:59", true),
        ("RI", EAST, "2026-11-28T17:00", false),
        ("RI", EAST, "2027-08-09T12:00", false), // Victory Day
        ("SD", CENTRAL, "2026-11-29T12:00", false), // Sunday
        ("SD", CENTRAL, "2026-11-28T08:59", false),
        ("SD", CENTRAL, "2026-11-28T20:59", true),
        ("UT", MOUNTAIN, "2026-11-29T12:00", false), // Sunday
        ("UT", MOUNTAIN, "2026-11-28T20:59", true),
        ("UT", MOUNTAIN, "2027-07-24T12:00", false), // Pioneer Day, a Saturday
        ("UT", MOUNTAIN, "2027-07-23T12:00", false), // so Friday too
        ("UT", MOUNTAIN, "2027-07-26T12:00", true),
        ("WY", MOUNTAIN, "2026-11-29T20:00", false),
        ("WY", MOUNTAIN, "2026-11-29T19:59", true),
        ("PR", "America/Puerto_Rico", "2026-11-29T08:59", false),
        ("PR", "America/Puerto_Rico", "2026-11-29T20:59", true),
        ("NJ", EAST, "2026-11-29T20:59", true),
        ("AL", CENTRAL, "2026-11-29T12:00", false), // Sunday
        ("LA", CENTRAL, "2026-11-29T12:00", false),
        ("MS", CENTRAL, "2026-11-29T12:00", false),
        ("AL", CENTRAL, "2027-02-09T12:00", false), // Mardi Gras
        ("LA", CENTRAL, "2027-02-09T12:00", false),
        ("MS", CENTRAL, "2027-02-09T12:00", true),
        ("LA", CENTRAL, "2027-03-26T12:00", false), // Good Friday
        ("AL", CENTRAL, "2027-03-26T12:00", true),
        ("FL", EAST, "2026-12-25T12:00", true), // no holidays there
    ];
    for (state, zone, clock, open) in table {
        assert_eq!(is_open(state, zone, clock), *open, "{state} {clock}: {}", why(state, zone, clock));
    }
    assert_eq!(
        why("LA", CENTRAL, "2027-02-09T12:00"),
        "It is 12:00 PM in Chicago; Louisiana allows no texts on Mardi Gras."
    );
}

#[test]
fn after_a_holiday_the_next_allowed_time_is_found() {
    // Thanksgiving is a Thursday; Good Friday is followed by a Saturday.
    for (state, zone, clock, next) in [
        ("PA", EAST, "2026-11-26T12:00", "2026-11-27T09:00"),
        ("LA", CENTRAL, "2027-03-26T12:00", "2027-03-27T08:00"),
        ("UT", MOUNTAIN, "2027-07-22T21:00", "2027-07-26T08:00"),
    ] {
        let hours = ask(local(zone, clock), &in_state(zone, state), Rulebook::builtin());
        let SendingHours::Quiet { next: found, .. } = hours else { panic!("{state} {clock}") };
        assert_eq!(found, Some(local(zone, next)), "{state} {clock}");
    }
    let eve = ask(local(EAST, "2026-11-25T12:00"), &in_state(EAST, "PA"), Rulebook::builtin());
    assert!(matches!(eve, SendingHours::Open { until, .. } if until == local(EAST, "2026-11-25T19:00")));
}

#[test]
fn an_unknown_place_keeps_every_states_holidays() {
    let toll_free = place_of(None, None, &number(800));
    let noon = |day: &str| ask(local(CENTRAL, &format!("{day}T15:00")), &toll_free, Rulebook::builtin());
    assert!(noon("2027-02-10").is_open());
    for holiday in ["2027-02-09", "2027-06-14", "2027-07-23", "2027-03-26", "2027-08-09"] {
        assert!(!noon(holiday).is_open(), "{holiday}");
    }
}

#[test]
fn a_closure_stops_everything_for_its_days() {
    let text = format!("{}\nclosure,LA,2026-11-25,2026-12-27,S,Governor's proclamation", Rulebook::builtin());
    let book = Rulebook::new(RulebookText::read(&text).rules, Rulebook::edition());
    let place = in_state(CENTRAL, "LA");
    assert!(ask(local(CENTRAL, "2026-11-24T12:00"), &place, &book).is_open());
    let closed = ask(local(CENTRAL, "2026-11-25T12:00"), &place, &book);
    assert_eq!(closed.words(), "It is 12:00 PM in Chicago; Louisiana is closed to texts until Dec 27, 2026.");
    assert!(matches!(closed, SendingHours::Quiet { next: None, .. }), "it opens in more than 14 days");
    let near = ask(local(CENTRAL, "2026-12-22T12:00"), &place, &book);
    let SendingHours::Quiet { next, .. } = near else { panic!() };
    assert_eq!(next, Some(local(CENTRAL, "2026-12-28T08:00")));
}

#[test]
fn caps_hold_where_the_recipient_may_be() {
    let now = local(EAST, "2026-11-25T12:00");
    let caps = |places: &[Location]| -> Vec<String> {
        Rulebook::builtin().caps(places, now).iter().map(|cap| cap.words()).collect()
    };
    assert_eq!(caps(&[in_state(EAST, "FL")]), ["Florida allows 3 texts in any 24 hours from one program"]);
    assert_eq!(
        caps(&[in_state(EAST, "OR")]),
        ["Oregon allows 3 texts in any 24 hours from all programs together"]
    );
    assert!(caps(&[in_state(EAST, "GA")]).is_empty() && caps(&[]).is_empty());
    assert_eq!(caps(&[in_state(EAST, "GA"), in_state(EAST, "MD")]).len(), 1);
    assert_eq!(caps(&[place_of(None, None, &number(800))]).len(), 4, "it may be any of them");
    let before = local(EAST, "2025-12-31T12:00");
    assert!(Rulebook::builtin().caps(&[in_state(EAST, "OR")], before).is_empty());
}

#[test]
fn what_a_stop_with_a_code_reaches_depends_on_the_kind_and_the_date() {
    let book = Rulebook::builtin();
    let reach = |kind, clock: &str| book.stop_reach(kind, local(EAST, clock));
    for (kind, clock, expected) in [
        (TextKind::Marketing, "2026-11-25T12:00", Reach::All),
        (TextKind::Informational, "2027-01-30T23:59", Reach::Program),
        (TextKind::Informational, "2027-01-31T00:00", Reach::All),
        (TextKind::Exempted, "2026-11-25T12:00", Reach::Program),
        (TextKind::Informational, "2025-04-10T12:00", Reach::All),
    ] {
        assert_eq!(reach(kind, clock), expected, "{kind} {clock}");
    }
    let deadlines = book.deadlines(local(EAST, "2026-11-25T12:00"));
    assert_eq!((deadlines.honor_days, deadlines.review_days), (10, 3));
    assert_eq!(deadlines.confirm_within(), chrono::Duration::minutes(5));
}

/// The rules of the first edition, as an administrator published them then, with hours of their own for Washington.
const FIRST_EDITION: &str = "federal,Mon-Sun,08:00-21:00,1992-12-20,x\nNJ,Mon-Sun,08:00-20:00,2000-01-01,x\n\
    RI,Sat Sun,10:00-17:00,2000-01-01,x\nWA,Mon-Sun,08:00-21:00,2000-01-01,counsel\n\
    revoke_all,off,on,2027-01-31,x";

#[test]
fn a_new_edition_holds_where_it_is_stricter_until_it_is_answered() {
    let rows = RulebookText::read(FIRST_EDITION).rules;
    let published = Rulebook::new(rows.clone(), 1);
    let open =
        |state: &str, clock: &str| ask(local(EAST, clock), &in_state(EAST, state), &published).is_open();
    assert!(!open("PA", "2026-11-25T20:00"), "Pennsylvania's new hours are not in the published rules");
    assert!(!open("PA", "2026-11-26T12:00"), "nor is Thanksgiving");
    assert!(!open("RI", "2026-11-29T12:00"), "Sunday is allowed in the published rules alone");
    assert!(!open("NJ", "2026-11-25T20:30"), "the published rule is the stricter one");
    assert!(open("WA", "2026-11-25T20:30"), "what was decided on the first edition stays decided");
    let (published, now) = (Rulebook::new(rows.clone(), 1), local(EAST, "2026-11-25T12:00"));
    assert_eq!(published.caps(&[in_state(EAST, "FL")], now).len(), 1);
    assert_eq!(published.stop_reach(TextKind::Informational, now), Reach::Program);
    assert_eq!(published.stop_reach(TextKind::Marketing, now), Reach::All);
    let news = published.unanswered();
    assert!(news.iter().any(|rule| rule.to_string().starts_with("hours,PA,Sun,closed,2026-10-18")));
    assert!(!news.iter().any(|rule| rule.topic() == "hours FL"), "nothing changed there");
    let answered = Rulebook::new(rows, Rulebook::edition());
    assert!(answered.unanswered().is_empty());
    assert!(ask(local(EAST, "2026-11-25T20:00"), &in_state(EAST, "PA"), &answered).is_open());
}

#[test]
fn a_rule_with_a_last_date_gives_way_to_the_older_one() {
    let mut rows = Rulebook::builtin().rules();
    rows.push("hours,FL,Mon-Sun,10:00-12:00,2026-11-23,2026-11-24,P,x".parse().unwrap());
    let book = Rulebook::new(rows, Rulebook::edition());
    let open = |clock: &str| ask(local(EAST, clock), &in_state(EAST, "FL"), &book).is_open();
    assert!(open("2026-11-22T13:00") && !open("2026-11-23T13:00") && !open("2026-11-24T13:00"));
    assert!(open("2026-11-25T13:00"));
    let florida = RuleAuthority::State(Region::state("FL").unwrap());
    let date = |text: &str| text.parse::<NaiveDate>().unwrap();
    assert_eq!(book.next_change(florida, date("2026-11-20")), Some(date("2026-11-23")));
    assert_eq!(book.next_change(florida, date("2026-11-23")), Some(date("2026-11-25")));
}

#[test]
fn no_day_is_left_without_hours() {
    let text = Rulebook::builtin().to_string();
    let left = |text: &str| {
        let book = Rulebook::new(RulebookText::read(text).rules, Rulebook::edition());
        book.left_open("2026-11-03".parse().unwrap()).map(|(law, days)| (law, days.words()))
    };
    assert_eq!(left(&text), None);
    let weekdays = text.replace("hours,federal,Mon-Sun", "hours,federal,Mon-Fri");
    assert_eq!(left(&weekdays), Some((RuleAuthority::Federal, "Saturday and Sunday".to_owned())));
    let tomorrow = text.replace(",1992-12-20,", ",2026-11-04,");
    assert_eq!(left(&tomorrow), Some((RuleAuthority::Federal, "Monday to Sunday".to_owned())));
}

/// Every line of the data files is read, and its source says where it is from.
#[test]
fn every_built_in_line_is_read() {
    let files = [
        include_str!("../data/hours.csv"),
        include_str!("../data/holidays.csv"),
        include_str!("../data/caps.csv"),
        include_str!("../data/stop.csv"),
        include_str!("../data/deadlines.csv"),
    ];
    let lines: Vec<&str> = files.into_iter().flat_map(data_lines::lines).collect();
    for line in &lines {
        let (edition, rule) = line.split_once(',').unwrap();
        assert!(matches!(edition, "1" | "2"), "{line}");
        assert_eq!(rule.parse::<ScheduleRule>().unwrap().to_string(), rule);
    }
    assert_eq!(Rulebook::builtin().rules().len(), lines.len());
    assert_eq!(PendingRule::all().len(), 1);
}
