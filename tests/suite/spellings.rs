//! Numbers that are written in two ways, and numbers that the number plan does not know: one record, one answer.

use reqwest::Method;
use serde_json::json;
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::spelling::join_spellings;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::consent::{EventKind, Source};
use sms_opt_in::domain::evidence::{Evidence, RevocationChannel};
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::intent::EventDraft;
use sms_opt_in::domain::message::{Lane, Status};
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::store::messages::{self, Message};
use sms_opt_in::store::{Tx, events, numbers, programs};

use crate::hooks::{INBOUND, post, signature};
use crate::support::{World, database, world};

async fn texts(world: &World, sid: &str, from: &str, body: &str) {
    let fields = [("MessageSid", sid), ("From", from), ("To", "+12065550199"), ("Body", body)];
    assert_eq!(post(world, INBOUND, &fields, &signature(INBOUND, &fields)).await, 200);
    world.deliver().await;
}

async fn state(world: &World, number: &str) -> String {
    let (status, known) = world.call(Method::GET, &format!("/api/v1/numbers/{number}/consent"), None).await;
    assert_eq!(status, 200, "{known}");
    known["state"].as_str().unwrap().to_owned()
}

async fn events_of(world: &World, number: &str) -> usize {
    world
        .call(Method::GET, &format!("/api/v1/numbers/{number}/events"), None)
        .await
        .1
        .as_array()
        .unwrap()
        .len()
}

/// A record as a version that took each spelling for a number of its own has left it: opted out under this spelling.
async fn left_by_an_earlier_version(world: &World, e164: &str) {
    record_under(world, e164).await;
    opts_out_under(world, e164).await;
}

async fn opts_out_under(world: &World, e164: &str) {
    let (phone, now) = (Phone::from_e164(e164).unwrap(), world.clock.now());
    let append = move |tx: &mut Tx<'_>| {
        let mut number = numbers::find_spelled_locked(tx, &phone)?.unwrap();
        let evidence =
            Evidence::Revocation { channel: RevocationChannel::Call, reason: "No more".to_owned() };
        let (kind, source) = (EventKind::OptedOut, Source::Manual);
        let draft = EventDraft { kind, program: None, source, occurred_at: now, evidence };
        events::append(tx, &mut number, draft, &Actor::Operator, now)?;
        Ok::<_, ActionError>(())
    };
    world.jobs.store.write(append).await.unwrap();
}

/// A text that waits for the number under this spelling.
async fn waits_under(world: &World, e164: &str, lane: Lane, status: Status) -> MessageId {
    let (phone, now) = (Phone::from_e164(e164).unwrap(), world.clock.now());
    let insert = move |tx: &mut Tx<'_>| {
        let number = numbers::find_spelled(tx, &phone)?.unwrap();
        let program = programs::find(tx, None)?.unwrap();
        let id: MessageId = tx.new_id(now)?;
        let new = Message::new(id, program.id, lane, phone.as_str(), "Hello", &Actor::Operator, now);
        messages::insert(tx, &Message { number_id: Some(number.id), status, ..new }, None)?;
        Ok::<_, ActionError>(id)
    };
    world.jobs.store.write(insert).await.unwrap()
}

async fn message(world: &World, id: MessageId) -> Message {
    world.jobs.store.read(move |conn| messages::get(conn, id)).await.unwrap().unwrap()
}

/// An empty record under this spelling.
async fn record_under(world: &World, e164: &str) {
    record_under_id(world, e164, 1).await;
}

async fn record_under_id(world: &World, e164: &str, n: u8) {
    let (id, zeros) = (format!("0190a5b40000700080000000000000{n:02}"), "00".repeat(32));
    let bytes = |hex: &str| if database::is_postgres() { format!("'\\x{hex}'") } else { format!("x'{hex}'") };
    let consent = serde_json::to_string(&sms_opt_in::domain::consent::NumberConsent::default()).unwrap();
    let row = format!(
        "INSERT INTO numbers (id, e164, consent, do_not_text, paused, contact_count, head_seq, head_hash, created_at) \
         VALUES ({}, '{e164}', '{consent}', FALSE, FALSE, 0, 0, {}, 1720766955520000)",
        bytes(&id),
        bytes(&zeros)
    );
    database::run(&world.database, &row).unwrap();
}

