//! Numbers as people, spreadsheets and carriers write them.

use super::*;
use proptest::prelude::*;

fn us(text: &str) -> Result<Phone, PhoneError> {
    Phone::parse(text, "US")
}

#[test]
fn any_way_of_writing_is_the_same_number() {
    for text in [
        "(206) 555-0100",
        "206.555.0100",
        "206-555-0100",
        " 2065550100\n",
        "+1 206 555 0100",
        "1-206-555-0100",
        "+1 (206) 555–0100",
        "tel:+12065550100",
        "TEL:206-555-0100",
        "sms:+12065550100",
        "206.5550100",
        "+1.2065550100",
        "２０６５５５０１００",
        "＋１（２０６）５５５－０１００",
        "\u{202A}+1 206\u{A0}555\u{A0}0100\u{202C}",
    ] {
        assert_eq!(us(text).map(String::from), Ok("+12065550100".to_owned()), "{text}");
    }
}

#[test]
fn the_numbers_kept_for_fiction_are_accepted() {
    for area in ["206", "212", "305", "415", "512", "602", "808", "907"] {
        for line in ["0100", "0142", "0199"] {
            let text = format!("({area}) 555-{line}");
            assert_eq!(us(&text).unwrap().national(), text);
        }
    }
}

#[test]
fn what_is_no_number_is_refused_with_its_reason() {
    use PhoneError::*;
    for (text, reason) in [
        ("", Empty),
        ("  \u{3000}", Empty),
        ("tel:", Empty),
        ("abc", NotANumber),
        ("---", NotANumber),
        ("1-800-FLOWERS", NotANumber),
        ("206555010.0", NotANumber),
        ("+1206555010.0", NotANumber),
        ("2065550.100", NotANumber),
        ("2065550100.00", NotANumber),
        ("2.06555E+09", NotANumber),
        ("2.06555e9", NotANumber),
        ("206555010,0", HasExtension),
        ("206 555 0100, 206 555 0199", NotANumber),
        ("206-555-0100 / 206-555-0199", Invalid),
        ("2065550100;2065550199", HasExtension),
        ("206 555 0100 or 206 555 0199", Invalid),
        ("(206) 555-0100 (cell)", NotANumber),
        ("whatsapp:+12065550100", NotANumber),
        ("call 206 555 0100", NotANumber),
        ("*67 206 555 0100", NotANumber),
        ("555-0100", Invalid),
        ("(000) 555-0100", Invalid),
        ("+999 206 555 0100", Invalid),
        ("206 555 0100 206 555 0199", Invalid),
        ("206 555 0100 x12", HasExtension),
        ("206 555 0100 ext. 5", HasExtension),
        ("206 555 0100;ext=5", HasExtension),
        ("206 555 0100,,12", HasExtension),
        ("1234567890123456789012345678901234567890 ", TooLong),
    ] {
        assert_eq!(us(text), Err(reason), "{text}");
    }
}

#[test]
fn the_region_is_meant_only_without_a_country_code() {
    assert_eq!(Phone::parse("020 7946 0000", "GB").unwrap().as_str(), "+442079460000");
    assert_eq!(Phone::parse("+1 206 555 0100", "GB").unwrap().as_str(), "+12065550100");
    assert_eq!(Phone::parse("+1 206 555 0100", "nowhere").unwrap().as_str(), "+12065550100");
    assert_eq!(Phone::parse("206 555 0100", "nowhere"), Err(PhoneError::Invalid));
    assert_eq!(Phone::parse("0011 44 20 7946 0000", "AU").unwrap().as_str(), "+442079460000");
    for region in ["US", "GB", "AU", "nowhere"] {
        for text in ["+0011 44 20 7946 0000", "+00 44 20 7946 0000", "(+0) 20 7946 0000"] {
            assert_eq!(Phone::parse(text, region), Err(PhoneError::Invalid), "{text} in {region}");
        }
    }
    assert_eq!(us("+1 905 555 0101").unwrap().country_region().as_deref(), Some("CA"));
}

#[test]
fn stored_values_keep_a_strict_shape() {
    for text in ["+12065550100", "+1234567", "+123456789012345"] {
        assert_eq!(Phone::from_e164(text).unwrap().as_str(), text);
    }
    for text in [
        "",
        "+",
        "12065550100",
        "+0206555010",
        "+123456",
        "+1234567890123456",
        "+1 2065550100",
        "+1206555010x",
        "+１２０６５５５０１００",
        "++2065550100",
    ] {
        assert_eq!(text.parse::<Phone>(), Err(NotE164), "{text}");
    }
}

#[test]
fn json_is_the_number_and_is_checked() {
    let phone = us("2065550100").unwrap();
    let json = serde::de::value::StrDeserializer::<serde::de::value::Error>::new("+12065550100");
    assert_eq!(Phone::deserialize(json), Ok(phone));
    let json = serde::de::value::StrDeserializer::<serde::de::value::Error>::new("2065550100");
    assert!(Phone::deserialize(json).is_err());
}

#[test]
fn special_numbers_and_calling_codes_are_known() {
    // Premium-rate, toll-free, personal; shared-cost in the United Kingdom.
    for number in ["+19002345678", "+18002345678", "+18332345678", "+15002345678", "+448712345678"] {
        assert!(Phone::from_e164(number).unwrap().is_special(), "{number}");
    }
    for number in ["+12065550100", "+17875550100", "+447911123456", "+525562000000"] {
        assert!(!Phone::from_e164(number).unwrap().is_special(), "{number}");
    }
    assert_eq!(Phone::calling_code("US").as_deref(), Some("+1"));
    assert_eq!(Phone::calling_code("nowhere"), None);
}

