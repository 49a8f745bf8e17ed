//! Contacts: one external id, numbers that change hands, and the figures of the tabs.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::receive_text::receive_text;
use sms_opt_in::actions::save_contact::{
    ContactChange, ContactPatch, contact_revision, create_contact, save_contact, update_contact,
};
use sms_opt_in::actions::submit_form::submit_form;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::consent::StateName;
use sms_opt_in::domain::id::ContactId;
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::store::contacts::{self, ContactDetails};
use sms_opt_in::store::{Tx, numbers};

use super::consent::{start, stop, submission};
use super::stage::{ROUNDS, Stage, one_of};
use crate::support::by;

impl Stage {
    /// A contact on a number of its own.
    pub async fn contact(&mut self) -> (ContactId, Phone) {
        let (phone, actor, now) = (self.phone(), self.ada(), self.now);
        let of = phone.clone();
        let details = ContactDetails { name: "Ben".to_owned(), ..ContactDetails::default() };
        let made = move |tx: &mut Tx<'_>| create_contact(tx, &by(&actor, now), of.as_str(), &details);
        (self.given(made).await, phone)
    }

    /// The change of a page that was opened now.
    pub async fn change(&self, id: ContactId, phone: &Phone, name: &str) -> ContactChange {
        let contact = self.read(move |conn| contacts::get(conn, id)).await.unwrap();
        let details = ContactDetails { name: name.to_owned(), ..ContactDetails::default() };
        ContactChange { phone: phone.as_str().to_owned(), details, revision: contact_revision(&contact) }
    }

    pub fn saves(
        &self,
        id: ContactId,
        change: ContactChange,
    ) -> impl Fn(&mut Tx<'_>) -> Result<(), ActionError> + Send + use<> {
        let (actor, now) = (self.ada(), self.now);
        move |tx| update_contact(tx, &by(&actor, now), id, &change).map(drop)
    }
}

pub async fn one_external_id_and_two_numbers(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let phones = (stage.line(), stage.line());
        let save = |phone: Phone| {
            let (actor, now) = (stage.ada(), stage.now);
            let external_id = Some(Some(format!("crm-{}", round / 2)));
            move |tx: &mut Tx<'_>| {
                let patch = ContactPatch { external_id: external_id.clone(), ..ContactPatch::default() };
                save_contact(tx, &by(&actor, now), phone.as_str(), patch)
            }
        };
        let (one, two) = stage.both(save(phones.0), save(phones.1)).await;
        assert_eq!(one.unwrap().0, two.unwrap().0, "one contact has the external id");
    }
}

/// As an integration does it: 150 pairs of calls, each with one external id and two numbers.
pub async fn the_same_over_the_api(stage: &mut Stage) {
    let pairs = 150;
    for pair in 0..pairs {
        let phones = [stage.line(), stage.line()];
        let calls = phones.iter().map(|phone| {
            let body = json!({"phone": phone.as_str(), "external_id": format!("crm-{}", pair % 40)});
            stage.world.call(Method::POST, "/api/v1/contacts", Some(body))
        });
        let answers = join_all(calls).await;
        assert!(answers.iter().all(|(status, _)| [200, 201].contains(status)), "{answers:?}");
        stage.count(false, false);
    }
    let counts: BTreeMap<String, i64> = stage
        .read(|conn| {
            let page = numbers::page(conn, None, 1000)?;
            Ok(page
                .into_iter()
                .map(|number| (number.phone.to_string(), i64::from(number.contact_count)))
                .collect())
        })
        .await;
    assert_eq!(counts.values().sum::<i64>(), 40.min(pairs), "each contact is on one number: {counts:?}");
    assert!(counts.values().all(|count| *count >= 0), "{counts:?}");
}

pub async fn two_contacts_swap_their_numbers(stage: &mut Stage) {
    let ((one, its), (two, other)) = (stage.contact().await, stage.contact().await);
    for round in 0..ROUNDS {
        let (to_one, to_two) = if round % 2 == 0 { (&other, &its) } else { (&its, &other) };
        let (first, second) =
            (stage.change(one, to_one, "Ben").await, stage.change(two, to_two, "Dee").await);
        let (first, second) = stage.both(stage.saves(one, first), stage.saves(two, second)).await;
        first.unwrap();
        second.unwrap();
    }
}

