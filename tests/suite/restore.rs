//! A backup from before a STOP is put in place: the installation notices, stops sending, and asks the provider.

use std::sync::Arc;

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::json;
use sms_opt_in::domain::role::Role;
use sms_opt_in::domain::time::Timestamp;
use sms_opt_in::jobs::{InboxReading, JobContext, mark, read_inbox, seal_all};
use sms_opt_in::providers::twilio::{Twilio, TwilioConfig};
use sms_opt_in::store::start_file::StartMark;
use tempfile::TempDir;

use crate::support::{PUBLIC, World, database, run_beside, seals, start, world, world_in, world_with};
use crate::tampering::{KEY, verify};

const SENDER: &str = "+12065550199";

/// Stands in for Twilio: two pages, the STOP on the second one, and a text of ours that must not count.
async fn twilio(from: &str, stopped_at: Timestamp) -> String {
    let from = from.to_owned();
    let sent = stopped_at.utc().to_rfc2822();
    let server = HttpServer::new(move || {
        let (from, sent) = (from.clone(), sent.clone());
        let listed = web::get().to(move |query: web::Query<std::collections::BTreeMap<String, String>>| {
            let (from, sent) = (from.clone(), sent.clone());
            async move {
                if query.get("Page").is_none() {
                    assert_eq!(query.get("To").map(String::as_str), Some(SENDER));
                    assert!(query.contains_key("DateSent>"));
                    let ours = json!({"sid": "SM1", "body": "STOP", "to": SENDER, "from": from, "status": "sent",
                        "direction": "outbound-api", "date_sent": "Tue, 03 Nov 2026 10:05:00 +0000"});
                    let next = "/2010-04-01/Accounts/AC0/Messages.json?Page=1";
                    return HttpResponse::Ok().json(json!({"messages": [ours], "next_page_uri": next}));
                }
                let stop = json!({"sid": "SM2", "body": "STOP", "to": SENDER, "from": from, "status": "received",
                    "direction": "inbound", "date_sent": sent});
                // Two entries that cannot be read hide no other.
                let odd = json!({"sid": "SM3", "body": "STOP", "to": null, "from": from, "status": "received"});
                HttpResponse::Ok().json(json!({"messages": [odd, 7, stop], "next_page_uri": null}))
            }
        });
        App::new().route("/2010-04-01/Accounts/AC0/Messages.json", listed)
    });
    let server = server.workers(1).bind("127.0.0.1:0").unwrap();
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    format!("http://{address}")
}

/// An installation on a copy that was made before Ana's STOP, with the newer file of seals beside it.
async fn restored() -> World {
    let before = world().await;
    let ana = before.lead(50);
    ana.is_sent("hello").await;
    ana.texts("START").await;
    seal_all(&before.jobs).await.unwrap();
    let directory = TempDir::new().unwrap();
    let backup = database::copy(&before.database, &directory);
    ana.texts("STOP").await;
    seal_all(&before.jobs).await.unwrap();
    std::fs::copy(seals(before.directory.path()), seals(directory.path())).unwrap();
    world_in(directory, backup).await
}

/// Runs the command beside the server.
async fn after_restore(world: &World, more: &[&str]) -> (i32, String) {
    run_beside(world, &[&["after-restore", "--public-url", PUBLIC], more].concat()).await
}

