//! Every statement that pages, the API, webhooks and loops send is planned on tables of a real shape: without statistics, and
//! with them. No plan may scan or sort what can grow. Diesel tells the texts; the database tells the plans.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex, Once};

use data_encoding::BASE64URL_NOPAD;
use diesel::connection::{
    Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation,
};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{PgConnection, SqliteConnection};
use reqwest::Method;
use serde_json::json;
use sms_opt_in::actions::background::{delete_old_jobs, reschedule_soon};
use sms_opt_in::actions::edit_program::keep_rules;
use sms_opt_in::actions::sign_in_limits::forget_old_failures;
use sms_opt_in::actions::uploads::delete_old_files;
use sms_opt_in::actions::{ActionError, expire, seed::seed};
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::jobs::{ask_carrier, expire_reviews, reconcile, seal_all};

use crate::live::shown;
use crate::support::{World, by, database, world};

/// Tables that grow with use.
const GROWING: [&str; 23] = [
    "background_jobs",
    "stored_files",
    "stored_file_chunks",
    "numbers",
    "contacts",
    "consents",
    "consent_events",
    "seals",
    "documents",
    "messages",
    "message_steps",
    "message_attempts",
    "inbound_texts",
    "inbound_questions",
    "inbound_notices",
    "number_notes",
    "form_requests",
    "admin_log",
    "idempotency_keys",
    "sessions",
    "sign_in_failures",
    "spent_stamps",
    "stale_messages",
];

/// Tables that stay small, and why.
const SMALL: [(&str, &str); 15] = [
    ("programs", "a person adds each"),
    ("program_replies", "one for each program and language"),
    ("senders", "a person adds each"),
    ("forms", "a person adds each"),
    ("form_versions", "a person publishes each"),
    ("rulebooks", "a person publishes each"),
    ("users", "a person adds each"),
    ("second_factors", "one for each user at most"),
    ("recovery_codes", "ten for each user at most"),
    ("api_keys", "a person makes each"),
    ("settings", "one for each switch"),
    ("request_pauses", "one for each form or prefix that was paused"),
    ("limit_hits", "one for each limit and writer; there are 256 slots for writers"),
    ("guards", "one for each rule about several rows"),
    ("tallies", "one for each program, state and writer; there are 256 slots for writers"),
];

/// Statements that may sort or read on, by a part of their text, and why that does not grow.
const BOUNDED: [(&str, &str); 5] = [
    ("LIKE ?) LIMIT ?", "asked once, when a database is told whether it is a simulated one"),
    ("(1=0)", "there is nothing to look for"),
    ("FROM contacts WHERE (contacts.number_id", "the contacts of a number, or of the numbers on a page"),
    ("stale_messages.number_id =", "what a number's lead is asked about"),
    (
        "FROM ((sessions LEFT OUTER JOIN users",
        "one session by its key; read whole only where statistics say it has few rows",
    ),
];

/// Indexes that hold what is asked for and nothing else: they are walked from one end until the page is full.
const OF_FEW: [&str; 8] = [
    "consent_events_revoked",
    "inbound_notices_open",
    "inbound_texts_other",
    "numbers_alone",
    "numbers_alone_digits",
    "numbers_paused",
    "numbers_reviews",
    "stale_messages_open",
];

/// The statements of the delivery loop, by a part of their text, and the index that each must use.
const INDEXES: [(&str, &str); 8] = [
    ("messages.lane <> 'gated' AND messages.lane <> 'invitation'", "messages_due_replies"),
    ("(messages.lane = 'gated' OR messages.lane = 'invitation')", "messages_due_texts"),
    ("messages.number_id, messages.id, messages.status FROM messages", "messages_attempts"),
    ("messages.status = 'scheduled' AND (messages.due_at <=", "messages_scheduled"),
    ("messages.status = 'sending' AND (messages.claimed_at <", "messages_sending"),
    ("messages.status = 'held' AND (messages.expires_at <=", "messages_held_until"),
    ("messages.status || ''", "messages_listed"),
    ("messages.status = 'failed' AND (messages.error_code", "messages_cause"),
];

/// For each database the statements that it was asked, and how often.
static SEEN: LazyLock<Mutex<BTreeMap<String, BTreeMap<String, usize>>>> = LazyLock::new(Mutex::default);

