//! The harness: the real server on port 0, a clock that stands still, simulated phones, and a cast with names.

pub mod carrier;
pub mod contract;
pub mod database;
pub mod html;
pub mod person;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use clap::Parser;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use sms_opt_in::actions::ActionContext;
use sms_opt_in::actions::ActionError;
use sms_opt_in::actions::deliver::claim_all;
use sms_opt_in::actions::edit_program::keep_rules;
use sms_opt_in::actions::record_consent::{NewConsentRecord, record_consent};
use sms_opt_in::actions::verify::{SealInputs, verify};
use sms_opt_in::app::{self, BoundServer};
use sms_opt_in::clock::Clock;
use sms_opt_in::config::ServerConfig;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::consent::Source;
use sms_opt_in::domain::gate::ClearedText;
use sms_opt_in::domain::id::MessageId;
use sms_opt_in::domain::ledger::LedgerEntry;
use sms_opt_in::domain::message::Status;
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::domain::time::Timestamp;
use sms_opt_in::jobs::{JobContext, deliver_due, run_background};
use sms_opt_in::providers::simulator::{CarrierBehavior, SimulatedText, TextDirection};
use sms_opt_in::store::api_keys::{self, ApiKey};
use sms_opt_in::store::{ReadConn, Tx, messages, numbers, settings};
use sms_opt_in::web::api::secret_hash;
use tempfile::TempDir;

pub const KEY: &str = "sk_test";
const LONG_SESSIONS: &str = r#"{"idle_minutes":720,"administrator_idle_minutes":720}"#;
pub const TOKEN: &str = "twilio-token-of-the-tests";
pub const PUBLIC: &str = "https://consent.example.test";
/// Where the provider calls when that does not answer.
pub const FALLBACK: &str = "https://second.example.net";

/// 3 November 2026, 18:00 UTC: ten o'clock in the morning in Seattle, where the leads live.
pub fn start() -> Timestamp {
    Timestamp::from_micros(1_793_728_800_000_000)
}

/// An action of this actor, where numbers are read as American ones.
pub fn by(actor: &Actor, now: Timestamp) -> ActionContext<'_> {
    ActionContext::new(actor, now, "US")
}

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    config: ServerConfig,
}

/// A running installation.
pub struct World {
    pub directory: TempDir,
    pub database: String,
    pub clock: Clock,
    pub jobs: JobContext,
    pub bound_app: actix_web::web::Data<sms_opt_in::web::AppState>,
    pub client: Client,
    pub url: String,
}

/// An installation with simulated phones; the worker is turned by hand.
pub async fn world() -> World {
    let directory = TempDir::new().unwrap();
    let database = database::fresh(&directory);
    world_in(directory, database).await
}

/// The file of seals beside the database, or in the folder of a server's.
pub fn seals(directory: &Path) -> PathBuf {
    directory.join(if database::is_postgres() { "sms-opt-in.db.seals" } else { "test.db.seals" })
}

/// An installation on a database that is there, with its files in the folder.
pub async fn world_in(directory: TempDir, database: String) -> World {
    world_at(directory, database, Clock::fixed(start())).await
}

/// The same at another time.
pub async fn world_at(directory: TempDir, database: String, clock: Clock) -> World {
    world_with(directory, database, clock, &["--secret-key", "a secret key of at least 32 characters"]).await
}

