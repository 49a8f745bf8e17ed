use proptest::prelude::*;

use super::naive::NaivePlace;
use super::*;

const MINUTE: i64 = 60_000_000;
/// 2026-01-01T00:00Z in minutes, and two years of them.
const START: i64 = 29_453_760;
const TWO_YEARS: i64 = 2 * 365 * 24 * 60;

/// Places of every kind: ambiguous area codes, half hours, no summer time, abroad, unknown, beyond the date line.
fn a_place() -> impl Strategy<Value = Location> {
    let areas = [
        850, 448, 364, 930, 906, 928, 541, 423, 701, 605, 308, 212, 334, 251, 225, 601, 401, 512, 208, 907,
        808, 787, 671, 684, 709, 867, 250, 800, 242, 312, 418, 702, 502, 775,
    ];
    let zips = [
        "", "85001", "86033", "32456", "96799", "96910", "99546", "09012", "RI", "Texas", "A1A 1A1", "38501",
    ];
    let zones =
        ["", "", "", "", "Pacific/Apia", "Pacific/Kiritimati", "Australia/Lord_Howe", "America/Havana"];
    (
        prop::sample::select(areas.to_vec()),
        prop::sample::select(zips.to_vec()),
        prop::sample::select(zones.to_vec()),
    )
        .prop_map(|(area, zip, zone)| place_of(Some(zone), Some(zip), &number(area)))
}

fn a_book() -> impl Strategy<Value = Rulebook> {
    let later = [
        "federal,Sun,closed,2027-01-10,x",
        "federal,Mon-Sun,00:00-24:00,2026-06-01,x",
        "FL,Sat,01:30-02:15,2026-09-01,x",
        "RI,Mon Wed,00:00-24:00,2027-03-01,x",
        "TX,Mon-Sun,closed,2026-11-02,x",
        "TX,Mon-Sun,06:00-23:00,2026-11-20,x",
        "unknown,Mon-Sun,00:30-23:30,2027-05-01,x",
        "unknown,Sun,23:00-24:00,2026-02-01,x",
    ];
    prop::sample::subsequence(later.to_vec(), 0..=later.len()).prop_map(|lines| {
        let mut rows = Rulebook::builtin().rules();
        rows.extend(lines.iter().map(|line| line.parse::<ScheduleRule>().unwrap()));
        Rulebook::new(rows, Rulebook::edition())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn it_is_open_exactly_when_the_naive_reading_says_so(
        place in a_place(), book in a_book(), minute in START..START + TWO_YEARS, rest in 0..MINUTE,
    ) {
        let at = Timestamp::from_micros(minute * MINUTE + rest);
        prop_assert_eq!(ask(at, &place, &book).is_open(), NaivePlace::new(&place, &book).is_open(at));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Minute by minute: no moment between now and the answer is otherwise, and the answer is as it says.
    #[test]
    fn the_answer_is_the_first_change(place in a_place(), book in a_book(), minute in START..START + TWO_YEARS) {
        let now = Timestamp::from_micros(minute * MINUTE);
        let naive = NaivePlace::new(&place, &book);
        let hours = ask(now, &place, &book);
        let horizon = now.plus(chrono::Duration::days(14));
        let change = match &hours {
            SendingHours::Open { until, .. } => *until,
            SendingHours::Quiet { next, .. } => next.unwrap_or(horizon),
        };
        let mut at = now;
        while at < change {
            prop_assert_eq!(naive.is_open(at), hours.is_open(), "{:?} at {}", place, at.rfc3339());
            at = at.plus(seconds(60));
        }
        prop_assert!(change > now);
        prop_assert_eq!(naive.is_open(change.plus(chrono::Duration::microseconds(-1))), hours.is_open());
        if change < horizon {
            prop_assert_eq!(naive.is_open(change), !hours.is_open());
        }
        prop_assert!(hours.is_open() && change == horizon || !hours.rules().is_empty());
    }
}

proptest! {
    #[test]
    fn no_place_and_no_moment_makes_it_panic(
        zone in prop::option::of("\\PC{0,20}|America/[A-Z][a-z]{3,8}"),
        zip in prop::option::of("\\PC{0,12}|[0-9]{3,9}|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]"),
        phone in "\\+[1-9][0-9]{6,14}", micros in any::<i64>(),
    ) {
        let place = place_of(zone.as_deref(), zip.as_deref(), &Phone::from_e164(&phone).unwrap());
        prop_assert!(!place.zones().is_empty());
        prop_assert!(!place.words().is_empty());
        ask(Timestamp::from_micros(micros), &place, Rulebook::builtin()).words();
    }
}
