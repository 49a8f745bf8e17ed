//! A database that is away or busy, and a commit that was not confirmed: nothing is called recorded or not recorded that may be
//! otherwise, and every answer says when to ask again.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use sms_opt_in::store::{StoreError, api_keys};

use crate::support::{KEY, World, database, world};

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

async fn api(world: &World, method: Method, path: &str, body: Option<Value>, key: Option<&str>) -> Response {
    let request = Client::new().request(method, format!("{}{path}", world.url)).bearer_auth(KEY);
    let request = body.iter().fold(request, |request, body| request.json(body));
    key.into_iter().fold(request, |request, key| request.header("Idempotency-Key", key)).send().await.unwrap()
}

/// A problem of this code with the time to ask again. Returns its detail.
async fn is_problem(answer: Response, code: &str) -> String {
    let (status, wait) = (answer.status().as_u16(), answer.headers().contains_key(RETRY_AFTER));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!((status, wait, &problem["code"]), (503, true, &json!(code)), "{problem}");
    problem["detail"].as_str().unwrap().to_owned()
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
    if database::is_postgres() {
        is_problem(asked, "busy").await;
        assert_eq!((ready.status().as_u16(), ready.headers().contains_key(RETRY_AFTER)), (503, true));
    } else {
        assert_eq!(
            (asked.status().as_u16(), ready.status().as_u16()),
            (200, 200),
            "reading goes on beside a writer"
        );
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

/// From now on the connection breaks at the commit of whatever adds a row to the table.
fn break_commits(world: &World, table: &str) {
    let ends = format!(
        "CREATE FUNCTION ends() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER ends AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION ends()"
    );
    database::run(&world.database, &ends).unwrap();
}

fn mend_commits(world: &World, table: &str) {
    database::run(&world.database, &format!("DROP TRIGGER ends ON {table}; DROP FUNCTION ends()")).unwrap();
}

/// SQLite confirms every commit, or says that there was none: this is PostgreSQL's.
#[actix_web::test]
async fn a_commit_that_is_not_confirmed_is_asked_for_again_with_its_key_or_looked_up() {
    if !database::is_postgres() {
        return;
    }
    let world = world().await;
    let (ana, mut sam) = (world.lead(1), world.sam().await);
    ana.texts("START").await;
    let message = || Some(json!({"to": ana.phone.as_str(), "body": "hello", "category": "alert"}));
    break_commits(&world, "messages");
    let keyed = api(&world, Method::POST, MESSAGES, message(), Some("order 1")).await;
    assert!(is_problem(keyed, "unconfirmed").await.contains("Ask again with the same Idempotency-Key"));
    let bare = api(&world, Method::POST, MESSAGES, message(), None).await;
    let detail = is_problem(bare, "unconfirmed").await;
    assert!(
        detail.contains("Look the record up before trying again") && !detail.contains("Idempotency"),
        "{detail}"
    );
    mend_commits(&world, "messages");
    assert_eq!(api(&world, Method::POST, MESSAGES, message(), Some("order 1")).await.status(), 202);
    break_commits(&world, "inbound_texts");
    let simulator = world.bound_app.simulator.as_ref().unwrap();
    assert_eq!(simulator.lead_texts(&ana.phone, "+12065550199", "STOP").await.unwrap(), 503);
    mend_commits(&world, "inbound_texts");
    break_commits(&world, "contacts");
    let page = sam.post("/contacts/new", "/contacts", &[("phone", "(206) 555-0142")]).await;
    assert_eq!(page.status, 503);
    page.says("We can&#39;t tell if this was saved").says("Look the record up before trying again");
    mend_commits(&world, "contacts");
    let known: Result<_, StoreError> = world.jobs.store.read(api_keys::all).await;
    assert_eq!(known.unwrap().len(), 1, "reading goes on");
    world.is_intact().await;
}
