//! Whether this instance can take in a STOP: the database answers and takes a write. A load balancer asks often, so one
//! write serves all who ask within a second. It writes one setting.

use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::web::Data;
use tokio::sync::Mutex;

use super::routing::PublicAccess;
use super::{AppState, error};
use crate::domain::actor::Actor;

/// An answer serves for so long.
const FRESH: Duration = Duration::from_secs(1);
/// A database that takes longer does not take writes, as far as a load balancer is concerned.
const PATIENCE: Duration = Duration::from_secs(2);

/// The latest attempt to write.
#[derive(Default)]
pub struct WriteProbe(Mutex<Option<ProbeResult>>);

#[derive(Clone, Copy)]
struct ProbeResult {
    at: Instant,
    is_written: bool,
}

impl WriteProbe {
    /// True when the database took a write a moment ago. Those who ask meanwhile wait for the same attempt.
    async fn is_written(&self, app: &AppState) -> bool {
        let mut latest = self.0.lock().await;
        if let Some(result) = latest.filter(|result| result.at.elapsed() < FRESH) {
            return result.is_written;
        }
        let tried = tokio::time::timeout(PATIENCE, app.commands(Actor::System).probe_write()).await;
        let failure = match tried {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("no commit within {} seconds", PATIENCE.as_secs())),
        };
        // Said once, not at every question of a load balancer.
        if let (Some(why), true) = (&failure, latest.is_none_or(|before| before.is_written)) {
            log::error!("Not ready: the database takes no writes: {why}");
        }
        *latest = Some(ProbeResult { at: Instant::now(), is_written: failure.is_none() });
        failure.is_none()
    }
}

/// Ready, or 503. Without its carrier an instance still takes in STOPs: it is ready.
pub(super) async fn readyz(app: Data<AppState>, _: PublicAccess) -> HttpResponse {
    if !app.write_probe.is_written(&app).await {
        let mut answer = HttpResponse::ServiceUnavailable();
        return answer
            .insert_header(("Retry-After", error::RETRY_AFTER))
            .body("the database does not take writes");
    }
    match app.breaker.outage() {
        None => HttpResponse::Ok().body("ready"),
        Some(outage) => {
            let since = outage.since.rfc3339();
            HttpResponse::Ok().body(format!("ready; the carrier takes no messages since {since}"))
        }
    }
}
