//! A database for each test: a SQLite file, or with `SUITE_POSTGRES=postgres://…` a database of its own on that server,
//! copied from a template that was migrated once.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
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
    if !is_postgres() {
        return format!("sqlite://{}", directory.path().join("test.db").display());
    }
    let name = format!("{}_{}", *TEMPLATE, NEXT.fetch_add(1, Ordering::SeqCst));
    run_on_server(&format!("CREATE DATABASE {name} TEMPLATE {}", *TEMPLATE));
    named(&name)
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
