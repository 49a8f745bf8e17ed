//! Numbers that are written in two ways. Sources: Mexico's number plan (IFT; since 2019-08-03 no 1 before mobile numbers),
//! Brazil's (Anatel Resolution 553/2010: a 9 before mobile numbers), Argentina's (a 9 before mobile numbers from abroad);
//! what is valid is the library's metadata. Numbers of the North American plan have one spelling and never come here.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberType};

use super::{Phone, e164};

/// `+52 1`, before ten digits.
const MEXICO_OLD: &str = "+521";
const MEXICO: &str = "+52";
const BRAZIL: &str = "+55";
/// Characters of a Brazilian number with its country code, two digits of the area, and eight or nine more.
const BRAZIL_SHORT: usize = 13;
const BRAZIL_LONG: usize = 14;
/// No number has more trunk zeros.
const MOST_SPELLINGS: usize = 9;
/// Where the 9 stands.
const BRAZIL_NINE: usize = 5;
const ARGENTINA: &str = "+54";
const ARGENTINA_MOBILE: &str = "+549";

pub(super) fn canonical(phone: &Phone) -> Phone {
    let text = phone.as_str();
    if let Some(rest) = text.strip_prefix(MEXICO_OLD).filter(|rest| rest.len() == 10) {
        return Phone::from_e164(&format!("{MEXICO}{rest}")).unwrap_or_else(|| phone.clone());
    }
    // The library leaves out one trunk zero at a time: `+44 020 …`.
    let spelled = |phone: &Phone| e164(&phone.number()?).filter(|spelled| spelled != phone);
    let spellings = std::iter::successors(Some(phone.clone()), spelled).take(MOST_SPELLINGS);
    let mut found = spellings.flat_map(|one| [Some(one.clone()), with_nine(&one)]).flatten();
    found.find(is_canonical).unwrap_or_else(|| phone.clone())
}

/// True for a valid number in the library's own spelling. With a trunk zero in it the 9 would stand in the wrong place.
pub(super) fn is_canonical(phone: &Phone) -> bool {
    phone.is_valid() && phone.number().is_some_and(|number| e164(&number).as_ref() == Some(phone))
}

pub(super) fn old(phone: &Phone) -> Option<Phone> {
    let text = phone.as_str();
    let old = match text.strip_prefix(MEXICO) {
        Some(rest) if rest.len() == 10 => Phone::from_e164(&format!("{MEXICO_OLD}{rest}")),
        _ => without_nine(phone),
    };
    old.filter(|old| old.canonical() == *phone)
}

pub(super) fn twin(phone: &Phone) -> Option<Phone> {
    let text = phone.as_str();
    let other = if let Some(rest) = text.strip_prefix(ARGENTINA_MOBILE).filter(|rest| rest.len() == 10) {
        Phone::from_e164(&format!("{ARGENTINA}{rest}"))
    } else if let Some(rest) = text.strip_prefix(ARGENTINA).filter(|rest| rest.len() == 10) {
        Phone::from_e164(&format!("{ARGENTINA_MOBILE}{rest}"))
    } else {
        // Where the short form is a mobile number of its own. A fixed line is never the twin of a handset.
        let short = without_nine(phone).unwrap_or_else(|| phone.clone());
        let is_mobile = short
            .number()
            .is_some_and(|number| PHONE_NUMBER_UTIL.get_number_type(&number) == PhoneNumberType::Mobile);
        with_nine(phone).or_else(|| without_nine(phone)).filter(|_| is_mobile)
    };
    other.filter(|other| is_canonical(other) && is_canonical(phone))
}

fn with_nine(phone: &Phone) -> Option<Phone> {
    let text = Some(phone.as_str()).filter(|text| text.len() == BRAZIL_SHORT && text.starts_with(BRAZIL))?;
    let (area, rest) = text.split_at_checked(BRAZIL_NINE)?;
    Phone::from_e164(&format!("{area}9{rest}"))
}

fn without_nine(phone: &Phone) -> Option<Phone> {
    let text = Some(phone.as_str()).filter(|text| text.len() == BRAZIL_LONG && text.starts_with(BRAZIL))?;
    let (area, rest) = text.split_at_checked(BRAZIL_NINE)?;
    Phone::from_e164(&format!("{area}{}", rest.strip_prefix('9')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> Phone {
        Phone::from_e164(text).unwrap()
    }

    #[test]
    fn an_old_spelling_leads_to_the_canonical_one() {
        for (old, canonical) in [
            ("+5215562000000", "+525562000000"),
            ("+551112345678", "+5511912345678"),
            ("+551187654321", "+5511987654321"),
        ] {
            assert_eq!(phone(old).canonical(), phone(canonical), "{old}");
            assert_eq!(phone(canonical).canonical(), phone(canonical), "{canonical}");
            assert_eq!(phone(canonical).old_spelling(), Some(phone(old)), "{canonical}");
            assert_eq!(Phone::parse(old, "US"), Ok(phone(canonical)), "{old}");
            assert_eq!(Phone::look_up(old, "US"), Ok(phone(canonical)), "{old}");
            assert_eq!(phone(canonical).twin(), None);
        }
        assert_eq!(phone("+4402079460000").canonical(), phone("+442079460000"));
        for trunk_zeros in ["+55011987654321", "+550011987654321", "+5501187654321"] {
            assert_eq!(phone(trunk_zeros).canonical(), phone("+5511987654321"), "{trunk_zeros}");
        }
    }

    #[test]
    fn a_number_of_its_own_keeps_its_spelling() {
        for text in [
            "+12065550100",
            "+18615550142",
            "+551133456789",
            "+551178654321",
            "+541155556666",
            "+5491155556666",
            "+390612345678",
            "+999999999999",
            "+5510123456789",
            // With a 9 in the place of a trunk zero it would be the fixed line +55 49 4207-9460.
            "+550442079460",
        ] {
            assert_eq!(phone(text).canonical(), phone(text), "{text}");
            assert_eq!(phone(text).old_spelling(), None, "{text}");
        }
        assert_eq!(phone("+5511933456789").old_spelling(), None, "a fixed line is another number");
    }

    #[test]
    fn two_valid_spellings_of_one_handset_are_twins() {
        for (one, other) in [("+541155556666", "+5491155556666"), ("+551178654321", "+5511978654321")] {
            assert_eq!(phone(one).twin(), Some(phone(other)), "{one}");
            assert_eq!(phone(other).twin(), Some(phone(one)), "{other}");
        }
        for single in ["+12065550100", "+551133456789", "+5511933456789", "+525562000000", "+442079460000"] {
            assert_eq!(phone(single).twin(), None, "{single}");
        }
    }
}
