//! The only room that knows actix: its modules, what handlers share, and the table of addresses. The app registers it;
//! it writes nothing itself.

pub mod access_log;
pub mod admin;
pub mod api;
pub mod assets;
pub mod client_address;
mod cookies;
mod cursor;
pub mod deadline;
pub mod error;
pub mod form;
pub mod head;
pub mod hooks;
pub mod limits;
pub mod live;
pub mod local_caller;
pub mod metrics;
mod origin;
pub mod page;
mod plain;
pub mod public;
mod qr_code;
pub mod read_your_writes;
pub mod readiness;
pub mod routes;
pub mod routing;
mod second_factor;
pub mod security;
pub mod session;
pub mod sidebar;
pub mod sign_in_attempt;
pub mod signed;
pub mod simulator;
pub mod static_files;
mod stored_file;
pub mod upload_turns;
pub mod words;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use actix_web::cookie::Key;
use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, web};
use ipnet::IpNet;

use self::routes::patterns;
use self::routing::PublicAccess;
use crate::actions::Commands;
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::domain::actor::Actor;
use crate::providers::Provider;
use crate::providers::breaker::CircuitBreaker;
use crate::providers::hand_over::HandOverGate;
use crate::providers::simulator::Simulator;
use crate::store::Store;

/// What every handler shares.
pub struct AppState {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The operator's decisions.
    pub config: Arc<ServerConfig>,
    /// Signs what is not stored.
    pub signer: signed::ValueSigner,
    /// Signs and encrypts cookies.
    pub cookie_key: Key,
    /// The public address, without a slash at the end.
    pub public_url: String,
    /// The public addresses that the provider may call, the first one first.
    pub called_urls: Vec<String>,
    /// The address under which this process reaches itself.
    pub local_url: String,
    /// Twilio, when its secret is configured.
    pub twilio: Option<Arc<dyn Provider>>,
    /// Whether the carrier takes texts at all.
    pub breaker: Arc<CircuitBreaker>,
    /// What keeps this server from handing texts over.
    pub hand_over: HandOverGate,
    /// The simulated phones, when they carry the texts.
    pub simulator: Option<Arc<Simulator>>,
    /// The proxies whose word counts for a visitor's address.
    pub trusted_proxies: Vec<IpNet>,
    /// How often strangers may try something.
    pub limits: limits::RateLimits,
    /// The figures of the main menu.
    pub sidebar: sidebar::SidebarCache,
    /// Turns for uploads.
    pub uploads: upload_turns::UploadTurns,
    /// The latest attempt to write.
    pub write_probe: readiness::WriteProbe,
    /// Webhooks with a wrong signature since the start.
    pub forged_webhooks: AtomicU64,
    /// Attempts to sign in that were refused since the start.
    pub refused_sign_ins: sign_in_attempt::RefusedSignIns,
}

impl AppState {
    /// True when browsers reach this server over https.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// The handle to run one action with, in the name of `actor`, now.
    pub fn commands(&self, actor: Actor) -> Commands {
        Commands::new(self.store.clone(), actor, self.clock.now(), self.config.default_region.clone())
    }
}

/// Every address.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::HEALTHZ, routing::get(healthz))
        .route(patterns::READYZ, routing::get(readiness::readyz))
        .route(patterns::METRICS, routing::get(metrics::metrics))
        .configure(hooks::routes)
        .configure(static_files::routes)
        .configure(simulator::routes)
        .configure(public::routes)
        .service(web::scope(routes::API).configure(api::routes));
}

async fn healthz(_: PublicAccess) -> HttpResponse {
    HttpResponse::Ok().body("ok")
}
