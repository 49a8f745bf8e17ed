//! Twilio's webhooks, as Twilio signs and sends them.

use std::io::{Read, Write};
use std::sync::Arc;

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use sms_opt_in::domain::notice::NoticeKind;
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::jobs::{JobContext, deliver_due, reconcile};
use sms_opt_in::providers::twilio::{Twilio, TwilioConfig};
use sms_opt_in::store::notices;

use crate::support::{FALLBACK, PUBLIC, TOKEN, World, world};

pub const INBOUND: &str = "/hooks/twilio/inbound";

pub fn signature(path: &str, fields: &[(&str, &str)]) -> String {
    signature_for(PUBLIC, path, fields)
}

/// The signature of a webhook that the provider sent to this address of the installation.
fn signature_for(base: &str, path: &str, fields: &[(&str, &str)]) -> String {
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update(format!("{base}{path}").as_bytes());
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

pub async fn post(world: &World, path: &str, fields: &[(&str, &str)], signature: &str) -> u16 {
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
async fn a_stop_that_the_provider_brings_to_the_fallback_address_counts() {
    let world = world().await;
    let cy = world.lead(42);
    assert_eq!(twilio(&world, "SM1", &cy.phone, "START", true).await, 200);
    let fields = [
        ("MessageSid", "SM2"),
        ("From", cy.phone.as_str()),
        ("To", "+12065550199"),
        ("Body", "STOP"),
        ("ErrorCode", "11200"),
        ("ErrorUrl", PUBLIC),
    ];
    let elsewhere = signature_for("https://example.org", INBOUND, &fields);
    assert_eq!(post(&world, INBOUND, &fields, &elsewhere).await, 403);
    assert_eq!(cy.state().await, "opted_in");
    let there = signature_for(FALLBACK, INBOUND, &fields);
    assert_eq!(post(&world, INBOUND, &fields, &there).await, 200);
    assert_eq!(cy.state().await, "opted_out");
}

#[actix_web::test]
async fn a_repeated_webhook_changes_nothing_for_ever() {
    let world = world().await;
    let cy = world.lead(41);
    assert_eq!(twilio(&world, "SM1", &cy.phone, "START", true).await, 200);
    assert_eq!(twilio(&world, "SM2", &cy.phone, "Come & go? +1 é", true).await, 200);
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
async fn a_signed_text_is_never_refused_for_a_field_that_is_missing() {
    let world = world().await;
    let (to, stop, start) = (("To", "+12065550199"), ("Body", "STOP"), ("Body", "START"));
    let cases: [&[(&str, &str)]; 4] =
        [&[("MessageSid", "SM1")], &[("MessageSid", "SM2"), ("To", "")], &[to], &[("MessageSid", ""), to]];
    for (line, rest) in (60..).zip(cases) {
        let lead = world.lead(line);
        let from = ("From", lead.phone.as_str());
        for (body, state) in [(start, "not_asked"), (stop, "opted_out")] {
            let fields = [rest, &[from, body]].concat();
            // The consent and the revocation are two texts.
            let fields: Vec<_> = fields
                .into_iter()
                .map(|(name, value)| {
                    (
                        name,
                        if value == "SM1" && body == stop {
                            "SM11"
                        } else if value == "SM2" && body == stop {
                            "SM12"
                        } else {
                            value
                        },
                    )
                })
                .collect();
            assert_eq!(post(&world, INBOUND, &fields, &signature(INBOUND, &fields)).await, 200, "{fields:?}");
            assert_eq!(lead.state().await, state, "{fields:?}");
        }
    }
    let nobody = [("MessageSid", "SM3"), ("From", ""), to, stop];
    assert_eq!(post(&world, INBOUND, &nobody, &signature(INBOUND, &nobody)).await, 200);
    for (kind, count) in [(NoticeKind::UnconfirmedConsent, 4), (NoticeKind::UnknownSender, 1)] {
        let raised = world.jobs.store.read(move |conn| notices::open(conn, kind, 20)).await.unwrap();
        assert_eq!(raised.len(), count, "{kind}");
    }
    world.is_intact().await;
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

/// A Twilio that takes every text, breaks the connection instead of answering, and lists what it took when it is asked.
fn speechless() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut taken = 0;
        for stream in listener.incoming() {
            let (mut stream, mut asked) = (stream.unwrap(), [0; 8192]);
            let length = stream.read(&mut asked).unwrap();
            if asked.starts_with(b"POST") {
                taken += 1;
                if asked[..length].ends_with(b"\r\n\r\n") {
                    let _body = stream.read(&mut asked).unwrap();
                }
                continue;
            }
            let one = |n| {
                let minute = (n - 1) * 11;
                format!(
                    r#"{{"sid":"SM{n}","body":"Twice","to":"+12065550145","from":"+12065550199","status":"sent",
                    "date_created":"Tue, 03 Nov 2026 18:{minute:02}:02 +0000"}}"#
                )
            };
            let listed = (1..=taken).map(one).collect::<Vec<_>>().join(",");
            let body = format!(r#"{{"messages":[{listed}]}}"#);
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).unwrap();
        }
    });
    base
}

#[actix_web::test]
async fn two_texts_with_the_same_words_are_told_apart_when_twilio_is_asked() {
    let world = world().await;
    let cy = world.lead(45);
    cy.texts("START").await;
    let config = TwilioConfig {
        account_sid: "AC0".to_owned(),
        auth_token: TOKEN.to_owned().into(),
        api_base: speechless(),
        public_url: PUBLIC.to_owned(),
    };
    let jobs = JobContext { provider: Arc::new(Twilio::new(config).unwrap()), ..world.jobs.clone() };
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(world.send(cy.phone.as_str(), "Twice").await.1["id"].clone());
        deliver_due(&jobs).await.unwrap();
        // A text whose outcome is unknown holds up the one behind it for ten minutes.
        world.clock.advance(chrono::Duration::minutes(11));
    }
    deliver_due(&jobs).await.unwrap();
    reconcile(&jobs).await.unwrap();
    let mut sids = Vec::new();
    for id in &ids {
        assert_eq!(world.status(id).await, "sent");
        let id = id.as_str().unwrap().parse().unwrap();
        let read =
            move |conn: &mut sms_opt_in::store::ReadConn<'_>| sms_opt_in::store::messages::get(conn, id);
        sids.push(world.jobs.store.read(read).await.unwrap().unwrap().provider_id.unwrap());
    }
    assert_eq!(sids, ["SM1", "SM2"]);
}

#[actix_web::test]
async fn a_stop_with_a_character_that_a_database_refuses_is_a_stop() {
    let world = world().await;
    let cy = world.lead(47);
    assert_eq!(twilio(&world, "SMnul1", &cy.phone, "START", true).await, 200);
    assert_eq!(twilio(&world, "SMnul2", &cy.phone, "STOP\0", true).await, 200);
    assert_eq!(cy.state().await, "opted_out");
}
