//! Puts the rooms together: opens the store, makes what a new installation needs, binds the server, starts the jobs.

mod exposed_files;
mod operator;
mod sole_server;

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::cookie::Key;
use actix_web::web::Data;
use actix_web::{App as Actix, HttpServer, dev::Server};
use anyhow::{Context, Result};

use crate::actions::database_kind::settle_kind;
use crate::actions::starts::needs_key;
use crate::actions::users::offer_setup;
use crate::actions::{install, spelling};
use crate::clock::Clock;
use crate::config::{InvalidSetting, ServerConfig};
use crate::domain::database_kind::DatabaseKind;
use crate::domain::time::Timestamp;
use crate::jobs::{JobContext, end_old_leases, note_start, notice_restore, seal_all};
use crate::providers::Provider;
use crate::providers::hand_over::HandOverGate;
use crate::providers::simulator::Simulator;
use crate::providers::twilio::{Twilio, TwilioConfig};
use crate::store::seal_file::SealFile;
use crate::store::start_file::StartFile;
use crate::store::{Store, StoreError, Tx, settings, transfer};
use crate::web::{self, AppState, api::secret_hash, limits::RateLimits, signed::ValueSigner};

pub use crate::jobs::{mark, run_background};
pub use operator::OperatorStore;
pub use sole_server::SoleServer;

/// Numbers that are looked at in one transaction when spellings are joined.
const JOINED_AT_ONCE: i64 = 200;

/// A server that is ready to run.
pub struct BoundServer {
    /// Runs until it is told to stop.
    pub server: Server,
    /// What its handlers share.
    pub app: Data<AppState>,
    /// What its loops share; for tests that turn them by hand.
    pub jobs: JobContext,
    /// The one-time setup link, while nobody can sign in.
    pub setup_link: Option<String>,
    /// Held while this server has the database file to itself.
    pub alone: Option<SoleServer>,
}

impl BoundServer {
    /// Runs the loops and the server until it is told to stop, and seals what it recorded last.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn run(self) -> Result<()> {
        self.jobs.clone().start();
        self.server.await?;
        if let Err(error) = seal_all(&self.jobs).await {
            log::error!("The last records are not sealed: {error}");
        }
        Ok(())
    }
}

/// Opens everything and binds the address; nothing runs yet.
///
/// # Errors
/// In words for the operator.
pub async fn bind(config: ServerConfig, clock: Clock) -> Result<BoundServer> {
    // Another provider may be installed already, by a test before this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    config.check_provider()?;
    config.check_metrics_token()?;
    let alone = SoleServer::hold(&config)?;
    let store = Store::open_with_replica(&config.database_url, config.database_replica_url())?;
    exposed_files::warn(&config);
    if store.read(transfer::is_unfinished).await? {
        return Err(InvalidSetting(
            "This database is an unfinished copy of another one. Run sms-opt-in migrate-to again until it is done.".to_owned(),
        ))?;
    }
    let (secret, has_lasting_key) = server_key(&config, &store).await?;
    let secret = Arc::new(secret);
    let cookie_key = web::session::cookie_key(&secret);
    let sender = config.sender_number()?.map(|phone| phone.as_str().to_owned());
    let now = clock.now();
    let kind = database_kind(&config, &store, now).await?;
    let region = config.default_region.clone();
    store.write(move |tx| install::install(tx, sender.as_deref(), &region, now)).await?;
    let listener = TcpListener::bind(&config.bind)
        .with_context(|| format!("The address {} cannot be used.", config.bind))?;
    let local = listener.local_addr()?;
    let signer = ValueSigner::new(&secret);
    let (app, provider) = shared(config, clock, store, signer, cookie_key, local.port(), kind)?;
    let app = Data::new(app);
    let seals = SealFile::at(app.config.seal_file());
    let starts = StartFile::at(app.config.start_file());
    let (region, gate) = (app.config.default_region.clone(), app.hand_over.clone());
    let (store, clock, breaker) = (app.store.clone(), app.clock.clone(), Arc::clone(&app.breaker));
    let jobs =
        JobContext { store, clock, provider, breaker, secret, seals, starts, has_lasting_key, region, gate };
    // A file of seals that cannot be read may say that the database is older than a STOP: then nothing is started.
    notice_restore(&jobs).await.context(
        "It cannot be told whether the database is older than its last seal; mend that file first.",
    )?;
    note_start(&jobs, app.config.is_embedded())
        .await
        .context("It cannot be told whether this database was restored; mend that file first.")?;
    // From the first moment on, also while nothing is there to seal. What keeps it from that, the loop tells again.
    if let Err(error) = seal_all(&jobs).await {
        log::error!("The history is not sealed yet: {error}");
    }
    // Only now: what it appends must not hide that the database is older than its last seal.
    join_spellings(&app.store, now).await?;
    end_old_leases(&app.store).await?;
    let setup_link = setup_link(&app).await?;
    let data = app.clone();
    let secure = app.is_https();
    let server = HttpServer::new(move || {
        let pages = actix_web::web::scope("")
            .wrap(web::session::middleware(&data, secure))
            .wrap(actix_web::middleware::from_fn(web::session::tell_unsaved))
            .wrap(actix_web::middleware::from_fn(web::read_your_writes::set_position_cookie))
            .configure(web::admin::routes)
            .default_service(actix_web::web::to(web::error::not_found));
        Actix::new()
            .app_data(data.clone())
            .configure(web::routes)
            .service(pages)
            .wrap(actix_web::middleware::from_fn(web::deadline::body))
            .wrap(actix_web::middleware::from_fn(web::security::headers))
            .wrap(actix_web::middleware::from_fn(web::head::as_get))
            .wrap(actix_web::middleware::from_fn(web::access_log::log))
    })
    .listen(listener)?
    .workers(std::thread::available_parallelism().map_or(2, usize::from))
    .shutdown_timeout(10)
    .run();
    Ok(BoundServer { server, app, jobs, setup_link, alone })
}

