//! Notes once a minute that a person is active, so that their session does not end. What a page asks for by itself is no
//! activity. `session` uses it; it writes the session.

use actix_web::HttpRequest;
use actix_web::web::Data;
use chrono::Duration;

use super::loaded;
use crate::actions::Commands;
use crate::web::{AppState, routes};

/// Noted no more often.
const NOTED_EVERY: Duration = Duration::minutes(1);

/// A person asked for a page or sent a form.
pub(super) async fn note(request: &HttpRequest) {
    let app = request.app_data::<Data<AppState>>();
    let (Some(app), Some(found)) = (app, loaded::found()) else { return };
    let now = app.clock.now();
    if routes::is_live(request.path()) || now.since(found.seen_at) < NOTED_EVERY {
        return;
    }
    // Without it the person is asked for their password a little early.
    if let Err(error) = Commands::system(app.store.clone(), now).note_activity(found.key_hash).await {
        log::warn!("The activity of a session could not be recorded: {error}");
    }
}