#[test]
fn it_never_shows_its_digits_by_accident() {
    let phone = us("2065550100").unwrap();
    assert_eq!(format!("{phone} {phone:?}"), "+1206•••0100 +1206•••0100");
    assert_eq!(phone.last_four(), "0100");
    assert_eq!(format!("{:?}", Phone::from_e164("+1234567")), "Some(+1•••67)");
}

#[test]
fn a_number_from_abroad_shows_its_country_code() {
    let shown = |e164: &str, home: &str| Phone::from_e164(e164).unwrap().shown(home);
    assert_eq!(shown("+12065550100", "US"), "(206) 555-0100");
    assert_eq!(shown("+442079460000", "US"), "+44 20 7946 0000");
    assert_eq!(shown("+14165550100", "US"), "(416) 555-0100");
    assert_eq!(shown("+442079460000", "GB"), "020 7946 0000");
    assert_eq!(shown("+12065550100", "GB"), "+1 206-555-0100");
}

#[test]
fn a_number_without_metadata_is_still_shown() {
    let phone = Phone::from_e164("+999999999999").unwrap();
    assert_eq!(phone.shown("US"), "+999999999999");
    assert_eq!(phone.national(), "+999999999999");
    assert_eq!(phone.country_region(), None);
    for anywhere in ["+80051024111", "+881612345678"] {
        let phone = Phone::from_e164(anywhere).unwrap();
        assert!(phone.is_valid());
        assert_eq!(
            phone.country_region(),
            None,
            "{anywhere} belongs to no country that a program could name"
        );
    }
}

#[test]
fn the_kept_answer_about_a_number_is_its_own() {
    // In the first text the library leaves out one trunk zero, in the number that remains the other one.
    assert_eq!(us("+550011987654321").map(String::from), Ok("+5511987654321".to_owned()));
    assert!(Phone::from_e164("+55011987654321").unwrap().is_valid());
}

#[test]
fn an_old_spelling_names_a_valid_number_or_none() {
    // With Mexico's old 1 in front, but the rest is no number of Mexico.
    assert_eq!(Phone::parse("+52 1 115 555 5666", "US"), Err(PhoneError::Invalid));
    assert_eq!(Phone::parse("11 15-5555-666", "MX"), Err(PhoneError::Invalid));
}

#[test]
fn the_short_way_to_show_a_number_is_the_librarys() {
    for area in ["206", "212", "416", "787", "800", "907"] {
        let phone = Phone::from_e164(&format!("+1{area}5550142")).unwrap();
        let number = phone.number().unwrap();
        assert_eq!(phone.national(), PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::National));
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_what_it_reads_it_reads_again(text in "\\PC{0,45}|[-0-9+(). x#;,*/]{0,45}") {
        if let Ok(phone) = us(&text) {
            prop_assert_eq!(us(phone.as_str()), Ok(phone.clone()));
            prop_assert_eq!(Phone::from_e164(phone.as_str()), Some(phone));
        }
    }

    #[test]
    fn what_is_kept_of_a_number_is_what_the_library_says(text in "[+]1[2-9][0-9]{9}|[+][1-9][0-9]{6,14}") {
        use rlibphonenumber::PHONE_NUMBER_UTIL;
        let phone = Phone::from_e164(&text).unwrap();
        let number = PHONE_NUMBER_UTIL.parse(&text, None);
        for _twice in 0..2 {
            let is_valid = number.as_ref().is_ok_and(|number| PHONE_NUMBER_UTIL.is_valid_number(number));
            prop_assert_eq!(phone.is_valid(), is_valid);
            let region = number.as_ref().ok().and_then(|number| PHONE_NUMBER_UTIL.get_region_for_number(number));
            let region = region.map(|region| region.to_string()).filter(|region| region != "001");
            prop_assert_eq!(phone.country_region(), region);
        }
    }
}

#[test]
fn a_look_at_a_number_asks_only_for_its_shape() {
    let look = |text: &str| Phone::look_up(text, "US").map(String::from);
    for (text, number) in [
        ("+18615550142", "+18615550142"),
        ("+1 (861) 555-0142", "+18615550142"),
        ("(861) 555-0142", "+18615550142"),
        ("8615550142", "+18615550142"),
        ("(206) 555-0100", "+12065550100"),
        ("+999 206 555 0100", "+9992065550100"),
        ("+1234567", "+1234567"),
        ("+123456789012345", "+123456789012345"),
        ("sms:+18615550142", "+18615550142"),
    ] {
        assert_eq!(look(text), Ok(number.to_owned()), "{text}");
        assert_eq!(
            Phone::parse(text, "US").is_ok(),
            number == "+12065550100",
            "{text}: sending needs a valid number"
        );
    }
    // An old spelling under its own country code: a form reads it, so a look finds it.
    let mexican =
        |read: fn(&str, &str) -> Result<Phone, PhoneError>| read("5215562000000", "MX").map(String::from);
    assert_eq!(mexican(Phone::parse), Ok("+525562000000".to_owned()));
    assert_eq!(mexican(Phone::look_up), Ok("+525562000000".to_owned()));
    for text in [
        "",
        "abc",
        "555-0100",
        "+123456",
        "+1234567890123456",
        "+1206555010.0",
        "206 555 0100 x5",
        "+0206555010",
    ] {
        assert!(look(text).is_err(), "{text}");
    }
    assert!(!Phone::from_e164("+18615550142").unwrap().is_valid());
    assert!(Phone::from_e164("+12065550142").unwrap().is_valid());
}

/// Behind the trunk zero the library finds a valid German number of four digits, which is too short for E.164.
#[test]
fn a_number_with_a_trunk_zero_that_no_spelling_names_is_not_read() {
    for text in ["+49001695", "+4901695", "001695"] {
        assert_eq!(Phone::parse(text, "DE"), Err(PhoneError::Invalid), "{text}");
    }
}
