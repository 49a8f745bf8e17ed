//! What one server has only so much of: turns for uploads, memory for what waits for a number, and open files.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use sms_opt_in::actions::ActionError;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::message::{Lane, Status};
use sms_opt_in::store::messages::{self, Message};
use sms_opt_in::store::{Tx, numbers, programs};
use tempfile::TempDir;

use crate::support::person::{Answer, Person};
use crate::support::{World, database, world};

/// Records a document with a file.
async fn uploads(sam: &mut Person, world: &World, contact: &str, words: &str) -> Answer {
    let day = world.clock.now().rfc3339();
    let fields = [
        ("update", "opt_in"),
        ("document", "signed_form"),
        ("given_on", day.split('T').next().unwrap()),
        ("reason", "Signed form in folder 7"),
        ("seen", "yes"),
    ];
    let file = Some(("form.txt", words.as_bytes()));
    sam.upload(&format!("{contact}/consents/new"), &format!("{contact}/consents"), &fields, file).await
}

#[actix_web::test]
async fn a_third_upload_waits_for_its_turn_or_is_told_to_come_again() {
    let world = world().await;
    let (ana, ben) = (world.lead(1).contact("Ana").await, world.lead(2).contact("Ben").await);
    let mut sam = world.sam().await;
    let turns = &world.bound_app.uploads;
    let (one, two) = (turns.take().await.ok().unwrap(), turns.take().await.ok().unwrap());
    let begun = Instant::now();
    let answer = uploads(&mut sam, &world, &ana, "the words of Ana").await;
    assert_eq!(answer.status, 503);
    answer.says("Other people are uploading files right now. Nothing was changed.");
    assert!(begun.elapsed() >= Duration::from_secs(9), "it waited for a turn");
    let kept = database::lines(&world.database, "SELECT media_type AS line FROM documents");
    assert!(kept.is_empty(), "{kept:?}");
    let ends = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(one);
    };
    let (answer, ()) = tokio::join!(uploads(&mut sam, &world, &ana, "the words of Ana"), ends);
    assert_eq!(answer.status, 303, "a turn came free while it waited: {}", answer.page);
    drop(two);
    assert_eq!(uploads(&mut sam, &world, &ben, "the words of Ben").await.status, 303);
    world.is_intact().await;
}

#[actix_web::test]
async fn a_busy_server_says_when_to_upload_again() {
    let world = world().await;
    let contact = world.lead(1).contact("Ana").await;
    let mut sam = world.sam().await;
    let turns = &world.bound_app.uploads;
    let _held = (turns.take().await.ok().unwrap(), turns.take().await.ok().unwrap());
    let token = sam.token(&format!("{contact}/consents/new")).await;
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nwords\r\n--b--\r\n"
    );
    let request = sam.request(Method::POST, &format!("{contact}/consents"));
    let answer =
        request.header("Content-Type", "multipart/form-data; boundary=b").body(body).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("retry-after")), (503, true));
}

#[actix_web::test]
async fn a_stop_cancels_all_that_waits_however_much_it_is() {
    const WAITING: usize = 450;
    let world = world().await;
    let ana = world.lead(3);
    ana.texts("START").await;
    let (phone, at) = (ana.phone.clone(), world.clock.now());
    let fill = move |tx: &mut Tx<'_>| {
        let program = programs::find(tx, None)?.unwrap().id;
        let number = numbers::find(tx, &phone)?.unwrap();
        for n in 0..WAITING {
            let (id, body) = (tx.new_id(at)?, format!("text number {n}"));
            let mut text =
                Message::new(id, program, Lane::Gated, phone.as_str(), &body, &Actor::Operator, at);
            (text.number_id, text.status) = (Some(number.id), Status::Scheduled);
            text.due_at = at.plus(chrono::Duration::days(1));
            text.accepted_seq = number.consent.seq;
            messages::insert(tx, &text, None)?;
        }
        Ok::<_, ActionError>(())
    };
    world.jobs.store.write(fill).await.map_err(|error| error.to_string()).unwrap();
    ana.texts("STOP").await;
    let count = |status: &str| {
        let of = format!("SELECT CAST(count(*) AS TEXT) AS line FROM messages WHERE status = '{status}'");
        database::lines(&world.database, &of).concat()
    };
    assert_eq!((count("scheduled"), count("cancelled")), ("0".to_owned(), WAITING.to_string()));
    world.clock.advance(chrono::Duration::days(2));
    world.deliver().await;
    assert_eq!(ana.received().len(), 2, "the two confirmations");
    world.is_intact().await;
}

#[actix_web::test]
async fn a_server_may_open_as_many_files_as_it_is_allowed() {
    let folder = TempDir::new().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = Command::new("/bin/sh");
    command.args([
        "-c",
        "ulimit -Sn 200; ulimit -Hn 900; exec \"$0\" \"$@\"",
        env!("CARGO_BIN_EXE_sms-opt-in"),
    ]);
    command.args(["serve", "--bind", &address]).env_clear().current_dir(folder.path()).process_group(0);
    command.env("DATABASE_URL", database::fresh(&folder)).env("DATA_DIR", folder.path());
    let mut server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let url = format!("http://{address}/healthz");
    for _ in 0..600 {
        if reqwest::get(&url).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    // More connections than it could open before, each held open.
    let held: Vec<_> = (0..300).filter_map(|_| std::net::TcpStream::connect(&address).ok()).collect();
    let answer = reqwest::get(&url).await.map(|answer| answer.status().as_u16());
    server.kill().unwrap();
    server.wait().unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let numbers: Vec<&str> = line.split_whitespace().filter(|word| word.parse::<u32>().is_ok()).collect();
    assert_eq!(numbers, ["900", "900"], "{line}");
    assert_eq!((held.len(), answer.ok()), (300, Some(200)));
}