#[actix_web::test]
async fn a_restored_database_sends_nothing_until_the_stops_are_back_and_a_person_looked() {
    let world = restored().await;
    let ana = world.lead(50);
    assert_eq!(ana.state().await, "opted_in", "her STOP is not in the backup");
    let checks = ana.consent().await;
    assert_eq!(checks["can_text_now"], false, "{checks}");
    assert!(checks["checks"].to_string().contains("older than its last seal of Nov 3, 2026"), "{checks}");
    let (status, _) = ana.is_sent("buy now").await;
    assert!(status == 202 && !ana.received().iter().any(|text| text == "buy now"), "nothing leaves");
    let ready = world.client.get(format!("{}/readyz", world.url)).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let mut ada = world.ada().await;
    for page in ["/", "/contacts", "/messages"] {
        ada.open(page).await.says("older than its last seal of").says("Run sms-opt-in after-restore");
    }
    let early = ada.post("/", "/sending", &[("state", "on")]).await;
    assert_eq!(early.status, 409);
    early.says("Sending stays off.");
    assert!(seal_all(&world.jobs).await.is_err(), "nothing is sealed over");
    let api = twilio(ana.phone.as_str(), start().plus(chrono::Duration::minutes(5))).await;
    let account = ["--provider", "twilio", "--twilio-account-sid", "AC0", "--twilio-auth-token", "x"];
    let nobody = [&account[..], &["--twilio-api-base", "http://127.0.0.1:9"]].concat();
    let (code, said) = after_restore(&world, &nobody).await;
    assert!(code == 2 && said.contains("did not give its list"), "{said}");
    assert!(seals(world.directory.path()).exists(), "the file stays until the provider answered");
    let twilio = [&account[..], &["--twilio-api-base", &api]].concat();
    let (code, said) = after_restore(&world, &twilio).await;
    assert!(code == 0 && said.contains("1 of them were missing and are now recorded: 1 that stop"), "{said}");
    assert!(said.contains("Sending stays off"), "{said}");
    assert_eq!(ana.state().await, "opted_out");
    assert!(!seals(world.directory.path()).exists(), "the old file was moved aside");
    let (code, said) = after_restore(&world, &twilio).await;
    assert!(code == 0 && said.contains("0 of them were missing"), "it can be repeated: {said}");
    seal_all(&world.jobs).await.unwrap();
    ada.open("/contacts").await.says("a backup was restored").lacks("Run sms-opt-in after-restore");
    let on = ada.post("/", "/sending", &[("state", "on")]).await;
    ada.follow(&on).await.says("Sending is on").lacks("a backup was restored");
    let (status, refused) = ana.is_sent("buy now").await;
    assert_eq!((status, &refused["code"]), (422, &json!("opted_out")), "{refused}");
    assert!(!ana.received().iter().any(|text| text == "buy now"), "nor what waited meanwhile");
}

#[actix_web::test]
async fn the_simulated_phones_remember_what_the_backup_does_not() {
    let before = world().await;
    let ana = before.lead(50);
    ana.texts("START").await;
    seal_all(&before.jobs).await.unwrap();
    let directory = TempDir::new().unwrap();
    let backup = database::copy(&before.database, &directory);
    ana.texts("STOP").await;
    seal_all(&before.jobs).await.unwrap();
    std::fs::copy(seals(before.directory.path()), seals(directory.path())).unwrap();
    let journal = |folder: &std::path::Path| folder.join(seals(folder).with_extension("simulator.jsonl"));
    std::fs::copy(journal(before.directory.path()), journal(directory.path())).unwrap();
    let world = world_in(directory, backup).await;
    let (code, said) = after_restore(&world, &["--provider", "simulator"]).await;
    assert!(code == 0 && said.contains("1 of them were missing"), "{said}");
    assert_eq!(world.lead(50).state().await, "opted_out");
}

/// Until a person has run `after-restore` and looked.
async fn stands_still(world: &World, why: &str) {
    let ana = world.lead(50);
    ana.is_sent("buy now").await;
    assert!(!ana.received().iter().any(|text| text == "buy now"), "nothing leaves");
    if database::is_postgres() {
        assert!(!world.jobs.gate.is_open(), "it is not known yet whether this is a new instance");
        return;
    }
    let checks = ana.consent().await.to_string();
    assert!(checks.contains(why), "{checks}");
    let mut ada = world.ada().await;
    assert_eq!(ada.post("/", "/sending", &[("state", "on")]).await.status, 409);
    let (code, said) = after_restore(world, &["--without-provider"]).await;
    assert!(code == 0 && said.contains(why) && said.contains("Sending stays off"), "{said}");
    let on = ada.post("/", "/sending", &[("state", "on")]).await;
    ada.follow(&on).await.says("Sending is on");
}

