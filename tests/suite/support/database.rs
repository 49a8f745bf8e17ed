//! A database for each test: a SQLite file, or with `SUITE_POSTGRES=postgres://…` a database of its own on that server,
//! copied from a template that was migrated once.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};
use sms_opt_in::store::Store;
use tempfile::TempDir;

static SERVER: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("SUITE_POSTGRES").ok());
static NEXT: AtomicU32 = AtomicU32::new(0);

/// The template's name; made when it is first asked for.
static TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let name = format!("suite_{}", std::process::id());
    run_on_server(&format!("CREATE DATABASE {name}"));
    drop(Store::open(&named(&name)).unwrap());
    run_on_server(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'; \
         ALTER DATABASE {name} WITH is_template true"
    ));
    name
});

/// Whether the suite runs on PostgreSQL.
pub fn is_postgres() -> bool {
    SERVER.is_some()
}

/// The address of an empty database.
pub fn fresh(directory: &TempDir) -> String {
    let url = fresh_name(directory);
    if let Some((_, name)) = url.rsplit_once('/').filter(|_| is_postgres()) {
        run_on_server(&format!("CREATE DATABASE {name} TEMPLATE {}", *TEMPLATE));
    }
    url
}

fn fresh_name(directory: &TempDir) -> String {
    match is_postgres() {
        true => named(&format!("{}_{}", *TEMPLATE, NEXT.fetch_add(1, Ordering::SeqCst))),
        false => format!("sqlite://{}", directory.path().join("test.db").display()),
    }
}

fn named(database: &str) -> String {
    let server = SERVER.as_deref().unwrap().trim_end_matches('/');
    format!("{server}/{database}")
}

fn run_on_server(sql: &str) {
    for statement in sql.split("; ") {
        PgConnection::establish(&named("postgres")).unwrap().batch_execute(statement).unwrap();
    }
}

/// Ends every session of the database, as a restart does.
pub fn end_sessions(url: &str) {
    let (_, name) = url.rsplit_once('/').unwrap();
    run_on_server(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    ));
}

/// Lets no session of ours reach the database, as a server that is stopped, until [`bring_back`].
pub fn take_away(url: &str) {
    let (_, name) = url.rsplit_once('/').unwrap();
    run_on_server(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
    end_sessions(url);
}

pub fn bring_back(url: &str) {
    let (_, name) = url.rsplit_once('/').unwrap();
    run_on_server(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
}

/// A connection that waits for what others do with the file; a store that was dropped may still be closing it.
fn sqlite(path: &str) -> SqliteConnection {
    let mut db = SqliteConnection::establish(path).unwrap();
    db.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
    db
}

/// The address of a database that is not there.
pub fn missing(directory: &TempDir) -> String {
    match is_postgres() {
        true => named("suite_missing"),
        false => format!("sqlite://{}", directory.path().join("missing.db").display()),
    }
}

/// A copy of a database that others may have open: on PostgreSQL their connections end.
pub fn copy(url: &str, directory: &TempDir) -> String {
    let copy = fresh_name(directory);
    let Some(from) = url.strip_prefix("sqlite://") else {
        let (_, from) = url.rsplit_once('/').unwrap();
        let (_, to) = copy.rsplit_once('/').unwrap();
        let mut server = PgConnection::establish(&named("postgres")).unwrap();
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{from}'");
        while server.batch_execute(&format!("CREATE DATABASE {to} TEMPLATE {from}")).is_err() {
            server.batch_execute(&end).unwrap();
        }
        return copy;
    };
    let to = copy.strip_prefix("sqlite://").unwrap();
    sqlite(from).batch_execute(&format!("VACUUM INTO '{to}'")).unwrap();
    copy
}

/// Runs statements as anybody with access to the database could.
pub fn run(url: &str, sql: &str) -> QueryResult<()> {
    match url.strip_prefix("sqlite://") {
        Some(path) => sqlite(path).batch_execute(sql),
        None => PgConnection::establish(url).unwrap().batch_execute(sql),
    }
}

/// Runs statements as somebody who knows how to switch the triggers off. Bytes are written `x'00'`.
pub fn tamper(url: &str, sql: &str) {
    let prepared = if is_postgres() {
        let bytes = sql
            .replace("=x'", "='\\x")
            .replace(" x'", " '\\x")
            .replace("SELECT NULL,", "SELECT 1000000 + row_number() OVER (),");
        format!("SET session_replication_role = replica; {bytes}")
    } else {
        let (drop, make_again) = triggers(url);
        format!("PRAGMA foreign_keys=OFF; {drop} {sql}; {make_again}")
    };
    run(url, &prepared).unwrap();
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// What a query answers, whose one column is named `line`.
pub fn lines(url: &str, query: &str) -> Vec<String> {
    let found: Vec<Line> = match url.strip_prefix("sqlite://") {
        Some(path) => diesel::sql_query(query).load(&mut sqlite(path)),
        None => diesel::sql_query(query).load(&mut PgConnection::establish(url).unwrap()),
    }
    .unwrap();
    found.into_iter().map(|line| line.line).collect()
}

/// Statements as somebody runs them who switches triggers and foreign keys off, and on again.
pub fn try_tamper(url: &str, sql: &str) -> QueryResult<()> {
    if is_postgres() {
        return run(url, &format!("SET session_replication_role = replica; {sql}"));
    }
    let (drop, make_again) = triggers(url);
    run(url, &format!("PRAGMA foreign_keys=OFF; BEGIN; {drop} {sql}; {make_again} COMMIT"))
}

/// Removes a database of a test that is no longer needed.
pub fn discard(url: &str) {
    match url.strip_prefix("sqlite://") {
        Some(path) => std::fs::remove_file(path).unwrap(),
        None => run_on_server(&format!("DROP DATABASE {} WITH (FORCE)", url.rsplit_once('/').unwrap().1)),
    }
}

#[derive(QueryableByName)]
struct Trigger {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

/// Statements that drop the triggers that refuse, and that make them again as they were.
pub fn triggers(url: &str) -> (String, String) {
    let mut db = sqlite(url.strip_prefix("sqlite://").unwrap());
    let found: Vec<Trigger> = diesel::sql_query(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_no\\_%' ESCAPE '\\'",
    )
    .load(&mut db)
    .unwrap();
    let drop = found.iter().map(|trigger| format!("DROP TRIGGER {};", trigger.name)).collect();
    (drop, found.into_iter().map(|trigger| trigger.sql + ";").collect())
}