/// Those that a connection keeps prepared.
static KEPT: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);

/// Listens on one connection, whose address it was told.
#[derive(Default)]
struct Listener {
    url: String,
}

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                self.url = url.trim_start_matches("sqlite://").to_owned()
            }
            InstrumentationEvent::CacheQuery { sql, .. } => {
                KEPT.lock().unwrap().insert(sql.to_owned());
            }
            InstrumentationEvent::StartQuery { query, .. } => {
                let text = query.to_string();
                let text = text.split(" -- binds").next().unwrap_or_default().to_owned();
                // The pool asks a connection whether it is alive.
                if text == "SELECT 1" {
                    return;
                }
                if ["SELECT", "UPDATE", "DELETE", "WITH"].iter().any(|verb| text.starts_with(verb)) {
                    let mut seen = SEEN.lock().unwrap();
                    *seen.entry(self.url.clone()).or_default().entry(text).or_default() += 1;
                }
            }
            _ => {}
        }
    }
}

/// Has every connection from now on listened to.
fn listen() {
    static ONCE: Once = Once::new();
    let listener = || Some(Box::new(Listener::default()) as Box<dyn Instrumentation>);
    ONCE.call_once(|| set_default_instrumentation(listener).unwrap());
}

/// True for the address of a connection to the database.
fn is_of(url: &str, address: &str) -> bool {
    let name = url.strip_prefix("sqlite://").unwrap_or(url.rsplit('/').next().unwrap_or(url));
    let rest = address.split_once(name).map(|(_, rest)| rest);
    rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
}

/// The statements that the database was asked, and how often.
fn told(url: &str) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::new();
    for (_, statements) in SEEN.lock().unwrap().iter().filter(|(address, _)| is_of(url, address)) {
        for (text, asked) in statements {
            *told.entry(text.clone()).or_default() += asked;
        }
    }
    told
}

fn asked(url: &str) -> usize {
    told(url).values().sum()
}

/// Live parts are asked for every two seconds in every tab: who is it, and has anything changed.
#[actix_web::test]
async fn a_live_part_that_has_not_changed_costs_two_questions() {
    listen();
    let world = world().await;
    let (mut sam, ben) = (world.sam().await, world.lead(1));
    ben.texts("START").await;
    let fields = [("phone", "206 555 0101"), ("name", "Ben Brandt")];
    let contact = sam.post("/contacts/new", "/contacts", &fields).await.location;
    let (_, sent) = ben.is_sent("Your order is ready.").await;
    for page in [contact, format!("/messages/{}", sent["id"].as_str().unwrap()), "/simulator".to_owned()] {
        let since = shown(&sam.open(&page).await);
        let before = asked(&world.database);
        assert_eq!(sam.open(&format!("{page}/live?since={since}")).await.status, 204, "{page}");
        let asked = asked(&world.database) - before;
        assert!((1..=2).contains(&asked), "{page}: {asked} statements");
    }
}

/// A world with 300 people in it, whose statements of a day were heard.
async fn after_a_day() -> World {
    listen();
    let world = world().await;
    let now = world.clock.now();
    let people = move |tx: &mut sms_opt_in::store::Tx<'_>| seed(tx, 0, 300, now);
    world.bound_app.store.write::<_, ActionError>(people).await.unwrap();
    a_day(&world).await;
    world
}

