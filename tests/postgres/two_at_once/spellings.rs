//! One handset with two valid numbers (Argentina: +54 and +54 9): an opt-out under one is written to both.

use sms_opt_in::actions::record_consent::NewConsentRecord;
use sms_opt_in::actions::save_contact::create_contact;
use sms_opt_in::domain::consent::StateName;
use sms_opt_in::domain::evidence::RevocationChannel;
use sms_opt_in::domain::id::ContactId;
use sms_opt_in::domain::intent::Revocation;
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::store::contacts::ContactDetails;
use sms_opt_in::store::{Tx, numbers};

use super::consent::{start, stop};
use super::stage::{ROUNDS, Stage};
use crate::support::by;

/// Enough rounds for two writes that lock in opposite orders to meet.
const MANY: usize = 200;

/// Two spellings of one handset.
fn twins(round: usize) -> (Phone, Phone) {
    let line = Phone::from_e164(&format!("+54115555{round:04}")).unwrap();
    let mobile = line.twin().expect("both are valid numbers");
    if round.is_multiple_of(2) { (line, mobile) } else { (mobile, line) }
}

impl Stage {
    async fn both_are_out(&self, (one, two): (&Phone, &Phone)) {
        for phone in [one, two] {
            assert_eq!(self.state(phone).await, StateName::OptedOut, "{phone}");
        }
    }

    async fn contact_on(&self, phone: &Phone) -> ContactId {
        let (of, actor, now) = (phone.clone(), self.ada(), self.now);
        let made = move |tx: &mut Tx<'_>| {
            create_contact(tx, &by(&actor, now), of.as_str(), &ContactDetails::default())
        };
        self.given(made).await
    }
}

/// Neither spelling was seen before, or both have opted in.
pub async fn a_stop_under_each_spelling(stage: &mut Stage) {
    for round in 0..MANY {
        let (one, two) = twins(round);
        if round % 4 < 2 {
            for (n, phone) in [&one, &two].into_iter().enumerate() {
                stage.given(stage.receives(start(phone, &format!("SM{round}s{n}")))).await;
            }
        }
        let (first, second) = (stop(&one, &format!("SM{round}a")), stop(&two, &format!("SM{round}b")));
        let (first, second) = stage.both(stage.receives(first), stage.receives(second)).await;
        first.unwrap();
        second.unwrap();
        stage.both_are_out((&one, &two)).await;
    }
}

/// A revocation by phone for one spelling at the moment of a STOP from the other.
pub async fn a_call_and_a_stop_from_the_twin(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (one, two) = twins(round);
        let (known, now) = (one.clone(), stage.now);
        let id = stage.given(move |tx| Ok(numbers::find_or_create(tx, &known, now)?.id)).await;
        let called = Revocation::now(RevocationChannel::Call, "Asked on the phone to stop".to_owned());
        let text = stage.receives(stop(&two, &format!("SM{round}")));
        let (call, text) = stage.both(stage.records(id, NewConsentRecord::OptOut(called)), text).await;
        call.unwrap();
        text.unwrap();
        stage.both_are_out((&one, &two)).await;
    }
}

/// A contact moves from one spelling to the other at the moment of a STOP.
pub async fn a_stop_and_an_edit_to_the_twin(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let (one, two) = twins(round);
        let contact = stage.contact_on(&one).await;
        if round % 3 == 0 {
            stage.contact_on(&two).await;
        }
        let change = stage.change(contact, &two, "Ben").await;
        let from = if round % 4 < 2 { &one } else { &two };
        let text = stage.receives(stop(from, &format!("SM{round}")));
        let (edit, text) = stage.both(stage.saves(contact, change), text).await;
        edit.unwrap();
        text.unwrap();
        stage.both_are_out((&one, &two)).await;
    }
}
