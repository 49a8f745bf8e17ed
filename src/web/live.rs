//! Live parts of a page: a script asks every two seconds for the fragment `…/live?since=`, which answers 204 while nothing
//! has changed. Used by the pages of a contact, of a message and of the simulated phones. Writes nothing.

use actix_web::{HttpRequest, HttpResponse};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::form;
use crate::domain::time::Timestamp;
use crate::store::live::LiveMarks;

/// What the gate says changes with the clock as well: a page that nothing has happened to is read anew this often.
const READ_ANEW: i64 = 5 * 60 * 1_000_000;

#[derive(Deserialize, Default)]
#[serde(default)]
struct LiveQuery {
    since: String,
}

/// What the asking page shows, as it was told.
pub fn since(request: &HttpRequest) -> String {
    form::query::<LiveQuery>(request).since
}

/// The tag of what a page shows; another one when any of it has changed. `more` is what is not in the database.
pub fn tag(marks: &LiveMarks, more: &str, now: Timestamp) -> String {
    let text = format!("{marks:?} {more} {}", now.micros().div_euclid(READ_ANEW));
    HEXLOWER.encode(&Sha256::digest(text.as_bytes())).chars().take(16).collect()
}

/// The answer while nothing has changed.
pub fn unchanged() -> HttpResponse {
    HttpResponse::NoContent().finish()
}
