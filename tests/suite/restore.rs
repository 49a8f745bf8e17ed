//! A backup from before a STOP is put in place: the installation notices, stops sending, and asks the provider.

use std::process::Command;

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::json;
use sms_opt_in::jobs::seal_all;
use tempfile::TempDir;

use crate::support::{PUBLIC, World, database, seals, world, world_in};

const SENDER: &str = "+12065550199";

/// Stands in for Twilio: two pages, the STOP on the second one, and a text of ours that must not count.
async fn twilio(from: &str) -> String {
    let from = from.to_owned();
    let server = HttpServer::new(move || {
        let from = from.clone();
        let listed = web::get().to(move |query: web::Query<std::collections::BTreeMap<String, String>>| {
            let from = from.clone();
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
                    "direction": "inbound", "date_sent": "Tue, 03 Nov 2026 10:10:00 +0000"});
                HttpResponse::Ok().json(json!({"messages": [stop], "next_page_uri": null}))
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
    let mut command = Command::new(env!("CARGO_BIN_EXE_sms-opt-in"));
    command.args(["after-restore", "--database-url", &world.database, "--public-url", PUBLIC]);
    command.arg("--data-dir").arg(world.directory.path()).args(more).env_remove("SECRET_KEY");
    let output = actix_web::rt::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8_lossy(&said).into_owned())
}

#[actix_web::test]
async fn a_restored_database_sends_nothing_until_the_stops_are_back_and_a_person_looked() {
    let world = restored().await;
    let ana = world.lead(50);
    assert_eq!(ana.state().await, "opted_in", "her STOP is not in the backup");
    let checks = ana.consent().await;
    assert_eq!(checks["can_text_now"], false, "{checks}");
    assert!(checks["checks"].to_string().contains("older than its last seal of 3 Nov 2026"), "{checks}");
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
    let api = twilio(ana.phone.as_str()).await;
    let account = ["--provider", "twilio", "--twilio-account-sid", "AC0", "--twilio-auth-token", "x"];
    let nobody = [&account[..], &["--twilio-api-base", "http://127.0.0.1:9"]].concat();
    let (code, said) = after_restore(&world, &nobody).await;
    assert!(code == 2 && said.contains("asked in vain"), "{said}");
    assert!(seals(world.directory.path()).exists(), "the file stays until the provider answered");
    let twilio = [&account[..], &["--twilio-api-base", &api]].concat();
    let (code, said) = after_restore(&world, &twilio).await;
    assert!(code == 0 && said.contains("1 of them were not known here and are now: 1 that stop"), "{said}");
    assert!(said.contains("Sending stays off"), "{said}");
    assert_eq!(ana.state().await, "opted_out");
    assert!(!seals(world.directory.path()).exists(), "the old file was moved aside");
    let (code, said) = after_restore(&world, &twilio).await;
    assert!(code == 0 && said.contains("0 of them were not known"), "it can be repeated: {said}");
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
    assert!(code == 0 && said.contains("1 of them were not known here"), "{said}");
    assert_eq!(world.lead(50).state().await, "opted_out");
}

#[actix_web::test]
async fn moving_the_file_of_seals_away_by_hand_accepts_the_backup_too() {
    let world = restored().await;
    std::fs::remove_file(seals(world.directory.path())).unwrap();
    seal_all(&world.jobs).await.unwrap();
    let mut ada = world.ada().await;
    ada.open("/").await.says("a backup was restored").says("All sending is stopped");
    let on = ada.post("/", "/sending", &[("state", "on")]).await;
    ada.follow(&on).await.says("Sending is on");
}
