//! What the simulated carrier promises.

use super::super::tests::{cleared, lease};
use super::*;
use crate::domain::message::{ReceiptStatus, RejectKind};
use std::io::{Read, Write};

fn simulator(hook_base: &str) -> Arc<Simulator> {
    remembering(hook_base, None)
}

fn remembering(hook_base: &str, file: Option<PathBuf>) -> Arc<Simulator> {
    Simulator::new(hook_base.to_owned(), [7; 32], Arc::new(|| Timestamp::from_micros(5)), file)
}

async fn asked(simulator: &Simulator, text: &ClearedText) -> LookUp {
    let since = Timestamp::from_micros(0);
    let (message, to) = (text.message(), text.to());
    simulator.look_up(&OutgoingText { message, to, from: "", body: "", since, twin: None, taken: &[] }).await
}

/// A server that answers `count` webhooks with 200; joined, it gives signatures and bodies.
fn server(count: usize) -> (String, std::thread::JoinHandle<Vec<(String, String)>>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let one = move |_| {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut seen, mut some) = (String::new(), [0; 4096]);
        while !seen.ends_with('}') {
            let length = stream.read(&mut some).unwrap();
            seen.push_str(std::str::from_utf8(&some[..length]).unwrap());
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").unwrap();
        let (head, body) = seen.split_once("\r\n\r\n").unwrap();
        let signature = head.lines().find_map(|line| line.strip_prefix("x-simulator-signature: ")).unwrap();
        (signature.to_owned(), body.to_owned())
    };
    (base, std::thread::spawn(move || (0..count).map(one).collect()))
}

#[tokio::test]
async fn a_text_is_taken_and_its_receipts_are_signed_http() {
    let (base, hooks) = server(4);
    let simulator = simulator(&base);
    simulator.set_behaviour(CarrierBehavior { duplicate: true, reorder: true, ..CarrierBehavior::default() });
    let text = cleared("Hi");
    let SendOutcome::Accepted { provider_id } = simulator.send(&text, lease()).await else { panic!("taken") };
    let hooks = tokio::task::spawn_blocking(|| hooks.join().unwrap()).await.unwrap();
    let url = format!("{base}/hooks/simulator/status");
    let seen: Vec<_> = hooks
        .iter()
        .map(|(signature, body)| {
            let hook = WebhookRequest { url: &url, body: body.as_bytes(), signature: Some(signature) };
            assert_eq!(simulator.verify(&hook), Ok(()));
            let receipt = simulator.parse_receipt(&hook).unwrap();
            assert_eq!((&receipt.provider_id, receipt.message), (&provider_id, Some(text.message())));
            receipt.status
        })
        .collect();
    use ReceiptStatus::{Delivered, Sent};
    assert_eq!(seen, [Delivered, Delivered, Sent, Sent]);
    let handset = simulator.handset(text.to());
    assert_eq!((handset.texts[0].body.as_str(), handset.texts[0].status), ("Hi", Delivered));
    let look_up = asked(&simulator, &text).await;
    assert_eq!(look_up, LookUp::Found { provider_id, status: Delivered, code: None, verdict: None });
}

#[tokio::test]
async fn a_lead_can_text_us() {
    let (base, hooks) = server(1);
    let simulator = simulator(&base);
    let lead = Phone::from_e164("+12065550100").unwrap();
    assert_eq!(simulator.lead_texts(&lead, "+12065550199", "STOP").await, Ok(200));
    let (signature, body) = hooks.join().unwrap().remove(0);
    let url = format!("{base}/hooks/simulator/inbound");
    let hook = WebhookRequest { url: &url, body: body.as_bytes(), signature: Some(&signature) };
    assert_eq!(simulator.verify(&hook), Ok(()));
    let text = simulator.parse_inbound(&hook).unwrap();
    assert_eq!((text.from.as_str(), text.body.as_str()), ("+12065550100", "STOP"));
    assert_eq!(text.sent_at, Some(Timestamp::from_micros(5)));
    assert_eq!(simulator.handsets()[0].texts[0].direction, TextDirection::FromLead);
    assert!(simulator.lead_texts(&lead, "+12065550199", "STOP").await.is_err());
    let unreadable = simulator.parse_inbound(&WebhookRequest { body: b"{}", ..hook }).unwrap_err();
    assert!(unreadable.to_string().contains("missing field `id`"), "{unreadable}");
}