async fn start_again(world: &World) {
    let now = world.clock.now();
    let join = move |tx: &mut Tx<'_>| join_spellings(tx, None, 100, now);
    world.jobs.store.write(join).await.unwrap();
}

#[actix_web::test]
async fn a_stop_under_an_old_spelling_stops_the_number() {
    let world = world().await;
    for (n, (old, new)) in
        [("+5215562000000", "+525562000000"), ("+551112345678", "+5511912345678")].into_iter().enumerate()
    {
        texts(&world, &format!("SM{n}1"), old, "STOP").await;
        for spelling in [old, new] {
            assert_eq!(state(&world, spelling).await, "opted_out", "{spelling}");
            let (status, answer) = world.send(spelling, "Hello").await;
            assert_eq!((status, answer["code"].as_str()), (422, Some("opted_out")), "{spelling}");
        }
        // A START that arrives sooner waits for the carrier's word on the order.
        world.clock.advance(chrono::Duration::minutes(1));
        texts(&world, &format!("SM{n}2"), new, "START").await;
        assert_eq!((state(&world, old).await, events_of(&world, old).await), ("opted_in".to_owned(), 2));
        let contact = world.call(Method::POST, "/api/v1/contacts", Some(json!({"phone": old}))).await;
        assert_eq!(contact.0, 201);
        let found =
            world.call(Method::GET, &format!("/api/v1/contacts?q={}", new.replace('+', "%2B")), None).await.1;
        assert_eq!(found["data"][0]["phone"], new);
    }
    world.is_intact().await;
}

#[actix_web::test]
async fn a_record_under_an_old_spelling_is_joined_once_and_stays() {
    let world = world().await;
    let (old, new) = ("+5215562000000", "+525562000000");
    left_by_an_earlier_version(&world, old).await;
    start_again(&world).await;
    start_again(&world).await;
    assert_eq!(state(&world, new).await, "opted_out");
    assert_eq!(world.send(new, "Hello").await.1["code"], "opted_out");
    let history = world.call(Method::GET, &format!("/api/v1/numbers/{new}/events"), None).await.1;
    assert_eq!(history.as_array().unwrap().len(), 1, "the opt-out is taken over once: {history}");
    assert_eq!(history[0]["evidence"]["e164"], old, "and says where it comes from");
    let kept = Phone::from_e164(old).unwrap();
    let kept = world.jobs.store.read(move |conn| numbers::find_spelled(conn, &kept)).await.unwrap().unwrap();
    assert_eq!(kept.consent.seq, 1, "the old history stays as it is");
    let contact = world.call(Method::POST, "/api/v1/contacts", Some(json!({"phone": new}))).await.1;
    let mut sam = world.sam().await;
    let contact = format!("/contacts/{}", contact["id"].as_str().unwrap());
    for page in ["/troubleshoot?number=%2B5215562000000", contact.as_str()] {
        let page = sam.open(page).await;
        page.says("Recorded earlier as +5215562000000").says("was taken over on").says("No more");
    }
    world.clock.advance(chrono::Duration::minutes(1));
    texts(&world, "SM1", old, "START").await;
    assert_eq!(
        state(&world, new).await,
        "opted_in",
        "the lead's own START brings it back, in the canonical record"
    );
    world.is_intact().await;
}

/// A text that waits goes on under the canonical number where the lead can still be texted; an opt-in request does not.
#[actix_web::test]
async fn what_waits_under_an_old_spelling_goes_on_under_the_canonical_one() {
    let world = world().await;
    let (old, new) = ("+5215562000000", "+525562000000");
    record_under(&world, old).await;
    let held = waits_under(&world, old, Lane::Gated, Status::Held).await;
    let request = waits_under(&world, old, Lane::Invitation, Status::Queued).await;
    // This one opted out under the old spelling: what still waits for it ends.
    let out = "+5215562000001";
    record_under_id(&world, out, 2).await;
    opts_out_under(&world, out).await;
    let ended = waits_under(&world, out, Lane::Gated, Status::Held).await;
    start_again(&world).await;
    let phone = Phone::from_e164(new).unwrap();
    let canonical = world.jobs.store.read(move |conn| numbers::find(conn, &phone)).await.unwrap().unwrap();
    let (held_now, request_now, ended_now) =
        (message(&world, held).await, message(&world, request).await, message(&world, ended).await);
    assert_eq!((held_now.number_id, held_now.status), (Some(canonical.id), Status::Held));
    assert_eq!((request_now.status, ended_now.status), (Status::Cancelled, Status::Cancelled));
    assert!(request_now.error_text.unwrap().contains("new spelling"));
    assert_eq!(world.send("+525562000001", "Hello").await.1["code"], "opted_out");
    texts(&world, "SM1", old, "START").await;
    world.clock.advance(chrono::Duration::seconds(1));
    world.deliver().await;
    let released = message(&world, held).await;
    assert!(matches!(released.status, Status::Sent | Status::Delivered), "{:?}", released.status);
    world.is_intact().await;
}