#[actix_web::test]
async fn removing_the_file_of_seals_accepts_no_backup() {
    let world = restored().await;
    std::fs::remove_file(seals(world.directory.path())).unwrap();
    let _ = seal_all(&world.jobs).await;
    let mut ada = world.ada().await;
    ada.open("/").await.says("Run sms-opt-in after-restore");
    assert_eq!(ada.post("/", "/sending", &[("state", "on")]).await.status, 409);
    let (code, said) = after_restore(&world, &["--without-provider"]).await;
    assert!(code == 0 && said.contains("Sending stays off"), "{said}");
    let on = ada.post("/", "/sending", &[("state", "on")]).await;
    ada.follow(&on).await.says("Sending is on");
}

#[actix_web::test]
async fn a_nightly_copy_without_its_files_sends_nothing() {
    let before = world().await;
    before.lead(50).texts("START").await;
    seal_all(&before.jobs).await.unwrap();
    let directory = TempDir::new().unwrap();
    let backup = database::copy(&before.database, &directory);
    before.lead(50).texts("STOP").await;
    let world = world_in(directory, backup).await;
    stands_still(&world, "the file of seals beside the database is missing").await;
}

#[actix_web::test]
async fn a_copy_with_its_own_seals_is_older_than_the_last_mark() {
    let before = world().await;
    before.lead(50).texts("START").await;
    seal_all(&before.jobs).await.unwrap();
    let directory = TempDir::new().unwrap();
    let backup = database::copy(&before.database, &directory);
    std::fs::copy(seals(before.directory.path()), seals(directory.path())).unwrap();
    before.lead(50).texts("STOP").await;
    assert!(mark(&before.jobs.store, &before.jobs.starts, &before.clock).await.unwrap());
    let starts = seals(directory.path()).with_extension("starts");
    std::fs::copy(before.jobs.starts.path(), starts).unwrap();
    let world = world_in(directory, backup).await;
    let ana = world.lead(50);
    ana.is_sent("buy now").await;
    assert!(!ana.received().iter().any(|text| text == "buy now"), "nothing leaves");
    let checks = ana.consent().await.to_string();
    assert!(checks.contains("are from different times"), "{checks}");
    let (code, said) = after_restore(&world, &["--without-provider"]).await;
    assert!(code == 0 && said.contains("Sending stays off"), "{said}");
    let (directory, database) = (world.directory, world.database);
    let again = world_in(directory, database).await;
    assert!(
        again.lead(50).consent().await.to_string().contains("a backup was restored"),
        "and it stays known"
    );
}

#[actix_web::test]
async fn one_unfinished_start_is_no_restore() {
    let before = world().await;
    before.lead(50).texts("START").await;
    seal_all(&before.jobs).await.unwrap();
    let (directory, database) = (before.directory, before.database);
    let mut file = before.jobs.starts.lock().unwrap().unwrap();
    let known = file.read().unwrap().unwrap();
    assert!(known.done.is_some() && known.begun.is_none(), "{known:?}");
    let begun = Some("a start that was killed before it reached the database".to_owned());
    file.write(&StartMark { begun, ..known }).unwrap();
    drop(file);
    let world = world_in(directory, database).await;
    let ana = world.lead(50);
    ana.is_sent("hello").await;
    assert!(ana.received().iter().any(|text| text == "hello"), "{:?}", ana.received());
}

