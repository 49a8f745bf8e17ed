//! Twilio's webhooks, as Twilio signs and sends them.

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use sms_opt_in::domain::phone::Phone;

use crate::support::{PUBLIC, TOKEN, World, world};

fn signature(path: &str, fields: &[(&str, &str)]) -> String {
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update(format!("{PUBLIC}{path}").as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

async fn twilio(world: &World, sid: &str, from: &Phone, body: &str, signed: bool) -> u16 {
    let path = "/hooks/twilio/inbound";
    let fields = [("MessageSid", sid), ("From", from.as_str()), ("To", "+12065550199"), ("Body", body)];
    let signature = if signed { signature(path, &fields) } else { "AAAA".to_owned() };
    let request = world.client.post(format!("{}{path}", world.url)).header("X-Twilio-Signature", signature);
    let response = request.form(&fields).send().await.unwrap();
    world.clock.advance(chrono::Duration::seconds(1));
    response.status().as_u16()
}

#[actix_web::test]
async fn a_forged_webhook_changes_nothing() {
    let world = world().await;
    let cy = world.lead(40);
    assert_eq!(twilio(&world, "SM1", &cy.phone, "START", false).await, 403);
    assert_eq!(cy.state().await, "not_asked");
    assert!(cy.history().await.is_empty());
}

#[actix_web::test]
async fn a_repeated_webhook_changes_nothing_for_ever() {
    let world = world().await;
    let cy = world.lead(41);
    assert_eq!(twilio(&world, "SM1", &cy.phone, "START", true).await, 200);
    assert_eq!(twilio(&world, "SM2", &cy.phone, "STOP & go? +1 é", true).await, 200);
    assert_eq!(twilio(&world, "SM3", &cy.phone, "Stop.", true).await, 200);
    assert_eq!(twilio(&world, "SM1", &cy.phone, "START", true).await, 200);
    assert_eq!(cy.state().await, "opted_out", "the old START does not come back");
    assert_eq!(cy.history().await.len(), 2);
}

#[actix_web::test]
async fn two_at_once_make_one_event() {
    let world = world().await;
    let cy = world.lead(42);
    let calls = (0..8).map(|_| twilio(&world, "SM9", &cy.phone, "STOP", true));
    let statuses = futures_util::future::join_all(calls).await;
    assert!(statuses.iter().all(|status| *status == 200));
    assert_eq!(cy.history().await.len(), 1);
    world.deliver().await;
    assert_eq!(cy.received().len(), 1, "one confirmation");
}