/// Everything that asks often: people, machines and loops.
async fn a_day(world: &World) {
    let (mut ada, ana, ben) = (world.ada().await, world.lead(10), world.lead(11));
    for (line, name) in [(10, "Ana Abbott"), (11, "Ben Baker"), (12, "Cy Castro")] {
        let contact = json!({"phone": world.lead(line).phone.as_str(), "name": name, "external_id": name});
        world.call(Method::POST, "/api/v1/contacts", Some(contact)).await;
    }
    world.lead(12).is_sent("Your order is ready.").await;
    for words in ["START", "HELP", "See you on Monday then", "hmm not sure I want these"] {
        ana.texts(words).await;
    }
    ben.texts("START").await;
    ben.is_sent("Your order is ready.").await;
    ben.texts("STOP").await;
    let sent = world.send(ben.phone.as_str(), "Refused").await.1;
    world.deliver().await;
    reconcile(&world.jobs).await.unwrap();
    seal_all(&world.jobs).await.unwrap();
    let now = world.clock.now();
    let keep = move |tx: &mut sms_opt_in::store::Tx<'_>| {
        expire::expire(tx, now)?;
        forget_old_failures(tx, now)?;
        delete_old_files(tx, now)?;
        delete_old_jobs(tx, now)?;
        Ok::<_, ActionError>(())
    };
    world.bound_app.store.write(keep).await.unwrap();
    expire_reviews(&world.jobs.store, now).await.unwrap();
    let edit = move |tx: &mut sms_opt_in::store::Tx<'_>| {
        keep_rules(tx, &by(&Actor::Operator, now), None, Some(true), None)?;
        reschedule_soon(tx, &by(&Actor::Operator, now), None)
    };
    world.bound_app.store.write(edit).await.unwrap();
    world.work().await;
    ask_carrier(&world.jobs).await.unwrap();
    let contact = json!({"phone": ana.phone.as_str(), "name": "Ana Abbott", "external_id": "Ana Abbott"});
    let contact = world.call(Method::POST, "/api/v1/contacts", Some(contact)).await.1["id"].clone();
    let contact = contact.as_str().unwrap().to_owned();
    let message = sent["id"].as_str().unwrap_or_default().to_owned();
    let desk = ada.open("/reviews").await.page;
    let (_, review) = desk.split_once("href=\"/reviews/").expect("a reply waits");
    let review = format!("/reviews/{}", review.split('"').next().unwrap());
    for page in pages(&contact, &message).into_iter().chain([review]) {
        let status = ada.open(&page).await.status;
        assert!(status < 400, "{page} was answered {status}");
    }
    world.lead(13).texts("START").await;
    let alone = ada.open("/contacts?q=%2B12065550113").await.location;
    assert_eq!(ada.open(&alone).await.status, 200, "{alone}");
    assert_eq!(ada.open(&format!("{alone}/live")).await.status, 200, "{alone}");
    let phone = ana.phone.as_str();
    for path in [
        "/contacts?limit=5".to_owned(),
        "/contacts?state=opted_out&limit=5".to_owned(),
        "/contacts?q=Evans&limit=5".to_owned(),
        "/numbers?limit=5".to_owned(),
        "/numbers?state=opted_out&limit=5".to_owned(),
        "/numbers?state=not_asked&limit=5".to_owned(),
        format!("/numbers/{phone}/consent"),
        format!("/numbers/{phone}/events"),
        format!("/numbers/{phone}/events?after=1&limit=1"),
    ] {
        let status = world.call(Method::GET, &format!("/api/v1{path}"), None).await.0;
        assert_eq!(status, 200, "{path}");
    }
}

fn pages(contact: &str, message: &str) -> Vec<String> {
    let mut pages: Vec<String> = [
        "/",
        "/contacts",
        "/contacts?sort=name",
        "/contacts?q=206555",
        "/contacts?q=206555&state=opted_in",
        "/contacts?q=0142&sort=name",
        "/contacts?q=Evans&state=opted_in",
        "/messages",
        "/messages?status=failed&code=30006",
        "/reviews",
        "/revocations",
        "/log",
        "/jobs",
        "/jobs?state=done",
        "/jobs?state=failed&before=018f2b3c-7d1e-7aaa-8bbb-0123456789ab",
        "/log?actor=system",
        "/log?action=sign-in",
        "/troubleshoot?number=%2B12065550110",
        "/programs",
        "/forms",
        "/forms?after=a",
        "/forms/opt-in",
        "/forms/opt-in?after=7",
        "/programs/default",
        "/p/default",
        "/users",
        "/api-keys",
        "/rules",
        "/metrics",
        "/readyz",
    ]
    .map(str::to_owned)
    .into();
    for state in ["opted_in", "invited", "opted_out", "not_asked", "needs_review"] {
        pages.push(format!("/contacts?state={state}"));
        pages.push(format!("/contacts?state={state}&sort=name"));
    }
    for status in
        ["held", "queued", "scheduled", "sending", "sent", "delivered", "failed", "blocked", "expired"]
    {
        pages.push(format!("/messages?status={status}"));
    }
    for place in [
        r#"{"Added":"018f2b3c-7d1e-7aaa-8bbb-0123456789ab"}"#,
        r#"{"Digits":"+1206"}"#,
        r#"{"Name":["b",3]}"#,
    ] {
        let (place, sort) =
            (BASE64URL_NOPAD.encode(place.as_bytes()), if place.contains("Added") { "" } else { "name" });
        pages.push(format!("/contacts?sort={sort}&after={place}"));
        pages.push(format!("/contacts?sort={sort}&before={place}"));
    }
    pages.push(format!("/contacts/{contact}"));
    let text = "018f2b3c-7d1e-7aaa-8bbb-0123456789ab";
    pages.push(format!("/contacts/{contact}?older={text}&history=3.{text}"));
    pages.push(format!("/users?after={text}"));
    pages.push(format!("/api-keys?after={text}"));
    pages.push(format!("/contacts/{contact}/edit"));
    pages.push(format!("/messages/{message}"));
    pages
}