#[actix_web::test]
async fn after_a_long_silence_the_carriers_list_is_read_before_anything_leaves() {
    let before = world().await;
    let ana = before.lead(50);
    ana.texts("START").await;
    seal_all(&before.jobs).await.unwrap();
    let silent = start().plus(chrono::Duration::minutes(-11)).micros();
    let set = format!("UPDATE settings SET value = '{silent}' WHERE key = 'heartbeat'");
    database::run(&before.database, &set).unwrap();
    let (directory, database) = (before.directory, before.database);
    let world = world_in(directory, database).await;
    let ana = world.lead(50);
    ana.is_sent("hello").await;
    assert!(!ana.received().iter().any(|text| text == "hello"), "the list was not read yet");
    let account = TwilioConfig {
        account_sid: "AC0".to_owned(),
        auth_token: "x".to_owned().into(),
        api_base: "http://127.0.0.1:9".to_owned(),
        public_url: PUBLIC.to_owned(),
    };
    let silent = JobContext { provider: Arc::new(Twilio::new(account).unwrap()), ..world.jobs.clone() };
    assert_eq!(read_inbox(&silent).await.unwrap(), InboxReading::Silent);
    world.deliver().await;
    assert!(!ana.received().iter().any(|text| text == "hello"), "the carrier did not answer");
    assert!(matches!(read_inbox(&world.jobs).await.unwrap(), InboxReading::Complete { .. }));
    world.deliver().await;
    assert!(ana.received().iter().any(|text| text == "hello"), "{:?}", ana.received());
}

/// Twilio lists a STOP that was sent so long ago, and its webhook never came. Returns what Ana received since.
async fn lost_webhook(minutes: i64, read: InboxReading, state: &str) -> Vec<String> {
    let world = world().await;
    let ana = world.lead(50);
    ana.texts("START").await;
    world.clock.advance(chrono::Duration::minutes(30));
    let (heard, sent) = (ana.received().len(), world.clock.now().plus(chrono::Duration::minutes(-minutes)));
    let account = TwilioConfig {
        account_sid: "AC0".to_owned(),
        auth_token: "x".to_owned().into(),
        api_base: twilio(ana.phone.as_str(), sent).await,
        public_url: PUBLIC.to_owned(),
    };
    let jobs = JobContext { provider: Arc::new(Twilio::new(account).unwrap()), ..world.jobs.clone() };
    assert_eq!(read_inbox(&jobs).await.unwrap(), read);
    assert_eq!(ana.state().await, state);
    let again = read_inbox(&jobs).await.unwrap();
    assert_eq!(again, InboxReading::Complete { missing: 0 }, "it is taken in once");
    world.deliver().await;
    world.is_intact().await;
    ana.received().split_off(heard)
}

#[actix_web::test]
async fn a_stop_whose_webhook_was_lost_is_read_from_the_carriers_list() {
    let heard = lost_webhook(3, InboxReading::Complete { missing: 1 }, "opted_out").await;
    assert!(heard.len() == 1 && heard[0].contains("opted out"), "it is confirmed: {heard:?}");
    let heard = lost_webhook(7, InboxReading::Complete { missing: 1 }, "opted_out").await;
    assert!(heard.is_empty(), "nobody waits for an answer any more: {heard:?}");
    let heard = lost_webhook(1, InboxReading::Complete { missing: 0 }, "opted_in").await;
    assert!(heard.is_empty(), "its webhook may still come: {heard:?}");
}

/// The same database and files, started without the key that its seals were made with.
async fn started_without_key() -> World {
    let before = world().await;
    before.lead(50).texts("START").await;
    seal_all(&before.jobs).await.unwrap();
    let (directory, database, clock) = (before.directory, before.database, before.clock);
    world_with(directory, database, clock, &[]).await
}

