//! Twilio's webhooks, as Twilio signs and sends them.

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use sms_opt_in::domain::phone::Phone;

use crate::support::{PUBLIC, TOKEN, World, world};

const INBOUND: &str = "/hooks/twilio/inbound";

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
    let fields = [("MessageSid", sid), ("From", from.as_str()), ("To", "+12065550199"), ("Body", body)];
    let signature = if signed { signature(INBOUND, &fields) } else { "AAAA".to_owned() };
    post(world, INBOUND, &fields, &signature).await
}

async fn post(world: &World, path: &str, fields: &[(&str, &str)], signature: &str) -> u16 {
    let request = world.client.post(format!("{}{path}", world.url)).header("X-Twilio-Signature", signature);
    let response = request.form(fields).send().await.unwrap();
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
async fn a_captured_start_cannot_come_back_under_another_identifier() {
    let world = world().await;
    let cy = world.lead(43);
    let sid = "SM0123456789abcdef0123456789abcdef";
    let from = ("From", cy.phone.as_str());
    let (to, body) = (("To", "+12065550199"), ("Body", "START"));
    let fields =
        [("MessageSid", sid), ("NumMedia", "0"), ("SmsMessageSid", sid), ("SmsSid", sid), body, from, to];
    let captured = signature(INBOUND, &fields);
    assert_eq!(post(&world, INBOUND, &fields, &captured).await, 200);
    assert_eq!(twilio(&world, "SM2", &cy.phone, "STOP", true).await, 200);
    let longer = format!("{sid}NumMedia0");
    let all = format!("{sid}NumMedia0SmsMessageSid{sid}SmsSid{sid}");
    let recut: [Vec<(&str, &str)>; 3] = [
        vec![("MessageSid", &longer), ("SmsMessageSid", sid), ("SmsSid", sid), body, from, to],
        vec![("MessageSid", &all), body, from, to],
        vec![("MessageSid", &longer), ("SmsMessageSid", &longer), ("SmsSid", &longer), body, from, to],
    ];
    for fields in &recut[..2] {
        assert_eq!(signature(INBOUND, fields), captured, "Twilio's signature holds for both");
    }
    for fields in &recut {
        let signature = signature(INBOUND, fields);
        assert_eq!(post(&world, INBOUND, fields, &signature).await, 403, "{fields:?}");
    }
    assert_eq!(cy.state().await, "opted_out");
    assert_eq!(cy.history().await.len(), 2, "nothing was written");
}

#[actix_web::test]
async fn an_identifier_that_is_none_is_refused_for_receipts_too() {
    let world = world().await;
    let path = "/hooks/twilio/status";
    for (sid, sms_sid, status) in
        [("SM1", "SM1", 200), ("S", "S", 403), ("SM1", "SM2", 403), ("SM 1", "SM 1", 403)]
    {
        let fields = [("MessageSid", sid), ("SmsSid", sms_sid), ("MessageStatus", "delivered")];
        assert_eq!(post(&world, path, &fields, &signature(path, &fields)).await, status, "{sid} {sms_sid}");
    }
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