/// What the database is for must fit what the server is started with: consent from simulated phones never meets a real
/// provider, and a real database never opens as a simulated one.
async fn database_kind(config: &ServerConfig, store: &Store, now: Timestamp) -> Result<Option<DatabaseKind>> {
    let simulated = config.is_simulator();
    if store.read::<_, StoreError>(settings::database_kind).await?.is_none() {
        config.check_birth()?;
    }
    let kind = store.write(move |tx| settle_kind(tx, simulated, now)).await?;
    let why = match (kind, simulated) {
        (Some(DatabaseKind::Real), true) if config.names_provider() => {
            "PROVIDER is simulator, but this database is real: it belongs to people's phones. Set PROVIDER=twilio with \
             TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN. For trials, set DATABASE_URL to a new database."
        }
        (Some(DatabaseKind::Real), true) => {
            "PROVIDER is missing, and this database is real: it belongs to people's phones. Set PROVIDER=twilio with \
             TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN. For trials, set DATABASE_URL to a new database."
        }
        (Some(DatabaseKind::Simulated), false) => {
            "This database is simulated: consent in it came from simulated phones. Run sms-opt-in become real first: it ends \
             those consents, keeps every opt-out, and says first what it will do. Or set DATABASE_URL to a new database."
        }
        _ => return Ok(kind),
    };
    Err(InvalidSetting(why.to_owned()))?
}

/// Numbers that an earlier version kept under an old spelling lead to their canonical records before the first text goes
/// out. Once for each database; with American numbers alone nothing is read.
async fn join_spellings(store: &Store, now: Timestamp) -> Result<()> {
    if store.read(spelling::are_joined).await? {
        return Ok(());
    }
    let mut after: Option<String> = None;
    loop {
        let from = after.clone();
        let page = move |tx: &mut Tx<'_>| spelling::join_spellings(tx, from.as_deref(), JOINED_AT_ONCE, now);
        after = store.write(page).await?;
        if after.is_none() {
            return Ok(());
        }
    }
}

