//! Rows and fields are changed, deleted, added, swapped and reordered at random, over every table, with triggers off. Each
//! change is found, or is in the list of what is not covered. `TAMPERINGS=2000` changes more, `TAMPERING_TABLE=1` prints the table,
//! and `TAMPERING_DICE=7` makes other changes; a failure says which dice to throw again.

use std::collections::BTreeMap;

use sms_opt_in::actions::verify::{AuditConclusion, SealInputs, is_gap, verify};
use sms_opt_in::domain::time::Timestamp;
use sms_opt_in::store::seals::Seal;
use sms_opt_in::store::{self, StoreError};
use tempfile::TempDir;

use crate::migrations::SCHEMA;
use crate::support::{World, database};
use crate::tampering::{KEY, installation};

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    /// The same dice for the same number, which may be zero.
    fn new(thrown: u64) -> Dice {
        Dice(thrown.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }
}

#[derive(Debug)]
struct Table {
    name: String,
    key: Vec<String>,
    columns: Vec<(String, String)>,
}

fn tables() -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for line in SCHEMA.lines().map(str::trim).filter(|line| !line.starts_with("diesel::joinable")) {
        if let Some((name, key)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            let key = key.trim_end_matches(") {").split(", ").map(str::to_owned).collect();
            tables.push(Table { name: name.to_owned(), key, columns: Vec::new() });
        } else if let Some((column, kind)) = line.trim_end_matches(',').split_once(" -> ") {
            tables.last_mut().unwrap().columns.push((column.to_owned(), kind.to_owned()));
        }
    }
    tables
}

impl Table {
    /// Its rows, each field as it is written in a statement.
    fn rows(&self, url: &str) -> Vec<Vec<String>> {
        let separator = if database::is_postgres() { "chr(31)" } else { "char(31)" };
        let field = |(name, _): &(String, String)| match database::is_postgres() {
            true => format!("coalesce(quote_literal(\"{name}\"::text), 'NULL')"),
            false => format!("quote(\"{name}\")"),
        };
        let fields: Vec<String> = self.columns.iter().map(field).collect();
        let fields = fields.join(&format!(" || {separator} || "));
        let query = format!("SELECT {fields} AS line FROM {} ORDER BY {}", self.name, self.key.join(", "));
        let lines = database::lines(url, &query);
        lines.iter().map(|line| line.split('\u{1f}').map(str::to_owned).collect()).collect()
    }

    fn at(&self, row: &[String]) -> String {
        let is = |name: &String| format!("\"{name}\" = {}", row[self.place(name)]);
        self.key.iter().map(is).collect::<Vec<_>>().join(" AND ")
    }

    fn place(&self, name: &str) -> usize {
        self.columns.iter().position(|(column, _)| column == name).unwrap()
    }

    fn set(&self, name: &str, value: &str, row: &[String]) -> String {
        format!("UPDATE {} SET \"{name}\" = {value} WHERE {}", self.name, self.at(row))
    }
}

/// Another value of that kind.
fn other(dice: &mut Dice, kind: &str, now: &str) -> String {
    let (inner, optional) = match kind.strip_prefix("Nullable<") {
        Some(inner) => (inner.trim_end_matches('>'), true),
        None => (kind, false),
    };
    if optional && now != "NULL" && dice.roll(3) == 0 {
        return "NULL".to_owned();
    }
    let number: i64 = now.trim_matches('\'').parse().unwrap_or(0);
    match inner {
        "Bool" if ["1", "'true'", "'t'"].contains(&now) => "false".to_owned(),
        "Bool" => "true".to_owned(),
        "Integer" | "BigInt" => [number + 1, number - 1, number + 1_000_003, 0][dice.roll(4)].to_string(),
        "Binary" => {
            let bytes: String = (0..16).map(|_| format!("{:02x}", dice.roll(256))).collect();
            if database::is_postgres() { format!("'\\x{bytes}'") } else { format!("x'{bytes}'") }
        }
        _ if now == "NULL" || dice.roll(2) == 0 => format!("'planted {}'", dice.roll(1_000_000)),
        _ => format!("{} || 'x'", now),
    }
}

/// A change: what is done, to which table and part, and the statements.
struct Change {
    kind: &'static str,
    part: String,
    sql: String,
}