/// A long queue and a long history: 20,000 messages, numbers, contacts and seals by copies of those that are there.
fn multiply(url: &str) {
    let columns = "number_id, program_id, to_text, sender, category, body, actor, created_at, expires_at, attempts, \
                   permit_seq, claimed_seq, claimed_at, error_code, error_text, verdict, steps, accepted_seq";
    let (id, series) = match database::is_postgres() {
        true => ("uuid_send(gen_random_uuid())", "generate_series(1, 20000) s(n)"),
        false => (
            "randomblob(16)",
            "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 20000) SELECT n FROM s) s",
        ),
    };
    let status = "CASE WHEN s.n % 20 < 15 THEN 'queued' WHEN s.n % 20 = 15 THEN 'failed' WHEN s.n % 20 = 16 THEN 'scheduled' \
                  WHEN s.n % 20 = 17 THEN 'held' WHEN s.n % 20 = 18 THEN 'sending' ELSE 'delivered' END";
    let numbers = format!(
        "INSERT INTO numbers (id, e164, consent, do_not_text, paused, contact_count, head_seq, head_hash, created_at) \
         SELECT {id}, '+1999' || (1000000 + s.n), m.consent, false, false, 1, 0, m.head_hash, m.created_at + s.n \
         FROM (SELECT * FROM numbers WHERE head_seq = 0 LIMIT 1) m CROSS JOIN {series}"
    );
    let contacts = format!(
        "INSERT INTO contacts (id, number_id, name, name_key, created_at, updated_at) \
         SELECT {id}, id, 'Copy ' || e164, 'copy ' || e164, created_at, created_at FROM numbers WHERE e164 LIKE '+1999%'"
    );
    let seals = format!(
        "INSERT INTO seals (serial, version, through_position, events, digest, mac, sealed_at, caught_up) \
         SELECT 100000 + s.n, m.version, m.through_position + s.n, m.events, m.digest, m.mac, m.sealed_at, m.caught_up \
         FROM (SELECT * FROM seals ORDER BY serial LIMIT 1) m CROSS JOIN {series}"
    );
    let one = "(SELECT * FROM messages WHERE number_id IS NOT NULL LIMIT 1) m";
    let copies = format!(
        "INSERT INTO messages (id, {columns}, lane, status, due_at) SELECT {id}, {columns}, \
         CASE WHEN s.n % 3 = 0 THEN 'help' ELSE 'gated' END, {status}, m.due_at + s.n FROM {one} CROSS JOIN {series}"
    );
    for statement in [numbers, contacts, seals, copies] {
        database::run(url, &statement).unwrap();
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PlanLine {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "QUERY PLAN")]
    detail: String,
}

/// What a small table makes cheap says nothing: whether there is a way without it is what is asked.
const NEITHER_SCAN_NOR_SORT: &str = "SET enable_seqscan = off; SET enable_sort = off";