/// The same with these arguments for its secret key.
pub async fn world_with(directory: TempDir, database: String, clock: Clock, key: &[&str]) -> World {
    let arguments = [
        "test",
        "--database-url",
        &database,
        "--bind",
        "127.0.0.1:0",
        "--public-url",
        PUBLIC,
        "--fallback-url",
        FALLBACK,
        "--twilio-account-sid",
        "AC0",
        "--twilio-auth-token",
        TOKEN,
        "--provider",
        "simulator",
        "--data-dir",
        directory.path().to_str().unwrap(),
    ];
    let config = Options::parse_from(arguments.iter().chain(key)).config;
    let BoundServer { server, app, jobs, .. } = app::bind(config, clock.clone()).await.unwrap();
    actix_web::rt::spawn(server);
    let now = clock.now();
    app.store
        .write(move |tx| {
            if api_keys::by_hash(tx, &secret_hash(KEY))?.is_some() {
                return Ok(());
            }
            // Four texts a month are too few for most stories; those about the promise switch it on.
            keep_rules(tx, &by(&Actor::System, now), None, None, Some(false))?;
            // In most stories hours go by between two clicks; those about idle sessions set their own times.
            settings::set(tx, settings::SIGN_IN_RULES, LONG_SESSIONS)?;
            insert_key(tx, KEY, "messages,contacts,consent", now)?;
            Ok::<_, ActionError>(())
        })
        .await
        .unwrap();
    let (client, url) = (Client::new(), app.local_url.clone());
    World { directory, database, clock, jobs, bound_app: app, client, url }
}

/// The real account of the tests: a real database with it is a test, because nothing answers at its API.
pub const TWILIO: &[&str] = &[
    "--provider",
    "twilio",
    "--twilio-account-sid",
    "AC0",
    "--twilio-auth-token",
    TOKEN,
    "--twilio-api-base",
    "http://127.0.0.1:9",
];

/// The settings of a command line.
pub fn config_of(arguments: &[&str]) -> ServerConfig {
    Options::parse_from(arguments).config
}

/// Starts a server as `serve` does, with these arguments beside the database's; the error is in words for the operator.
pub async fn try_start(folder: &Path, database: &str, more: &[&str]) -> Result<BoundServer, String> {
    let folder = folder.to_str().unwrap();
    let own = ["test", "--database-url", database, "--bind", "127.0.0.1:0", "--data-dir", folder];
    let key = ["--secret-key", "a secret key of at least 32 characters"];
    let config = Options::parse_from([&own[..], &key, more].concat()).config;
    app::bind(config, Clock::fixed(start())).await.map_err(|error| format!("{error:#}"))
}

/// Writes an API key with these scopes.
fn insert_key(tx: &mut Tx<'_>, key: &str, scopes: &str, now: Timestamp) -> Result<(), ActionError> {
    let (id, name, hash) = (tx.new_id(now)?, "tests".to_owned(), secret_hash(key));
    let (prefix, made_by, scopes) = (key.to_owned(), "tests".to_owned(), scopes.to_owned());
    let (revoked_at, last_used_at) = (None, None);
    let key = ApiKey { id, name, hash, scopes, created_at: now, revoked_at, prefix, made_by, last_used_at };
    Ok(api_keys::insert(tx, &key)?)
}

impl World {
    /// Makes an API key that has these scopes.
    pub async fn key_with(&self, key: &str, scopes: &str) {
        let (key, scopes, now) = (key.to_owned(), scopes.to_owned(), self.clock.now());
        self.bound_app.store.write(move |tx| insert_key(tx, &key, &scopes, now)).await.unwrap();
    }