#[actix_web::test]
async fn a_start_of_the_server_joins_old_spellings() {
    let first = world().await;
    let old = "+5215562000000";
    left_by_an_earlier_version(&first, old).await;
    // As in a database that no server of this version has opened yet.
    database::run(&first.database, "DELETE FROM settings WHERE key = 'spellings_joined'").unwrap();
    let crate::support::World { directory, database, .. } = first;
    let second = crate::support::world_in(directory, database).await;
    assert_eq!(state(&second, "+525562000000").await, "opted_out");
    second.is_intact().await;
}

#[actix_web::test]
async fn two_valid_spellings_share_opt_outs_only() {
    let world = world().await;
    let (fixed, mobile) = ("+541155556666", "+5491155556666");
    texts(&world, "SM1", mobile, "START").await;
    assert_eq!(
        (state(&world, mobile).await.as_str(), state(&world, fixed).await.as_str()),
        ("opted_in", "not_asked")
    );
    texts(&world, "SM2", fixed, "START").await;
    texts(&world, "SM3", mobile, "STOP").await;
    for number in [fixed, mobile] {
        assert_eq!(state(&world, number).await, "opted_out", "{number}");
        assert_eq!(world.send(number, "Hello").await.1["code"], "opted_out");
    }
    world.clock.advance(chrono::Duration::minutes(2));
    texts(&world, "SM4", mobile, "START").await;
    assert_eq!(
        (state(&world, mobile).await.as_str(), state(&world, fixed).await.as_str()),
        ("opted_in", "opted_out")
    );
    let opt_out = json!({"channel": "call", "reason": "Asked us to stop"});
    let path = format!("/api/v1/numbers/{fixed}/opt-outs");
    assert_eq!(world.call(Method::POST, &path, Some(opt_out)).await.0, 201);
    assert_eq!(state(&world, mobile).await, "opted_out", "a revocation from one reaches both");
    world.is_intact().await;
}

#[actix_web::test]
async fn validity_is_no_condition_for_a_revocation_or_a_look() {
    let world = world().await;
    let number = "+18615550142";
    assert_eq!(state(&world, number).await, "not_asked");
    assert_eq!(events_of(&world, number).await, 0);
    let opt_out = json!({"channel": "call", "reason": "Asked us to stop"});
    let path = format!("/api/v1/numbers/{number}/opt-outs");
    assert_eq!(world.call(Method::POST, &path, Some(opt_out)).await.0, 201);
    assert_eq!((state(&world, number).await, events_of(&world, number).await), ("opted_out".to_owned(), 1));
    let (status, answer) = world.send(number, "Hello").await;
    assert_eq!(
        (status, answer["code"].as_str()),
        (422, Some("invalid_number")),
        "sending needs a valid number"
    );
    let mut sam = world.sam().await;
    sam.open("/troubleshoot?number=%2B18615550142").await.says("opted out");
    let fields = [
        ("phone", "(861) 555-0143"),
        ("channel", "call"),
        ("received_on", "2026-11-03"),
        ("reason", "They called and asked us to stop"),
    ];
    assert_eq!(sam.post("/revocations/new", "/revocations", &fields).await.status, 303);
    assert_eq!(state(&world, "+18615550143").await, "opted_out");
    texts(&world, "SM1", "+18615550144", "STOP").await;
    assert_eq!(state(&world, "+18615550144").await, "opted_out");
    sam.open("/troubleshoot?number=%2B18615550144").await.says("opted out");
    texts(&world, "SM2", "+18615550145", "START").await;
    let known = world.call(Method::GET, "/api/v1/numbers/+18615550145/consent", None).await.1;
    assert_eq!((known["state"].as_str(), known["can_text_now"].as_bool()), (Some("opted_in"), Some(false)));
    world.is_intact().await;
}
