//! A database that is away or busy, and a commit that was not confirmed: nothing is called recorded or not recorded that may be
//! otherwise, and every answer says when to ask again.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use reqwest::Method;
use reqwest::header::RETRY_AFTER;
use serde_json::json;

use crate::support::{World, api, database, is_problem, world};

const MESSAGES: &str = "/api/v1/messages";

/// The database is away while this lives: on PostgreSQL no session reaches it, on SQLite another process holds the file.
struct Away {
    url: String,
    holder: Option<SqliteConnection>,
}

impl Away {
    fn begin(world: &World) -> Away {
        let url = world.database.clone();
        let Some(path) = url.strip_prefix("sqlite://").map(str::to_owned) else {
            database::take_away(&url);
            return Away { url, holder: None };
        };
        let mut holder = SqliteConnection::establish(&path).unwrap();
        holder.batch_execute("BEGIN IMMEDIATE").unwrap();
        Away { url, holder: Some(holder) }
    }

    fn end(self) {
        if self.holder.is_none() {
            database::bring_back(&self.url);
        }
    }
}

#[actix_web::test]
async fn a_database_that_is_away_answers_503_and_later_everything_works_again() {
    let world = world().await;
    let (ana, mut sam) = (world.lead(1), world.sam().await);
    ana.texts("START").await;
    let message = || Some(json!({"to": ana.phone.as_str(), "body": "hello", "category": "alert"}));
    let token = sam.token("/contacts/new").await;
    let away = Away::begin(&world);
    let simulator = world.bound_app.simulator.as_ref().unwrap();
    // All wait at the same time: each for as long as a write or a connection is worth waiting for.
    let (sent, asked, ready, hook, page) = tokio::join!(
        api(&world, Method::POST, MESSAGES, message(), Some("order 1")),
        api(&world, Method::GET, "/api/v1/contacts", None, None),
        world.client.get(format!("{}/readyz", world.url)).send(),
        simulator.lead_texts(&ana.phone, "+12065550199", "STOP"),
        sam.post_with(&token, "/contacts", &[("phone", "(206) 555-0142")]),
    );
    assert!(is_problem(sent, "busy").await.contains("Nothing was recorded"));
    // A carrier that has given up waiting tells the STOP again too.
    assert!(hook.is_err() || hook.is_ok_and(|status| status == 503), "the STOP is not called recorded");
    page.says("Try again in a moment").lacks("It is our fault");
    assert_eq!(page.status, 503);
    let (asked, ready) = (asked, ready.unwrap());
    let will_come_back = ready.headers().contains_key(RETRY_AFTER);
    assert_eq!((ready.status().as_u16(), will_come_back), (503, true), "it cannot take in a STOP");
    if database::is_postgres() {
        is_problem(asked, "busy").await;
    } else {
        assert_eq!(asked.status().as_u16(), 200, "reading goes on beside a writer");
    }
    away.end();
    let (mut status, mut rounds) = (0, 0);
    while status != 202 && rounds < 100 {
        status = api(&world, Method::POST, MESSAGES, message(), Some("order 1")).await.status().as_u16();
        rounds += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(status, 202);
    sam.open("/contacts").await.says("Contacts");
    ana.texts("STOP").await;
    assert_eq!(ana.state().await, "opted_out", "nothing of the first STOP is in the way");
    world.is_intact().await;
}