#[actix_web::test]
async fn a_missing_key_is_a_restore_and_the_right_key_ends_it() {
    let world = started_without_key().await;
    let ana = world.lead(50);
    ana.is_sent("buy now").await;
    assert!(!ana.received().iter().any(|text| text == "buy now"), "nothing leaves");
    let mut ada = world.ada().await;
    ada.open("/").await.says("the secret key is missing").says("set SECRET_KEY").lacks("Turn sending on");
    assert_eq!(ada.post("/", "/sending", &[("state", "on")]).await.status, 409);
    assert!(seal_all(&world.jobs).await.is_err(), "nothing is sealed with another key");
    let (code, said) = after_restore(&world, &["--without-provider"]).await;
    assert!(code == 2 && said.contains("--without-key") && said.contains("SECRET_KEY"), "{said}");
    assert_eq!(ada.post("/", "/sending", &[("state", "on")]).await.status, 409, "nothing was accepted");
    let key = ["--without-provider", "--secret-key", KEY];
    let (code, said) = after_restore(&world, &key).await;
    assert!(code == 0 && said.contains("Sending stays off"), "{said}");
    let world = world_in(world.directory, world.database).await;
    let mut ada = world.person("bea", "Bea Baker", Role::Administrator).await;
    let on = ada.post("/", "/sending", &[("state", "on")]).await;
    ada.follow(&on).await.says("Sending is on");
    seal_all(&world.jobs).await.unwrap();
    let (code, said) = verify(&world.database, world.directory.path(), Some(KEY));
    assert_eq!(code, 0, "{said}");
}

#[actix_web::test]
async fn a_lost_key_is_replaced_and_verify_says_that_the_old_seals_cannot_be_checked() {
    let world = started_without_key().await;
    let (code, said) = after_restore(&world, &["--without-provider", "--without-key"]).await;
    assert!(code == 0 && said.contains("Sending stays off"), "{said}");
    let (directory, database, clock) = (world.directory, world.database, world.clock);
    let world = world_with(directory, database, clock, &[]).await;
    let mut ada = world.ada().await;
    ada.open("/").await.says("Turn sending on").lacks("the secret key is missing");
    let on = ada.post("/", "/sending", &[("state", "on")]).await;
    ada.follow(&on).await.says("Sending is on");
    let ana = world.lead(50);
    ana.is_sent("hello").await;
    assert!(ana.received().iter().any(|text| text == "hello"), "{:?}", ana.received());
    let (code, said) = verify(&world.database, world.directory.path(), None);
    assert!(code == 2 && said.contains("No seal was made with this SECRET_KEY"), "{code} {said}");
    world.lead(51).texts("START").await;
    seal_all(&world.jobs).await.unwrap();
    let (code, said) = verify(&world.database, world.directory.path(), None);
    assert!(code == 1 && said.contains("made with another SECRET_KEY"), "{code} {said}");
}

/// A server after more than ten minutes of silence: the carrier's list comes first.
async fn after_silence() -> World {
    let before = world().await;
    before.lead(50).texts("START").await;
    seal_all(&before.jobs).await.unwrap();
    let silent = start().plus(chrono::Duration::minutes(-11)).micros();
    let set = format!("UPDATE settings SET value = '{silent}' WHERE key = 'heartbeat'");
    database::run(&before.database, &set).unwrap();
    world_in(before.directory, before.database).await
}

fn with_twilio(world: &World, api_base: &str) -> JobContext {
    let account = TwilioConfig {
        account_sid: "AC0".to_owned(),
        auth_token: "x".to_owned().into(),
        api_base: api_base.to_owned(),
        public_url: PUBLIC.to_owned(),
    };
    JobContext { provider: Arc::new(Twilio::new(account).unwrap()), ..world.jobs.clone() }
}

/// An API that answers with this status alone.
async fn answering(status: u16) -> String {
    let answer = move || async move {
        HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap()).finish()
    };
    let server = HttpServer::new(move || App::new().default_service(web::to(answer)));
    let server = server.workers(1).bind("127.0.0.1:0").unwrap();
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());
    format!("http://{address}")
}

