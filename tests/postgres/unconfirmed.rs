//! A commit that was not confirmed: SQLite confirms every commit, or says that there was none.

use reqwest::Method;
use serde_json::json;
use sms_opt_in::store::{StoreError, api_keys};

use crate::support::{World, api, database, is_problem, world};

const MESSAGES: &str = "/api/v1/messages";

/// From now on the connection breaks at the commit of each transaction that adds a row to the table.
pub fn break_commits(world: &World, table: &str) {
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

#[actix_web::test]
async fn a_commit_that_is_not_confirmed_is_asked_for_again_with_its_key_or_looked_up() {
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
    let known: Result<_, StoreError> = world.jobs.store.read(|conn| api_keys::page(conn, None, 100)).await;
    assert_eq!(known.unwrap().len(), 1, "reading goes on");
    world.is_intact().await;
}
