//! What an operator relies on: the log, request ids, commands on a fresh database.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::Client;
use tempfile::TempDir;

use crate::support::{database, world};

fn command(folder: &Path, database: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sms-opt-in"));
    command.env_clear().env("DATABASE_URL", database).env("DATA_DIR", folder).current_dir(folder);
    command
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[actix_web::test]
async fn the_log_has_a_line_for_each_request_and_no_number_whatever_rust_log_says() {
    let folder = TempDir::new().unwrap();
    let database = database::fresh(&folder);
    let address = free_address();
    let mut server = command(folder.path(), &database)
        .args(["serve", "--bind", &address])
        .env("RUST_LOG", "trace")
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.path().join("log")).unwrap())
        .spawn()
        .unwrap();
    let client = Client::new();
    let url = format!("http://{address}");
    for _ in 0..600 {
        if client.get(format!("{url}/healthz")).send().await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let texted = client
        .post(format!("{url}/simulator/handsets/+12065550147/texts"))
        .form(&[("body", "a secret word")]);
    assert_eq!(texted.send().await.unwrap().status(), 200);
    let looked_up =
        client.get(format!("{url}/api/v1/numbers/+12065550147/consent")).header("X-Request-Id", "req-77");
    assert_eq!(looked_up.send().await.unwrap().headers()["x-request-id"], "req-77");
    let _ = client.get(format!("{url}/contacts/2065550147")).send().await.unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("GET /api/v1/numbers/{number}/consent 401 "), "{log}");
    assert!(log.contains("ms req-77"), "{log}");
    for private in ["5550147", "a secret word"] {
        assert!(!log.contains(private), "{private} in the log:\n{log}");
    }
    let verbose: Vec<&str> = log
        .lines()
        .filter(|line| (line.contains("DEBUG") || line.contains("TRACE")) && !line.contains(" sms_opt_in"))
        .collect();
    assert!(verbose.is_empty(), "{verbose:?}");
}

#[actix_web::test]
async fn every_answer_names_its_request() {
    let world = world().await;
    for path in ["/healthz", "/sign-in", "/no-such-page", "/api/v1/contacts"] {
        let answer = world.client.get(format!("{}{path}", world.url)).send().await.unwrap();
        assert_eq!(answer.headers()["x-request-id"].len(), 16, "{path}");
    }
}

#[test]
fn a_migrated_database_takes_every_command_before_its_first_server() {
    let folder = TempDir::new().unwrap();
    let database = database::fresh(&folder);
    for arguments in [
        &["migrate"][..],
        &["program", "--quiet-hours", "off"],
        &["api-key", "create", "--name", "crm", "--scope", "messages"],
        &["seed", "--contacts", "2"],
        &["verify"],
    ] {
        let output = command(folder.path(), &database).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_proxy_that_is_no_network_is_refused_in_words() {
    let folder = TempDir::new().unwrap();
    let database = database::fresh(&folder);
    let output = command(folder.path(), &database)
        .args(["serve", "--bind", "127.0.0.1:0"])
        .env("TRUSTED_PROXIES", "10.0.0.0/8, nginx")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("TRUSTED_PROXIES: \"nginx\" is no network"), "{said}");
}