pub async fn one_contact_to_two_numbers(stage: &mut Stage) {
    let (id, _) = stage.contact().await;
    for _ in 0..ROUNDS {
        let (one, two) = (stage.phone(), stage.phone());
        let (first, second) = (stage.change(id, &one, "Ben").await, stage.change(id, &two, "Ben").await);
        one_of(&stage.both(stage.saves(id, first), stage.saves(id, second)).await);
    }
}

pub async fn two_edits_of_one_page(stage: &mut Stage) {
    let (id, phone) = stage.contact().await;
    for round in 0..ROUNDS {
        let (one, two) = (format!("Ben {round}"), format!("Benjamin {round}"));
        let (first, second) = (stage.change(id, &phone, &one).await, stage.change(id, &phone, &two).await);
        one_of(&stage.both(stage.saves(id, first), stage.saves(id, second)).await);
    }
}

/// The contact arrives on a number at the moment of that number's STOP, or leaves it.
pub async fn an_edit_and_a_stop(stage: &mut Stage) {
    let (id, _) = stage.contact().await;
    for round in 0..ROUNDS {
        let (from, to) = (stage.current(id).await, stage.phone());
        let change = stage.change(id, &to, "Ben").await;
        let stop = stop(if round % 2 == 0 { &from } else { &to }, &format!("SM{round}"));
        let now = stage.now;
        let (edit, text) = stage
            .both(stage.saves(id, change), move |tx| {
                receive_text(tx, &by(&Actor::Lead, now), "simulator", &stop).map(drop)
            })
            .await;
        edit.unwrap();
        text.unwrap();
    }
}

/// A form of the number that the contact goes to: who comes first decides whether the form makes a contact.
pub async fn an_edit_and_a_form(stage: &mut Stage) {
    let (id, _) = stage.contact().await;
    for _ in 0..ROUNDS {
        let to = stage.phone();
        let (change, form, now) = (stage.change(id, &to, "Ben").await, submission(&to), stage.now);
        let (edit, form) =
            stage.both(stage.saves(id, change), move |tx| submit_form(tx, &form, now).map(drop)).await;
        edit.unwrap();
        form.unwrap();
    }
}

pub async fn one_new_number_twice(stage: &mut Stage) {
    for _ in 0..ROUNDS {
        let phone = stage.phone();
        let create = || {
            let (phone, actor, now) = (phone.clone(), stage.ada(), stage.now);
            move |tx: &mut Tx<'_>| {
                create_contact(tx, &by(&actor, now), phone.as_str(), &ContactDetails::default())
            }
        };
        let (one, two) = stage.both(create(), create()).await;
        assert_ne!(one.unwrap(), two.unwrap(), "two contacts share the number");
    }
}

/// A number gets its first contact at the moment of its STOP: it is one line before, and one after.
pub async fn a_new_contact_and_a_stop(stage: &mut Stage) {
    for round in 0..ROUNDS {
        let phone = stage.phone();
        if round % 2 == 0 {
            stage.given(stage.receives(start(&phone, &format!("SM{round}-0")))).await;
        }
        let (of, actor, now) = (phone.clone(), stage.ada(), stage.now);
        let create = move |tx: &mut Tx<'_>| {
            create_contact(tx, &by(&actor, now), of.as_str(), &ContactDetails::default()).map(drop)
        };
        let stop = stage.receives(stop(&phone, &format!("SM{round}-1")));
        let (made, text) = stage.both(create, stop).await;
        made.unwrap();
        text.unwrap();
        let number = stage.number(&phone).await;
        assert_eq!(number.contact_count, 1, "round {round}");
        assert!(
            number.consent.programs.values().all(|state| state.name() == StateName::OptedOut),
            "round {round}"
        );
    }
}

impl Stage {
    async fn current(&self, id: ContactId) -> Phone {
        self.read(move |conn| {
            let number = contacts::get(conn, id)?.unwrap().number_id;
            Ok(numbers::get(conn, number)?.unwrap().phone)
        })
        .await
    }

    /// One of a few numbers, which come again: several contacts share them.
    fn line(&mut self) -> Phone {
        let phone = self.phone();
        let again = u32::from(phone.as_str().as_bytes()[11] - b'0') % 3;
        Phone::from_e164(&format!("+1206555014{again}")).unwrap()
    }
}
