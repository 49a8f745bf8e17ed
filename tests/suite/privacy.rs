//! What strangers and other accounts get to see: caches, files, metrics, and the log after malformed requests.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use sms_opt_in::clock::Clock;
use sms_opt_in::web::{assets, routes::patterns};
use tempfile::TempDir;

use crate::support::{KEY, World, database, start, try_start, world, world_with};

fn cache(headers: &HeaderMap) -> &str {
    headers.get("cache-control").map_or("nothing", |value| value.to_str().unwrap())
}

/// The pattern with something in place of each part.
fn sample(pattern: &str) -> String {
    let parts = [
        ("{id}", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("{slug}", "default"),
        ("{number}", "+12065550117"),
        ("{version}", "1"),
        ("{language}", "en"),
    ];
    let path = parts.iter().fold(pattern.to_owned(), |path, (part, value)| path.replace(part, value));
    path.split('/')
        .map(|part| if part.starts_with('{') { "none" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[actix_web::test]
async fn no_cache_keeps_an_answer_except_a_static_file() {
    let (world, mut wrong) = (world().await, Vec::new());
    let mut ada = world.ada().await;
    world.lead(17).texts("START").await;
    let contact = world.lead(17).contact("Gil Grant").await;
    let (_, sent) = world.send("+12065550117", "Your order is ready.").await;
    let message = sent["id"].as_str().unwrap();
    let real = [
        format!("/contacts/{contact}"),
        format!("/contacts/{contact}/live"),
        format!("/messages/{message}"),
        format!("/api/v1/messages/{message}"),
        "/f/opt-in".to_owned(),
    ];
    let all = patterns::ALL.iter().map(|(_, pattern)| sample(pattern)).chain(real);
    for path in all {
        let asked = ada.open(&path).await;
        let posted = ada.post_with("none", &path, &[]).await;
        let answers = [("GET", asked.status, asked.cache), ("POST", posted.status, posted.cache)];
        wrong.extend(
            answers.into_iter().filter(|(_, _, cache)| cache != "no-store").map(|of| (path.clone(), of)),
        );
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            let url = format!("{}{path}", world.url);
            let answer = world.client.request(method.clone(), url).bearer_auth(KEY).send().await.unwrap();
            let (status, cache) = (answer.status().as_u16(), cache(answer.headers()).to_owned());
            if cache != "no-store" {
                wrong.push((path.clone(), ("with a key", status, cache)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (path, kept) in [
        (assets::url("css/base.css").as_str(), "public, max-age=31536000, immutable"),
        ("/assets/css/base.css", "no-cache"),
        ("/assets/none.css", "no-store"),
    ] {
        let answer = world.client.get(format!("{}{path}", world.url)).send().await.unwrap();
        assert_eq!(cache(answer.headers()), kept, "{path}");
    }
}

/// A command of an account that would let everyone read and change its files.
fn command(folder: &Path, database: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_sms-opt-in")]);
    command.env_clear().env("DATABASE_URL", database).env("DATA_DIR", folder).current_dir(folder);
    command
}

/// Starts a server and waits until it answers; returns it with its address.
async fn serve(folder: &Path, database: &str, log: &Path) -> (Child, String) {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut serve = command(folder, database);
    serve.args(["serve", "--bind", &address]).stdout(Stdio::null());
    let server = serve.stderr(std::fs::File::create(log).unwrap()).spawn().unwrap();
    for _ in 0..600 {
        if send_raw(&address, ALIVE).starts_with("HTTP/1.1 200") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (server, address)
}

/// The files in a folder with what others may do with them.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            (entry.file_name().to_string_lossy().into_owned(), mode)
        })
        .collect()
}

#[actix_web::test]
async fn every_file_is_for_its_owner_alone() {
    let (folder, logs) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let database = database::fresh(&folder);
    let run = |arguments: &[&str]| {
        let output = command(folder.path(), &database).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run(&["migrate"]);
    run(&["seed", "--contacts", "2"]);
    let (mut server, _) = serve(folder.path(), &database, &logs.path().join("log")).await;
    if !database::is_postgres() {
        let backup = folder.path().join("backup.db");
        run(&["backup", backup.to_str().unwrap()]);
    }
    let found = modes(folder.path());
    server.kill().unwrap();
    server.wait().unwrap();
    let exposed: Vec<_> = found.iter().filter(|(_, mode)| mode & 0o077 != 0).collect();
    assert!(exposed.is_empty(), "{exposed:?}");
    let expected: &[&str] = match database::is_postgres() {
        true => &["sms-opt-in.db.seals"],
        false => &[
            "test.db",
            "test.db-wal",
            "test.db-shm",
            "test.db.lock",
            "test.db.secret-key",
            "test.db.seals",
            "test.db.starts",
            "backup.db",
            "backup.db.seals",
        ],
    };
    for name in expected {
        assert!(found.iter().any(|(known, _)| known == name), "{name} is not in {found:?}");
    }
}

#[actix_web::test]
async fn the_log_names_files_that_an_earlier_version_left_open() {
    let (folder, logs) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let database = database::fresh(&folder);
    let log = logs.path().join("log");
    let (mut server, _) = serve(folder.path(), &database, &log).await;
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(!std::fs::read_to_string(&log).unwrap().contains("chmod"), "a fresh one is closed");
    let seals = crate::support::seals(folder.path());
    let set = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    set(&seals, 0o644);
    for (of_folder, is_told) in [(0o700, false), (0o755, true)] {
        set(folder.path(), of_folder);
        let (mut server, _) = serve(folder.path(), &database, &log).await;
        server.kill().unwrap();
        server.wait().unwrap();
        let told = std::fs::read_to_string(&log).unwrap();
        assert_eq!(told.contains(&format!("run: chmod 600 {}", seals.display())), is_told, "{told}");
    }
}

/// What each caller of `/metrics` is answered.
async fn metrics_answer(world: &World, table: &[(&[(&str, &str)], u16)]) {
    for (headers, status) in table {
        let mut request = world.client.get(format!("{}/metrics", world.url));
        for (name, value) in *headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), *status, "{headers:?}");
        let shows = answer.text().await.unwrap().contains("sms_opt_in_sending_on");
        assert_eq!(shows, *status == 200, "{headers:?}");
    }
}

#[actix_web::test]
async fn without_a_token_the_metrics_are_for_programs_on_this_machine() {
    let table: &[(&[(&str, &str)], u16)] = &[
        (&[], 200),
        (&[("X-Forwarded-For", "198.51.100.7")], 404),
        (&[("X-Forwarded-For", "127.0.0.1")], 404),
        (&[("Forwarded", "for=198.51.100.7")], 404),
        (&[("X-Real-IP", "198.51.100.7")], 404),
        (&[("Via", "1.1 proxy")], 404),
        (&[("Host", "consent.example.com")], 404),
        (&[("Authorization", "Bearer ")], 200),
    ];
    metrics_answer(&world().await, table).await;
}

/// A proxy on this machine may add no header, and then looks like a program on it: the token closes that door.
#[actix_web::test]
async fn with_a_token_the_metrics_are_for_those_who_send_it() {
    const METRICS_TOKEN: &str = "0123456789abcdef";
    let directory = TempDir::new().unwrap();
    let database = database::fresh(&directory);
    let arguments =
        ["--secret-key", "a secret key of at least 32 characters", "--metrics-token", METRICS_TOKEN];
    let world = world_with(directory, database, Clock::fixed(start()), &arguments).await;
    let bearer = format!("Bearer {METRICS_TOKEN}");
    let longer = format!("Bearer {METRICS_TOKEN}0");
    let table: &[(&[(&str, &str)], u16)] = &[
        (&[], 404),
        (&[("Authorization", &bearer)], 200),
        (&[("X-Forwarded-For", "198.51.100.7")], 404),
        (&[("X-Forwarded-For", "198.51.100.7"), ("Authorization", &bearer)], 200),
        (&[("X-Forwarded-For", "198.51.100.7"), ("Authorization", &longer)], 404),
        (&[("X-Forwarded-For", "198.51.100.7"), ("Authorization", "Bearer 0123456789abcde")], 404),
        (&[("X-Forwarded-For", "198.51.100.7"), ("Authorization", "Bearer ")], 404),
        (&[("X-Forwarded-For", "198.51.100.7"), ("Authorization", METRICS_TOKEN)], 404),
    ];
    metrics_answer(&world, table).await;
}

#[actix_web::test]
async fn without_a_token_the_metrics_are_for_this_machine_alone() {
    let world = world().await;
    let request =
        world.client.get(format!("{}/metrics", world.url)).header("X-Forwarded-For", "198.51.100.7");
    assert_eq!(request.bearer_auth("").send().await.unwrap().status(), 404);
    let (folder, fresh) = (world.directory.path(), database::fresh(&world.directory));
    for token in ["fifteen-letters", "    short       "] {
        let started = try_start(folder, &fresh, &["--metrics-token", token]).await;
        let why = started.err().unwrap_or_default();
        assert!(why.contains("METRICS_TOKEN must have at least 16 characters"), "{token}: {why}");
    }
}

const ALIVE: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// Sends bytes as they are, and reads until the server closes; nothing while no server listens.
fn send_raw(address: &str, bytes: &[u8]) -> String {
    let Ok(mut stream) = TcpStream::connect(address) else { return String::new() };
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // The server may close before all is written.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[actix_web::test]
async fn malformed_requests_make_no_error_lines() {
    let (folder, logs) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let database = database::fresh(&folder);
    let log = logs.path().join("log");
    let (mut server, address) = serve(folder.path(), &database, &log).await;
    let large = format!("GET / HTTP/1.1\r\nHost: a\r\nX-Large: {}\r\n\r\n", "a".repeat(300_000));
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X-Many: 1\r\n".repeat(200));
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(200_000));
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x5a\x17\xc0\x2b\x13\x01\x00\x00";
    let raw: [&[u8]; 24] = [
        hello,
        b"no request at all\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /f/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /f/%ff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /p/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /sign-in?next=%00%ff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHo st: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /f/opt-in HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"POST /f/opt-in HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /f/opt-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nab",
        b"POST /f/opt-in HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nphone=",
        b"POST /hooks/twilio/inbound HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        large.as_bytes(),
        many.as_bytes(),
        long.as_bytes(),
    ];
    let to = address.clone();
    let sending = actix_web::rt::task::spawn_blocking({
        let raw: Vec<Vec<u8>> = raw.iter().map(|bytes| bytes.to_vec()).collect();
        move || raw.iter().for_each(|bytes| drop(send_raw(&to, bytes)))
    });
    sending.await.unwrap();
    assert!(send_raw(&address, ALIVE).starts_with("HTTP/1.1 200"), "the server still answers");
    server.kill().unwrap();
    server.wait().unwrap();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("GET /healthz 200"), "{log}");
    let errors: Vec<&str> =
        log.lines().filter(|line| line.contains(" ERROR ") || line.contains(" WARN  actix")).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}
