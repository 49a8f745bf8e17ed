//! A database is simulated or real from its first start on, and a server that is started the wrong way says so.

use std::process::Command;

use reqwest::Client;
use serde_json::json;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::message::{Lane, Status};
use sms_opt_in::jobs::deliver_due;
use sms_opt_in::store::messages::{self, Message};
use sms_opt_in::store::{StoreError, Tx, numbers, programs};
use tempfile::TempDir;

use crate::support::carrier::Carrier;
use crate::support::{
    Lead, PUBLIC, TWILIO, World, config_of, database, run, run_beside, try_start, world, world_in,
};

const PHONE_PATH: &str = "/simulator/handsets/+12065550140/texts";

fn at(public_url: &'static str) -> Vec<&'static str> {
    [TWILIO, &["--public-url", public_url]].concat()
}

/// What the operator reads.
async fn refused(folder: &TempDir, database: &str, arguments: &[&str]) -> String {
    match try_start(folder.path(), database, arguments).await {
        Ok(_) => panic!("the server started with {arguments:?}"),
        Err(words) => words,
    }
}

#[actix_web::test]
async fn a_real_database_never_opens_as_a_simulated_one() {
    let folder = TempDir::new().unwrap();
    let database = database::fresh(&folder);
    drop(try_start(folder.path(), &database, &at(PUBLIC)).await.unwrap());
    for (arguments, says) in [
        (&[][..], "PROVIDER is missing, and this database is real"),
        (&["--provider", "simulator"], "PROVIDER is simulator, but this database is real"),
        (&["--provider", "twilio"], "TWILIO_ACCOUNT_SID is missing"),
        (&["--provider", "twilio", "--twilio-account-sid", "AC0"], "TWILIO_AUTH_TOKEN is missing"),
        (
            &["--provider", "twilio", "--twilio-account-sid", "AC0", "--twilio-auth-token", " "],
            "TWILIO_AUTH_TOKEN is empty",
        ),
        (
            &["--provider", "twilio", "--twilio-account-sid", "", "--twilio-auth-token", "x"],
            "TWILIO_ACCOUNT_SID is empty",
        ),
    ] {
        let words = refused(&folder, &database, arguments).await;
        assert!(words.contains(says), "{arguments:?}: {words}");
    }
    assert!(try_start(folder.path(), &database, &at(PUBLIC)).await.is_ok());
}

#[actix_web::test]
async fn no_database_is_born_simulated_by_a_forgotten_setting() {
    let folder = TempDir::new().unwrap();
    let database = database::fresh(&folder);
    let account = ["--twilio-account-sid", "AC0", "--twilio-auth-token", "x"];
    let words = refused(&folder, &database, &account).await;
    assert!(words.contains("PROVIDER is missing, although TWILIO_ACCOUNT_SID"), "{words}");
    let named = [&account[..], &["--provider", "simulator"]].concat();
    drop(try_start(folder.path(), &database, &named).await.unwrap());
    assert!(try_start(folder.path(), &database, &account).await.is_ok(), "it is simulated already");
    for base in ["", "api.twilio.com", "ftp://api.twilio.com", "https://"] {
        let given = [&account[..], &["--provider", "twilio", "--twilio-api-base", base]].concat();
        let words = refused(&folder, &database, &given).await;
        assert!(words.contains("TWILIO_API_BASE"), "{base}: {words}");
    }
}

#[actix_web::test]
async fn an_address_that_is_refused_leaves_no_file_behind() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| format!("sqlite://{}/{name}", folder.path().display());
    for database in
        [at("t.db?mode=ro"), "sqlite://:memory:".to_owned(), "sqlite://".to_owned(), "x.db".to_owned()]
    {
        let words = refused(&folder, &database, &[]).await;
        assert!(!words.contains("\"\"") && !words.contains(".:"), "{words}");
        assert!(!words.contains("rename"), "{words}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[actix_web::test]
async fn a_simulated_database_meets_no_real_provider_and_an_empty_token_is_none() {
    let folder = TempDir::new().unwrap();
    let database = database::fresh(&folder);
    let empty = ["--twilio-account-sid", "AC0", "--twilio-auth-token", ""];
    let bound = try_start(folder.path(), &database, &empty).await.unwrap();
    assert!(bound.app.twilio.is_none() && bound.app.simulator.is_some());
    drop(bound);
    let words = refused(&folder, &database, &at(PUBLIC)).await;
    assert!(words.contains("sms-opt-in become real"), "{words}");
}

#[actix_web::test]
async fn a_public_url_that_the_carrier_cannot_call_is_refused() {
    let folder = TempDir::new().unwrap();
    let database = database::fresh(&folder);
    let own = ["--twilio-api-base", "https://api.twilio.com"];
    for url in ["http://consent.example.com", "https://127.0.0.1:8080", "https://10.0.0.8", "https://consent"]
    {
        let words = refused(&folder, &database, &[&TWILIO[..6], &own, &["--public-url", url]].concat()).await;
        assert!(words.contains("PUBLIC_URL") && words.contains(url), "{words}");
    }
    let words = refused(&folder, &database, &[&TWILIO[..6], &own].concat()).await;
    assert!(words.contains("PUBLIC_URL is http://127.0.0.1"), "{words}");
    assert!(try_start(folder.path(), &database, &at("http://127.0.0.1:1")).await.is_ok(), "a test carrier");
}

/// As an earlier version left it.
fn forget_kind(world: &World) {
    database::run(&world.database, "DELETE FROM settings WHERE key = 'database_kind'").unwrap();
}

async fn signed_text(world: &World, line: u8) {
    let fields = [("MessageSid", "SM1"), ("From", "+12065550177"), ("To", "+12065550199"), ("Body", "START")];
    let signature = crate::hooks::signature(crate::hooks::INBOUND, &fields);
    assert_eq!(crate::hooks::post(world, crate::hooks::INBOUND, &fields, &signature).await, 200);
    assert_eq!(world.lead(line).state().await, "opted_in");
}

#[actix_web::test]
async fn an_older_database_is_judged_by_its_texts() {
    let simulated = world().await;
    simulated.lead(40).texts("START").await;
    forget_kind(&simulated);
    let words = refused(&simulated.directory, &simulated.database, &at(PUBLIC)).await;
    assert!(words.contains("sms-opt-in become real"), "{words}");
    let real = world().await;
    signed_text(&real, 77).await;
    forget_kind(&real);
    let words = refused(&real.directory, &real.database, &[]).await;
    assert!(words.contains("PROVIDER is missing, and this database is real"), "{words}");
}

#[actix_web::test]
async fn with_texts_of_both_kinds_sending_stands_still_until_a_person_decides() {
    let before = world().await;
    before.lead(40).texts("START").await;
    signed_text(&before, 77).await;
    forget_kind(&before);
    let (directory, database) = (before.directory, before.database);
    for _ in 0..2 {
        drop(try_start(directory.path(), &database, &at(PUBLIC)).await.unwrap());
    }
    let world = world_in(directory, database).await;
    let (_, sent) = world.lead(77).is_sent("buy now").await;
    assert_ne!(world.status(&sent["id"]).await, "delivered");
    let consent = world.lead(77).consent().await.to_string();
    assert!(consent.contains("texts of simulated phones beside real ones"), "{consent}");
    let phones = world.client.post(format!("{}{PHONE_PATH}", world.url)).form(&[("body", "START")]);
    assert_eq!(phones.send().await.unwrap().status(), 404, "the phones are closed");
    let mut ada = world.ada().await;
    ada.open("/").await.says("become real");
    let on = ada.post("/", "/sending", &[("state", "on")]).await;
    assert_eq!(on.status, 409);
    on.says("Sending stays off.");
}

#[actix_web::test]
async fn the_machine_path_is_for_programs_on_this_machine() {
    let world = world().await;
    let ben = world.lead(40);
    let url = format!("{}{PHONE_PATH}", world.url);
    for header in [
        ("X-Forwarded-For", "203.0.113.7"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "for=203.0.113.7"),
        ("Via", "1.1 proxy"),
        ("X-Real-IP", "203.0.113.7"),
        ("CF-Connecting-IP", "203.0.113.7"),
        ("Origin", "https://elsewhere.example"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Forwarded-For", "203.0.113.7"),
        ("X-Original-Forwarded-For", "203.0.113.7"),
        ("X-Envoy-External-Address", "203.0.113.7"),
        ("Fly-Client-IP", "203.0.113.7"),
        ("X-Azure-ClientIP", "203.0.113.7"),
        ("CF-Ray", "1-SEA"),
        ("CDN-Loop", "cloudflare"),
        ("Max-Forwards", "10"),
        ("Host", "consent.example.com"),
        ("Host", "127.0.0.1.example.com:80"),
    ] {
        let request = Client::new().post(&url).header(header.0, header.1).form(&[("body", "START")]);
        assert_eq!(request.send().await.unwrap().status(), 404, "{header:?}");
        let malformed = Client::new().post(&url).header(header.0, header.1).body("x");
        assert_eq!(malformed.send().await.unwrap().status(), 404, "{header:?}");
    }
    assert_eq!(ben.state().await, "not_asked");
    let request = Client::new().post(&url).form(&[("body", "START")]);
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(ben.state().await, "opted_in");
}

#[actix_web::test]
async fn the_page_texts_from_a_phone_with_a_session_and_its_token() {
    let world = world().await;
    let (mut ada, mut aud) = (world.ada().await, world.aud().await);
    let fields = [("phone", "+12065550140"), ("to", ""), ("body", "START")];
    assert_eq!(aud.post("/simulator", "/simulator/texts", &fields).await.status, 403);
    assert_eq!(ada.post_with("", "/simulator/texts", &fields).await.status, 403);
    assert_eq!(world.lead(40).state().await, "not_asked");
    let answer = ada.post("/simulator", "/simulator/texts", &fields).await;
    assert_eq!(answer.status, 303);
    world.deliver().await;
    ada.follow(&answer).await.says("You are signed up").says("action=\"/simulator/texts\"");
    assert_eq!(world.lead(40).state().await, "opted_in");
}

#[actix_web::test]
async fn a_hard_link_to_a_database_in_use_is_refused_and_a_symbolic_one_is_the_same_file() {
    if database::is_postgres() || !cfg!(target_os = "linux") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let database = database::fresh(&folder);
    let running = try_start(folder.path(), &database, &[]).await.unwrap();
    let file = folder.path().join("test.db");
    let elsewhere = TempDir::new().unwrap();
    let (hard, soft) = (elsewhere.path().join("hard.db"), elsewhere.path().join("soft.db"));
    std::fs::hard_link(&file, &hard).unwrap();
    std::os::unix::fs::symlink(&file, &soft).unwrap();
    let words = refused(&elsewhere, &format!("sqlite://{}", hard.display()), &[]).await;
    assert!(words.contains("hard link"), "{words}");
    let words = refused(&elsewhere, &format!("sqlite://{}", soft.display()), &[]).await;
    assert!(words.contains("Another server is running on this database."), "{words}");
    drop(running);
    assert!(try_start(folder.path(), &database, &[]).await.is_ok(), "the lock ends with the server");
    let link = config_of(&["x", "--database-url", &format!("sqlite://{}", soft.display())]);
    assert_eq!(link.seal_file(), folder.path().canonicalize().unwrap().join("test.db.seals"));
    std::fs::write(elsewhere.path().join("soft.db.secret-key"), "").unwrap();
    assert_eq!(
        link.secret_key_file(),
        elsewhere.path().join("soft.db.secret-key"),
        "a file of an earlier version stays where it is"
    );
}

#[actix_web::test]
async fn becoming_real_ends_simulated_consents_and_keeps_opt_outs_and_documents() {
    let world = world().await;
    let (ana, ben, cy, dee) = (world.lead(40), world.lead(41), world.lead(42), world.lead(43));
    ana.texts("START").await;
    ben.texts("START").await;
    ben.texts("STOP").await;
    cy.is_sent("waits for your START").await;
    let mut ada = world.ada().await;
    let page = crate::pages::contact(&mut ada, dee.phone.as_str(), "Dee").await;
    assert_eq!(crate::pages::opt_in(&mut ada, &page, &[], None).await.status, 303);
    let (code, said) = run_beside(&world, &["become", "real"]).await;
    assert!(code == 1 && said.contains("1 consent from simulated phones and demo data ends."), "{said}");
    assert!(
        said.contains("1 open opt-in request ends") && said.contains("1 waiting message is canceled"),
        "{said}"
    );
    assert!(
        said.contains("1 opt-out stays.") && said.contains("1 consent with other evidence stays."),
        "{said}"
    );
    assert_eq!(ana.state().await, "opted_in", "nothing changed yet: {said}");
    let (code, said) = run_beside(&world, &["become", "real", "--yes"]).await;
    assert!(code == 0 && said.contains("The database is real."), "{said}");
    for (lead, state) in [(&ana, "not_asked"), (&ben, "opted_out"), (&cy, "not_asked"), (&dee, "opted_in")] {
        assert_eq!(lead.state().await, state, "{}", lead.phone.as_str());
    }
    assert_eq!(ana.history().await.last().unwrap()["kind"], "simulation_ended");
    assert!(cy.consent().await["can_text_now"] == false);
    world.is_intact().await;
    let (code, said) = run_beside(&world, &["become", "real", "--yes"]).await;
    assert!(code == 0 && said.contains("Nothing changed"), "{said}");
    let (code, said) = run_beside(&world, &["become", "simulated", "--yes"]).await;
    assert!(code == 2 && said.contains("must not"), "people's consents stay apart from phones: {said}");
    let words = refused(&world.directory, &world.database, &[]).await;
    assert!(words.contains("this database is real"), "{words}");
    assert!(try_start(world.directory.path(), &world.database, &at(PUBLIC)).await.is_ok());
}

/// A carrier that takes every text, under a real one's name.
struct RealCarrier;

impl Carrier for RealCarrier {
    const NAME: &'static str = "twilio";
}

#[actix_web::test]
async fn in_a_mixed_database_becoming_real_ends_what_the_phones_gave_and_keeps_what_the_carrier_has() {
    let world = world().await;
    let (ana, ben, cy, dee) = (world.lead(40), world.lead(77), world.lead(42), world.lead(43));
    let real = world.carried_by(RealCarrier).1;
    ana.texts("START").await;
    signed_text(&world, 77).await;
    world.clock.advance(chrono::Duration::minutes(1));
    let (_, sent) = world.send(ben.phone.as_str(), "by the carrier").await;
    let (_, asked) = world.send(cy.phone.as_str(), "waits for Cy's START").await;
    while deliver_due(&real).await.unwrap() > 0 {}
    let (_, phone) = dee.is_sent("waits for Dee's START").await;
    let (_, late) = world.send(ben.phone.as_str(), "not sent yet").await;
    assert_eq!((cy.state().await, dee.state().await), ("invited".into(), "invited".into()));
    let (code, said) = run_beside(&world, &["become", "real"]).await;
    assert!(code == 1 && said.contains("1 consent from simulated phones and demo data ends."), "{said}");
    for words in [
        "1 open opt-in request ends",
        "1 waiting message is canceled",
        "1 consent with other evidence stays",
        "1 opt-in request that a real carrier took stays",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let (code, said) = run_beside(&world, &["become", "real", "--yes"]).await;
    assert!(code == 0 && said.contains("The database is real."), "{said}");
    for (lead, state) in [(&ana, "not_asked"), (&ben, "opted_in"), (&cy, "invited"), (&dee, "not_asked")] {
        assert_eq!(lead.state().await, state, "{}", lead.phone.as_str());
    }
    for (message, status) in [(&sent, "sent"), (&asked, "held"), (&phone, "cancelled"), (&late, "queued")] {
        assert_eq!(world.status(&message["id"]).await, status, "{message}");
    }
    world.is_intact().await;
}

/// So many messages to the lead that a carrier has been asked to send, under identifiers that begin with `carrier`.
async fn under_way(world: &World, lead: &Lead<'_>, carrier: &'static str, count: usize) -> Vec<MessageId> {
    world.clock.advance(chrono::Duration::minutes(1));
    let (phone, now) = (lead.phone.clone(), world.clock.now());
    let add = move |tx: &mut Tx<'_>| {
        let number = numbers::find_or_create(tx, &phone, now)?;
        let program = programs::find(tx, None)?.unwrap().id;
        let mut ids = Vec::new();
        for n in 0..count {
            let id: MessageId = tx.new_id(now)?;
            let message = Message::new(id, program, Lane::Gated, phone.as_str(), "Hi", &Actor::Operator, now);
            let message = Message {
                number_id: Some(number.id),
                status: Status::Sending,
                provider_id: Some(format!("{carrier}{n}")),
                ..message
            };
            messages::insert(tx, &message, None)?;
            ids.push(id);
        }
        Ok::<_, StoreError>(ids)
    };
    world.jobs.store.write(add).await.unwrap()
}

#[actix_web::test]
async fn becoming_real_cancels_what_a_phone_has_behind_a_thousand_messages_of_the_carrier() {
    let world = world().await;
    let (ana, ben) = (world.lead(40), world.lead(77));
    ana.texts("START").await;
    signed_text(&world, 77).await;
    let phone = under_way(&world, &ana, "SIM-", 1).await;
    let carrier = under_way(&world, &ben, "SM-", 1001).await;
    let (code, said) = run_beside(&world, &["become", "real", "--yes"]).await;
    assert!(code == 0 && said.contains("The database is real."), "{said}");
    let status = async |ids: &[MessageId]| world.status(&json!(ids.first().unwrap().to_string())).await;
    assert_eq!(status(&phone).await, "cancelled");
    assert_eq!(status(&carrier).await, "sending");
}

#[actix_web::test]
async fn each_start_says_that_sending_stands_still() {
    let before = world().await;
    before.lead(40).texts("START").await;
    signed_text(&before, 77).await;
    forget_kind(&before);
    let (directory, database) = (before.directory, before.database);
    for n in 0..2 {
        let log = directory.path().join(format!("log-{n}"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_sms-opt-in"));
        command.args(["serve", "--bind", "127.0.0.1:0", "--database-url", &database]).args(at(PUBLIC));
        command.arg("--data-dir").arg(directory.path()).env_remove("SECRET_KEY").env_remove("RUST_LOG");
        let mut server = command.stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap();
        let says =
            || std::fs::read_to_string(&log).unwrap().contains("texts of simulated phones beside real");
        for _ in 0..600 {
            if says() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        server.kill().unwrap();
        server.wait().unwrap();
        assert!(says(), "start {n}: {}", std::fs::read_to_string(&log).unwrap());
    }
}

#[actix_web::test]
async fn demo_consents_end_too_and_demo_data_stays_out_of_a_real_database() {
    let folder = TempDir::new().unwrap();
    let database = database::fresh(&folder);
    let seed = |contacts: &str| run(&["seed", "--contacts", contacts, "--database-url", &database]);
    assert_eq!(seed("40").0, 0);
    let words = refused(&folder, &database, &at(PUBLIC)).await;
    assert!(words.contains("sms-opt-in become real"), "{words}");
    let world = world_in(folder, database.clone()).await;
    let (code, said) = run_beside(&world, &["become", "real", "--yes"]).await;
    assert!(code == 0 && said.contains("20 consents from simulated phones and demo data end."), "{said}");
    assert!(said.contains("10 opt-outs stay."), "{said}");
    let (code, said) = seed("50");
    assert!(code == 2 && said.contains("belongs in a simulated database"), "{said}");
    world.is_intact().await;
}