fn change(dice: &mut Dice, table: &Table, rows: &[Vec<String>]) -> Change {
    let row = &rows[dice.roll(rows.len())];
    let (name, kind) = &table.columns[dice.roll(table.columns.len())];
    let place = table.place(name);
    match dice.roll(10) {
        0 | 1 => Change {
            kind: "delete a row",
            part: "rows".to_owned(),
            sql: format!("DELETE FROM {} WHERE {}", table.name, table.at(row)),
        },
        2 => {
            let mut copy = row.clone();
            for key in &table.key {
                let place = table.place(key);
                if table.key.len() == 1 || dice.roll(2) == 0 {
                    copy[place] = other(dice, &table.columns[place].1, &copy[place]);
                }
            }
            let sql = format!("INSERT INTO {} VALUES ({})", table.name, copy.join(", "));
            Change { kind: "add a row", part: "rows".to_owned(), sql }
        }
        3 | 4 if rows.len() > 1 => {
            let second = &rows[dice.roll(rows.len())];
            let sql =
                format!("{}; {}", table.set(name, &second[place], row), table.set(name, &row[place], second));
            let sql =
                if second[place] == row[place] || table.key.contains(name) { String::new() } else { sql };
            Change { kind: "swap a field", part: name.clone(), sql }
        }
        5 if rows.len() > 1 && table.key.len() == 1 => {
            let (second, key) = (&rows[dice.roll(rows.len())], &table.key[0]);
            let place = table.place(key);
            let between = other(dice, &table.columns[place].1, &row[place]);
            let mut moved = row.clone();
            moved[place].clone_from(&between);
            let sql = [
                table.set(key, &between, row),
                table.set(key, &row[place], second),
                table.set(key, &second[place], &moved),
            ];
            let sql = if second == row { String::new() } else { sql.join("; ") };
            Change { kind: "reorder rows", part: key.clone(), sql }
        }
        _ => Change {
            kind: "edit a field",
            part: name.clone(),
            sql: table.set(name, &other(dice, kind, &row[place]), row),
        },
    }
}

/// Rows of the tables that no short story reaches.
const PLANTED: &[&str] = &[
    "INSERT INTO inbound_notices (inbound_id, number_id, kind, raised_at)
     SELECT id, number_id, 'opt_in_at_carrier', received_at FROM inbound_texts ORDER BY id LIMIT 2",
    "INSERT INTO inbound_questions (inbound_id, kind, number_id, asked_at, attempts, confirm)
     SELECT id, 'yes', number_id, received_at, 0, true FROM inbound_texts ORDER BY id LIMIT 2",
    "INSERT INTO message_attempts (provider_id, message_id, handed_at, failed_at, code)
     SELECT 'SM' || created_at, id, created_at, created_at, '30001' FROM messages ORDER BY id LIMIT 1",
    "INSERT INTO rulebooks (version, lines, published_at, published_by, reason, answers) VALUES (1, '', 1, 'ada', 'none', 0)",
    "INSERT INTO form_requests (message_id, number_id, form, prefix, handed_at)
     SELECT id, number_id, 'opt-in', '+1206555', created_at FROM messages WHERE number_id IS NOT NULL ORDER BY id LIMIT 1",
    "INSERT INTO background_jobs (id, kind, parameters, began_by, created_at, state, done, attempts, not_before)
     SELECT id, 'reschedule', '{}', 'system', created_at, 'queued', 0, 0, 0 FROM messages ORDER BY id LIMIT 2",
    "INSERT INTO limit_hits (name, slot, n) VALUES ('replies', 0, 1)",
    "INSERT INTO request_pauses (kind, name, since) VALUES ('form', 'opt-in', 1)",
    "INSERT INTO limit_hits (name, slot, n) VALUES ('region', 1, 1)",
    "INSERT INTO second_factors (user_id, sealed_secret, last_step, since) SELECT id, 'sealed', 1, 1 FROM users",
    "INSERT INTO recovery_codes (hash, user_id) SELECT id, id FROM users",
    "INSERT INTO spent_stamps (sha256, expires_at) SELECT sha256, 1 FROM documents",
    "INSERT INTO stale_messages (message_id, number_id, asked_at)
     SELECT id, number_id, created_at FROM messages ORDER BY id LIMIT 2",
];