fn shared(
    config: ServerConfig,
    clock: Clock,
    store: Store,
    signer: ValueSigner,
    cookie_key: Key,
    port: u16,
    kind: Option<DatabaseKind>,
) -> Result<(AppState, Arc<dyn Provider>)> {
    let local_url = format!("http://127.0.0.1:{port}");
    let public_url = config.public_url();
    let twilio = match config.twilio_account() {
        Some((account_sid, auth_token)) => {
            let (api_base, public_url) = (config.twilio_api_base.clone(), public_url.clone());
            let twilio = Twilio::new(TwilioConfig { account_sid, auth_token, api_base, public_url })?;
            Some(Arc::new(twilio) as Arc<dyn Provider>)
        }
        None => None,
    };
    let simulator = if config.is_simulator() {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| InvalidSetting(error.to_string()))?;
        let ticking = clock.clone();
        let memory = Some(config.simulator_file());
        Some(Simulator::new(local_url.clone(), secret, Arc::new(move || ticking.now()), memory))
    } else {
        None
    };
    let provider: Arc<dyn Provider> = match (&simulator, &twilio) {
        (Some(simulator), _) => Arc::<Simulator>::clone(simulator),
        (None, Some(twilio)) => Arc::clone(twilio),
        (None, None) => {
            Err(InvalidSetting("PROVIDER=twilio needs TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.".to_owned()))?
        }
    };
    // Where it is not known what the database is for, nobody texts from a simulated phone.
    let simulator = simulator.filter(|_| kind == Some(DatabaseKind::Simulated));
    let (trusted_proxies, limits) = (config.trusted_proxies()?, RateLimits::default());
    let (called_urls, config, breaker) = (config.called_urls(), Arc::new(config), Arc::default());
    Ok((
        AppState {
            store,
            clock,
            config,
            signer,
            cookie_key,
            public_url,
            called_urls,
            local_url,
            twilio,
            breaker,
            hand_over: HandOverGate::default(),
            simulator,
            trusted_proxies,
            limits,
            sidebar: web::sidebar::SidebarCache::default(),
            uploads: web::upload_turns::UploadTurns::default(),
            write_probe: web::readiness::WriteProbe::default(),
            forged_webhooks: Default::default(),
            refused_sign_ins: Default::default(),
        },
        provider,
    ))
}

/// The secret of a server, and whether it is the lasting one. Where it is missing although there are seals, a key of this run
/// alone is used until the right one is put back: nothing is sealed with it, and sending stands still.
async fn server_key(config: &ServerConfig, store: &Store) -> Result<(Vec<u8>, bool)> {
    let known = store.read::<_, StoreError>(|conn| {
        Ok((needs_key(conn)?, settings::get(conn, settings::SECRET_KEY)?.is_some()))
    });
    let (needs_key, is_shared) = known.await?;
    if needs_key && !is_shared && config.existing_secret_key()?.is_none() {
        let mut random = vec![0u8; 32];
        getrandom::fill(&mut random).map_err(|error| InvalidSetting(error.to_string()))?;
        return Ok((random, false));
    }
    Ok((secret_key(config, store).await?, true))
}

/// The installation's secret: given, kept from an earlier start, or made now. Instances that share a database share the
/// secret in it, unless they are given one.
///
/// # Errors
/// In words for the operator.
pub async fn secret_key(config: &ServerConfig, store: &Store) -> Result<Vec<u8>> {
    if let Some(key) = config.existing_secret_key()? {
        return Ok(key);
    }
    let mut random = [0u8; 32];
    getrandom::fill(&mut random).map_err(|error| InvalidSetting(error.to_string()))?;
    let fresh = data_encoding::HEXLOWER.encode(&random);
    if config.is_embedded() {
        config.keep_secret_key(fresh.as_bytes())?;
        return Ok(fresh.into_bytes());
    }
    Ok(store.write(move |tx| install::shared_secret(tx, &fresh)).await?)
}

/// While nobody can sign in, every start makes a fresh one-time link.
async fn setup_link(app: &AppState) -> Result<Option<String>> {
    let mut token = [0u8; 24];
    getrandom::fill(&mut token).map_err(|error| InvalidSetting(error.to_string()))?;
    let token = data_encoding::HEXLOWER.encode(&token);
    let hash = data_encoding::HEXLOWER.encode(&secret_hash(&token));
    let needed = app.store.write(move |tx| offer_setup(tx, &hash)).await?;
    Ok(needed.then(|| format!("{}/setup?token={token}", app.public_url)))
}
