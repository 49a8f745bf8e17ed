//! What people do to numbers beside consent: a contact gets another number, and a number that a carrier gave up can be texted again.

use serde_json::json;
use sms_opt_in::store::{StoreError, contacts, numbers};

use crate::support::{World, world};

async fn contact_of(world: &World, phone: &str) -> String {
    let phone = sms_opt_in::domain::phone::Phone::from_e164(phone).unwrap();
    let found = world.jobs.store.read::<_, StoreError>(move |conn| {
        let number = numbers::find(conn, &phone)?.unwrap();
        Ok(contacts::of_number(conn, number.id)?.first().map(|contact| contact.id.to_string()))
    });
    found.await.unwrap().unwrap()
}

#[actix_web::test]
async fn a_contact_whose_number_changes_keeps_its_past() {
    let world = world().await;
    let mut ada = world.ada().await;
    let new = json!({"phone": "+12065550160", "name": "Ana Abbott", "external_id": "crm-1"});
    assert_eq!(world.call(reqwest::Method::POST, "/api/v1/contacts", Some(new)).await.0, 201);
    world.lead(60).texts("START").await;
    let id = contact_of(&world, "+12065550160").await;
    let edit = format!("/contacts/{id}/edit");
    let fields = [("name", "Ana Abbott"), ("phone", "(206) 555-0161"), ("external_id", "crm-1")];
    assert_eq!(ada.post(&edit, &format!("/contacts/{id}"), &fields).await.status, 303);
    ada.open(&format!("/contacts/{id}"))
        .await
        .says("Phone number changed</strong>: from +12065550160 to +12065550161")
        .says("/troubleshoot?number=%2B12065550160")
        .says("Ada");
    ada.open("/troubleshoot?number=%2B12065550160")
        .await
        .says("Opted in")
        .says("A contact left this number")
        .says(&format!("/contacts/{id}"));
    ada.open("/log").await.says("Phone number changed from +12065550160 to +12065550161");
    let api = json!({"phone": "+12065550162", "external_id": "crm-1"});
    assert_eq!(world.call(reqwest::Method::POST, "/api/v1/contacts", Some(api)).await.0, 200);
    ada.open(&format!("/contacts/{id}"))
        .await
        .says("from +12065550161 to +12065550162")
        .says("from +12065550160 to +12065550161");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_number_that_a_carrier_gave_up_is_lifted_by_a_person_with_a_reason() {
    let world = world().await;
    let (mut ada, mut sam, mut aud) = (world.ada().await, world.sam().await, world.aud().await);
    for (line, code) in [(63, "30006"), (64, "30005")] {
        let lead = world.lead(line);
        lead.texts("START").await;
        let phone = lead.phone.clone();
        let marked = world.jobs.store.write(move |tx| {
            let mut number = numbers::find_locked(tx, &phone)?.unwrap();
            let id = number.id;
            numbers::set_unreachable(tx, &mut number, Some(code))?;
            Ok::<_, StoreError>(id)
        });
        let page = format!("/numbers/{}/reachable", marked.await.unwrap());
        let (status, refused) = lead.is_sent("hello").await;
        assert_eq!((status, &refused["code"]), (422, &json!("unreachable")), "{refused}");
        assert_eq!(aud.open(&page).await.status, 403);
        let address = format!("/troubleshoot?number=%2B120655501{line}");
        sam.open(&address).await.says(&page).says("Mark as reachable");
        sam.open(&page).await.says("Mark as reachable?").says(code);
        assert_eq!(sam.post(&page, &page, &[("reason", "x")]).await.status, 422);
        let reason = [("reason", "the lead called and said that it is a mobile phone")];
        assert_eq!(sam.post(&page, &page, &reason).await.status, 303);
        sam.open(&address).await.says("Marked as reachable").says("the lead called").says(code);
        ada.open("/log").await.says("number.reachable").says("the lead called");
        assert_eq!(lead.is_sent("hello again").await.0, 202);
        assert!(lead.received().iter().any(|text| text == "hello again"));
        assert_eq!(
            sam.post("/contacts/new", &page, &reason).await.status,
            303,
            "once more is told, not done"
        );
    }
    world.is_intact().await;
}
