//! Reads any text at all as a telephone number and as a sender, and holds what must be true of every number that comes out.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use rlibphonenumber::PHONE_NUMBER_UTIL;

#[allow(dead_code, unused_imports)]
#[path = "../../../src/domain"]
mod domain {
    pub mod phone;
    #[path = "program/region_list.rs"]
    pub mod region_list;
}

use domain::phone::{Phone, PhoneError, TextSender, without_channel};
use domain::region_list::RegionList;

/// Regions with different number plans: one trunk prefix, none, several spellings of one number, and no region at all.
const REGIONS: [&str; 8] = ["US", "GB", "AU", "BR", "MX", "AR", "IT", "nowhere"];

fuzz_target!(|text: &str| {
    let parsed = REGIONS.map(|region| Phone::parse(text, region));
    let looked_up = REGIONS.map(|region| Phone::look_up(text, region));
    let senders = REGIONS.map(|region| TextSender::read(text, region));
    for ((parsed, looked_up), sender) in parsed.iter().zip(&looked_up).zip(&senders) {
        let Ok(phone) = parsed else { continue };
        assert_eq!(looked_up, parsed, "a look at a number finds what a form reads");
        assert_eq!(*sender, TextSender::Handset(phone.clone()), "a text comes from the number of the form");
    }
    if has_country_code(text) {
        assert!(is_one(&parsed), "{}", shown(&parsed));
        assert!(is_one(&looked_up), "{}", shown(&looked_up));
        assert!(senders.iter().all(|sender| *sender == senders[0]), "{senders:?}");
    }

    for phone in parsed.iter().flatten().collect::<BTreeSet<_>>() {
        read_again(phone);
    }
    let senders = senders.iter().filter_map(TextSender::phone);
    for phone in looked_up.iter().flatten().chain(senders).collect::<BTreeSet<_>>() {
        holds(phone);
    }

    // Answers of the number plan are kept: they are those that the library gives about the number alone.
    let spelled = Phone::from_e164(text).into_iter().chain(parsed.into_iter().flatten());
    for phone in spelled.chain(looked_up.into_iter().flatten()) {
        let number = PHONE_NUMBER_UTIL.parse(phone.as_str(), None);
        let is_valid = number.is_ok_and(|number| PHONE_NUMBER_UTIL.is_valid_number(&number));
        assert_eq!(phone.is_valid(), is_valid, "{}", phone.as_str());
    }

    if let Ok(regions) = text.parse::<RegionList>() {
        assert_eq!(regions.as_str().parse::<RegionList>(), Ok(regions.clone()));
        assert!(regions.codes().all(|code| regions.has(code) && Phone::calling_code(code).is_some()));
    }
    let _ = RegionList::of_country(text);
    // A region may be any word too.
    assert_eq!(Phone::parse("+1 206 555 0100", text).map(String::from), Ok("+12065550100".to_owned()));
});

/// A valid number is read again from every way in which it is shown.
fn read_again(phone: &Phone) {
    assert!(phone.is_valid());
    for region in ["US", "GB", "nowhere"] {
        assert_eq!(Phone::parse(phone.as_str(), region).as_ref(), Ok(phone));
    }
    let abroad = phone.shown("nowhere");
    assert_eq!(Phone::parse(&abroad, "US").as_ref(), Ok(phone), "{abroad}");
    // Elsewhere a number plan in transition may have another number for what is dialed at home: in Gabon `06 06 60 00` is both
    // +241 06 06 60 00 and the older +241 6 06 60 00.
    if phone.as_str().starts_with("+1") {
        let at_home = phone.national();
        assert_eq!(Phone::parse(&at_home, "US").as_ref(), Ok(phone), "{at_home}");
    }
}

/// What is true of every number, whether the number plan knows it or not.
fn holds(phone: &Phone) {
    let e164 = phone.as_str();
    let digits = e164.strip_prefix('+').unwrap_or_default();
    assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
    assert!(!digits.starts_with('0'));
    assert_eq!(Phone::from_e164(e164).as_ref(), Some(phone));
    assert_eq!(phone.canonical(), *phone, "a record is kept under the canonical spelling");
    assert_eq!(Phone::look_up(e164, "US").as_ref(), Ok(phone));
    assert_eq!(TextSender::read(e164, "US"), TextSender::Handset(phone.clone()));
    assert_eq!(TextSender::read(&format!("rcs:{e164}"), "US"), TextSender::Handset(phone.clone()));
    assert_eq!(TextSender::read(&format!("whatsapp:{e164}"), "US"), TextSender::OtherChannel(phone.clone()));
    assert!(phone.old_spelling().is_none_or(|old| old != *phone && old.canonical() == *phone));
    if let Some(twin) = phone.twin() {
        assert!(twin != *phone && twin.is_valid());
        assert_eq!(twin.twin().as_ref(), Some(phone), "a twin is a twin both ways");
        assert_eq!(twin.canonical(), twin);
    }
    let region = phone.country_region();
    assert!(region.is_none_or(|code| RegionList::of_country(&code).as_str().parse::<RegionList>().is_ok()));
    assert!(!phone.national().is_empty() && !phone.shown("US").is_empty());
    assert!(digits.ends_with(phone.last_four()));
    assert!(!format!("{phone} {phone:?}").contains(e164), "a log shows no number");
    let _ = phone.is_special();
}

/// True for a text that gives the country code: no region is meant then.
fn has_country_code(text: &str) -> bool {
    let before = |letter: char| letter.is_whitespace() || "(-.".contains(letter);
    without_channel(text.trim()).trim_start_matches(before).starts_with('+')
}

/// True when every region that reads a number reads the same one.
fn is_one(found: &[Result<Phone, PhoneError>]) -> bool {
    found.iter().flatten().collect::<BTreeSet<_>>().len() <= 1
}

/// With every digit: a failure of the fuzzer is no log.
fn shown(found: &[Result<Phone, PhoneError>]) -> String {
    let one = |found: &Result<Phone, PhoneError>| {
        found.as_ref().map_or_else(|error| error.code().to_owned(), |phone| phone.as_str().to_owned())
    };
    found.iter().map(one).collect::<Vec<_>>().join(" ")
}
