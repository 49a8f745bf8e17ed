//! Signatures as Twilio's own client makes them, and the words of its API.

use super::super::tests::{cleared, cleared_by, lease};
use super::*;
use crate::domain::gate::Verdict;
use crate::domain::id::ProgramId;
use crate::domain::message::RejectKind;
use crate::domain::message::{Lane, ReceiptStatus};
use std::io::{Read, Write};
use std::net::TcpListener;

fn twilio(api_base: &str) -> Twilio {
    Twilio::new(TwilioConfig {
        account_sid: "AC1".to_owned(),
        auth_token: SecretString::from("hush-hush"),
        api_base: api_base.to_owned(),
        public_url: "https://example.com/".to_owned(),
    })
    .unwrap()
}

/// A Twilio that gives these answers in turn; returns its address and, joined, what it was asked.
fn pretend(answers: Vec<String>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let answer = |answer: String| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 8192];
            let mut length = stream.read(&mut asked).unwrap();
            if asked.starts_with(b"POST") && asked[..length].ends_with(b"\r\n\r\n") {
                length += stream.read(&mut asked[length..]).unwrap();
            }
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&asked[..length]).into_owned()
        };
        answers.into_iter().map(answer).collect()
    });
    (base, asked)
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn an_answer_is_judged_by_what_it_is_certain_of() {
    let later = |code: &str| SendOutcome::RetryLater { after: None, code: code.to_owned() };
    assert_eq!(
        judge(201, None, br#"{"sid":"SM1"}"#),
        SendOutcome::Accepted { provider_id: "SM1".to_owned() }
    );
    let opted_out = judge(400, None, br#"{"code":21610,"message":"unsubscribed"}"#);
    let SendOutcome::Rejected { code, kind, .. } = opted_out else { panic!("{opted_out:?}") };
    assert_eq!((code.as_str(), kind), ("21610", RejectKind::OptedOut));
    assert!(matches!(judge(403, None, br#"{"code":21610}"#), SendOutcome::Rejected { .. }));
    assert_eq!(judge(401, None, br#"{"code":20003}"#), later("20003"));
    assert_eq!(judge(404, None, b"<html>"), later("404"));
    assert_eq!(judge(400, None, b"<html>"), later("400"));
    assert_eq!(judge(429, None, br#"{"code":20429}"#), later("20429"));
    assert_eq!(judge(503, None, b""), later("503"));
    assert_eq!(judge(302, None, b""), later("302"));
    for status in [200, 201, 408, 500, 502, 504] {
        assert!(matches!(judge(status, None, b"{}"), SendOutcome::Unknown { .. }), "{status}");
    }
}

#[test]
fn webhooks_are_read_and_a_missing_field_is_named() {
    let twilio = twilio(API_BASE);
    let url = "https://example.com/s?message=0190a5b4-0000-7000-8000-000000000001";
    let hook = |body| WebhookRequest { url, body, signature: None };
    let text = twilio
        .parse_inbound(&hook(b"SmsMessageSid=SM1&From=%2B12065550100&To=%2B1206&OptOutType=STOP&Body="))
        .unwrap();
    assert_eq!(
        (text.provider_id.as_str(), text.from.as_str(), text.body.as_str()),
        ("SM1", "+12065550100", "")
    );
    assert!(text.answered_by_provider);
    for (body, certainty) in [
        (&b"MessageSid=SM1&To=1&Body=STOP"[..], IdCertainty::Certain),
        (b"MessageSid=SM1&From=%2B12065550100&Body=STOP", IdCertainty::Unsure),
        (b"MessageSid=SM1&From=%2B12065550100&To=&Body=STOP", IdCertainty::Unsure),
        (b"From=%2B12065550100&To=1&Body=STOP", IdCertainty::Unsure),
        (b"MessageSid=&From=%2B12065550100&To=1&Body=STOP", IdCertainty::Unsure),
    ] {
        let text = twilio.parse_inbound(&hook(body)).unwrap();
        assert_eq!(
            (text.body.as_str(), text.id_certainty),
            ("STOP", certainty),
            "what is missing refuses nothing"
        );
    }
    let missing = twilio.parse_receipt(&hook(b"MessageSid=SM1")).unwrap_err();
    assert_eq!(missing.to_string(), "The webhook has no MessageStatus.");
    let receipt =
        twilio.parse_receipt(&hook(b"MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30006")).unwrap();
    assert_eq!(receipt.message, Some(cleared("").message()));
    assert_eq!((receipt.status, receipt.verdict), (ReceiptStatus::Failed, Some(RejectKind::Unreachable)));
    assert!(!format!("{twilio:?}").contains("hush"), "the token is not printed");
}

#[tokio::test]
async fn a_text_is_posted_with_its_callback() {
    let (base, asked) = pretend(vec![http("429 Slow down\r\nRetry-After: 7", "{}")]);
    let outcome = twilio(&base).send(&cleared("Hi"), lease()).await;
    let after = Some(Duration::from_secs(7));
    assert_eq!(outcome, SendOutcome::RetryLater { after, code: "429".to_owned() });
    let asked = asked.join().unwrap().concat();
    assert!(asked.starts_with("POST /2010-04-01/Accounts/AC1/Messages.json "), "{asked}");
    assert!(asked.contains("To=%2B12065550100&From=%2B12065550199&Body=Hi&StatusCallback=https%3A%2F%2Fexample.com%2Fhooks%2Ftwilio%2Fstatus%3Fmessage%3D0190a5b4"), "{asked}");
    let nobody = twilio(&base).send(&cleared("Hi"), lease()).await;
    assert_eq!(nobody, SendOutcome::RetryLater { after: None, code: "unreachable".to_owned() });
    let (base, _asked) =
        pretend(vec!["HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{\"sid\"".to_owned()]);
    assert!(matches!(twilio(&base).send(&cleared("Hi"), lease()).await, SendOutcome::Unknown { .. }));
}

/// The connection stands, but the time to begin is over: not one byte of the request may reach Twilio.
#[tokio::test]
async fn a_hand_off_whose_lease_has_ended_writes_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let read = std::thread::spawn(move || {
        let mut read = Vec::new();
        listener.accept().unwrap().0.read_to_end(&mut read).unwrap();
        read
    });
    let ended = HandOffLease::until(std::time::Instant::now());
    let outcome = twilio(&base).send(&cleared("Hi"), ended).await;
    assert_eq!(outcome, SendOutcome::NotBegun, "it comes again, and nobody asks Twilio about it");
    assert_eq!(String::from_utf8(read.join().unwrap()).unwrap(), "");
}

#[tokio::test]
async fn a_text_before_the_curfew_may_not_arrive_after_it() {
    for (minutes, said) in [(90, "&ValidityPeriod=5395"), (60 * 20, "&ValidityPeriod=36000")] {
        let (base, asked) = pretend(vec![http("201 Created", r#"{"sid":"SM1"}"#)]);
        let curfew = Timestamp::default().plus(Span::minutes(minutes));
        let verdict = Verdict::on_nobody(ProgramId::from(uuid::Uuid::nil())).invited_until(curfew);
        twilio(&base).send(&cleared_by(&verdict, Lane::Invitation, "Hi"), lease()).await;
        let asked = asked.join().unwrap().concat();
        assert!(asked.ends_with(said), "{asked}");
    }
    let (base, asked) = pretend(vec![http("201 Created", r#"{"sid":"SM1"}"#)]);
    twilio(&base).send(&cleared("An answer goes out at any hour"), lease()).await;
    assert!(!asked.join().unwrap().concat().contains("ValidityPeriod"));
}

fn listed(sid: &str, date: &str) -> String {
    format!(
        r#"{{"sid":"{sid}","body":"Hi","to":"+12065550100","from":"+12065550199","status":"delivered","error_code":null,"date_created":"{date}"}}"#
    )
}

fn page(items: &str) -> String {
    http("200 OK", &format!(r#"{{"messages":[{items}]}}"#))
}

#[tokio::test]
async fn twins_are_told_apart_by_what_the_other_one_has() {
    let date = "Tue, 14 Nov 2023 22:13:20 +0000";
    let both = format!("{},{}", listed("SM1", date), listed("SM2", date));
    let (base, _asked) = pretend(vec![page(&both), page(&both), page(&both), page(&both)]);
    let twilio = twilio(&base);
    let text = cleared("Hi");
    let since = Timestamp::from_micros(1_700_000_001_000_000);
    let mut taken = Vec::new();
    for expected in [Some("SM1"), Some("SM2"), None] {
        let (message, to, from, body) = (text.message(), text.to(), text.from(), text.body());
        let found =
            twilio.look_up(&OutgoingText { message, to, from, body, since, twin: None, taken: &taken }).await;
        match (found, expected) {
            (LookUp::Found { provider_id, .. }, Some(sid)) => assert_eq!(provider_id, sid),
            (found, _) => assert_eq!((found, expected), (LookUp::NotFound, None)),
        }
        taken.extend(expected.map(str::to_owned));
    }
}

#[tokio::test]
async fn a_look_up_is_sure_whose_a_text_is_or_says_that_it_is_not() {
    let twin = Timestamp::from_micros(1_700_000_040_000_000); // 22:14:00
    for (created, expected) in [
        ("22:13:50", Some(true)),
        // A clock that goes wrong by two seconds must not make two texts of one.
        ("22:13:58", None),
        ("22:14:02", None),
        ("22:14:10", Some(false)),
    ] {
        let listed = page(&listed("SM2", &format!("Tue, 14 Nov 2023 {created} +0000")));
        let (base, _asked) = pretend(vec![listed.clone(), listed]);
        let (twilio, text) = (twilio(&base), cleared("Hi"));
        let since = Timestamp::from_micros(1_700_000_001_000_000);
        let (message, to, from, body) = (text.message(), text.to(), text.from(), text.body());
        let wanted = OutgoingText { message, to, from, body, since, twin: Some(twin), taken: &[] };
        let found = match twilio.look_up(&wanted).await {
            LookUp::Found { .. } => Some(true),
            LookUp::NotFound => Some(false),
            LookUp::Unavailable => None,
        };
        assert_eq!(found, expected, "{created}");
        // One whose twin has an id of its own by now.
        assert!(matches!(look_up_alone(created).await, LookUp::Found { .. }), "{created}");
    }
}

async fn look_up_alone(created: &str) -> LookUp {
    let (base, _asked) = pretend(vec![page(&listed("SM2", &format!("Tue, 14 Nov 2023 {created} +0000")))]);
    let text = cleared("Hi");
    let since = Timestamp::from_micros(1_700_000_001_000_000);
    let (message, to, from, body) = (text.message(), text.to(), text.from(), text.body());
    twilio(&base).look_up(&OutgoingText { message, to, from, body, since, twin: None, taken: &[] }).await
}

#[tokio::test]
async fn a_look_up_finds_the_text_itself_and_no_older_one() {
    let old = listed("SM0", "Tue, 14 Nov 2023 22:13:10 +0000");
    let ours = listed("SM1", "Tue, 14 Nov 2023 22:13:20 +0000");
    let since = Timestamp::from_micros(1_700_000_001_000_000);
    let text = cleared("Hi");
    let answers = vec![page(&old), page(&format!("{ours},{old}")), page(&old), page(""), http("500 Oh", "")];
    let (base, asked) = pretend(answers);
    let twilio = twilio(&base);
    let (message, to, from, body) = (text.message(), text.to(), text.from(), text.body());
    let wanted = OutgoingText { message, to, from, body, since, twin: None, taken: &[] };
    let look_up = || twilio.look_up(&wanted);
    let found = LookUp::Found {
        provider_id: "SM1".to_owned(),
        status: ReceiptStatus::Delivered,
        code: None,
        verdict: None,
    };
    assert_eq!(look_up().await, found);
    assert_eq!(look_up().await, LookUp::NotFound);
    assert_eq!(look_up().await, LookUp::Unavailable);
    let asked = asked.join().unwrap();
    assert!(asked[0].contains("From=%2B12065550199&DateSent%3E=2023-11-14"), "{}", asked[0]);
}

#[tokio::test]
async fn a_leads_text_is_fetched_by_its_id() {
    let text = r#"{"sid":"SM9","body":"START","to":"+12065550199","from":"+12065550100","status":"received","error_code":null,
        "date_created":"Tue, 14 Nov 2023 22:13:19 +0000","date_sent":"Tue, 14 Nov 2023 22:13:20 +0000","direction":"DIRECTION"}"#;
    let of = |direction: &str| http("200 OK", &text.replace("DIRECTION", direction).replace('\n', ""));
    let answers = vec![
        of("inbound"),
        of("outbound-api"),
        http("404 Not Found", "{}"),
        http("500 Oh", "{}"),
        http("200 OK", "{"),
    ];
    let (base, asked) = pretend(answers);
    let twilio = twilio(&base);
    let found = FetchedText::Found(crate::domain::message::CarrierText {
        from: "+12065550100".to_owned(),
        to: "+12065550199".to_owned(),
        body: "START".to_owned(),
        sent_at: Some(Timestamp::from_micros(1_700_000_000_000_000)),
    });
    for expected in
        [found, FetchedText::Unknown, FetchedText::Unknown, FetchedText::NoAnswer, FetchedText::NoAnswer]
    {
        assert_eq!(twilio.fetch_text("SM9").await, expected);
    }
    assert_eq!(twilio.fetch_text("../../x").await, FetchedText::Unknown, "no id, and nothing is asked");
    let asked = asked.join().unwrap();
    assert!(asked[0].starts_with("GET /2010-04-01/Accounts/AC1/Messages/SM9.json "), "{}", asked[0]);
}
