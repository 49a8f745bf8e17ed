//! Both databases have the same tables: the migrations have the same names, and what they make is what `schema.rs` says.

use std::path::Path;

use sms_opt_in::store::Store;
use tempfile::TempDir;

use crate::support::database;

/// What the program expects: the one list that both databases are compared with.
pub const SCHEMA: &str = include_str!("../../src/store/schema.rs");

/// `table.column kind`, in the order of the columns; a kind that may be absent ends with "?".
fn expected() -> Vec<String> {
    let (mut table, mut found) = (String::new(), Vec::new());
    for line in SCHEMA.lines().map(str::trim).filter(|line| !line.starts_with("diesel::joinable")) {
        if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with('{')) {
            table = name.to_owned();
        } else if let Some((column, kind)) = line.trim_end_matches(',').split_once(" -> ") {
            let inner = kind.strip_prefix("Nullable<").and_then(|kind| kind.strip_suffix('>'));
            let kind = inner.map_or(kind.to_owned(), |inner| format!("{inner}?"));
            found.push(format!("{table}.{column} {kind}"));
        }
    }
    found.sort_by_key(|line| line.split('.').next().unwrap().to_owned());
    found
}

/// Every column of every table, in the same form. The search table and diesel's own are each database's affair.
const OF_SQLITE: &str = "SELECT m.name || '.' || c.name || ' ' || CASE c.type WHEN 'BLOB' THEN 'Binary' WHEN 'TEXT' THEN 'Text'
    WHEN 'BOOLEAN' THEN 'Bool' WHEN 'BIGINT' THEN 'BigInt' WHEN 'INTEGER' THEN iif(c.name IN ('position', 'row_id'), 'BigInt', 'Integer')
    ELSE c.type END || iif(c.\"notnull\", '', '?') AS line
    FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'
    AND m.name NOT LIKE 'contacts\\_search%' ESCAPE '\\' AND m.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY m.name, c.cid";
const OF_POSTGRES: &str = "SELECT table_name || '.' || column_name || ' ' || CASE data_type WHEN 'bytea' THEN 'Binary' WHEN 'text' THEN 'Text'
    WHEN 'boolean' THEN 'Bool' WHEN 'bigint' THEN 'BigInt' WHEN 'integer' THEN 'Integer' ELSE data_type END
    || CASE is_nullable WHEN 'YES' THEN '?' ELSE '' END AS line FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT LIKE 'contacts\\_search%' AND table_name NOT LIKE '\\_\\_diesel%'
    ORDER BY table_name COLLATE \"C\", ordinal_position";

fn dumped(url: &str) -> Vec<String> {
    database::lines(url, if database::is_postgres() { OF_POSTGRES } else { OF_SQLITE })
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    assert!(sqlite.len() > 3);
    assert_eq!(sqlite, postgres);
}

/// Runs on the database of the suite: with `SUITE_POSTGRES` the same list is held against PostgreSQL.
#[test]
fn the_migrations_make_the_tables_that_the_program_expects() {
    let directory = TempDir::new().unwrap();
    let url = database::fresh(&directory);
    drop(Store::open(&url).unwrap());
    let expected = expected();
    assert!(expected.contains(&"programs.privacy_url Text?".to_owned()), "schema.rs was read");
    assert_eq!(dumped(&url), expected);
    database::run(&url, "ALTER TABLE programs ADD COLUMN planted TEXT").unwrap();
    assert_ne!(dumped(&url), expected, "a column too many is seen");
}
