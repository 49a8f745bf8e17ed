//! Webhooks that are rightly signed and can be read in two ways, or carry more than was announced. A demand to stop always
//! counts at once; a consent counts when there is no doubt, or when the carrier has the text.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use serde_json::json;
use sms_opt_in::jobs::{JobContext, ask_carrier};
use sms_opt_in::providers::twilio::{Twilio, TwilioConfig};

use crate::hooks::{INBOUND, post, signature};
use crate::support::{PUBLIC, TOKEN, World, world};

const SID: &str = "SM0123456789abcdef0123456789abcdef";
const OTHER: &str = "SMfedcba9876543210fedcba9876543210";

/// Posts the fields of a real text from `from` with this body, and these beside them; `sids` stand under the three names.
async fn texts(world: &World, from: &str, body: &str, sids: [&str; 3], more: &[(&str, &str)]) -> u16 {
    let mut fields = vec![
        ("AccountSid", "AC0"),
        ("ApiVersion", "2010-04-01"),
        ("Body", body),
        ("From", from),
        ("FromCountry", "US"),
        ("MessageSid", sids[0]),
        ("NumSegments", "1"),
        ("SmsMessageSid", sids[1]),
        ("SmsSid", sids[2]),
        ("SmsStatus", "received"),
        ("To", "+12065550199"),
    ];
    fields.extend_from_slice(more);
    let status = post(world, INBOUND, &fields, &signature(INBOUND, &fields)).await;
    world.deliver().await;
    status
}

/// A webhook's further fields.
type Fields = &'static [(&'static str, &'static str)];

#[actix_web::test]
async fn a_stop_counts_at_once_whatever_else_the_webhook_holds() {
    let world = world().await;
    let announced_by_nobody: &[(&str, &str)] =
        &[("OriginalRepliedMessageSid", OTHER), ("OriginalRepliedMessageSender", "+1206")];
    let cases: [(&str, [&str; 3], Fields); 6] = [
        ("STOP", [SID; 3], announced_by_nobody),
        ("Stop texting me. MessageSid SM1", [SID; 3], &[]),
        ("STOP", [SID; 3], &[("ParentMessageSid", OTHER)]),
        ("STOP", [SID, OTHER, SID], &[]),
        ("STOP", ["SM 1", "SM 1", "SM 1"], &[]),
        ("STOP", [SID, SID, OTHER], &[("ChannelMetadata", "{\"MessageSid\":\"x\"}")]),
    ];
    for (n, (body, sids, more)) in cases.into_iter().enumerate() {
        let lead = world.lead(80 + u8::try_from(n).unwrap());
        lead.texts("START").await;
        // Each case is a text of its own.
        let own = format!("{:02x}", n + 16);
        let sids = sids.map(|sid| {
            sid.replacen("SM01", &format!("SM{own}"), 1).replacen("SM 1", &format!("SM {own}"), 1)
        });
        let sids: Vec<&str> = sids.iter().map(String::as_str).collect();
        assert_eq!(
            texts(&world, lead.phone.as_str(), body, [sids[0], sids[1], sids[2]], more).await,
            200,
            "{n}"
        );
        assert_eq!(lead.state().await, "opted_out", "case {n}");
    }
    world.is_intact().await;
}

#[actix_web::test]
async fn a_stop_under_an_identifier_that_was_seen_counts_when_the_others_differ() {
    let world = world().await;
    let lead = world.lead(88);
    assert_eq!(texts(&world, lead.phone.as_str(), "START", [SID; 3], &[]).await, 200);
    assert_eq!(texts(&world, lead.phone.as_str(), "STOP", [SID, OTHER, OTHER], &[]).await, 200);
    assert_eq!(lead.state().await, "opted_out");
}

#[actix_web::test]
async fn a_consent_in_a_webhook_that_contradicts_itself_is_refused() {
    let world = world().await;
    let lead = world.lead(89);
    for (body, sids) in [("START", [SID, OTHER, SID]), ("YES", [SID, SID, OTHER]), ("START", ["SM 1"; 3])] {
        assert_eq!(texts(&world, lead.phone.as_str(), body, sids, &[]).await, 403, "{body} {sids:?}");
    }
    let longer = format!("{SID}NumMedia0");
    assert_eq!(texts(&world, lead.phone.as_str(), "START", [&longer; 3], &[]).await, 403);
    assert_eq!((lead.state().await.as_str(), lead.history().await.len()), ("not_asked", 0));
}

#[actix_web::test]
async fn a_consent_with_parameters_that_nobody_announced_counts_at_once() {
    let world = world().await;
    let lead = world.lead(90);
    let more = [("OriginalRepliedMessageSid", OTHER), ("SomethingNew", "of tomorrow")];
    assert_eq!(texts(&world, lead.phone.as_str(), "START", [SID; 3], &more).await, 200);
    assert_eq!(lead.state().await, "opted_in");
}