#[tokio::test]
async fn it_fails_as_it_is_told() {
    let simulator = simulator("http://127.0.0.1:9");
    let text = cleared("Hi");
    let fail = |with: &str| {
        simulator.set_behaviour(CarrierBehavior {
            fail_with: Some(with.to_owned()),
            ..CarrierBehavior::default()
        });
        simulator.send(&text, lease())
    };
    assert!(matches!(fail("500").await, SendOutcome::Unknown { .. }));
    assert!(matches!(fail("429").await, SendOutcome::RetryLater { .. }));
    assert!(matches!(fail("21610").await, SendOutcome::Rejected { kind: RejectKind::OptedOut, .. }));
    assert_eq!(simulator.times_taken(text.message()), 0);
    assert!(matches!(fail("timeout").await, SendOutcome::Unknown { .. }));
    assert!(matches!(fail("30006").await, SendOutcome::Accepted { .. }));
    assert_eq!(simulator.times_taken(text.message()), 2);
}

#[test]
fn its_memory_is_bounded() {
    let simulator = simulator("");
    let phone = |number: usize| Phone::from_e164(&format!("+1206555{number:04}")).unwrap();
    for number in 0..HANDSETS + 3 {
        let at = Timestamp::from_micros(i64::try_from(number).unwrap());
        simulator.record(&phone(number), at, TextDirection::FromLead, "", "", None);
    }
    assert_eq!(simulator.handsets().len(), HANDSETS);
    assert!(simulator.handset(&phone(0)).texts.is_empty(), "the silent one made room");
    for _ in 0..TEXTS + 3 {
        simulator.record(&phone(9), Timestamp::from_micros(9), TextDirection::FromUs, "", "", None);
    }
    assert_eq!(simulator.handset(&phone(9)).texts.len(), TEXTS);
}

#[tokio::test]
async fn the_phones_are_the_same_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db.simulator.jsonl");
    let text = cleared("Hi");
    let before = remembering("http://127.0.0.1:9", Some(path.clone()));
    let SendOutcome::Accepted { provider_id } = before.send(&text, lease()).await else { panic!("taken") };
    let lead = Phone::from_e164("+12065550101").unwrap();
    assert!(before.lead_texts(&lead, "+12065550199", "STOP").await.is_err());
    tokio::time::sleep(RECEIPT_GAP * 10).await;
    // A crash in the middle of a line.
    let mut torn = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    torn.write_all(b"{\"what\":\"text\",\"on\":").unwrap();
    let after = remembering("http://127.0.0.1:9", Some(path.clone()));
    assert_eq!(after.handsets(), before.handsets());
    assert_eq!(after.handset(&lead).texts[0].status, ReceiptStatus::Failed);
    let status = ReceiptStatus::Delivered;
    assert_eq!(asked(&after, &text).await, LookUp::Found { provider_id, status, code: None, verdict: None });
    assert_eq!(after.times_taken(text.message()), 1);
    after.record(&lead, Timestamp::from_micros(6), TextDirection::FromUs, "", "after the torn line", None);
    assert_eq!(remembering("", Some(path)).handset(&lead).texts.len(), 2);
    let nowhere = remembering("", Some(folder.path().join("none/x")));
    assert!(nowhere.handsets().is_empty(), "a file that cannot be made stops nobody");
}

#[test]
fn the_file_is_bounded_and_keeps_what_is_newest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db.simulator.jsonl");
    let lead = Phone::from_e164("+12065550101").unwrap();
    let simulator = remembering("", Some(path.clone()));
    let words = "w".repeat(1600);
    for number in 0..4000 {
        simulator.record(&lead, Timestamp::from_micros(number), TextDirection::FromUs, "", &words, None);
    }
    assert!(std::fs::metadata(&path).unwrap().len() < 5 * 1024 * 1024);
    let again = remembering("", Some(path));
    assert_eq!(again.handset(&lead), simulator.handset(&lead));
}