    /// The lead with this line number of the fictional range.
    pub fn lead(&self, line: u8) -> Lead<'_> {
        let phone = Phone::from_e164(&format!("+120655501{line:02}")).unwrap();
        Lead { world: self, phone }
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.client.request(method.clone(), format!("{}{path}", self.url)).bearer_auth(KEY);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let answer = serde_json::from_str(&text).unwrap_or(Value::String(text));
        contract::check(&method, path, status, &answer);
        (status, answer)
    }

    pub async fn send(&self, to: &str, body: &str) -> (u16, Value) {
        let message = json!({"to": to, "body": body, "category": "alert"});
        self.call(Method::POST, "/api/v1/messages", Some(message)).await
    }

    /// Does all background jobs. Returns how many pieces that took.
    pub async fn work(&self) -> usize {
        run_background(&self.jobs.store, &self.clock).await.unwrap()
    }

    /// Delivers everything that is due, and waits for the receipts that follow.
    pub async fn deliver(&self) {
        self.work().await;
        while deliver_due(&self.jobs).await.unwrap() > 0 {}
        tokio::time::sleep(Duration::from_millis(60)).await;
        // On a busy machine a receipt takes longer; one that never comes is waited for a second.
        for _ in 0..50 {
            let sent = |conn: &mut ReadConn<'_>| messages::page(conn, Some(Status::Sent), None, None, 1);
            if self.jobs.store.read(sent).await.unwrap().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whether the default program keeps its quiet hours.
    pub async fn quiet_hours(&self, on: bool) {
        let now = self.clock.now();
        let keep = move |tx: &mut Tx<'_>| keep_rules(tx, &by(&Actor::Operator, now), None, Some(on), None);
        self.jobs.store.write(keep).await.unwrap();
    }

    /// From now on the simulated carrier answers each text with this code, or takes it.
    pub fn carrier_fails(&self, code: Option<&str>) {
        let fail_with = code.map(str::to_owned);
        let simulator = self.bound_app.simulator.as_ref().unwrap();
        simulator.set_behaviour(CarrierBehavior { fail_with, ..CarrierBehavior::default() });
    }

    /// Every history holds together; nothing is sealed in the tests that ask this.
    pub async fn is_intact(&self) {
        let now = self.clock.now();
        let sealing = move || SealInputs { key: &[], outside: None, now };
        let found = self.jobs.store.read(move |conn| verify(conn, sealing())).await.unwrap();
        let problems: Vec<_> = found.problems.iter().filter(|problem| !problem.contains("seal")).collect();
        assert!(problems.is_empty(), "{problems:?}");
    }

    /// What a monitoring system reads.
    pub async fn metrics(&self) -> String {
        let answer = self.client.get(format!("{}/metrics", self.url)).send().await.unwrap();
        answer.text().await.unwrap()
    }

    pub async fn status(&self, id: &Value) -> String {
        let path = format!("/api/v1/messages/{}", id.as_str().unwrap());
        self.call(Method::GET, &path, None).await.1["status"].as_str().unwrap().to_owned()
    }
}

/// Someone with a handset.
pub struct Lead<'a> {
    world: &'a World,
    pub phone: Phone,
}

impl<'a> Lead<'a> {
    /// A lead with any number.
    pub fn with(world: &'a World, phone: Phone) -> Lead<'a> {
        Lead { world, phone }
    }
}

impl Lead<'_> {
    pub async fn texts(&self, body: &str) {
        self.texts_to("+12065550199", body).await;
    }

    /// Texts one of our numbers.
    pub async fn texts_to(&self, ours: &str, body: &str) {
        let simulator = self.world.bound_app.simulator.as_ref().unwrap();
        let status = simulator.lead_texts(&self.phone, ours, body).await.unwrap();
        assert_eq!(status, 200, "the webhook took the text");
        self.world.clock.advance(chrono::Duration::seconds(1));
        self.world.deliver().await;
    }

    /// What the handset received, oldest first.
    pub fn received(&self) -> Vec<String> {
        self.received_where(|_| true)
    }

    /// What it received from one of our numbers.
    pub fn received_from(&self, ours: &str) -> Vec<String> {
        self.received_where(|text| text.ours == ours)
    }

    fn received_where(&self, from: impl Fn(&SimulatedText) -> bool) -> Vec<String> {
        let handsets = self.world.bound_app.simulator.as_ref().unwrap().handsets();
        let mine = handsets.into_iter().find(|handset| handset.number == self.phone);
        let texts = mine.map(|handset| handset.texts).unwrap_or_default();
        texts
            .into_iter()
            .filter(|text| text.direction == TextDirection::FromUs && from(text))
            .map(|text| text.body)
            .collect()
    }

