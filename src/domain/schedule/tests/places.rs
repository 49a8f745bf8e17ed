//! Where contacts are.

use super::*;

fn zones(place: &Location) -> Vec<&'static str> {
    place.zones().iter().map(|zone| zone.name()).collect()
}

fn states(place: &Location) -> Vec<&'static str> {
    place.states().iter().map(|state| state.letters()).collect()
}

const EAST: &str = "America/New_York";
const CENTRAL: &str = "America/Chicago";
const MOUNTAIN: &str = "America/Denver";

#[test]
fn the_zip_decides_over_the_area_code() {
    let place = place_of(None, Some("85001"), &number(212));
    assert_eq!((zones(&place), states(&place)), (vec!["America/Phoenix"], vec!["AZ"]));
    assert_eq!(place.words(), "by ZIP 85001: Arizona");
}

#[test]
fn the_own_zone_sets_the_clock_and_the_zip_the_law() {
    let place = place_of(Some("America/Denver"), Some("85001"), &number(212));
    assert_eq!((zones(&place), states(&place)), (vec![MOUNTAIN], vec!["AZ"]));
    assert_eq!(place.words(), "by its own time zone, Denver; by ZIP 85001: Arizona");
    let place = place_of(Some("America/Chicago"), None, &number(305));
    assert_eq!((zones(&place), states(&place)), (vec![CENTRAL], vec!["FL"]));
    let place = place_of(Some("America/Nowhere"), None, &number(305));
    assert_eq!(zones(&place), [EAST], "a zone nobody knows says nothing");
}

#[test]
fn area_codes_of_two_zones_keep_both() {
    #[rustfmt::skip]
    let table: &[(&[u16], &str, &[&str])] = &[
        (&[850, 448], "FL", &[EAST, CENTRAL]),
        (&[305, 689, 904], "FL", &[EAST]),
        (&[270, 364, 606], "KY", &[EAST, CENTRAL]),
        (&[502, 859], "KY", &[EAST]),
        (&[812, 930, 219, 574], "IN", &["America/Indiana/Indianapolis", CENTRAL]),
        (&[317, 463], "IN", &["America/Indiana/Indianapolis"]),
        (&[423, 729], "TN", &[EAST, CENTRAL]),
        (&[615], "TN", &[CENTRAL]),
        (&[701], "ND", &[CENTRAL, MOUNTAIN]),
        (&[605], "SD", &[CENTRAL, MOUNTAIN]),
        (&[308], "NE", &[CENTRAL, MOUNTAIN]),
        (&[785, 620], "KS", &[CENTRAL, MOUNTAIN]),
        (&[208, 986], "ID", &["America/Boise", "America/Los_Angeles"]),
        (&[541, 458], "OR", &["America/Los_Angeles", "America/Boise"]),
        (&[906], "MI", &["America/Detroit", "America/Menominee"]),
        (&[928], "AZ", &["America/Phoenix", MOUNTAIN]),
        (&[602], "AZ", &["America/Phoenix"]),
        (&[775], "NV", &["America/Los_Angeles", MOUNTAIN]),
        (&[915], "TX", &[MOUNTAIN]),
        (&[432], "TX", &[CENTRAL]),
        (&[907], "AK", &["America/Anchorage", "America/Adak"]),
        (&[787, 939], "PR", &["America/Puerto_Rico"]),
    ];
    for (codes, state, expected) in table {
        for code in *codes {
            let place = place_of(None, None, &number(*code));
            assert_eq!((states(&place), zones(&place)), (vec![*state], expected.to_vec()), "{code}");
        }
    }
    let place = place_of(None, None, &number(850));
    assert_eq!(place.words(), "by area code 850: Florida, two time zones");
    // 8:30 in Panama City is 9:30 in Tallahassee; 19:30 there is 20:30 here: both must be inside.
    for (clock, open) in [("07:59", false), ("08:00", true), ("18:59", true), ("19:00", false)] {
        let at = local(CENTRAL, &format!("2026-11-25T{clock}"));
        assert_eq!(ask(at, &place, Rulebook::builtin()).is_open(), open, "{clock}");
    }
}