#[actix_web::test]
async fn a_carrier_without_a_list_keeps_nothing_waiting() {
    for status in [405, 501] {
        let world = after_silence().await;
        assert!(!world.jobs.gate.is_open());
        let jobs = with_twilio(&world, &answering(status).await);
        assert_eq!(read_inbox(&jobs).await.unwrap(), InboxReading::NoList, "{status}");
        assert!(world.jobs.gate.is_open(), "{status}");
        let ana = world.lead(50);
        ana.is_sent("hello").await;
        assert!(ana.received().iter().any(|text| text == "hello"), "{status}: {:?}", ana.received());
    }
    let world = after_silence().await;
    let jobs = with_twilio(&world, &answering(500).await);
    assert_eq!(read_inbox(&jobs).await.unwrap(), InboxReading::Silent, "an error is no answer");
    assert!(!world.jobs.gate.is_open());
}

#[actix_web::test]
async fn the_dashboard_says_what_waits_for_the_carriers_list_and_what_to_do() {
    let world = after_silence().await;
    let mut ada = world.ada().await;
    ada.open("/")
        .await
        .says("list of received texts</h2>")
        .says("No server ran for over ten minutes")
        .says("No action needed.");
    let silent = with_twilio(&world, "http://127.0.0.1:9");
    assert_eq!(read_inbox(&silent).await.unwrap(), InboxReading::Silent);
    ada.open("/")
        .await
        .says("Messages wait for the carrier")
        .says("answered since")
        .says("Check the account SID");
    assert!(matches!(read_inbox(&world.jobs).await.unwrap(), InboxReading::Complete { .. }));
    ada.open("/").await.lacks("Messages wait for the carrier").lacks("answered since");
    assert_eq!(read_inbox(&silent).await.unwrap(), InboxReading::Silent);
    ada.open("/").await.says("read</h2>").says("If a webhook is lost").says("Check the account SID");
    assert_eq!(read_inbox(&silent).await.unwrap(), InboxReading::Silent);
    assert!(matches!(read_inbox(&world.jobs).await.unwrap(), InboxReading::Complete { .. }));
    ada.open("/").await.lacks("If a webhook is lost");
}

#[actix_web::test]
async fn an_opt_in_request_that_waited_at_a_restore_ends_on_the_number() {
    let before = world().await;
    let ana = before.lead(50);
    let (status, answer) = before.send(ana.phone.as_str(), "hello").await;
    assert_eq!((status, ana.consent().await["request"].clone()), (202, json!("scheduled")), "{answer}");
    seal_all(&before.jobs).await.unwrap();
    let directory = TempDir::new().unwrap();
    let backup = database::copy(&before.database, &directory);
    std::fs::copy(seals(before.directory.path()), seals(directory.path())).unwrap();
    before.lead(51).texts("STOP").await;
    seal_all(&before.jobs).await.unwrap();
    std::fs::copy(seals(before.directory.path()), seals(directory.path())).unwrap();
    let world = world_in(directory, backup).await;
    let ana = world.lead(50);
    assert!(world.work().await > 0, "the job that cancels what waited");
    let consent = ana.consent().await;
    assert_eq!(
        (consent["state"].clone(), consent["request"].clone()),
        (json!("not_asked"), json!(null)),
        "{consent}"
    );
    assert_eq!(ana.history().await.last().unwrap()["kind"], "invitation_failed");
    assert_eq!(world.status(&answer["id"]).await, "cancelled");
    let (code, said) = after_restore(&world, &["--without-provider", "--secret-key", KEY]).await;
    assert_eq!(code, 0, "{said}");
    seal_all(&world.jobs).await.unwrap();
    let (code, said) = verify(&world.database, world.directory.path(), Some(KEY));
    assert_eq!(code, 0, "{said}");
    let mut ada = world.ada().await;
    ada.open("/").await;
    ada.post("/", "/sending", &[("state", "on")]).await;
    world.send(ana.phone.as_str(), "hello again").await;
    assert_eq!(ana.consent().await["request"], "scheduled", "a new message asks anew");
}