    pub async fn is_sent(&self, body: &str) -> (u16, Value) {
        let answer = self.world.send(self.phone.as_str(), body).await;
        self.world.deliver().await;
        answer
    }

    pub async fn consent(&self) -> Value {
        let path = format!("/api/v1/numbers/{}/consent", self.phone.as_str());
        self.world.call(Method::GET, &path, None).await.1
    }

    /// A person records this about the number by hand.
    pub async fn is_recorded(
        &self,
        update: NewConsentRecord,
        now: Timestamp,
    ) -> Result<LedgerEntry, ActionError> {
        let phone = self.phone.clone();
        let record = move |tx: &mut Tx<'_>| {
            let number = numbers::find(tx, &phone)?.unwrap().id;
            record_consent(tx, &by(&Actor::Operator, now), number, None, update.clone(), Source::Manual)
        };
        self.world.jobs.store.write(record).await
    }

    /// Puts the lead on record under this name. Returns the address of the contact's page.
    pub async fn contact(&self, name: &str) -> String {
        let contact = json!({"phone": self.phone.as_str(), "name": name});
        let (status, made) = self.world.call(Method::POST, "/api/v1/contacts", Some(contact)).await;
        assert_eq!(status, 201, "{made}");
        format!("/contacts/{}", made["id"].as_str().unwrap())
    }

    pub async fn state(&self) -> String {
        self.consent().await["state"].as_str().unwrap().to_owned()
    }

    pub async fn history(&self) -> Vec<Value> {
        let path = format!("/api/v1/numbers/{}/events", self.phone.as_str());
        self.world.call(Method::GET, &path, None).await.1.as_array().unwrap().clone()
    }
}

/// Asks the JSON API.
pub async fn api(
    world: &World,
    method: Method,
    path: &str,
    body: Option<Value>,
    key: Option<&str>,
) -> Response {
    let request = Client::new().request(method, format!("{}{path}", world.url)).bearer_auth(KEY);
    let request = body.iter().fold(request, |request, body| request.json(body));
    key.into_iter().fold(request, |request, key| request.header("Idempotency-Key", key)).send().await.unwrap()
}

/// A problem of this code with the time to ask again. Returns its detail.
pub async fn is_problem(answer: Response, code: &str) -> String {
    let (status, wait) = (answer.status().as_u16(), answer.headers().contains_key(RETRY_AFTER));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!((status, wait, &problem["code"]), (503, true, &json!(code)), "{problem}");
    problem["detail"].as_str().unwrap().to_owned()
}

/// Runs the program: how it ends and what it says.
pub fn run(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sms-opt-in"));
    command.args(arguments).env_remove("SECRET_KEY").env("RUST_LOG", "warn");
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code().unwrap(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

/// Runs the program beside the tests' server, which is not locked, on its database and in its folder.
pub async fn run_beside(world: &World, arguments: &[&str]) -> (i32, String) {
    let folder = world.directory.path().to_str().unwrap();
    let own = ["--database-url", &world.database, "--data-dir", folder];
    let all: Vec<String> = [arguments, &own].concat().into_iter().map(str::to_owned).collect();
    let running = move || run(&all.iter().map(String::as_str).collect::<Vec<_>>());
    actix_web::rt::task::spawn_blocking(running).await.unwrap()
}

/// Claims one message, as the delivery worker claims several.
pub fn claim(tx: &mut Tx<'_>, id: MessageId, now: Timestamp) -> Result<Option<ClearedText>, ActionError> {
    let Some(number) = messages::get(tx, id)?.and_then(|message| message.number_id) else { return Ok(None) };
    Ok(claim_all(tx, &[(id, number)], now)?.pop())
}

/// Claims one message; true when it may be handed over.
pub fn claims(
    id: MessageId,
    now: Timestamp,
) -> impl Fn(&mut Tx<'_>) -> Result<bool, ActionError> + Send + use<> {
    move |tx| Ok(claim(tx, id, now)?.is_some())
}