#[test]
fn zips_of_split_states() {
    #[rustfmt::skip]
    let table: &[(&str, &str, &[&str])] = &[
        ("32501", "FL", &[CENTRAL]), ("32301", "FL", &[EAST]), ("32456", "FL", &[EAST, CENTRAL]),
        ("37402", "TN", &[EAST]), ("37201", "TN", &[CENTRAL]), ("37347", "TN", &[EAST, CENTRAL]),
        ("42001", "KY", &[CENTRAL]), ("40202", "KY", &[EAST]), ("42754", "KY", &[EAST, CENTRAL]),
        ("46402", "IN", &[CENTRAL]), ("46204", "IN", &["America/Indiana/Indianapolis"]), ("47708", "IN", &[CENTRAL]),
        ("79901", "TX", &[MOUNTAIN]), ("79830", "TX", &[CENTRAL, MOUNTAIN]), ("75201", "TX", &[CENTRAL]),
        ("58601", "ND", &[CENTRAL, MOUNTAIN]), ("58102", "ND", &[CENTRAL]),
        ("57701", "SD", &[MOUNTAIN]), ("57104", "SD", &[CENTRAL]), ("57501", "SD", &[CENTRAL, MOUNTAIN]),
        ("69301", "NE", &[MOUNTAIN]), ("68102", "NE", &[CENTRAL]), ("69101", "NE", &[CENTRAL, MOUNTAIN]),
        ("67735", "KS", &[CENTRAL, MOUNTAIN]), ("66603", "KS", &[CENTRAL]),
        ("83702", "ID", &["America/Boise"]), ("83814", "ID", &["America/Los_Angeles"]),
        ("97914", "OR", &["America/Los_Angeles", "America/Boise"]), ("97201", "OR", &["America/Los_Angeles"]),
        ("49801", "MI", &["America/Detroit", "America/Menominee"]), ("48201", "MI", &["America/Detroit"]),
        ("86033", "AZ", &["America/Phoenix", MOUNTAIN]), ("86515", "AZ", &["America/Phoenix", MOUNTAIN]),
        ("99546", "AK", &["America/Anchorage", "America/Adak"]), ("96799", "AS", &["Pacific/Pago_Pago"]),
        ("96950", "MP", &["Pacific/Saipan"]), ("00901", "PR", &["America/Puerto_Rico"]), ("06390", "NY", &[EAST]),
    ];
    for (zip, state, expected) in table {
        let place = place_of(None, Some(zip), &number(206));
        assert_eq!((states(&place), zones(&place)), (vec![*state], expected.to_vec()), "{zip}");
    }
}

#[test]
fn the_zip_field_is_read_as_people_fill_it() {
    for (text, state) in [
        ("85001-1234", "AZ"),
        ("850011234", "AZ"),
        ("Phoenix, AZ 85001", "AZ"),
        ("02139", "MA"),
        ("2139", "MA"),
        ("az", "AZ"),
        ("North Carolina", "NC"),
        ("", "NY"),
        ("00000", "NY"),
        ("none", "NY"),
        ("123456", "NY"),
    ] {
        assert_eq!(states(&place_of(None, Some(text), &number(212))), [state], "{text}");
    }
    for unreadable in ["00000", "none", "123456", "96813.0", "９６８１３", "9021O", "2139", "K1A 0B"] {
        let place = place_of(None, Some(unreadable), &number(212));
        let readable = zip_is_readable(unreadable, Some(&number(212)));
        assert_eq!(readable, unreadable == "2139", "{unreadable}");
        assert_eq!(place.is_unknown(), !readable, "{unreadable}: the cautious hours hold too");
        assert!(
            zip_is_readable(unreadable, Some(&Phone::from_e164("+442079460000").unwrap())),
            "{unreadable}"
        );
    }
    let canadian = place_of(None, Some("k1a 0b1"), &number(212));
    assert_eq!(canadian.regions()[0].name(), "Ontario");
    assert!(canadian.states().is_empty() && !canadian.is_unknown());
}

#[test]
fn a_zone_that_is_no_place_counts_as_absent() {
    for name in ["UTC", "Etc/GMT+7", "GMT", "EST", "EST5EDT"] {
        assert_eq!(place_of(Some(name), None, &number(303)), place_of(None, None, &number(303)), "{name}");
    }
}

#[test]
fn a_foreign_zone_is_one_more_candidate_until_it_is_confirmed() {
    let denver = number(303);
    let place = place_of(Some("Europe/London"), None, &denver);
    assert_eq!((zones(&place), states(&place)), (vec![MOUNTAIN, "Europe/London"], vec!["CO"]));
    assert_eq!(
        place.words(),
        "by area code 303 or by its own time zone, London, which is not confirmed: Colorado"
    );
    let confirmed = place_in(Some(OwnZone { name: "Europe/London", confirmed: true }), None, &denver);
    assert_eq!(zones(&confirmed), ["Europe/London"]);
    for (zone, phone, foreign) in [
        ("America/Toronto", denver.clone(), true),
        ("Pacific/Guam", denver, false),
        ("America/Toronto", number(416), false),
        ("America/Denver", number(800), false),
        ("Europe/London", number(800), true),
        ("Europe/London", Phone::from_e164("+442079460000").unwrap(), false),
        ("Europe/Paris", Phone::from_e164("+442079460000").unwrap(), true),
        ("Europe/Paris", Phone::from_e164("+999999999999").unwrap(), false),
    ] {
        assert_eq!(is_foreign(TimeZone::find(zone).unwrap(), &phone), foreign, "{zone}");
    }
}