/// An installation with something in every table.
async fn rich() -> World {
    let world = installation().await;
    let mut ada = world.ada().await;
    ada.open("/contacts").await;
    let message = serde_json::json!({"to": "+12065550157", "body": "hi", "category": "alert"});
    let request =
        world.client.post(format!("{}/api/v1/messages", world.url)).bearer_auth(crate::support::KEY);
    request.header("Idempotency-Key", "k1").json(&message).send().await.unwrap();
    for phone in ["+12065550158", "+12065550159"] {
        let contact = serde_json::json!({"phone": phone, "external_id": "crm-9", "name": "Cy", "email": "cy@example.com"});
        world.call(reqwest::Method::POST, "/api/v1/contacts", Some(contact)).await;
    }
    world.deliver().await;
    sms_opt_in::jobs::seal_all(&world.jobs).await.unwrap();
    world
}

fn is_found(url: &str, outside: &[Seal], now: Timestamp) -> bool {
    let sealing = SealInputs { key: KEY.as_bytes(), outside: Some(outside), now };
    let found = store::read_existing::<_, StoreError>(url, |conn| verify(conn, sealing));
    found.map_or(true, |findings| findings.conclusion() != AuditConclusion::Intact)
}

#[actix_web::test]
async fn every_random_tampering_is_found_or_known_not_to_be() {
    let wanted: usize = std::env::var("TAMPERINGS").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let thrown: u64 = std::env::var("TAMPERING_DICE").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let world = rich().await;
    let (now, outside) = (world.clock.now(), world.jobs.seals.all().unwrap().unwrap());
    let directory = TempDir::new().unwrap();
    let base = database::copy(&world.database, &directory);
    PLANTED.iter().for_each(|sql| database::run(&base, sql).unwrap());
    assert!(!is_found(&base, &outside, now), "untouched it is intact");
    let with_rows = |table: Table| (table.rows(&base), table);
    let tables: Vec<(Vec<Vec<String>>, Table)> = tables().into_iter().map(with_rows).collect();
    let empty: Vec<&str> =
        tables.iter().filter(|(rows, _)| rows.is_empty()).map(|(_, table)| table.name.as_str()).collect();
    assert!(empty.is_empty(), "nothing to change in {empty:?}");
    let (mut dice, mut done, mut tried) = (Dice::new(thrown), 0, 0);
    let (mut counts, mut missed) = (BTreeMap::<_, (u32, u32)>::new(), BTreeMap::<_, String>::new());
    while done < wanted {
        tried += 1;
        assert!(tried < wanted * 20, "too few changes are possible");
        let (rows, table) = &tables[dice.roll(tables.len())];
        let change = change(&mut dice, table, rows);
        if change.sql.is_empty() {
            continue;
        }
        let folder = TempDir::new().unwrap();
        let url = match base.strip_prefix("sqlite://") {
            Some(path) => {
                let copy = folder.path().join("trial.db");
                std::fs::copy(path, &copy).unwrap();
                format!("sqlite://{}", copy.display())
            }
            None => database::copy(&base, &folder),
        };
        if database::try_tamper(&url, &change.sql).is_ok() && table.rows(&url) != *rows {
            done += 1;
            let count = counts.entry((table.name.clone(), change.kind)).or_default();
            if is_found(&url, &outside, now) {
                count.0 += 1;
            } else {
                count.1 += 1;
                if !is_gap(&table.name, &change.part) {
                    missed.insert((table.name.clone(), change.part), change.sql);
                }
            }
        }
        database::discard(&url);
    }
    let (found, gaps) = counts.values().fold((0, 0), |sum, n| (sum.0 + n.0, sum.1 + n.1));
    if std::env::var_os("TAMPERING_TABLE").is_some() {
        for ((table, kind), (found, gaps)) in &counts {
            println!("{table} | {kind} | {found} found | {gaps} not covered");
        }
        println!("TAMPERING_DICE={thrown}: {done} changes: {found} found, {gaps} not found");
    }
    assert!(missed.is_empty(), "TAMPERING_DICE={thrown}: neither found nor known: {missed:#?}");
}