#[actix_web::test]
async fn a_doubtful_consent_waits_for_the_carrier() {
    let world = world().await;
    // The carrier of the tests has no text under this id: the START never counts, and staff are told.
    let lead = world.lead(91);
    let more = [("ParentMessageSid", OTHER)];
    assert_eq!(texts(&world, lead.phone.as_str(), "START", [SID; 3], &more).await, 200);
    assert_eq!(lead.state().await, "not_asked");
    for _ in 0..10 {
        ask_carrier(&world.jobs).await.unwrap();
        world.clock.advance(chrono::Duration::minutes(10));
    }
    assert_eq!(lead.state().await, "not_asked");
    let mut sam = world.sam().await;
    sam.open("/").await.says("didn&#39;t confirm the text");
    world.is_intact().await;
}

/// A Twilio that has one text from a lead under every id it is asked for.
fn carrier_that_has(from: &str, body: &str) -> Arc<Twilio> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let api_base = format!("http://{}", listener.local_addr().unwrap());
    let (from, words) = (from.to_owned(), body.to_owned());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut asked) = (stream.unwrap(), [0; 8192]);
            let length = stream.read(&mut asked).unwrap();
            let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
            let sid = asked
                .split("/Messages/")
                .nth(1)
                .and_then(|rest| rest.split(".json").next())
                .unwrap_or_default();
            let text = json!({
                "sid": sid, "direction": "inbound", "from": from, "to": "+12065550199", "body": words,
                "status": "received", "date_sent": "Tue, 03 Nov 2026 18:00:00 +0000",
            });
            let body = text.to_string();
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).unwrap();
        }
    });
    let config = TwilioConfig {
        account_sid: "AC0".to_owned(),
        auth_token: TOKEN.to_owned().into(),
        api_base,
        public_url: PUBLIC.to_owned(),
    };
    Arc::new(Twilio::new(config).unwrap())
}

#[actix_web::test]
async fn a_doubtful_consent_counts_once_the_carrier_has_the_text() {
    let world = world().await;
    let more = [("ParentMessageSid", OTHER)];
    for (line, carriers_words, counts) in [(93, "START", true), (94, "Hello", false)] {
        let lead = world.lead(line);
        let sid = format!("SM{line}23456789abcdef0123456789abcdef");
        assert_eq!(texts(&world, lead.phone.as_str(), "START", [&sid; 3], &more).await, 200);
        assert_eq!(lead.state().await, "not_asked");
        let jobs = JobContext {
            provider: carrier_that_has(lead.phone.as_str(), carriers_words),
            ..world.jobs.clone()
        };
        while ask_carrier(&jobs).await.unwrap() > 0 {}
        assert_eq!(lead.state().await, if counts { "opted_in" } else { "not_asked" });
        world.deliver().await;
        assert_eq!(lead.received().len(), usize::from(counts), "the START is confirmed when it counts");
    }
    // A STOP that comes before the carrier's answer is the newer word.
    let lead = world.lead(95);
    assert_eq!(texts(&world, lead.phone.as_str(), "START", [SID; 3], &more).await, 200);
    assert_eq!(texts(&world, lead.phone.as_str(), "STOP", [OTHER; 3], &[]).await, 200);
    let jobs = JobContext { provider: carrier_that_has(lead.phone.as_str(), "START"), ..world.jobs.clone() };
    while ask_carrier(&jobs).await.unwrap() > 0 {}
    assert_eq!(lead.state().await, "opted_out");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_long_text_with_media_is_read() {
    let world = world().await;
    let lead = world.lead(92);
    lead.texts("START").await;
    let emoji = "👋".repeat(1_600);
    let media: Vec<(String, String)> = (0..10)
        .flat_map(|n| {
            let address =
                format!("https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/{SID}/Media/ME{n:032}");
            [(format!("MediaUrl{n}"), address), (format!("MediaContentType{n}"), "image/jpeg".to_owned())]
        })
        .collect();
    let more: Vec<(&str, &str)> = media.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(texts(&world, lead.phone.as_str(), &emoji, [SID; 3], &more).await, 200);
    let stop = format!("STOP {}", "👋".repeat(1_590));
    let own = "SM11111111111111111111111111111111";
    assert_eq!(texts(&world, lead.phone.as_str(), &stop, [own; 3], &more).await, 200);
    let padding = "x".repeat(200 * 1024);
    let own = "SM22222222222222222222222222222222";
    assert_eq!(texts(&world, lead.phone.as_str(), "STOP", [own; 3], &[("Padding", &padding)]).await, 200);
    assert_eq!(lead.state().await, "opted_out");
}