#[test]
fn what_has_no_place_gets_the_cautious_hours() {
    for area in [800, 833, 844, 855, 866, 877, 888, 900, 500, 533, 600, 700, 999] {
        let place = place_of(None, None, &number(area));
        assert!(place.is_unknown() && place.zones().len() == 9 && place.states().is_empty(), "{area}");
        assert_eq!(place.words(), "place unknown: 9 time zones");
        assert_eq!(hours::place_sentence(&place), "The place isn't known: 9 time zones count.");
        // 10:00 in Honolulu is 16:00 in San Juan; 18:00 there is noon in Honolulu.
        for (clock, open) in [("15:59", false), ("16:00", true), ("17:59", true), ("18:00", false)] {
            let at = local("America/Puerto_Rico", &format!("2026-11-25T{clock}"));
            assert_eq!(ask(at, &place, Rulebook::builtin()).is_open(), open, "{clock}");
        }
        let sunday = local("America/Puerto_Rico", "2026-11-29T16:30");
        let SendingHours::Quiet { next, .. } = ask(sunday, &place, Rulebook::builtin()) else { panic!() };
        assert_eq!(next, Some(local("America/Puerto_Rico", "2026-11-30T16:00")));
    }
    let military = place_of(None, Some("09012"), &number(212));
    assert!(military.is_unknown() && zones(&military).contains(&"Europe/Berlin"));
    let known_clock = place_of(Some("America/Denver"), None, &number(800));
    assert!(known_clock.is_unknown() && zones(&known_clock) == [MOUNTAIN]);
    assert_eq!(known_clock.words(), "by its own time zone, Denver: place unknown");
}

#[test]
fn abroad_only_the_federal_window_holds() {
    let london = Phone::from_e164("+442079460000").unwrap();
    let place = place_of(None, None, &london);
    assert_eq!((zones(&place), place.is_unknown()), (vec!["Europe/London"], false));
    assert_eq!(place.words(), "by the country of its number: United Kingdom");
    assert!(ask(local("Europe/London", "2026-11-29T20:59"), &place, Rulebook::builtin()).is_open());
    assert!(!ask(local("Europe/London", "2026-11-29T21:00"), &place, Rulebook::builtin()).is_open());
    // Five digits may be Berlin's code or New York's: both must be inside.
    let berlin = place_of(None, Some("10115"), &Phone::from_e164("+493012345678").unwrap());
    assert_eq!((zones(&berlin), states(&berlin)), (vec!["Europe/Berlin", EAST], vec!["NY"]));
    let nobody = place_of(None, None, &Phone::from_e164("+999999999999").unwrap());
    assert!(nobody.is_unknown());
    let toronto = place_of(None, None, &number(416));
    assert_eq!((zones(&toronto), toronto.states().len()), (vec!["America/Toronto"], 0));
}

/// The library has no time zones, but it knows which area codes are given to whom.
#[test]
fn the_table_lacks_no_area_code_that_the_library_knows() {
    use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberType};
    let mut known = 0;
    for code in 200..1000 {
        let e164 = format!("+1{code}2345678");
        let number = PHONE_NUMBER_UTIL.parse(&e164, None).unwrap();
        let kind = PHONE_NUMBER_UTIL.get_number_type(&number);
        let geographic = matches!(
            kind,
            PhoneNumberType::FixedLine | PhoneNumberType::FixedLineOrMobile | PhoneNumberType::Mobile
        );
        let country = Phone::from_e164(&e164).unwrap().country_region();
        let Some(country) = country.filter(|_| geographic && PHONE_NUMBER_UTIL.is_valid_number(&number))
        else {
            continue;
        };
        let place = place_of(None, None, &Phone::from_e164(&e164).unwrap());
        let codes: Vec<&str> = place.regions().iter().map(|region| region.code()).collect();
        let agrees = |code: &&str| code.starts_with(&country) || **code == format!("US-{country}");
        assert!(codes.iter().any(agrees), "{code}: {country}, not {codes:?}");
        known += 1;
    }
    assert!(known > 400, "{known}");
}
