//! What the number plan says of a number. The library goes through the patterns of two dozen regions for a number of the North
//! American plan, and the gate asks several times about the same one, so the answers of the last numbers are kept.

use std::cell::RefCell;
use std::collections::HashMap;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberType, Region};

use super::Phone;

/// Answers that a thread keeps: some hundred kilobytes.
const KEPT: usize = 2048;

thread_local! {
    static ANSWERS: RefCell<HashMap<Phone, PlanEntry>> = RefCell::default();
}

/// A number's entry in the number plan.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct PlanEntry {
    kind: PhoneNumberType,
    region: Option<Region>,
}

impl PlanEntry {
    /// The entry of a number, which was read before.
    pub(super) fn of(phone: &Phone) -> PlanEntry {
        let kept = ANSWERS.with_borrow(|answers| answers.get(phone).copied());
        kept.unwrap_or_else(|| match phone.number() {
            Some(number) => PlanEntry::look_up(phone, &number),
            None => PlanEntry { kind: PhoneNumberType::Unknown, region: None },
        })
    }

    /// Asks the library, and keeps the answer. `number` is what the library reads in `phone`, or the answers of two numbers
    /// would be mixed up.
    pub(super) fn look_up(phone: &Phone, number: &PhoneNumber) -> PlanEntry {
        let kind = PHONE_NUMBER_UTIL.get_number_type(number);
        let entry = PlanEntry { kind, region: PHONE_NUMBER_UTIL.get_region_for_number(number) };
        ANSWERS.with_borrow_mut(|answers| {
            if answers.len() >= KEPT {
                answers.clear();
            }
            answers.insert(phone.clone(), entry);
        });
        entry
    }

    /// True when the number plan has such a number.
    pub(super) fn is_valid(self) -> bool {
        self.kind != PhoneNumberType::Unknown
    }

    /// The country or territory. "001" is none: satellite and international freephone numbers belong to the whole world.
    pub(super) fn region(self) -> Option<String> {
        self.region.map(|region| region.to_string()).filter(|region| region != "001")
    }

    /// True for toll-free, premium-rate, shared-cost, personal, company-wide, voicemail and pager numbers.
    pub(super) fn is_special(self) -> bool {
        matches!(
            self.kind,
            PhoneNumberType::TollFree
                | PhoneNumberType::PremiumRate
                | PhoneNumberType::SharedCost
                | PhoneNumberType::PersonalNumber
                | PhoneNumberType::UAN
                | PhoneNumberType::VoiceMail
                | PhoneNumberType::Pager
        )
    }
}