fn plan(url: &str, statement: &str) -> Vec<String> {
    if let Some(path) = url.strip_prefix("sqlite://") {
        let mut db = SqliteConnection::establish(path).unwrap();
        let asked = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load::<Line>(&mut db);
        return asked.unwrap().into_iter().map(|line| line.detail).collect();
    }
    let mut db = PgConnection::establish(url).unwrap();
    let settings = format!("SET plan_cache_mode = force_generic_plan; {NEITHER_SCAN_NOR_SORT}");
    // The drivers say of which kind an array or a listed row is; here the statement has to.
    let typed = statement.replace("unnest($1, $2)", "unnest($1::bigint[], $2::bytea[])").replace(
        "(VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        "(VALUES ($1::bytea, $2::int, $3::bigint, $4, $5, $6::int, $7::int, $8::bigint, $9::int)",
    );
    db.batch_execute(&format!("{settings}; PREPARE asked AS {typed}"))
        .unwrap_or_else(|e| panic!("{e}: {statement}"));
    let last = (1..100).rev().find(|n| statement.contains(&format!("${n}"))).unwrap_or(0);
    let nothing = vec!["NULL"; last].join(", ");
    let execute = if last == 0 { String::new() } else { format!("({nothing})") };
    let asked = diesel::sql_query(format!("EXPLAIN EXECUTE asked{execute}")).load::<PlanLine>(&mut db);
    asked.unwrap().into_iter().map(|line| line.detail).collect()
}

/// What is wrong with a plan, in words.
fn faults(statement: &str, plan: &[String]) -> Vec<String> {
    let quoted = statement.replace(['`', '"'], "");
    if BOUNDED.iter().any(|(part, _)| quoted.contains(part)) {
        return Vec::new();
    }
    // In the order of the rows or of an index (a sort is a finding of its own), and only until the page is full.
    let is_walk = quoted.contains(" LIMIT ") && !quoted.contains(" WHERE ");
    let growing =
        |line: &str| GROWING.iter().find(|table| line.split(' ').any(|word| word == **table)).copied();
    let mut found = Vec::new();
    for line in plan {
        let line = line.trim().trim_start_matches("->").trim();
        let scanned =
            if line.starts_with("Seq Scan") || line.starts_with("SCAN ") { growing(line) } else { None };
        let is_of_few = quoted.contains(" LIMIT ") && OF_FEW.iter().any(|index| line.ends_with(index));
        if let Some(table) = scanned.filter(|_| !is_walk && !is_of_few) {
            found.push(format!("reads {table} from end to end"));
        }
        let is_sorted = line.contains("TEMP B-TREE") || line.starts_with("Sort ");
        if is_sorted && plan.iter().any(|line| growing(line).is_some()) {
            found.push(format!("sorts: {line}"));
        }
    }
    for (part, index) in INDEXES.iter().filter(|(part, _)| quoted.contains(part)) {
        if !plan.iter().any(|line| line.contains(index)) {
            found.push(format!("does not use {index}, which is for {part}"));
        }
    }
    found
}

fn judge(url: &str, when: &str) {
    let statements = told(url);
    assert!(statements.len() > 60, "only {} statements were heard", statements.len());
    for (part, index) in INDEXES {
        let is_asked = statements.keys().any(|text| text.replace(['`', '"'], "").contains(part));
        assert!(is_asked, "no statement was heard for {index}: {part}");
    }
    let mut wrong = Vec::new();
    let is_growing = |text: &&String| GROWING.iter().any(|table| text.contains(table));
    for statement in statements.keys().filter(is_growing) {
        let plan = plan(url, statement);
        let faults = faults(statement, &plan);
        if !faults.is_empty() {
            wrong.push(format!("{}\n  {statement}\n    {}", faults.join(", "), plan.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "{when}: {} of {}\n{}", wrong.len(), statements.len(), wrong.join("\n\n"));
}

#[actix_web::test]
async fn no_statement_scans_or_sorts_what_can_grow() {
    let world = after_a_day().await;
    multiply(&world.database);
    judge(&world.database, "without statistics");
    database::run(&world.database, "ANALYZE").unwrap();
    judge(&world.database, "with statistics");
}

/// True where a count is taken of a growing table without an end: what stands between the count and the end of its question
/// names a growing table, and no limit.
fn counts_without_end(statement: &str) -> bool {
    let text = statement.replace(['`', '"'], "").to_lowercase();
    text.match_indices("count(").any(|(at, _)| {
        let rest = &text[at + "count(".len()..];
        let mut level = 1;
        let end = rest.char_indices().find(|(_, c)| {
            level += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            level < 0
        });
        let question = end.map_or(rest, |(end, _)| &rest[..end]);
        let names =
            |table: &&str| question.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == *table);
        GROWING.iter().any(names) && !question.contains(" limit ")
    })
}

#[test]
fn a_count_without_an_end_is_found() {
    for wrong in [
        "SELECT COUNT(*) FROM `messages`",
        "SELECT n.id, (SELECT count(*) FROM messages m WHERE m.number_id = n.id) AS sent FROM numbers n LIMIT 1",
        "SELECT COUNT(q.answered_at) FROM inbound_questions q WHERE q.number_id = ?",
    ] {
        assert!(counts_without_end(wrong), "{wrong}");
    }
    for right in [
        "SELECT COUNT(*) FROM users",
        "SELECT (SELECT COUNT(*) FROM (SELECT m.id FROM messages m WHERE m.number_id = n.id LIMIT 50) t) FROM numbers n",
        "SELECT count(*) FROM found",
        "SELECT id FROM messages WHERE attempts > 1",
    ] {
        assert!(!counts_without_end(right), "{right}");
    }
}

/// Pages and metrics show figures that are kept, or counts that end.
#[actix_web::test]
async fn no_statement_counts_a_growing_table_without_an_end() {
    let world = after_a_day().await;
    let told = told(&world.database);
    let wrong: Vec<&String> = told.keys().filter(|text| counts_without_end(text)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Statements that may be prepared anew each time, by a part of their text, and why.
const ANEW: [(&str, &str); 10] = [
    ("UPDATE forms", "a person publishes each"),
    ("UPDATE programs", "a person edits each"),
    ("UPDATE settings", "a person turns each switch"),
    ("pragma_table_info", "asked once at a start"),
    ("sqlite_stat1", "asked once at a start"),
    ("pg_is_in_recovery", "asked once of a connection"),
    ("pg_advisory_unlock", "asked once at a start"),
    ("SELECT 1; COMMIT", "two statements in one message"),
    ("FROM contacts_search ORDER BY row_id DESC", "PostgreSQL plans a search by what is looked for"),
    ("WITH found AS MATERIALIZED", "PostgreSQL plans a search by what is looked for"),
];

/// Reading and planning a statement costs more than running most of them.
#[actix_web::test]
async fn what_is_asked_often_is_kept_prepared() {
    let world = after_a_day().await;
    let kept = KEPT.lock().unwrap().clone();
    let is_known = |text: &str| ANEW.iter().any(|(part, _)| text.replace(['`', '"'], "").contains(part));
    let told = told(&world.database).into_keys();
    let anew: Vec<String> = told.filter(|text| !kept.contains(text) && !is_known(text)).collect();
    assert!(anew.is_empty(), "{} are prepared anew each time:\n{}", anew.len(), anew.join("\n"));
}

#[test]
fn every_table_is_known_to_grow_or_to_stay_small() {
    let schema = include_str!("../../src/store/schema.rs");
    let named = schema.split("diesel::table! {").skip(1).filter_map(|rest| rest.split_whitespace().next());
    let tables: BTreeSet<&str> = named.collect();
    let small = SMALL.iter().map(|(table, _)| *table);
    let listed: BTreeSet<&str> = GROWING.into_iter().chain(small).collect();
    assert_eq!(listed.len(), GROWING.len() + SMALL.len(), "a table is listed once");
    assert_eq!(tables, listed);
}

/// SQLite's notes about small tables would mislead it when they have grown.
#[actix_web::test]
async fn a_start_forgets_what_was_noted_about_small_tables() {
    let world = world().await;
    let now = world.clock.now();
    let people = move |tx: &mut sms_opt_in::store::Tx<'_>| seed(tx, 0, 20, now);
    world.bound_app.store.write::<_, ActionError>(people).await.unwrap();
    let Some(path) = world.database.strip_prefix("sqlite://") else { return };
    let rows: Vec<String> = (1..=51).map(|n| n.to_string()).collect();
    let page = format!("SELECT name FROM contacts WHERE row_id IN ({})", rows.join(", "));
    database::run(&world.database, "ANALYZE").unwrap();
    let noted = plan(&world.database, &page);
    assert!(noted.iter().any(|line| line.starts_with("SCAN contacts")), "the notes mislead: {noted:?}");
    drop(sms_opt_in::store::Store::open(&world.database).unwrap());
    let forgotten = plan(&format!("sqlite://{path}"), &page);
    assert!(forgotten.iter().any(|line| line.starts_with("SEARCH contacts")), "{forgotten:?}");
}
